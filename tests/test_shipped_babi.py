"""The networks of netx_exports that answer questions are small and exact and, with bAbI, as accurate as they say."""

import json

import pytest

import lava_ahp
from lava_ahp import netx
from lava_ahp.files import sha256
from lava_ahp.proof import verify
from lava_ahp.workflow.evaluation import evaluate

from support.paths import EXPORTS, SHARED

BABI = SHARED / "babi"
with_babi = pytest.mark.skipif(not BABI.is_dir(), reason="bAbI is not at ../shared/data/babi")

SHIPPED = sorted(path.stem for path in EXPORTS.glob("babi_*.net"))
#: Whose whole test set takes a second; the others are for the soak.
QUICK = ("babi_qa4",)


def manifest(name):
    return json.loads((EXPORTS / f"{name}.manifest.json").read_text())


def test_there_are_some():
    assert "babi_joint" in SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_the_manifest_describes_the_file(name):
    found = manifest(name)
    assert found["sha256"] == sha256(EXPORTS / f"{name}.net")
    assert found["proof"]["bit_exact"] is True
    assert found["firing_rate"] <= 0.06
    assert netx.read(EXPORTS / f"{name}.net").synapses == found["synapses"]
    assert (EXPORTS / f"{name}.net").stat().st_size < 1_000_000


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in SHIPPED]
)
def test_the_file_proves_itself(name):
    found = verify(EXPORTS / f"{name}.net", engines=["fast"])
    assert found.passed, found
    assert found.task_covered


@with_babi
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in SHIPPED]
)
def test_accuracy_on_all_questions_is_what_the_manifest_says(name):
    found = evaluate(EXPORTS / f"{name}.net", data=BABI)
    assert found.accuracy == manifest(name)["test_accuracy"]


def test_the_joint_network_answers_a_question():
    story = ["Mary moved to the bathroom.", "John went to the kitchen."]
    assert lava_ahp.ask(EXPORTS / "babi_joint.net", story, "Where is Mary?").answer == "bathroom"
