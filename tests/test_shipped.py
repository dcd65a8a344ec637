"""The networks of netx_exports are small and exact and, with MNIST, as accurate as their manifests say."""

import json

import numpy as np
import pytest

from lava_ahp import netx
from lava_ahp.files import sha256
from lava_ahp.proof import verify
from lava_ahp.tasks import load_task
from lava_ahp.workflow.encoding import encode
from lava_ahp.workflow.evaluation import evaluate, run_batch

from support.paths import EXPORTS, MNIST

with_mnist = pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST is not at ../shared/data/mnist")

#: Limits of each: most synapses, least accuracy on all test images, largest firing rate.
SHIPPED = {
    "smnist_ahp240": (70_000, 0.97, 0.06),
    "smnist_delays240": (70_000, 0.985, 0.06),
    "smnist_ahp240_sparse": (0.2 * 79_200, 0.975, 0.06),
    "smnist_loihi2": (150_000, 0.9726, 0.06),
    "psmnist_delays240": (70_000, 0.93, 0.06),
}

#: All of them, of which only the sparse one is not among the slow tests.
MOSTLY_SLOW = [pytest.param(name, marks=[] if name == "smnist_ahp240_sparse" else pytest.mark.slow) for name in SHIPPED]


def manifest(name):
    return json.loads((EXPORTS / f"{name}.manifest.json").read_text())


def test_every_export_is_named_here_or_answers_questions():
    assert {path.stem for path in EXPORTS.glob("*.net") if not path.stem.startswith("babi_")} == set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_manifest_describes_the_file(name):
    found = manifest(name)
    assert found["sha256"] == sha256(EXPORTS / f"{name}.net")
    assert found["trained_by"].startswith("lava-ahp ")
    assert found["proof"]["bit_exact"] is True
    assert found["proof"]["backend"] == "loihi2sim"
    assert found["proof"]["samples"] >= 10
    synapses, accuracy, rate = SHIPPED[name]
    network = netx.read(EXPORTS / f"{name}.net")
    assert network.synapses == found["synapses"] <= synapses
    assert found["test_samples"] == 10_000
    assert found["test_accuracy"] >= accuracy
    assert found["firing_rate"] <= rate


@pytest.mark.parametrize("name", MOSTLY_SLOW)
def test_the_file_proves_itself_in_every_engine(name):
    found = verify(EXPORTS / f"{name}.net")
    assert found.passed, found
    assert found.task_covered
    assert len(found.checks) > 1


def test_no_export_is_larger_than_1_mb():
    assert {path.name: size for path in EXPORTS.iterdir() if (size := path.stat().st_size) > 1_000_000} == {}


@pytest.mark.parametrize("name", SHIPPED)
def test_the_record_has_rasters_checksums_and_fingerprints_of_every_population(name):
    golden = netx.read_golden(EXPORTS / f"{name}.net")
    names = set(netx.read(EXPORTS / f"{name}.net").names)
    assert set(golden.trace.spikes) == set(golden.sums) == set(golden.fingerprints) == names
    assert all(set(sums) == {"u", "a", "v"} for sums in golden.sums.values())


@with_mnist
@pytest.mark.parametrize("name", SHIPPED)
def test_accuracy_on_all_images_is_what_the_manifest_says(name):
    network = netx.read(EXPORTS / f"{name}.net")
    assert evaluate(network, data=MNIST).accuracy == manifest(name)["test_accuracy"]


@with_mnist
@pytest.mark.parametrize("name", MOSTLY_SLOW)
def test_training_forward_simulator_and_lava_are_equal(name):
    """Ten images: the training forward pass with the shipped weights, both engines with the shipped network."""
    from lava_ahp import training

    network = netx.read(EXPORTS / f"{name}.net")
    task = load_task(network.task["name"], MNIST, network.task)
    # Lava takes some seconds an image: ten of the slow tests, two of the other.
    images = encode(task, samples=2 if name == "smnist_ahp240_sparse" else 10)
    runs = [
        run_batch(network, images, backend, rasters=network.names, readout_steps=None)
        for backend in ("fast", "loihi2sim")
    ]
    trained = training.golden(training.read_model(EXPORTS / f"{name}.safetensors"), images.events).trace
    for run in runs:
        assert np.array_equal(run.trace.readout, trained.readout)
        for population in trained.spikes:
            assert np.array_equal(run.trace.spikes[population], trained.spikes[population]), population
