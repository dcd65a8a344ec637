"""Intel's Loihi-1 weights as a network, and what the chip made of 200 test images."""

import numpy as np
import pytest

from lava_ahp import dynamics, process
from lava_ahp.encoders import ThresholdCrossing
from lava_ahp.errors import DataError
from lava_ahp.formats import lsnn
from lava_ahp.network import classify
from lava_ahp.proof import compare
from lava_ahp.simulator import simulate
from lava_ahp.tasks import smnist

from support.paths import SHARED

WEIGHTS, MNIST = SHARED / "lsnn_loihi1", SHARED / "mnist"
#: 94.5 % of the 200 images, as the chip measured (README of nxsdk_modules_ncl/lsnn).
CHIP_RIGHT = 189

needs_data = pytest.mark.skipif(not (WEIGHTS.is_dir() and MNIST.is_dir()), reason=f"no weights or MNIST in {SHARED}")


@pytest.fixture
def published():
    """Arrays of the published shapes, each weight naming its place."""
    return {name: (np.arange(np.prod(shape)).reshape(shape) % 511 - 255) for name, shape in lsnn.SHAPES.items()}


def write(directory, arrays):
    for name, array in arrays.items():
        np.save(directory / f"{name}.npy", array)


def test_weights_and_integers_stand_where_they_belong(tmp_path, published):
    write(tmp_path, {name: array.astype(np.float32) for name, array in published.items()})
    network = lsnn.import_lsnn(tmp_path)
    relay, first, recurrent, last = network.connections
    np.testing.assert_array_equal(relay.dense(), np.diag([200] * 80))
    for connection, name in ((first, "w_in"), (recurrent, "w_rec"), (last, "w_out")):
        np.testing.assert_array_equal(connection.dense(), published[name].T)
    hidden = network["hidden"].parameters()
    assert [hidden[k][139] for k in ("threshold", "ahp_weight", "input_exponent")] == [127, 0, 0]
    assert [hidden[k][140] for k in ("threshold", "ahp_weight", "input_exponent", "ahp_decay")] == [508, 384, 2, 5]
    assert set(hidden["voltage_decay"]) == {204}
    assert set(hidden["current_decay"]) == {4096}
    assert network.output == "readout"


def test_the_encoder_named_is_the_encoder_there_is():
    assert lsnn.TASK["encoder"] == ThresholdCrossing().to_json()


def test_relay_passes_every_spike_on_one_step_later(tmp_path, published):
    write(tmp_path, published)
    network = lsnn.import_lsnn(tmp_path)
    spikes = np.random.default_rng(0).random((1, 12, 80)) < 0.3
    relay = simulate(network, spikes, rasters=["relay"]).spikes["relay"]
    np.testing.assert_array_equal(relay[:, 1:], spikes[:, :-1])
    assert not relay[:, 0].any()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("w_in", lambda a: a.T, "allowed numbers"),
        ("w_rec", lambda a: a + 0.5, "found the weight"),
        ("w_out", lambda a: a * 2, "found the weight"),
        ("w_in", lambda a: a.astype(complex), "allowed numbers"),
        ("w_out", lambda a: np.where(a == 0, np.nan, a), "nan"),
        ("w_rec", lambda a: a.astype(object), "holds Python objects"),
    ],
)
def test_other_contents_are_refused(tmp_path, published, name, change, message):
    write(tmp_path, published | {name: change(published[name])})
    with pytest.raises(DataError, match=message):
        lsnn.import_lsnn(tmp_path)


def test_missing_and_damaged_files_are_refused(tmp_path, published):
    write(tmp_path, published)
    (tmp_path / "w_rec.npy").write_bytes(b"\x93NUMPY\x01")
    with pytest.raises(DataError, match=r"w_rec\.npy"):
        lsnn.import_lsnn(tmp_path)
    np.savez(tmp_path / "archive.npz", w=published["w_rec"])
    (tmp_path / "archive.npz").rename(tmp_path / "w_rec.npy")
    with pytest.raises(DataError, match="not a NumPy array file"):
        lsnn.import_lsnn(tmp_path)
    (tmp_path / "w_rec.npy").unlink()
    with pytest.raises(DataError, match="no such file"):
        lsnn.import_lsnn(tmp_path)


@needs_data
def test_as_many_right_as_on_the_chip():
    network, task = lsnn.import_lsnn(WEIGHTS), smnist.load(MNIST)
    indices = np.random.RandomState(0).choice(range(10000), 200, False)
    test = task.split("test", indices)
    trace = simulate(network, test.events, readout_steps=network.task["window"])
    assert int(np.sum(classify(trace.readout) == test.labels)) == CHIP_RIGHT


@needs_data
def test_two_images_equal_the_readable_arithmetic():
    network, task = lsnn.import_lsnn(WEIGHTS), smnist.load(MNIST)
    events = task.split("test", [0, 1]).events
    names = list(network.names)
    got, wanted = simulate(network, events, rasters=names, states=names), dynamics.run(network, events)
    for name in names:
        np.testing.assert_array_equal(got.spikes[name], wanted.spikes[name])
        for key in "uav":
            np.testing.assert_array_equal(got.states[name][key], wanted.states[name][key])


@needs_data
def test_one_of_the_chips_images_is_the_same_in_lava_state_for_state():
    network, task = lsnn.import_lsnn(WEIGHTS), smnist.load(MNIST)
    indices = np.random.RandomState(0).choice(range(10000), 200, False)[:1]
    events = task.split("test", indices).events
    names = list(network.names)
    fast, lava = (engine(network, events, rasters=names, states=names) for engine in (simulate, process.run))
    check = compare("fast = Lava", fast, lava, ("fast", "Lava"), network)
    assert check.passed, check.difference
    assert check.values > 1_000_000
