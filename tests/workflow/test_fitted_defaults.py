"""Settings that follow from the data: what they are, that explicit ones win, and that a run keeps them."""

import numpy as np
import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import tasks
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.training import SpikeSplit, TrainConfig
from lava_ahp.training.batches import Part, of_epoch
from lava_ahp.training.config import OptimisationConfig
from lava_ahp.workflow import fitted_defaults
from lava_ahp.workflow.planning import plan

from support.npz_series import fixture_file, fixture_save, series  # noqa: F401


def task_of(samples, steps=20, **arrays):
    rng = np.random.default_rng(0)
    return tasks.from_arrays(rng.normal(size=(samples, steps, 1)), np.arange(samples) % 2, **arrays)


@pytest.mark.parametrize("samples", [10, 40, 57, 100, 1000, 3000])
def test_batches_are_even_and_few_samples_are_augmented(samples):
    task = task_of(samples)
    found = fitted_defaults.fitted(task, "ahp")["training"]
    count, size = task.size("train"), found["batch_size"]
    assert size <= 48
    # The last batch of a pass is nearly as large as the others.
    assert -(-count // size) * size - count < -(-count // size)
    assert ("warp" in found) == (count < fitted_defaults.FEW)
    assert found["keep"] == ("last" if task.size("validation") < fitted_defaults.FEW_FOR_CHOICE else "best")


@pytest.mark.parametrize(
    ("channels", "thresholds", "moved"), [(1, 32, 0.01), (2, 16, 0.02), (3, 12, 0.027), (200, 4, 0.027)]
)
def test_values_move_by_a_third_of_the_distance_between_thresholds(channels, thresholds, moved):
    x = np.random.default_rng(0).normal(size=(20, 10, channels))
    task = tasks.from_arrays(x, np.arange(20) % 2)
    found = fitted_defaults.fitted(task, "ahp")["training"]
    assert len(task.encoder.thresholds[0]) == thresholds
    assert [found[key] for key in ("offset", "drift", "jitter")] == [moved] * 3
    assert found["scale"] == 0.05


def test_memory_is_as_long_as_the_series():
    short, long = (fitted_defaults.fitted(task_of(20, steps), "ahp")["model"]["ahp_tau"] for steps in (100, 800))
    assert short == [7.0, 112.0]
    assert long[1] == 800 + 800 // 14
    assert "model" not in fitted_defaults.fitted(task_of(20), "lstm")
    assert fitted_defaults.fitted(task_of(20, name="mine"), "ahp") == {}


def test_explicit_settings_win_over_those_of_the_data(file):
    given = {"training.epoch_steps": 3, "training.warp": 0, "model.ahp_tau": [5, 6]}
    found = plan("timeseries", data=file, settings=given).config
    assert (found.training.epoch_steps, found.training.warp, found.model.ahp_tau) == (3, 0, (5, 6))
    assert (
        found.training.batch_size
        == fitted_defaults.fitted(tasks.load_task("timeseries", file), "ahp")["training"]["batch_size"]
    )
    arrays = series()
    same = plan(arrays["x"], arrays["y"], settings=given).config
    assert (same.model, same.training) == (found.model, found.training)


def test_a_run_keeps_what_was_chosen(file, tmp_path, capsys):
    out = tmp_path / "run"
    quick = {"training.epochs": 2, "training.epoch_steps": 4, "model.hidden": [4]}
    run = lava_ahp.train("timeseries", data=file, out=out, settings=quick, progress=True)
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("settings: ")]
    assert len(said) == 1
    assert said[0].startswith("settings: 2 epochs of 4 steps, 41 of 41 training samples per step, augmentation warp ")
    written = TrainConfig.read(run.config)
    assert written.training.batch_size == 41
    assert written.training.warp > 0
    assert run.read_metrics()["best_epoch"] == 2
    before = run.last_model.read_bytes()
    assert run.model.read_bytes() == before
    lava_ahp.train(out=out, data=file, resume=True)
    assert run.model.read_bytes() == before


def test_an_epoch_has_as_many_steps_as_it_should():
    task = task_of(30)
    drawn = []

    def draw(rng):
        drawn.append(rng.random())
        found = task.split("train")
        return SpikeSplit(found.events, found.labels)

    count = task.size("train")
    for steps, expected in [(1, 3), (3, 3), (4, 6), (7, 9)]:
        drawn.clear()
        passes = of_epoch(draw, OptimisationConfig(batch_size=-(-count // 3), epoch_steps=steps), 0, Part())
        assert len(passes) == len(list(passes)) == expected
        assert len(set(drawn)) == expected // 3
        labels = np.concatenate([batch.labels.numpy() for batch in passes])
        assert np.array_equal(np.bincount(labels), np.bincount(task.labels["train"]) * (expected // 3))


def test_augmentation_is_for_series_of_numbers(tmp_path):
    out = tmp_path / "run"
    done = CliRunner().invoke(main, ["train", "--task", "digits", "--out", str(out), "--set", "training.warp=0.1"])
    assert (done.exit_code, out.exists()) == (2, False)
    assert "training.warp: found 0.1, allowed 0 for task digits, whose signals are no series of numbers" in done.stderr
    with pytest.raises(DataError, match=r"training\.jitter"):
        plan("digits", settings={"training.jitter": 0.5})
