"""Tasks: fixed splits, augmentation, and damaged files."""

import gzip
import hashlib
import itertools
import json
import struct

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx, tasks
from lava_ahp.cli import main
from lava_ahp.encoders import from_json
from lava_ahp.errors import DataError
from lava_ahp.network import classify
from lava_ahp.simulator import simulate
from lava_ahp.tasks import psmnist
from lava_ahp.tasks.images import shift

from support.paths import MNIST


@pytest.fixture(scope="module")
def digits():
    return tasks.load_task("digits")


def test_digits_splits_are_fixed_stratified_and_apart(digits):
    again = tasks.load_task("digits")
    seen = set()
    for split in tasks.SPLITS:
        assert np.array_equal(digits.signals[split], again.signals[split])
        counts = np.bincount(digits.labels[split], minlength=10)
        assert counts.min() > 0.8 * counts.max()
        seen |= {image.tobytes() for image in digits.signals[split]}
    assert sum(digits.size(split) for split in tasks.SPLITS) == 1797
    assert len(seen) == 1797  # no image is in two splits


def test_digits_spikes_have_the_tasks_shape(digits):
    batch = digits.split("test")
    assert len(batch) == digits.size("test")
    assert batch.events.channels == digits.channels
    assert set(batch.events.steps.tolist()) == {digits.steps} == {8 * 8 + digits.readout_steps}


