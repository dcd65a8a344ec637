"""A user's own series: splits, what is fitted to which samples, and the whole way to a network."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import netx, tasks
from lava_ahp.cli import main
from lava_ahp.encoders import LevelCrossing
from lava_ahp.errors import DataError
from lava_ahp.network import classify
from lava_ahp.simulator import simulate

from support.npz_series import CHANNELS, STEPS, fixture_file, fixture_save, load, series  # noqa: F401


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


def test_encoder_fitted_to_the_training_signals(file):
    task = load(file)
    # 20 values are drawn out to 100 steps or more.
    drawn_out = (STEPS - 1) * 6 + 1
    assert task.encoder == LevelCrossing.fit(
        task.signals["train"], 16, 12, stretch=6, bands=True, ticks=16, tick_steps=8
    )
    assert task.channels == CHANNELS * (2 * 16 + 17) + 16 + 1
    assert (task.readout_steps, task.steps) == ((drawn_out + 12) // 4, drawn_out + 12)
    events = task.split("test").events
    assert (events.channels, set(events.steps.tolist())) == (task.channels, {task.steps})


def test_a_long_series_has_a_long_cue(save):
    task = load(save(**series(steps=280)))
    assert (task.encoder.cue_steps, task.encoder.stretch, task.readout_steps) == (20, 1, 75)


@pytest.mark.parametrize(("channels", "thresholds"), [(1, 32), (2, 16), (3, 12), (28, 12), (40, 8), (300, 4)])
def test_many_channels_have_fewer_thresholds_each(channels, thresholds):
    x = np.random.default_rng(0).normal(size=(6, 3, channels))
    assert len(tasks.from_arrays(x, [0, 1] * 3).encoder.thresholds[0]) == thresholds


def test_thresholds_of_the_file_hold(save):
    task = load(save(**series(), thresholds=np.array([[0, 1, 2], [-1, 0.5, 9]])))
    assert task.encoder.thresholds == ((0, 1, 2), (-1, 0.5, 9))


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


def test_numbers_of_any_kind_give_the_same_spikes(save):
    arrays = series()
    whole = np.rint(arrays["x"] * 10)
    expected = load(save(x=whole, y=arrays["y"])).split("test").events
    for dtype in (np.int8, ">i4", np.float16, ">f8"):
        found = load(save(x=np.asfortranarray(whole.astype(dtype)), y=arrays["y"])).split("test").events
        assert np.array_equal(found.sources, expected.sources), dtype


class TestWithTheEncoderOfANetworkFile:
    def test_nothing_is_fitted_anew(self, file, save):
        trained = load(file)
        description = json.loads(json.dumps(trained.describe()))
        other = series(samples=10, seed=5, names=("rest", "fall", "rise"), shares=(0.5, 0.5, 0), steps=33)
        task = load(save("other.npz", x=9 * other["x"], y=other["y"], split=np.array(["test"] * 10)), description)
        assert task.encoder == trained.encoder
        assert (task.class_names, task.readout_steps) == (trained.class_names, trained.readout_steps)
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
            ({"y": np.array(["rise", "new"] * 30)}, "found the class 'new', the network has fall, rest, rise"),
            ({"x": np.zeros((60, 20, 3))}, "found 3 channels, the network reads 2"),
        ],
    )
    def test_data_that_do_not_fit_are_refused(self, file, save, change, message):
        with pytest.raises(DataError, match=message):
            load(save("other.npz", **{**series(), **change}), load(file).describe())

    @pytest.mark.parametrize("missing", ["encoder", "window", "class_names"])
    def test_an_incomplete_description_is_refused(self, file, missing):
        description = {key: value for key, value in load(file).describe().items() if key != missing}
        with pytest.raises(DataError, match="network task timeseries: allowed an encoder, window and class_names"):
            load(file, description)


def test_class_weights_multiply_the_loss_of_each_sample(file, tmp_path):
    pytest.importorskip("torch")
    from lava_ahp.training import SpikeSplit, TrainConfig, fit

    task = load(file)

    def spikes(found):
        return SpikeSplit(found.events, found.labels)

    still = ["training.epochs=1", "training.learning_rate=1e-12", "model.hidden=[4]", "training.batch_size=5"]

    def loss(*weights):
        epoch = fit(
            TrainConfig.make("timeseries", overrides=still),
            train=lambda rng: spikes(task.training(rng)),
            validation=spikes(task.split("validation")),
            classes=3,
            readout_steps=task.readout_steps,
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
        assert "spikes and readouts equal to the training forward pass, bit for bit" in result.stdout
        page = (folder / "run" / "report.html").read_text()
        for name in ("rise", "fall", "rest"):
            assert name in page

    def test_the_file_keeps_thresholds_readout_steps_and_classes(self, deployed):
        folder, _ = deployed
        network = netx.read(folder / "run" / "network.net")
        assert network.task == load(folder / "own.npz").describe()
        assert netx.read_golden(folder / "run" / "network.net").task == network.task
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
        assert json.loads(without.stdout)["network"]["stimulus"] == "1 golden sample inside the file"
        found = invoke("profile", net, "--data", folder / "own.npz", "--baseline", "lstm", "--batches", "2",
                       "--seconds", 0.02, "--epochs", 1, "--baseline-run", folder / "lstm", "--device", "cpu",
                       "--json", "-")  # fmt: skip
        assert found.exit_code == 0, found.output
        summary = json.loads(found.stdout)
        assert summary["network"]["stimulus"] == "the first 12 of 12 test samples of timeseries"
        assert [row["batch"] for row in summary["baseline"] if row["kind"] == "measured"] == [2]

    def test_export_keeps_the_encoder_of_the_training(self, deployed):
        folder, _ = deployed
        changed = series()
        np.savez(folder / "changed.npz", x=2 * changed["x"], y=changed["y"])
        result = invoke("export", folder / "run", "--data", folder / "changed.npz", "-o", folder / "again.net")
        assert result.exit_code == 0, result.output
        assert netx.read(folder / "again.net") == netx.read(folder / "run" / "network.net")
        resumed = invoke("train", "--out", folder / "run", "--resume", "--data", folder / "changed.npz")
        assert resumed.exit_code == 2
        assert "these data give other thresholds or classes than the run was trained with" in resumed.stderr
        assert invoke("train", "--out", folder / "run", "--resume", "--data", folder / "own.npz").exit_code == 0

    def test_bad_data_exit_2_and_leave_nothing(self, deployed):
        folder, _ = deployed
        (folder / "bad.npz").write_bytes(b"PK")
        result = invoke("train", "--task", "timeseries", "--data", folder / "bad.npz", "--out", folder / "new", *TINY)
        assert result.exit_code == 2
        assert "bad.npz: not an .npz file, or damaged" in result.stderr
        assert not (folder / "new").exists()
