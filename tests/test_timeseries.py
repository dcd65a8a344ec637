"""A user's own series: what is fitted to what, files that are none, and the whole way to a network."""

import io
import json
import os
import pickle
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.lib import format as npy

from lava_ahp import netx, tasks
from lava_ahp.cli import main
from lava_ahp.encoders import LevelCrossing
from lava_ahp.errors import DataError
from lava_ahp.readout import classify
from lava_ahp.simulator import simulate
from lava_ahp.tasks import timeseries

STEPS, CHANNELS = 20, 2


def series(samples=60, seed=0, names=("rise", "fall", "rest"), shares=(0.6, 0.3, 0.1), steps=STEPS):
    """Each class pushes the signals its own way; the last is rare."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(names)), [round(samples * share) for share in shares])
    push = np.array([[1, 0], [-1, 1], [0, -1]])[label]
    x = rng.normal(0, 0.2, size=(len(label), steps, CHANNELS)) + np.linspace(0, 1, steps)[:, None] * push[:, None]
    order = rng.permutation(len(label))
    return {"x": x[order].astype(np.float32), "y": np.array(names)[label[order]]}


@pytest.fixture
def save(tmp_path):
    def write(name="some.npz", **arrays):
        np.savez_compressed(tmp_path / name, **arrays)
        return tmp_path / name

    return write


@pytest.fixture
def file(save):
    return save(**series())


def load(path, description=None):
    return tasks.load("timeseries", path, description)


def rows(task, split):
    return {sample.tobytes() for sample in task.signals[split]}


def test_splits_are_stratified_apart_and_the_same_again(file):
    task, again = load(file), load(file)
    assert [task.size(split) for split in tasks.SPLITS] == [41, 7, 12]
    assert task.class_names == ("fall", "rest", "rise")
    assert np.bincount(task.labels["test"]).tolist() == [4, 1, 7]
    assert np.bincount(task.labels["validation"]).tolist() == [2, 1, 4]
    for split in tasks.SPLITS:
        assert np.array_equal(task.signals[split], again.signals[split])
    assert len(set().union(*(rows(task, split) for split in tasks.SPLITS))) == 60


def test_samples_keep_their_labels(file):
    held, task = np.load(file), load(file)
    expected = {x.tobytes(): y for x, y in zip(held["x"], held["y"], strict=True)}
    for split in tasks.SPLITS:
        for x, label in zip(task.signals[split], task.labels[split], strict=True):
            assert task.class_names[label] == expected[x.tobytes()]


def test_the_split_of_the_file_holds(save):
    arrays = series()
    split = np.array(["test", "train", "validation"] * 20)
    task = load(save(**arrays, split=split))
    for name in tasks.SPLITS:
        assert np.array_equal(task.signals[name], arrays["x"][split == name])


def test_thresholds_and_weights_know_nothing_of_validation_and_test(save):
    arrays = series()
    split = np.array(["train", "train", "train", "validation", "test"] * 12)
    before = load(save(**arrays, split=split))
    arrays["x"][split != "train"] *= 100
    arrays["y"][split == "test"] = "rise"
    after = load(save(**arrays, split=split))
    assert after.encoder == before.encoder
    assert np.array_equal(after.class_weights, before.class_weights)
    arrays["x"][split == "train"] *= 2
    assert load(save(**arrays, split=split)).encoder != before.encoder


def test_code_fitted_to_the_training_signals(file):
    task = load(file)
    assert task.encoder == LevelCrossing.fit(task.signals["train"], timeseries.THRESHOLDS, 12)
    assert task.channels == 2 * CHANNELS * timeseries.THRESHOLDS + 1
    assert (task.window, task.steps) == (12, STEPS + 12)
    events = task.split("test").events
    assert (events.channels, set(events.steps.tolist())) == (task.channels, {task.steps})


def test_a_long_series_has_a_long_cue(save):
    assert load(save(**series(steps=280))).window == 20


def test_thresholds_of_the_file_hold(save):
    task = load(save(**series(), thresholds=np.array([[0, 1, 2], [-1, 0.5, 9]])))
    assert task.encoder == LevelCrossing(((0, 1, 2), (-1, 0.5, 9)), 12)


def test_class_weights_balance_the_training_split(file):
    task = load(file)
    labels, weights = task.labels["train"], task.class_weights
    counts = np.bincount(labels)
    assert np.allclose(weights * counts, len(labels) / 3)
    assert np.isclose(weights[labels].mean(), 1)


@pytest.mark.parametrize(
    "names, expected",
    [
        (("rise", "fall", "rest"), ("fall", "rest", "rise")),
        ((10, -1, 2), ("-1", "2", "10")),
        ((np.uint8(200), np.uint8(3), np.uint8(7)), ("3", "7", "200")),
    ],
)
def test_classes_are_text_or_whole_numbers_in_their_order(save, names, expected):
    assert load(save(**series(names=names))).class_names == expected


def test_classes_may_be_true_and_false(save):
    arrays = series()
    assert load(save(x=arrays["x"], y=arrays["y"] == "rise")).class_names == ("False", "True")


def test_sequences_run_from_0_to_1_by_channel(file):
    train = load(file).sequences("train")
    assert train.dtype == np.float32
    assert (train.min(axis=(0, 1)).tolist(), train.max(axis=(0, 1)).tolist()) == ([0, 0], [1, 1])


def test_numbers_of_any_kind_give_the_same_spikes(save):
    arrays = series()
    whole = np.rint(arrays["x"] * 10)
    expected = load(save(x=whole, y=arrays["y"])).split("test").events
    for dtype in (np.int8, ">i4", np.float16, ">f8"):
        found = load(save(x=np.asfortranarray(whole.astype(dtype)), y=arrays["y"])).split("test").events
        assert np.array_equal(found.sources, expected.sources), dtype


class TestInTheCodeOfANetworkFile:
    def test_nothing_is_fitted_anew(self, file, save):
        trained = load(file)
        description = json.loads(json.dumps(trained.describe()))
        other = series(samples=10, seed=5, names=("rest", "fall", "rise"), shares=(0.5, 0.5, 0), steps=33)
        task = load(save("other.npz", x=9 * other["x"], y=other["y"], split=np.array(["test"] * 10)), description)
        assert task.encoder == trained.encoder
        assert (task.class_names, task.window) == (trained.class_names, trained.window)
        assert [task.class_names[label] for label in task.labels["test"]] == other["y"].tolist()
        assert [task.size(split) for split in tasks.SPLITS] == [0, 0, 10]
        expected = trained.encoder.encode(9 * other["x"])
        assert np.array_equal(task.split("test").events.sources, expected.sources)

    def test_one_class_or_one_sample_will_do(self, file, save):
        description = load(file).describe()
        arrays = series(samples=1, shares=(1, 0, 0))
        task = load(save("one.npz", **arrays), description)
        assert task.split("test").labels.tolist() == [task.class_names.index("rise")]
        with pytest.raises(DataError, match="task timeseries: no validation samples in its data"):
            task.split("validation")
        with pytest.raises(DataError, match="no train samples in its data, which set the scale"):
            task.sequences("test")

    @pytest.mark.parametrize(
        "change, message",
        [
            ({"y": np.array(["rise", "new"] * 30)}, "found the class 'new', the network knows fall, rest, rise"),
            ({"x": np.zeros((60, 20, 3))}, "found 3 channels, the network file has thresholds for 2"),
        ],
    )
    def test_data_that_do_not_fit_are_named(self, file, save, change, message):
        with pytest.raises(DataError, match=message):
            load(save("other.npz", **{**series(), **change}), load(file).describe())

    @pytest.mark.parametrize("missing", ["encoder", "window", "class_names"])
    def test_a_file_that_leaves_something_out_is_named(self, file, missing):
        description = {key: value for key, value in load(file).describe().items() if key != missing}
        with pytest.raises(DataError, match="network task timeseries: allowed a level_crossing encoder"):
            load(file, description)


def spoilt(**change):
    """The arrays of a good file with one of them spoilt; None leaves one out."""
    return {key: value for key, value in {**series(), **change}.items() if value is not None}


def with_value(value):
    x = series()["x"]
    x[3, 7, 1] = value
    return x


@pytest.mark.parametrize(
    "arrays, message",
    [
        (spoilt(y=None), "holds no array y, allowed x, y, split, thresholds"),
        (spoilt(splits=np.zeros(60)), "holds 'splits', allowed x, y, split, thresholds, once each"),
        (spoilt(x=with_value(np.nan)), r"x: found nan \(sample 3, step 7, channel 1\), allowed finite numbers"),
        (spoilt(x=with_value(-np.inf)), r"x: found -inf \(sample 3, step 7, channel 1\)"),
        (spoilt(x=np.full((60, 20, 2), 1e200)), r"x: found 1e\+200 \(sample 0, step 0, channel 0\)"),
        (spoilt(x=np.zeros((60, 20))), r"x: found float64 \(60, 20\), allowed numbers \(sample, time, channel\)"),
        (spoilt(x=np.zeros((0, 20, 2)), y=np.zeros(0, int)), r"x: found float64 \(0, 20, 2\)"),
        (spoilt(x=np.zeros((60, 20, 2), complex)), "x: found complex128, allowed numbers"),
        (spoilt(x=np.full((60, 20, 2), "1")), r"x: found <U1 \(60, 20, 2\)"),
        (spoilt(x=np.zeros((2, 2**16 + 1, 1), bool)), "x: found 65537 steps of 1 channels, allowed 65536 steps"),
        (spoilt(x=np.zeros((2, 1, 1025), bool)), "1 steps of 1025 channels"),
        (spoilt(y=np.zeros(60)), r"y: found float64 \(60,\), allowed whole numbers or text of shape \(60,\)"),
        (spoilt(y=np.zeros(59, int)), r"y: found int64 \(59,\)"),
        (spoilt(y=np.zeros((60, 1), int)), r"y: found int64 \(60, 1\)"),
        (spoilt(y=np.array([b"a", b"b"] * 30)), "y: found .S1, allowed numbers, or text of 256 characters"),
        (spoilt(y=np.array(["a", "b"] * 30, dtype="U257")), "y: found <U257, allowed numbers, or text"),
        (spoilt(y=np.array(["a", "\x1b[2J"] * 30)), "y: found 2 classes, allowed 1000, with names that can be printed"),
        (spoilt(x=np.zeros((1001, 3, 1)), y=np.arange(1001)), "y: found 1001 classes, allowed 1000"),
        (spoilt(y=np.ones(60, int)), "y: found one class only, '1'; allowed two or more"),
        (spoilt(y=np.array([0] * 58 + [1] * 2)), "no train samples of class '1', .* 3 of each class suffice"),
        (
            spoilt(split=np.array(["train", "dev"] * 30)),
            "split: allowed train, validation, test for each of 60 samples",
        ),
        (spoilt(split=np.arange(60) % 3), "split: allowed train, validation, test"),
        (spoilt(split=np.array(["train"] * 59)), "split: allowed train, validation, test"),
        (spoilt(split=np.array(["train", "test"] * 30)), "no validation samples, allowed 1 or more"),
        (
            spoilt(x=np.abs(series()["x"]) * [1, 0]),
            "signal 1: found 0 to 0 in all training samples; allowed one that changes",
        ),
        (spoilt(thresholds=np.zeros(3)), r"thresholds: found \(3,\), allowed \(2, thresholds\)"),
        (spoilt(thresholds=np.zeros((2, 2))), "thresholds of signal 0: allowed ascending numbers"),
        (spoilt(thresholds=np.full((2, 1), "1")), "thresholds of signal 0: allowed finite numbers"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(save, arrays, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=message) as raised:
            load(save(**arrays))
    assert "some.npz" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def member(array=None, header=None, version=(1, 0), data=b""):
    """One array of an archive: a good one, or any header with any bytes behind it."""
    stream = io.BytesIO()
    if array is not None:
        npy.write_array(stream, array, version=version)
    else:
        npy.write_array_header_1_0(stream, header)
        stream.write(data)
    return stream.getvalue()


HUGE = {"descr": "<f4", "fortran_order": False, "shape": (2**20, 2**18, 2)}


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that stand there twice
        with zipfile.ZipFile(path, "w", compression) as found:
            for name, content in members:
                found.writestr(f"{name}.npy", content)


GOOD = {name: member(array) for name, array in series().items()}


@pytest.mark.parametrize(
    "x, message",
    [
        (member(header=HUGE), r"x: found shape \(1048576, 262144, 2\), allowed 268435456 values"),
        (member(header={**HUGE, "shape": (2**62, 2**62)}), "allowed 268435456 values"),
        (member(header={**HUGE, "shape": (2**12, 2**12, 2)}, data=b"\0" * 64), "declares 134217728 bytes that it does"),
        (member(header={**HUGE, "shape": (-2, 3, 4)}), r"found shape \(-2, 3, 4\)"),
        (member(header={**HUGE, "shape": (2, 3, 4)}, data=b"\0" * 97), "declares 96 bytes that it does not hold"),
        (member(header={**HUGE, "descr": "|O", "shape": (1,)}), "x: holds Python objects, allowed numbers or text"),
        (member(header={**HUGE, "descr": [("a", "<f4")], "shape": (1,)}, data=b"0000"), r"found \[\('a', '<f4'\)\]"),
        (member(series()["x"], version=(2, 0)), r"x: found an array of format 2\.0, allowed 1\.0"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': oops} ", "no .npz file, or damaged"),
        (b"x", "no .npz file, or damaged"),
        (b"", "no .npz file, or damaged"),
    ],
)
def test_an_array_is_judged_by_its_header_before_memory_is_taken(tmp_path, x, message):
    archive(tmp_path / "some.npz", [("x", x), ("y", GOOD["y"])])
    tracemalloc.start()
    with pytest.raises(DataError, match=message) as raised:
        load(tmp_path / "some.npz")
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
    assert len(str(raised.value).splitlines()) == 1


def test_an_archive_that_claims_more_than_it_can_hold_is_refused(tmp_path):
    x = member(header={**HUGE, "shape": (2**13, 2**15, 1)}, data=bytes(2**22))
    archive(tmp_path / "some.npz", [("x", x), ("y", GOOD["y"])])
    content = (tmp_path / "some.npz").read_bytes()
    directory = content.index(b"PK\x01\x02")
    claimed = (len(x) - 2**22 + 2**30).to_bytes(4, "little")
    (tmp_path / "some.npz").write_bytes(content[: directory + 24] + claimed + content[directory + 28 :])
    with pytest.raises(DataError, match="x: declares 1073741824 bytes that it does not hold"):
        load(tmp_path / "some.npz")


class Trap:
    """An object whose pickle makes a folder when it is read."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_nothing_is_unpickled(tmp_path):
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    for x in (trap, member(header={**HUGE, "descr": "|O", "shape": ()}, data=trap)):
        archive(tmp_path / "some.npz", [("x", x), ("y", GOOD["y"])])
        with pytest.raises(DataError):
            load(tmp_path / "some.npz")
    assert not (tmp_path / "sprung").exists()


