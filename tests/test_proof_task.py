"""The proof in a file covers its task: every change of it is found and named."""

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest

from lava_ahp import netx
from lava_ahp.network import fingerprints, stimuli
from lava_ahp.network.description import compare_tasks
from lava_ahp.proof import verify

from support import proof_cases
from support.proof_cases import record

classifier = pytest.fixture(scope="module", name="classifier")(proof_cases.classifier)

TASK = {
    "name": "timeseries",
    "encoder": {"name": "level_crossing", "thresholds": [[0.5, 1.5], [-1.0, 1.0]], "cue_steps": 12},
    "window": 12,
    "class_names": ["rise", "fall", "rest"],
}


@pytest.fixture
def exported(classifier, tmp_path):
    """A file whose record covers the task."""
    network = replace(classifier, task=TASK)
    golden = replace(record(network, stimuli.covering(network)), fingerprints=fingerprints(network), task=network.task)
    netx.write(network, tmp_path / "f.net", golden=golden)
    return tmp_path / "f.net"


def edit_task(path, change):
    """Change ``/lava_ahp/task`` in the file by hand, and nothing else."""
    with h5py.File(path, "r+") as file:
        task = json.loads(file["lava_ahp/task"][()])
        change(task)
        del file["lava_ahp/task"]
        file["lava_ahp/task"] = np.bytes_(json.dumps(task))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.update(window=1), "the task's window is 1, exported with 12"),
        (lambda t: t.update(window=12.0), "the task's window is 12.0, exported with 12"),
        (lambda t: t.pop("window"), "the task's window is missing, exported with 12"),
        (lambda t: t["class_names"].reverse(), "the task's class_names[0] is 'rest', exported with 'rise'"),
        (lambda t: t["class_names"].pop(), "the task's class_names[2] is missing, exported with 'rest'"),
        (lambda t: t["encoder"].update(cue_steps=13), "the task's encoder.cue_steps is 13, exported with 12"),
        (
            lambda t: t["encoder"]["thresholds"][1].__setitem__(0, -2.0),
            "the task's encoder.thresholds[1][0] is -2.0, exported with -1.0",
        ),
        (
            lambda t: t["encoder"].update(order=[0]),
            "the task's encoder.order is [0], exported without it",
        ),
        (lambda t: t.update(window={}), "the task's window is {}, exported with 12"),
        (lambda t: t.update({"\x1b[2J": 5}), "the task's \\x1b[2J is 5, exported without it"),
    ],
)
def test_a_changed_task_is_found_and_named(exported, change, message):
    assert verify(exported, engines=[]).passed
    edit_task(exported, change)
    found = verify(exported, engines=[])
    assert str(found.first_difference) == message
    assert found.verdict == f"DIFFERENT: {message}"


def test_the_record_covers_the_task_or_verify_says_that_it_does_not(exported, classifier, tmp_path):
    assert verify(exported, engines=[]).task_covered is True
    assert netx.read_golden(exported).task == TASK
    network = netx.read(exported)
    netx.write(network, tmp_path / "older.net", golden=record(network, stimuli.covering(network)))
    older = verify(tmp_path / "older.net", engines=[])
    assert older.passed
    assert older.task_covered is False
    assert older.verdict.endswith("; the record does not cover the task")
    assert any("does not cover encoder, readout steps and class order; export" in s for s in older.lines())
    assert verify(classifier, record(classifier, stimuli.covering(classifier)), engines=[]).task_covered is None


def test_deep_nesting_in_a_task_is_compared():
    def nested(leaf):
        for _ in range(5000):
            leaf = {"a": [leaf]}
        return leaf

    assert compare_tasks(nested(1), nested(1)) == (1, None)
    _, altered = compare_tasks(nested(1), nested(2))
    assert (altered.found, altered.exported) == ("2", "1")
