"""Arrays of one's own run on a network of any task, through the encoder of the network."""

import numpy as np
import pytest

import lava_ahp
from lava_ahp.errors import DataError
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.tasks import digits


@pytest.fixture(scope="module")
def task():
    return digits.load()


@pytest.fixture(scope="module")
def network(task):
    """For the digits, untrained."""
    weights = 2 * np.random.default_rng(0).integers(-20, 20, (10, task.channels))
    return Network(
        (Population("input", task.channels), Population("readout", 10, Neuron(threshold=131071, voltage_decay=204))),
        (Connection("input", "readout", weights),),
        "readout",
        task=task.describe(),
    )


def test_arrays_give_what_the_same_samples_of_the_task_give(network, task):
    expected = lava_ahp.evaluate(network)
    x, y = task.signals["test"], task.labels["test"]
    for signals in (x, x[:, :, None]):
        found = lava_ahp.evaluate(network, signals, y)
        np.testing.assert_array_equal(found.predictions, expected.predictions)
        assert found.accuracy == expected.accuracy
    assert lava_ahp.profile(network, x, y, samples=3).stimulus.task.name == "digits"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x + 0.5, r"signals: found float64 \(450, 64\), allowed integers"),
        (lambda x: x + 17, r"signals: found 17\.\.33, allowed 0\.\.16"),
        (lambda x: np.stack([x, x], axis=2), "x: found 2 channels, the network reads 1"),
    ],
)
def test_arrays_that_the_encoder_cannot_read_are_refused(network, task, change, message):
    with pytest.raises(DataError, match=message):
        lava_ahp.evaluate(network, change(task.signals["test"]), task.labels["test"])


def test_a_network_without_a_task_says_so(network):
    bare = Network(network.populations, network.connections, network.output)
    with pytest.raises(DataError, match="network task of your own: allowed an encoder, window and class_names"):
        lava_ahp.evaluate(bare, np.zeros((2, 64)), [0, 1])
