"""The arguments that ``process.Network`` shares with stock NetX, and what it refuses."""

import os
import subprocess
import sys
import textwrap

import h5py
import numpy as np
import pytest
from lava.lib.dl.netx.hdf5 import Network as StockNetwork
from lava.magma.core.process.process import ProcessServer
from lava.proc.sparse.process import Sparse

from lava_ahp import Connection, Neuron, Population, SpecError, dynamics, netx
from lava_ahp import Network as Graph
from lava_ahp.process import Network

from support.lava_models import spikes_in_lava
from support.lava_networks import random_spikes
from support.paths import TESTS


def cuba_chain():
    """Three layers of LIF neurons, the second one recurrent, that stock Lava computes exactly."""
    rng = np.random.default_rng(11)
    cell = Neuron(threshold=120, current_decay=900, voltage_decay=300)

    def weights(*shape):
        return 2 * rng.integers(-30, 50, shape)

    return Graph(
        (Population("input", 6), Population("p1", 8, cell), Population("p2", 7, cell), Population("p3", 5, cell)),
        (
            Connection("input", "p1", weights(8, 6)),
            Connection("p1", "p2", weights(7, 8)),
            Connection("p2", "p2", weights(7, 7)),
            Connection("p2", "p3", weights(5, 7)),
        ),
        output="p3",
    )


@pytest.fixture(params=[False, True], ids=["input first", "flatten too"])
def path(request, tmp_path):
    """The chain as a file, in which a flatten layer may come after the input."""
    path = tmp_path / "cuba.net"
    netx.write(cuba_chain(), path)
    if request.param:
        with h5py.File(path, "a") as file:
            del file["lava_ahp"], file["layer/0/shape"]
            file["layer/0/shape"] = np.array([1, 3, 2])
            for k in (3, 2, 1):
                file.move(f"layer/{k}", f"layer/{k + 1}")
            file["layer/1/type"] = np.array(["flatten"], dtype="S10")
            file["layer/1/shape"] = np.array([6])
    return path


def in_stock(path, spikes, **options):
    network = StockNetwork(net_config=str(path), **options)
    try:
        return spikes_in_lava(network, spikes)
    finally:
        network.net_config.f.close()


# The number of the last layer is 3, or 4 with a flatten layer.
@pytest.mark.parametrize(
    "options",
    [
        {"num_layers": 3},
        {"skip_layers": 3},
        {"num_layers": 4, "skip_layers": 2},
        {"num_layers": 99, "skip_layers": 1, "input_shape": (2, 3, 1)},
    ],
)
def test_layers_are_selected_as_in_stock_netx(path, options):
    network = Network(path, **options)
    spikes = random_spikes(np.random.default_rng(12), (50, network.inp.shape[0]), 0.4)
    expected = in_stock(path, spikes, **options)
    assert 0 < expected.sum() < expected.size
    np.testing.assert_array_equal(spikes_in_lava(network, spikes), expected)


def test_arguments_have_the_order_and_the_defaults_of_netx(tmp_path):
    netx.write(cuba_chain(), tmp_path / "a.net")
    network = Network(str(tmp_path / "a.net"), 3, 2, 0, (8,), None, 0, 6, False)
    assert [layer.name for layer in network.layers] == ["p2"]
    assert (network.inp.shape, network.out.shape) == ((8,), (7,))
    assert len(Network(tmp_path / "a.net", num_layers=None, skip_layers=None, input_message_bits=None)) == 3


def test_layers_of_a_network_object_count_as_in_its_file():
    network = Network(cuba_chain(), num_layers=3, skip_layers=2)
    assert [layer.name for layer in network.layers] == ["p2"]
    assert network.spec.input == Population("p1", 8)


def test_an_output_that_is_kept_stays_the_output():
    chain = cuba_chain()
    early = Graph(chain.populations, chain.connections, output="p2")
    assert Network(early, skip_layers=2).spec.output == "p2"
    assert Network(early, num_layers=2).spec.output == "p1"
    assert Network(early, skip_layers=3).spec.output == "p3"


def test_all_connections_become_sparse_on_request():
    chain = cuba_chain()
    network = Network(chain, sparse_fc_layer=True)
    assert {type(synapse) for layer in network.layers for synapse in layer.synapses} == {Sparse}
    spikes = random_spikes(np.random.default_rng(12), (1, 30, 6), 0.4)
    np.testing.assert_array_equal(spikes_in_lava(network, spikes[0]), dynamics.run(chain, spikes).spikes["p3"][0])