def test_archives_of_other_kinds_are_refused(tmp_path):
    path = tmp_path / "some.npz"
    archive(path, [*GOOD.items(), ("y", GOOD["y"])])
    with pytest.raises(DataError, match="holds 'y', allowed x, y, split, thresholds, once each"):
        load(path)
    archive(path, GOOD.items(), zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="x: packed in another way"):
        load(path)
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"x\.npy: no \.npz file, or damaged \(File is not a zip file\)"):
        load(tmp_path / "x.npy")
    with pytest.raises(DataError, match=r"gone\.npz: no \.npz file, or damaged \(No such file"):
        load(tmp_path / "gone.npz")
    with pytest.raises(DataError, match=r"needs --data FILE.npz .* found the directory"):
        load(tmp_path)


def test_a_flipped_or_missing_byte_is_an_error_of_one_line_or_none(tmp_path, file):
    rng = np.random.default_rng(0)
    whole = file.read_bytes()
    refused = []
    for _ in range(300):
        content = bytearray(whole)
        if rng.random() < 0.2:
            content = content[: rng.integers(len(content))]
        else:
            content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        (tmp_path / "flipped.npz").write_bytes(content)
        try:
            load(tmp_path / "flipped.npz")
        except DataError as error:
            refused.append(str(error))
    assert len(refused) > 200
    assert all(len(text.splitlines()) == 1 for text in refused)