def test_training_differs_between_epochs_but_not_between_runs(digits):
    first, same, other = (digits.training(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.events.times, same.events.times)
    assert not np.array_equal(first.events.offsets, other.events.offsets)
    assert np.array_equal(first.labels, digits.labels["train"])


def test_training_images_are_shifted_and_noisy_within_their_bounds(digits):
    signals = digits.signals["train"]
    images = digits.augment(signals, np.random.default_rng(0)).reshape(-1, 8, 8).astype(int)
    original = signals.reshape(-1, 8, 8).astype(int)
    assert images.max() <= 16
    by = [(row, column) for row in (-1, 0, 1) for column in (-1, 0, 1)]
    moved = [shift(original, np.tile(move, (len(original), 1))) for move in by]
    close = [((np.abs(images - m) <= 2) & ((m > 0) | (images == 0))).all(axis=(1, 2)) for m in moved]
    assert np.any(close, axis=0).all()
    assert min(c.sum() for c in close) > len(original) // 20


def test_training_encodes_the_augmented_signals(digits):
    seen = digits.training(np.random.default_rng(3))
    expected = digits.encoder.encode(digits.augment(digits.signals["train"], np.random.default_rng(3)))
    assert np.array_equal(seen.events.times, expected.times)
    assert np.array_equal(seen.events.sources, expected.sources)


def test_sequences_are_the_signals_from_0_to_1(digits):
    found = digits.sequences("test")
    assert found.dtype == np.float32
    assert np.array_equal(found[:, :, 0] * 16, digits.signals["test"])


def test_indices_choose_samples_in_their_order(digits):
    some = digits.split("test", [5, 2])
    assert some.labels.tolist() == digits.labels["test"][[5, 2]].tolist()
    for wrong in ([digits.size("test")], [-1], []):
        with pytest.raises(DataError, match="indices of digits test"):
            digits.split("test", wrong)
    with pytest.raises(DataError, match="split: found 'dev', allowed train, validation, test"):
        digits.split("dev")


def test_shift_moves_and_fills_with_zeros():
    image = np.arange(1, 10, dtype=np.uint8).reshape(1, 3, 3)
    assert shift(image, np.array([[1, -1]]))[0].tolist() == [[0, 0, 0], [2, 3, 0], [5, 6, 0]]
    assert np.array_equal(shift(image, np.array([[0, 0]])), image)


@pytest.mark.parametrize(
    "name, message",
    [
        ("mnist", "task: found 'mnist', allowed digits, smnist"),
        ("smnist", "needs --data DIR"),
        ("psmnist", "needs --data DIR"),
        ("timeseries", "needs --data, allowed an .npz"),
    ],
)
def test_unknown_task_and_missing_data(name, message):
    with pytest.raises(DataError, match=message):
        tasks.load_task(name)


def test_a_file_is_no_directory(tmp_path):
    (tmp_path / "some.npz").write_bytes(b"")
    with pytest.raises(DataError, match=r"task smnist: needs --data DIR .* found .*some\.npz"):
        tasks.load_task("smnist", tmp_path / "some.npz")


def test_digits_takes_no_data(tmp_path):
    with pytest.raises(DataError, match="brings its own data"):
        tasks.load_task("digits", tmp_path)


def write_idx(path, array):
    header = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wb") as file:
        file.write(header + array.astype(np.uint8).tobytes())


@pytest.fixture
def small_mnist(tmp_path, monkeypatch):
    monkeypatch.setattr("lava_ahp.tasks.smnist.VALIDATION", 3)
    rng = np.random.default_rng(0)
    for prefix, count, suffix in (("train", 8, ".gz"), ("t10k", 4, "")):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte{suffix}", rng.integers(0, 256, (count, 28, 28)))
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte{suffix}", np.arange(count) % 10)
    return tmp_path


def test_smnist_reads_idx_plain_and_gzipped(small_mnist):
    task = tasks.load_task("smnist", small_mnist)
    assert {split: task.size(split) for split in tasks.SPLITS} == {"train": 5, "validation": 3, "test": 4}
    assert task.labels["validation"].tolist() == [5, 6, 7]
    assert task.steps == 840
    assert task.channels == 80
    assert task.split("test", [0]).events.channels == 80


@pytest.mark.parametrize("name", ["smnist", "psmnist"])
def test_mnist_can_be_smaller_and_have_fewer_thresholds(name, small_mnist):
    whole = tasks.load_task(name, small_mnist)
    task = tasks.load_task(name, small_mnist, settings={"pool": 4, "thresholds": 9, "shift": 1})
    squares = whole.signals["test"].reshape(4, 7, 4, 7, 4).transpose(0, 1, 3, 2, 4).reshape(4, 49, 16)
    assert np.array_equal(task.signals["test"], squares.mean(axis=2).astype(np.uint8))
    assert (task.channels, task.steps) == (18, 49 + 56)
    assert task.augment(task.signals["train"], np.random.default_rng(0)).shape == (5, 49)
    again = tasks.load_task(name, small_mnist, task.describe())
    assert np.array_equal(again.split("test").events.sources, task.split("test").events.sources)


def test_a_size_that_does_not_divide_mnist_is_refused(small_mnist):
    with pytest.raises(DataError, match="pool"):
        tasks.load_task("smnist", small_mnist, settings={"pool": 3})


def test_psmnist_reads_the_pixels_in_its_own_order(small_mnist):
    plain, permuted = tasks.load_task("smnist", small_mnist), tasks.load_task("psmnist", small_mnist)
    assert sorted(psmnist.order()) == list(range(784))
    assert (permuted.steps, permuted.channels) == (840, 80)
    expected = plain.encoder.encode(plain.signals["test"][:, psmnist.order()])
    found = permuted.split("test").events
    assert np.array_equal(found.times, expected.times)
    assert np.array_equal(found.sources, expected.sources)
    in_order = plain.sequences("test")[:, psmnist.order()]
    assert np.array_equal(permuted.sequences("test"), in_order)


@pytest.mark.parametrize("name", ["smnist", "psmnist"])
def test_mnist_is_shifted_in_training_alone_and_only_if_asked(small_mnist, name):
    assert not tasks.load_task(name, small_mnist).varies
    task = tasks.load_task(name, small_mnist, settings={"shift": 2})
    images = task.signals["train"].reshape(-1, 28, 28)
    for seed in range(5):
        drawn, labels = task.drawn("train", np.random.default_rng(seed))
        assert (labels == task.labels["train"]).all()
        for image, found in zip(images, drawn.reshape(-1, 28, 28), strict=True):
            places = itertools.product(range(-2, 3), repeat=2)
            assert any((shift(image[None], np.array([place]))[0] == found).all() for place in places)
    assert (task.drawn("train")[0] == task.signals["train"]).all()
    assert task.describe()["settings"] == {"shift": 2, "thresholds": 40, "pool": 1}
    with pytest.raises(DataError, match=r"task\.shift: .* 28"):
        tasks.load_task(name, small_mnist, settings={"shift": 28})


def test_the_order_of_psmnist_is_that_of_networks_already_published():
    text = ",".join(str(position) for position in psmnist.order())
    assert text.startswith("21,773,371,162,135,")
    assert (
        hashlib.sha256(text.encode()).hexdigest() == "8c9e46a4c621217bd8ccfb51095a43b80e623da313f839c862861680168a9b37"
    )


def test_the_order_in_a_network_file_takes_precedence(small_mnist):
    description = json.loads(json.dumps(tasks.load_task("psmnist", small_mnist).describe()))
    assert description["encoder"]["order"] == list(psmnist.order())
    description["encoder"]["order"] = list(range(784))
    found = tasks.load_task("psmnist", small_mnist, description).split("test").events
    plain = tasks.load_task("smnist", small_mnist).split("test").events
    assert np.array_equal(found.times, plain.times)
    assert np.array_equal(found.sources, plain.sources)


def test_psmnist_on_the_command_line(small_mnist, tmp_path):
    def invoke(*arguments):
        result = CliRunner().invoke(main, [str(a) for a in arguments])
        assert result.exit_code == 0, result.output
        return result

    run = tmp_path / "run"
    tiny = ["--set", "training.epochs=1", "--set", "model.hidden=[8]", "--device", "cpu"]
    invoke("train", "--task", "psmnist", "--data", small_mnist, "--out", run, *tiny)
    invoke("export", run, "--data", small_mnist)
    network = netx.read(run / "network.net")
    assert tuple(network.task["encoder"]["order"]) == psmnist.order()
    found = json.loads(invoke("run", run / "network.net", "--data", small_mnist, "--json", "-").stdout)
    events = from_json(network.task["encoder"]).encode(tasks.load_task("smnist", small_mnist).signals["test"])
    trace = simulate(network, events, readout_steps=network.task["window"])
    assert found["predictions"] == classify(trace.readout).tolist()


@pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST is not at ../shared/data/mnist")
def test_psmnist_has_the_pixels_of_mnist():
    plain, permuted = tasks.load_task("smnist", MNIST), tasks.load_task("psmnist", MNIST)
    assert [permuted.size(split) for split in tasks.SPLITS] == [55000, 5000, 10000]
    expected = plain.encoder.encode(plain.signals["test"][:20, psmnist.order()])
    assert np.array_equal(permuted.split("test", range(20)).events.sources, expected.sources)


def test_encoder_and_readout_steps_are_those_of_the_network_file(digits):
    description = {**digits.describe(), "window": 3}
    description["encoder"] = {"name": "threshold_crossing", "thresholds": 5, "maximum": 16, "cue_steps": 4}
    task = tasks.load_task("digits", description=description)
    assert (task.channels, task.steps, task.readout_steps) == (10, 68, 3)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"window": 0}, "window: found 0, allowed a number of steps from 1"),
        ({"window": True}, "window: found True"),
        ({"window": 77}, r"task digits readout_steps: found 77, allowed 1\.\.76 steps"),
        ({"encoder": "rate"}, "encoder: found 'rate', allowed a table"),
        ({"encoder": {"name": "rate"}}, "encoder: found 'rate'"),
        ({"class_names": "0123456789"}, "class_names: allowed a list of names"),
        ({"class_names": []}, "class_names: allowed a list of names"),
    ],
)
def test_a_bad_description_is_refused(digits, change, message):
    with pytest.raises(DataError, match=message):
        tasks.load_task("digits", description={**digits.describe(), **change})


@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda d: (d / "t10k-labels-idx1-ubyte").unlink(), "found neither t10k-labels-idx1-ubyte nor"),
        (lambda d: (d / "t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01"), "not an IDX file of unsigned bytes"),
        (lambda d: (d / "t10k-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + b"\xff" * 12), "0 bytes for shape"),
        (lambda d: write_idx(d / "t10k-images-idx3-ubyte", np.zeros((4, 27, 28))), r"found shape \(4, 27, 28\)"),
        (lambda d: write_idx(d / "t10k-labels-idx1-ubyte", np.zeros(5)), "4 t10k images for 5 labels"),
        (lambda d: write_idx(d / "t10k-labels-idx1-ubyte", np.full(4, 10)), "label 10, allowed 0..9"),
        (lambda d: (d / "train-labels-idx1-ubyte.gz").write_bytes(b"\x1f\x8bno"), "cannot be read"),
        (lambda d: write_idx(d / "train-images-idx3-ubyte", np.zeros((2, 28, 28))), "2 train images for 8 labels"),
    ],
)
def test_damaged_mnist_is_refused(small_mnist, damage, message):
    damage(small_mnist)
    with pytest.raises(DataError, match=message):
        tasks.load_task("smnist", small_mnist)
