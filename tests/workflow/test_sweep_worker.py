"""Which trials of a study count as interrupted."""

import pytest

from lava_ahp.report.progress import reporter
from lava_ahp.workflow.sweep_trial import FOLDER, WORKER, continue_interrupted
from lava_ahp.workflow.sweep_worker import is_gone, working

optuna = pytest.importorskip("optuna")


def continued(tmp_path, worker):
    """States of the trials, one of them taken from the queue, after another process looked for interrupted ones."""
    study = optuna.create_study()
    study.enqueue_trial({}, user_attrs={FOLDER: "trials/0000"})
    trial = study.ask()
    if worker is not None:
        trial.set_user_attr(WORKER, worker)
    continue_interrupted(study, tmp_path, reporter(False))
    return [trial.state.name for trial in study.trials]


def test_a_trial_just_taken_from_the_queue_is_not_interrupted(tmp_path):
    assert continued(tmp_path, None) == ["RUNNING"]


def test_a_trial_of_a_running_process_is_not_interrupted(tmp_path):
    with working(tmp_path) as worker:
        assert not is_gone(tmp_path, worker)
        assert continued(tmp_path, worker) == ["RUNNING"]
    assert is_gone(tmp_path, worker)
    assert not (tmp_path / ".workers").exists()


def test_a_trial_of_an_ended_process_is_continued(tmp_path):
    assert continued(tmp_path, "ended") == ["FAIL", "WAITING"]
