"""A class for every step, and values: from a file to a network that is equal in Lava, a page, and new answers."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import netx, tasks
from lava_ahp.cli import main
from lava_ahp.errors import DataError

pytest.importorskip("torch")

TINY = ["--set", "training.epochs=5", "--set", "model.hidden=[20]", "--device", "cpu", "--samples", "2"]


def invoke(*arguments, code=0):
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output
    return result


def signs(samples=60, seed=0):
    """The class of a step is the sign of a square wave; some samples are shorter, and some steps have no label."""
    rng = np.random.default_rng(seed)
    y = np.repeat(rng.integers(0, 2, size=(samples, 6)), 8, axis=1)
    x = (2.0 * y - 1 + rng.normal(0, 0.2, y.shape))[:, :, None]
    x[::4, 40:] = np.nan
    y[:, :2] = -1
    return x, y


def levels(samples=80, seed=0):
    """The value is the level of the signal, in thousands."""
    rng = np.random.default_rng(seed)
    y = rng.uniform(2000, 4000, samples)
    return (y / 1000)[:, None, None] + rng.normal(0, 0.05, (samples, 30, 1)), y


class TestSteps:
    @pytest.fixture(scope="class")
    def deployed(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("steps")
        x, y = signs()
        np.savez(folder / "signs.npz", x=x, y=y)
        backend = "loihi2sim" if _has_lava() else "fast"
        result = invoke("deploy", "--task", "timeseries", "--data", folder / "signs.npz", "--out", folder / "run",
                        "--backend", backend, *TINY)  # fmt: skip
        return folder, result.output

    def test_it_learns_and_is_equal_in_every_engine(self, deployed):
        folder, output = deployed
        assert "data: 2640 of 2760 steps have a label, of 2 classes" in output
        assert "spikes and readouts equal to the training forward pass, bit for bit" in output
        metrics = json.loads((folder / "run" / "metrics.json").read_text())
        assert metrics["test_accuracy"] > 0.8
        assert {"test_balanced_accuracy", "test_mean_f1", "test_by_class", "test_labelled_steps"} <= set(metrics)
        page = (folder / "run" / "report.html").read_text()
        assert "every step is read out" in page
        assert "true class" in page
        invoke("verify", folder / "run")
        assert netx.read(folder / "run" / "network.net").task["target"]["kind"] == "steps"

    def test_answers_have_the_steps_of_the_samples(self, deployed):
        folder, _ = deployed
        invoke("run", folder / "run", "--data", folder / "signs.npz", "--json", folder / "answers.json")
        found = json.loads((folder / "answers.json").read_text())
        assert {"accuracy", "balanced_accuracy", "mean_f1", "labelled_steps"} <= set(found)
        for answers, labels in zip(found["predictions"], found["labels"], strict=True):
            assert labels[:2] == [None, None]
            assert len(answers) == len(labels)
            assert answers.count(None) in (0, 8)
        alone = lava_ahp.evaluate(folder / "run", data=folder / "signs.npz", indices=[1])
        assert (
            alone.batch.task.target.to_json(alone.predictions)[0] == found["predictions"][1][: alone.predictions.size]
        )
        assert alone.correct <= alone.scores.answers

    def test_an_lstm_is_trained_on_the_same_steps(self, deployed):
        folder, _ = deployed
        run = lava_ahp.train("timeseries", data=folder / "signs.npz", model="lstm", out=folder / "lstm", device="cpu",
                             settings={"training.epochs": 6, "model.hidden": 12})  # fmt: skip
        assert run.read_metrics()["test_accuracy"] > 0.8

    def test_warping_is_refused(self, deployed, tmp_path):
        folder, _ = deployed
        result = invoke("train", "--task", "timeseries", "--data", folder / "signs.npz", "--out", tmp_path / "no",
                        "--set", "training.warp=0.1", code=2)  # fmt: skip
        assert "training.warp: found 0.1, allowed 0 with a class for every step" in result.output


class TestValues:
    @pytest.fixture(scope="class")
    def deployed(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("values")
        x, y = levels()
        np.savez(folder / "levels.npz", x=x, y=y)
        result = invoke(
            "deploy",
            "--task",
            "timeseries",
            "--data",
            folder / "levels.npz",
            "--out",
            folder / "run",
            "--set",
            "task.target=value",
            "--backend",
            "fast",
            *TINY,
            "--set",
            "training.epochs=20",
        )
        return folder, result.output

    def test_it_learns_in_the_unit_of_the_user(self, deployed):
        folder, output = deployed
        assert "bit for bit" in output
        metrics = json.loads((folder / "run" / "metrics.json").read_text())
        assert metrics["test_r2"] > 0.8
        assert metrics["test_rmse"] < 0.5 * metrics["test_mean_rmse"]
        assert "validation_r2" in metrics
        assert "validation_accuracy" not in metrics
        assert (
            (folder / "run" / "history.csv").read_text().startswith("epoch,loss,r2,rate,validation_loss,validation_r2")
        )
        page = (folder / "run" / "report.html").read_text()
        assert "Predicted over true values" in page
        assert "test RMSE" in page
        invoke("verify", folder / "run")
        manifest = json.loads((folder / "run" / "network.manifest.json").read_text())
        assert manifest["test_r2"] == metrics["test_r2"]

    def test_run_gives_values_and_errors(self, deployed):
        folder, _ = deployed
        result = invoke("run", folder / "run", "--data", folder / "levels.npz", "--json", folder / "answers.json")
        assert "predicting the training mean" in result.output
        found = json.loads((folder / "answers.json").read_text())
        assert {"rmse", "mae", "r2", "mean_rmse", "mean_mae", "mean_r2"} <= set(found)
        error = np.array(found["predictions"]) - found["labels"]
        assert found["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
        evaluation = lava_ahp.evaluate(folder / "run", data=folder / "levels.npz")
        with pytest.raises(DataError, match="values have no accuracy"):
            _ = evaluation.accuracy
        profile = lava_ahp.profile(folder / "run" / "network.net", data=folder / "levels.npz")
        assert profile.accuracy is None
        name, value = profile.to_json()["network"]["score"].values()
        assert (name, value) == ("R2", f"{found['r2']:.4f}")
        assert f"R2 {value} of" in repr(profile)
        assert f"R2 of the network: {value} of" in "\n".join(profile.to_json()["standing"]["measured"])
        assert f"R2 {value}" in profile.to_html()

    def test_the_regressor_predicts_as_the_network_does(self):
        x, y = levels()
        found = lava_ahp.Regressor(epochs=8, hidden=[20], device="cpu").fit(x, y)
        again, truth = levels(seed=1)
        assert found.score(again, truth) > 0.8
        assert np.allclose(lava_ahp.evaluate(found.network_, again, truth).predictions[:, 0], found.predict(again))


class TestData:
    def test_arrays_may_be_trained_on_with_the_settings_of_the_task(self, tmp_path):
        x, y = levels(samples=40)
        settings = {"task.target": "value", "training.epochs": 1, "model.hidden": [8]}
        run = lava_ahp.train(x, y, out=tmp_path / "run", settings=settings, device="cpu")
        assert run.data.target.kind == "value"
        assert "validation_r2" in run.read_metrics()
        with pytest.raises(DataError, match=r"config task\.audio_bands"):
            lava_ahp.train(x, y, out=tmp_path / "no", settings={**settings, "task.audio_bands": 3})

    def test_whole_numbers_are_classes_unless_values_are_asked_for(self):
        x = np.random.default_rng(0).normal(size=(40, 20, 1))
        y = np.arange(40) % 4 * 1.0
        assert tasks.from_arrays(x, y).classes == 4
        task = tasks.from_arrays(x, y, target="value")
        assert (task.classes, task.class_names, task.class_weights) == (1, ("value",), None)
        assert task.describe()["target"]["offset"] == [task.labels["train"].mean()]
        with pytest.raises(
            DataError, match=r"y: found float64 \(40,\), allowed .*; for values, --set task.target=value"
        ):
            tasks.from_arrays(x, y + 0.5)

    def test_no_label_is_what_the_user_says(self):
        x, y = signs(20)
        y[:, 5] = 9
        task = tasks.from_arrays(x, y, unlabelled=9)
        assert task.class_names == ("-1", "0", "1")
        assert set(task.labels["train"][:, 5].tolist()) == {-1}
        again = tasks.from_arrays(x, y, described=task.describe())
        assert np.array_equal(again.labels["test"], task.labels["test"])

    def test_the_shift_is_the_cue_of_the_encoder(self):
        task = tasks.from_arrays(*signs(20), label_shift=9)
        assert (task.target.shift, task.encoder.cue_steps, task.settings["label_shift"]) == (9, 9, 9)
        assert task.readout_steps == task.steps
        description = task.describe()
        description["target"]["shift"] = 3
        with pytest.raises(DataError, match=r"found shift 3 and stretch .* allowed those of the encoder"):
            tasks.from_arrays(*signs(20), described=description)

    def test_labels_of_steps_from_a_list_and_from_a_table(self, tmp_path):
        pytest.importorskip("pandas")
        x, y = signs(20)
        ragged = [row[: 40 if k % 4 == 0 else 48] for k, row in enumerate(y)]
        task = tasks.from_arrays(x, ragged)
        whole = tasks.from_arrays(x, y)
        assert all(np.array_equal(task.labels[split], whole.labels[split]) for split in tasks.SPLITS)
        lines = ["sample,time,x,label"]
        for k, row in enumerate(ragged):
            lines += [f"s{k},{t},{x[k, t, 0]!r},{'' if c < 0 else c}" for t, c in enumerate(row)]
        (tmp_path / "signs.csv").write_text("\n".join(lines) + "\n")
        table = tasks.load_task("timeseries", tmp_path / "signs.csv", settings={"target": "steps"})
        assert np.array_equal(table.labels["test"], whole.labels["test"])
        full = [line if line[-1] != "," else line + "0" for line in lines]
        (tmp_path / "full.csv").write_text("\n".join(full) + "\n")
        with pytest.raises(DataError, match=r"allowed one in all rows of a sample; for a class at every step, --set"):
            tasks.load_task("timeseries", tmp_path / "full.csv")

    def test_values_from_ts(self, tmp_path):
        rows = [f"{k},{k + 1},{k + 3}:{k / 7}" for k in range(30)]
        (tmp_path / "V.ts").write_text("\n".join(["@targetLabel true", "@data", *rows]) + "\n")
        task = tasks.load_task("timeseries", tmp_path / "V.ts", settings={"target": "value"})
        assert sum(task.size(split) for split in tasks.SPLITS) == 30
        with pytest.raises(DataError, match=r"for a data set for regression, --set task.target=value"):
            tasks.load_task("timeseries", tmp_path / "V.ts")


def _has_lava():
    try:
        import lava.magma.core  # noqa: F401
    except ModuleNotFoundError:
        return False
    return True
