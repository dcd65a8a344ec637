"""Files of networks whose connections share weights."""

from dataclasses import replace

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp import Golden, dynamics, netx
from lava_ahp.errors import NetFormatError
from lava_ahp.network import fingerprints
from lava_ahp.simulator import simulate

from support.netx_cases import same_golden
from support.relational import Sizes, relational_network, stories
from support.strategies import shared_networks, stimuli


def record(network, events):
    return Golden(events, dynamics.run(network, events), fingerprints=fingerprints(network))


def sharing(network):
    """Which connections share weights, and which populations share parameters."""
    bases = [id(w) for w in network.weights]
    neurons = list(dict.fromkeys(id(p.neuron) for p in network))
    return (
        [(bases.index(id(c.weights.base)), c.weights.first) for c in network.connections],
        [neurons.index(id(p.neuron)) for p in network],
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_reads_back_equal_and_shared(tmp_path_factory, data):
    network = data.draw(shared_networks())
    golden = record(network, data.draw(stimuli(network, max_steps=9)))
    path = tmp_path_factory.mktemp("shared") / "n.net"
    netx.write(network, path, golden=golden)
    found = netx.read(path)
    assert found == network
    assert sharing(found) == sharing(network)
    assert same_golden(netx.read_golden(path), golden.summed())
    assert all(
        np.array_equal(a, b) for a, b in zip(fingerprints(found).values(), golden.fingerprints.values(), strict=True)
    )
    first = path.read_bytes()
    netx.write(found, path, golden=golden)
    assert path.read_bytes() == first


def test_twenty_slots_with_a_proof_stay_below_one_megabyte(tmp_path):
    sizes = Sizes()
    network = relational_network(20, sizes)
    events = stories(20, sizes, present=[20, 6])
    names = list(network.names)
    trace = replace(simulate(network, events, rasters=names, states=names), activity=None)
    golden = Golden(events, trace, fingerprints=fingerprints(network))
    netx.write(network, tmp_path / "n.net", golden=golden)
    assert (tmp_path / "n.net").stat().st_size < 10**6


def put(key, value):
    def change(file):
        del file[f"lava_ahp/graph/{key}"]
        file[f"lava_ahp/graph/{key}"] = value

    return change


def edit(key, place, value):
    def change(file):
        values = file[f"lava_ahp/graph/{key}"][()]
        values[place] = value
        put(key, values)(file)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (edit("connections/weights", 0, 99), "connections/weights: found 99, allowed 0.."),
        (edit("connections/source", 0, 40), "connections/source: found 40, allowed 0.."),
        (edit("connections/target", 0, 0), "is the input and receives nothing"),
        (edit("connections/target", 0, 5), r"weights \(6, 13\), allowed \(7, 13\)"),
        (edit("connections/first", 0, 10**6), "sources from 1000000 on"),
        (edit("connections/delay", 0, 63), "connections/delay: found 63, allowed"),
        (edit("connections/delay", 0, -1), "connections/delay: found -1, allowed -0..62"),
        (edit("connections/exponent", 0, 8), "connections/exponent: found 8, allowed 0..7"),
        (put("connections/first", [0]), r"connections/first: found shape \(1,\)"),
        (put("connections/source", np.zeros((2, 2), int)), r"connections/source: found shape \(2, 2\)"),
        (edit("populations/neuron", 1, 99), "populations/neuron: found 99"),
        (edit("populations/neuron", 1, -1), "neurons/0: found parameters of no population"),
        (edit("populations/neuron", 2, -1), "input populations"),
        (edit("populations/size", 1, 2**24), "neurons, allowed up to 16777216 in all"),
        (put("populations/names", '{"names": ["a", "a"]}'), "names: found no list of different names"),
        (put("weights/shape", [[7]]), r"weights/shape: found shape \(1, 1\)"),
        (edit("weights/shape", (0, 1), 2), r"weights/fan_out: found shape"),
        (edit("weights/fan_out", 0, 3), "synapses, allowed"),
        (edit("weights/gaps", 0, 10**6), "weights/gaps: found target"),
        (edit("weights/gaps", 0, 0), "weights/gaps: found 0"),
        (edit("weights/values", 0, 0), "weights/values: found zeros"),
        (lambda file: file.create_group("lava_ahp/graph/neurons/99"), "neurons: found members"),
    ],
)
def test_bad_tables_are_refused_by_name(tmp_path, change, message):
    netx.write(relational_network(1), tmp_path / "n.net")
    with h5py.File(tmp_path / "n.net", "r+") as file:
        change(file)
    with pytest.raises(NetFormatError, match=message) as caught:
        netx.read(tmp_path / "n.net")
    assert "\n" not in str(caught.value)


def test_more_targets_than_a_reader_checks_are_refused(tmp_path):
    netx.write(relational_network(1), tmp_path / "n.net")
    with h5py.File(tmp_path / "n.net", "r+") as file:
        edit("populations/size", 2, 2**23)(file)
        for key in ("source", "target", "weights", "first", "exponent", "delay"):
            column = file[f"lava_ahp/graph/connections/{key}"][()]
            put(f"connections/{key}", np.concatenate([column, np.repeat(column[3:4], 64)]))(file)
    with pytest.raises(NetFormatError, match=r"targets of all connections, allowed up to 268435456"):
        netx.read(tmp_path / "n.net")