def test_class_weights_multiply_the_loss_of_each_sample(file, tmp_path):
    pytest.importorskip("torch")
    from lava_ahp.training import TrainConfig, fit

    task = load(file)
    still = ["training.epochs=1", "training.learning_rate=1e-12", "model.hidden=[4]", "training.batch_size=5"]

    def loss(*weights):
        epoch = fit(
            TrainConfig.make("timeseries", overrides=still),
            train=task.training,
            validation=task.split("validation"),
            classes=3,
            window=task.window,
            out=tmp_path,
            device="cpu",
            class_weights=np.array(weights) if weights else None,
        )[0]
        return np.array([epoch.loss, epoch.validation_loss])

    alone = [loss(*weights) for weights in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    assert np.min(alone) > 0
    assert np.allclose(loss(), np.sum(alone, axis=0), rtol=1e-5)
    assert np.allclose(loss(2, 0, 3), 2 * alone[0] + 3 * alone[2], rtol=1e-5)
    with pytest.raises(DataError, match=r"class weights: found shape \(2,\), allowed \(3,\)"):
        loss(1, 1)


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


TINY = ["--set", "training.epochs=4", "--set", "model.hidden=[12]", "--set", "training.batch_size=8", "--device", "cpu"]


class TestOnTheCommandLine:
    @pytest.fixture(scope="class")
    def deployed(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("own")
        np.savez(folder / "own.npz", **series())
        result = invoke("deploy", "--task", "timeseries", "--data", folder / "own.npz", "--out", folder / "run",
                        "--backend", "fast", "--samples", 2, *TINY)  # fmt: skip
        assert result.exit_code == 0, result.output
        return folder, result

    def test_one_command_leads_to_a_network_and_a_report(self, deployed):
        folder, result = deployed
        assert "of 12 held-out samples" in result.stdout
        assert "spikes and readouts equal to the training forward, bit for bit" in result.stdout
        page = (folder / "run" / "report.html").read_text()
        for name in ("rise", "fall", "rest"):
            assert name in page

    def test_the_file_keeps_thresholds_window_and_classes(self, deployed):
        folder, _ = deployed
        network = netx.read(folder / "run" / "network.net")
        assert network.task == load(folder / "own.npz").describe()
        assert invoke("verify", folder / "run" / "network.net").exit_code == 0

    def test_run_encodes_other_data_by_the_thresholds_of_the_file(self, deployed):
        folder, _ = deployed
        other = series(samples=20, seed=9)
        x = 3 * other["x"]
        np.savez(folder / "other.npz", x=x, y=other["y"], split=np.array(["test"] * 20))
        network = netx.read(folder / "run" / "network.net")
        result = invoke("run", folder / "run" / "network.net", "--data", folder / "other.npz", "--json", "-")
        assert result.exit_code == 0, result.output
        encoder = load(folder / "own.npz").encoder
        trace = simulate(network, encoder.encode(x), readout_steps=network.task["window"])
        assert json.loads(result.stdout)["predictions"] == classify(trace.readout).tolist()

    def test_profile_with_data_and_without(self, deployed):
        folder, _ = deployed
        net = folder / "run" / "network.net"
        without = invoke("profile", net, "--json", "-")
        assert json.loads(without.stdout)["network"]["stimulus"] == "4 golden samples inside the file"
        found = invoke("profile", net, "--data", folder / "own.npz", "--baseline", "lstm", "--batches", "2",
                       "--seconds", 0.02, "--epochs", 1, "--baseline-run", folder / "lstm", "--device", "cpu",
                       "--json", "-")  # fmt: skip
        assert found.exit_code == 0, found.output
        summary = json.loads(found.stdout)
        assert summary["network"]["stimulus"] == "the first 12 of 12 test samples of timeseries"
        assert [row["batch"] for row in summary["baseline"] if row["kind"] == "measured"] == [2]

    def test_export_keeps_the_code_that_was_trained_in(self, deployed):
        folder, _ = deployed
        changed = series()
        np.savez(folder / "changed.npz", x=2 * changed["x"], y=changed["y"])
        result = invoke("export", folder / "run", "--data", folder / "changed.npz", "-o", folder / "again.net")
        assert result.exit_code == 0, result.output
        assert netx.read(folder / "again.net") == netx.read(folder / "run" / "network.net")
        resumed = invoke("train", "--out", folder / "run", "--resume", "--data", folder / "changed.npz")
        assert resumed.exit_code == 2
        assert "its run has other thresholds or classes than this data gives" in resumed.stderr
        assert invoke("train", "--out", folder / "run", "--resume", "--data", folder / "own.npz").exit_code == 0

    def test_bad_data_exit_2_and_leave_nothing(self, deployed):
        folder, _ = deployed
        (folder / "bad.npz").write_bytes(b"PK")
        result = invoke("train", "--task", "timeseries", "--data", folder / "bad.npz", "--out", folder / "new", *TINY)
        assert result.exit_code == 2
        assert "bad.npz: no .npz file, or damaged" in result.stderr
        assert not (folder / "new").exists()
