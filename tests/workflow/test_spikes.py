"""Networks run on spikes from a file, without a task."""

import json
import tracemalloc
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.network import SLAYER_UNIT, Connection, Events, Labelled, Network, Neuron, Population
from lava_ahp.workflow.simulating import simulate
from lava_ahp.workflow.spike_files import read_spikes
from lava_ahp.workflow.spikes import run_spikes

SAMPLES, STEPS, CHANNELS = 5, 12, 4


def network(threshold=2, **task):
    """Each output neuron follows one channel."""
    populations = (Population("input", CHANNELS), Population("out", CHANNELS, Neuron(threshold, 4096, 4096)))
    return Network(populations, (Connection("input", "out", 4 * np.eye(CHANNELS, dtype=int)),), "out", task)


def dense():
    """Sample ``k`` spikes most in channel ``k % CHANNELS``."""
    spikes = np.zeros((SAMPLES, STEPS, CHANNELS), bool)
    spikes[:, ::5] = True
    for k in range(SAMPLES):
        spikes[k, :, k % CHANNELS] = True
    return spikes


def shuffled(**changes):
    sample, times, channels = np.nonzero(dense())
    order = np.random.default_rng(0).permutation(len(times))
    order = np.concatenate([order, order[:7]])
    arrays = {"samples": sample[order], "times": times[order], "channels": channels[order], "steps": STEPS}
    return {name: value for name, value in {**arrays, **changes}.items() if value is not None}


def by_offsets(**changes):
    sample, times, channels = np.nonzero(dense())
    offsets = np.searchsorted(sample, np.arange(SAMPLES + 1))
    arrays = {"offsets": offsets, "times": times, "channels": channels, "steps": np.full(SAMPLES, STEPS)}
    return {**arrays, **changes}


LABELS = np.array([0, 1, 2, 3, 3])


@pytest.fixture(name="save")
def fixture_save(tmp_path):
    def write(**arrays):
        np.savez_compressed(tmp_path / "spikes.npz", **arrays)
        return tmp_path / "spikes.npz"

    return write


def same(found, expected):
    return isinstance(found, Events) and np.array_equal(found.to_dense(), expected)


def test_every_form_gives_the_same_events(save):
    assert same(read_spikes(save(spikes=dense()), CHANNELS), dense())
    assert same(read_spikes(save(spikes=dense().astype(np.float32)), CHANNELS), dense())
    assert same(read_spikes(save(**shuffled()), CHANNELS), dense())
    assert same(read_spikes(save(**by_offsets()), CHANNELS), dense())
    labelled = read_spikes(save(**shuffled(labels=LABELS)), CHANNELS)
    assert isinstance(labelled, Labelled)
    assert same(labelled.events, dense())
    np.testing.assert_array_equal(labelled.labels, LABELS)


def test_samples_may_be_silent(save):
    found = read_spikes(save(offsets=np.zeros(3, int), times=[], channels=[], steps=4), CHANNELS)
    assert same(found, np.zeros((2, 4, CHANNELS), bool))
    found = read_spikes(save(samples=[1], times=[0], channels=[2], steps=[3, 4, 5]), CHANNELS)
    assert found.steps.tolist() == [3, 4, 5]
    assert np.diff(found.offsets).tolist() == [0, 1, 0]