def branched():
    """Two populations that read the input: not a chain."""
    neuron = Neuron(threshold=10)
    return Graph(
        (Population("input", 2), Population("p1", 2, neuron), Population("p2", 2, neuron)),
        (
            Connection("input", "p1", [[2, 2], [2, 2]]),
            Connection("input", "p2", [[2, 2], [2, 2]]),
            Connection("p1", "p2", [[2, 2], [2, 2]]),
        ),
        output="p2",
    )


def feedback():
    """A chain whose last population sends spikes back to the first: not a chain either."""
    neuron = Neuron(threshold=10)
    return Graph(
        (Population("input", 2), Population("p1", 2, neuron), Population("p2", 2, neuron)),
        (
            Connection("input", "p1", [[2, 2], [2, 2]]),
            Connection("p1", "p2", [[2, 2], [2, 2]]),
            Connection("p2", "p1", [[2, 2], [2, 2]]),
        ),
        output="p2",
    )


@pytest.mark.parametrize(
    "graph, options, message",
    [
        (cuba_chain(), {"num_layers": 1}, "num_layers: found 1, allowed 2 or more, or None for all"),
        (cuba_chain(), {"num_layers": -1}, "num_layers: found -1, allowed 2 or more, or None for all"),
        (cuba_chain(), {"skip_layers": 4}, "skip_layers: found 4, allowed 0..3"),
        (cuba_chain(), {"skip_layers": -1}, "skip_layers: found -1, allowed 0..3"),
        (cuba_chain(), {"num_layers": 2, "skip_layers": 2}, "skip_layers: found 2, allowed 0..1"),
        (cuba_chain(), {"input_shape": (2, 2)}, "input_shape: found (2, 2), allowed a shape of 6 channels in all"),
        (cuba_chain(), {"input_message_bits": 8}, "input_message_bits: found 8, allowed 0, since spikes are unary"),
        (cuba_chain(), {"spike_exp": 4}, "spike_exp: found 4, allowed 6, since spikes are unary; leave it out"),
        (cuba_chain(), {"reset_interval": 0}, "reset_interval: found 0, allowed 1 or more, or None"),
        (
            branched(),
            {"num_layers": 2},
            "num_layers: found 2, but this network is a graph, not a chain of layers; leave it out",
        ),
        (
            feedback(),
            {"skip_layers": 1},
            "skip_layers: found 1, but this network is a graph, not a chain of layers; leave it out",
        ),
    ],
)
def test_wrong_arguments_are_refused_by_name(graph, options, message):
    registered = len(ProcessServer().processes)
    with pytest.raises(SpecError) as error:
        Network(graph, **options)
    assert str(error.value) == message
    assert len(ProcessServer().processes) == registered


def test_a_graph_runs_without_them():
    assert len(Network(branched(), skip_layers=0, input_shape=(2,))) == 2


FAILING = """
    import gc
    import numpy as np
    from lava_ahp.process import AHP, Network
    from support.lava_networks import classifier
    for call in (
        lambda: Network(3),
        lambda: Network("nowhere.net", layers=2),
        lambda: Network(classifier(np.random.default_rng(0)), num_layers=1),
        lambda: AHP(shape=(2,), du=5000),
        lambda: AHP(du=5),
    ):
        try:
            call()
        except (TypeError, ValueError) as error:
            print(error)
        gc.collect()
    Network("nowhere.net")
"""


def test_a_failed_construction_prints_nothing_but_its_error(tmp_path):
    code = textwrap.dedent(FAILING)
    where = {**os.environ, "PYTHONPATH": str(TESTS)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=tmp_path, env=where
    )
    found = done.stdout.splitlines()
    for line, words in zip(
        found, ("found int", "'layers'", "num_layers", "AHP du: found 5000", "'shape'"), strict=True
    ):
        assert words in line
    # The first five errors were caught; the last one was not, and Python prints it alone.
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("lava_ahp.errors.NetFormatError: nowhere.net: no such file\n")
    assert done.stderr.count("Traceback") == 1
    assert "Exception ignored" not in done.stderr
