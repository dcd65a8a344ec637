"""The parts of a bundle's program: files, order of differences, measurements."""

import ast
import json
import sys

import h5py
import numpy as np
import pytest

from lava_ahp.errors import DataError
from lava_ahp.loihi2 import planning, runner
from lava_ahp.loihi2.partition import partition
from lava_ahp.loihi2.runner import compare
from lava_ahp.loihi2.runner.build import Built, Lags
from lava_ahp.loihi2.runner.device import Chip
from lava_ahp.loihi2.runner.plan import Plan
from lava_ahp.loihi2.runner.probes import Measured
from lava_ahp.loihi2.runner.report import measured, unmeasured
from lava_ahp.loihi2.runner.samples import Golden, Inputs, Spikes
from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.profiler import measurement

from support.chip_bundles import small_network, small_samples
from support.paths import ROOT

ABOUT = {"network": "a.net", "task": "small", "made": "lava-ahp"}


def a_plan():
    network = small_network()
    split = partition(network)
    return planning.plan(split, Schedule.of(small_samples(), network.max_delay), network.output)


def test_the_program_imports_lava_h5py_and_numpy_alone():
    found = set()
    for path in (ROOT / "lava_ahp" / "loihi2" / "runner").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    assert found - set(sys.stdlib_module_names) == {"lava", "h5py", "numpy"}
    assert "lava_ahp" not in runner.__doc__


def test_a_plan_comes_back_from_its_file(tmp_path):
    plan = a_plan()
    with h5py.File(tmp_path / "plan.h5", "w") as file:
        plan.write(file)
    with h5py.File(tmp_path / "plan.h5") as file:
        back = Plan.read(file)
    assert any(item.delays is not None for item in back.synapses)
    assert (back.source, back.channels, back.interval, back.output) == ("input", 4, plan.interval, "readout")
    for kind in ("neurons", "synapses"):
        for one, other in zip(getattr(plan, kind), getattr(back, kind), strict=True):
            assert vars(one).keys() == vars(other).keys()
            for key, value in vars(one).items():
                np.testing.assert_array_equal(vars(other)[key], value)
                assert type(vars(other)[key]) is type(value)


def test_samples_come_back_from_their_files(tmp_path):
    spikes = Spikes(np.array([0, 1]), np.array([3, 4]), np.array([2, 0]))
    inputs = Inputs(np.array([5, 6]), spikes)
    golden = Golden({"b": spikes, "a": spikes}, np.ones((2, 6, 2), np.int32), np.array([1, -1]), 4)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        inputs.write(file.create_group("inputs"))
        golden.write(file.create_group("golden"))
    with h5py.File(tmp_path / "x.h5") as file:
        inputs, golden = Inputs.read(file["inputs"]), Golden.read(file["golden"])
    assert inputs.steps.tolist() == [5, 6]
    assert list(golden.spikes) == ["b", "a"]
    assert golden.labels.tolist() == [1, -1]
    assert golden.window == 4
    assert np.argwhere(golden.spikes["a"].raster(1, 6, 3)).tolist() == [[4, 0]]
    timeline = inputs.timeline(a_plan(), 2)
    assert timeline.shape == (4, 32)
    assert np.argwhere(timeline).tolist() == [[0, 20], [2, 3]]
    assert np.argwhere(inputs.timeline(a_plan(), 1)).tolist() == [[2, 3]]


@pytest.fixture
def run():
    """A plan, what is expected of a silent sample of five steps, and the record of it."""
    plan, steps = a_plan(), 5
    none = Spikes(*(np.zeros(0, np.int64),) * 3)
    golden = Golden({"hidden": none, "readout": none}, np.zeros((1, steps, 2), np.int32), np.array([0]), 1)
    record = {(part.name, "s"): np.zeros((16, len(part.members)), np.int32) for part in plan.neurons}
    record |= {(part.name, "v"): np.zeros((16, 2), np.int32) for part in plan.parts("readout")}
    return plan, golden, record, steps