BAD = [
    ({}, "found no arrays, allowed spikes .sample, time, channel., or times"),
    ({"x": [1]}, "holds 'x'"),
    ({"spikes": dense()[0]}, r"spikes: found shape \(12, 4\)"),
    (
        {"spikes": dense().transpose(0, 2, 1)},
        r"found shape \(5, 4, 12\), allowed \(sample, time, channel\) with 4 chan",
    ),
    ({"spikes": 2 * dense()}, "found the value 2, allowed 0 and 1"),
    ({"spikes": np.full((1, 2, CHANNELS), "a")}, "spikes: found <U1"),
    ({"spikes": dense(), "steps": 3}, "spikes: found steps as well"),
    ({"spikes": dense(), "labels": LABELS[:4]}, "labels: found 4, allowed 5"),
    ({"spikes": dense(), "labels": LABELS * 1.0}, "labels: found float64, allowed integers"),
    ({"spikes": dense(), "labels": LABELS[None]}, r"labels: found shape \(1, 5\)"),
    (shuffled(samples=None), "allowed spikes .sample, time, channel., or times, channels and steps with either"),
    (by_offsets(samples=[0]), "either samples or offsets"),
    (shuffled(steps=None), "allowed spikes .sample, time, channel., or times"),
    (shuffled(steps=[3, 4]), "samples: found 4, allowed 0..1"),
    (shuffled(steps=0), "a sample of 0 steps"),
    (shuffled(steps=2**40), "allowed 1.."),
    (shuffled(steps=9), "has a spike at step 9, allowed 0..8"),
    (shuffled(times=[1, 2]), "channels: found shape"),
    (shuffled(times=-shuffled()["times"]), "times: found -11..0"),
    (shuffled(times=shuffled()["times"] + 2**40), "times: found 1099511627776"),
    (shuffled(channels=shuffled()["channels"] + 1), "channels: found 1..4, allowed 0..3"),
    (shuffled(samples=shuffled()["samples"] - 1), "samples: found shape"),
    (shuffled(samples=shuffled()["samples"] + 2**60), "samples: found 115292150460684.*allowed 16777216"),
    (shuffled(samples=np.full(4, 2**64 - 1, np.uint64)), "samples: found 18446744073709551615"),
    (by_offsets(offsets=[0, 5]), "offsets: found"),
    (by_offsets(offsets=[0, 9, 3, len(by_offsets()["times"])]), "offsets: found values that descend"),
]


@pytest.mark.parametrize("arrays, message", BAD)
def test_arrays_that_do_not_fit_are_refused(save, arrays, message):
    path = save(**arrays)
    with pytest.raises(DataError, match=message) as caught:
        read_spikes(path, CHANNELS)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 500


def test_size_is_checked_before_memory_is_taken(tmp_path):
    header = b"\x93NUMPY\x01\x00v\x00{'descr': '|b1', 'fortran_order': False, 'shape': (1, 1073741824, 4), }"
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("spikes.npy", header.ljust(127) + b"\n" + bytes(100))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"huge\.npz"):
        read_spikes(tmp_path / "huge.npz", CHANNELS)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def events():
    return Events.from_dense(dense())


def test_the_class_is_the_output_with_the_most_spikes():
    result = run_spikes(network(), Labelled(events(), LABELS))
    assert result.readout == "spikes"
    assert result.predictions.tolist() == [0, 1, 2, 3, 0]
    # The spikes of the last step do not arrive.
    assert result.counts[1].tolist() == [3, 11, 3, 3]
    assert result.accuracy == 0.8
    assert "accuracy: 4 of 5 right, 80.00 %" in repr(result)
    assert run_spikes(network(), events(), backend="fast", samples=2).predictions.tolist() == [0, 1]


@pytest.mark.parametrize("threshold", [131071, 99999])
def test_a_readout_and_an_output_that_never_spikes_are_read_by_voltage(threshold):
    result = run_spikes(network(threshold), events())
    assert result.readout == "voltage"
    assert result.predictions.tolist() == [0, 1, 2, 3, 0]
    assert result.accuracy is None


def test_the_window_of_the_task_is_the_window_of_the_voltage():
    spikes = np.zeros((1, STEPS, CHANNELS), bool)
    spikes[0, :9, 3] = spikes[0, 9:, 1] = True
    for window, expected in ((None, 3), (2, 1)):
        task = {} if window is None else {"window": window}
        assert run_spikes(network(131071, **task), Events.from_dense(spikes)).predictions == expected


def test_groups_of_neighbouring_outputs_count_together():
    assert run_spikes(network(groups=2), events()).predictions.tolist() == [0, 0, 1, 1, 0]
    for groups in (3, 0, "2", True):
        with pytest.raises(DataError, match="network task groups: found"):
            run_spikes(network(groups=groups), events())


def test_a_network_of_values_answers_with_values():
    asked = {"kind": "value", "offset": [10.0] * CHANNELS, "scale": [2.0] * CHANNELS}
    net = network(131071, target=asked, window=2)
    result = run_spikes(net, events())
    trace = simulate(net, events())
    expected = 10 + 2 * trace.readout[:, -2:].sum(axis=1) / (2 * SLAYER_UNIT)
    assert result.predictions.tolist() == result.to_json()["predictions"] == expected.tolist()
    assert result.accuracy is None
    first = ", ".join(f"{x:.4g}" for x in expected[0, :3])
    assert "5 samples, values by voltage (fast" in repr(result)
    assert f"sample 0: value {first}, ..." in repr(result)
    with pytest.raises(DataError, match="labels: found classes of samples, the network answers with values"):
        run_spikes(net, Labelled(events(), LABELS))
    with pytest.raises(DataError, match="spikes: found a sample of 12 steps, allowed 13 or more"):
        run_spikes(replace(net, task={"target": asked, "window": 13}), events())


def test_a_network_of_steps_answers_at_every_step():
    spikes = np.zeros((1, STEPS, CHANNELS), bool)
    spikes[0, :4, 2] = spikes[0, 4:, 1] = True
    asked = {"kind": "steps", "shift": 1, "stretch": 1}
    net = Network(
        (Population("input", CHANNELS), Population("out", CHANNELS, Neuron(131071, 4095, 4095))),
        (Connection("input", "out", 4 * np.eye(CHANNELS, dtype=int)),),
        "out",
        {"target": asked, "window": 1},
    )
    result = run_spikes(net, Events.from_dense(spikes))
    assert result.predictions.tolist() == [[2] * 4 + [1] * (STEPS - 5)]
    assert "sample 0: class 2 (4 steps), 1 (7 steps)" in repr(result)
    with pytest.raises(DataError, match="found a sample of 1 steps, allowed 2 or more"):
        run_spikes(net, Events.from_dense(spikes[:, :1]))


def test_what_does_not_fit_the_network_is_refused(save):
    with pytest.raises(DataError, match=r"labels: found 0\.\.9, the network has classes 0\.\.3"):
        run_spikes(network(), Labelled(events(), np.array([0, 1, 2, 3, 9])))
    with pytest.raises(DataError, match="samples: found 6, the spikes have 5"):
        run_spikes(network(), events(), samples=6)
    with pytest.raises(DataError, match="spikes: found 9 channels"):
        run_spikes(network(), replace(events(), channels=9))


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_command_line_runs_and_profiles_on_spikes(save, tmp_path):
    netx.write(network(), tmp_path / "f.net")
    path = save(**shuffled())
    done = invoke("run", tmp_path / "f.net", "--spikes", path, "--samples", 3)
    assert done.exit_code == 0
    assert "f.net on spikes.npz: 3 samples, classes by spike count" in done.output
    assert "sample 1: class 1, 20 output spikes" in done.output
    assert "accuracy" not in done.output
    assert invoke("run", tmp_path / "f.net", "--spikes", path, "--json", tmp_path / "run.json").exit_code == 0
    found = json.loads((tmp_path / "run.json").read_text())
    assert found["predictions"] == [0, 1, 2, 3, 0]
    assert found["counts"][1] == [3, 11, 3, 3]
    assert found["accuracy"] is None
    assert found["labels"] is None
    path = save(spikes=dense(), labels=LABELS)
    done = invoke(
        "profile", tmp_path / "f.net", "--spikes", path, "--html", tmp_path / "p.html", "--json", tmp_path / "p.json"
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "p.json").read_text())
    assert found["network"]["accuracy"] == 0.8
    assert found["network"]["stimulus"] == "5 samples of spikes.npz"
    assert "spikes.npz" in (tmp_path / "p.html").read_text()


@pytest.mark.parametrize(
    "arguments",
    [("run", "--task", "digits"), ("run", "--split", "train"), ("profile", "--baseline", "lstm")],
)
def test_spikes_exclude_what_needs_a_task(save, tmp_path, arguments):
    netx.write(network(), tmp_path / "f.net")
    command, *options = arguments
    done = invoke(command, tmp_path / "f.net", "--spikes", save(spikes=dense()), *options)
    assert done.exit_code == 2
    assert "--spikes excludes" in done.output