def test_equal(run):
    plan, golden, record, steps = run
    record[plan.neurons[0].name, "s"][7, 0] = 1  # after the sample
    assert compare.first_difference(plan, golden, record, 0, steps) is None


def test_the_first_difference_is_the_earliest_and_has_the_number_in_the_population(run):
    plan, golden, record, steps = run
    second = plan.parts("hidden")[1]
    record[second.name, "s"][2, 1] = 1
    record[plan.neurons[0].name, "s"][3, 0] = 1
    record[plan.parts("readout")[0].name, "v"][2, 0] = -7
    found = compare.first_difference(plan, golden, record, 0, steps)
    assert str(found) == (
        f"sample 0, population hidden, neuron {second.members[1]}, step 2: spike: expected 0, observed 1"
    )
    record[second.name, "s"][:] = 0
    found = compare.first_difference(plan, golden, record, 0, steps)
    assert str(found) == "sample 0, population readout, neuron 0, step 2: voltage: expected 0, observed -7"


class Recorder:
    def __init__(self, values):
        self.data = self
        self.values = values

    def get(self):
        return self.values


@pytest.mark.parametrize("lags", [Lags(), Lags(2, 1, 0), Lags(0, 0, 3), Lags(-1, 0, 0)])
def test_a_record_is_cut_out_of_the_ring_where_the_sample_is(lags):
    interval, done = 8, 0
    size = interval + lags.spread
    for sample in range(3):
        built = Built(None, (), {}, Chip("x"), interval, lags)
        done += built.steps(sample)
        ring, last = np.full((1, size), -1), np.arange(max(done - size, 0), done)
        ring[0, last % size] = last
        recorders = {("n", "s"): Recorder(ring), ("n", "v"): Recorder(ring)}
        record = Built(None, (), recorders, Chip("x"), interval, lags).record(sample)
        for key, late in (("s", lags.spikes), ("v", lags.states)):
            expected = sample * interval + lags.input + late + np.arange(interval)
            np.testing.assert_array_equal(record["n", key][:, 0], np.maximum(expected, -1))


def test_states_of_the_chip_have_24_bits():
    found = Chip("x").integers(np.array([0, 5, 2**23 - 1, 2**24 - 1, 2**23], float))
    assert found.tolist() == [0, 5, 2**23 - 1, -1, -(2**23)]


@pytest.mark.parametrize(
    "energy, unit", [(None, "not known"), (2.0, "J"), (2000.0, "mJ"), (2.2e6, "uJ"), (2e9, "none that fits")]
)
def test_the_unit_of_the_energy_is_found(energy, unit):
    raw = {"execution_time": 2.0, **({} if energy is None else {"energy": energy})}
    assert Measured(1e-6, 0.75, 0.25, raw).energy_unit == unit


def test_a_profile_reads_what_a_run_on_the_chip_writes(tmp_path):
    probed = Measured(2e-6, 0.24, 0.01, {"execution_time": 1.0, "energy": 0.25})
    accuracy = {"value": 0.5, "samples": 2}
    values = measured(a_plan(), Chip("Loihi 2, board b"), ABOUT, accuracy, True, Lags(1, 0, 1), probed)
    path = tmp_path / "measurement.json"
    path.write_text(json.dumps(values))
    found = measurement.read(str(path))
    assert found.latency_s == pytest.approx(16 * 2e-6)
    assert found.energy_j["total"] == pytest.approx(0.25 * 32e-6)
    assert found.energy_j["host_io"] == 0
    assert not found.host_apart
    assert found.versions["lava-nc"] == "0.10.0"


@pytest.mark.parametrize("simulated, text", [(True, "a run in Lava's simulation"), (False, "whose probes failed")])
def test_what_measured_nothing_is_refused(tmp_path, simulated, text):
    device = Chip("x")
    device.simulated = simulated
    path = tmp_path / "measurement.json"
    path.write_text(json.dumps(unmeasured(device, ABOUT, True)))
    with pytest.raises(DataError, match=text):
        measurement.read(str(path))
