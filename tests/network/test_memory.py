"""Runs that would not fit into memory are refused before anything is allocated, in every engine."""

import copy
import pickle
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from lava_ahp import dynamics
from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Events, Network, Neuron, Population, memory, stimuli

SILENT = Events.from_lists([[]], 2, 50)


def network(size):
    return Network(
        (Population("input", 2), Population("cells", size, Neuron(1)), Population("readout", 2, Neuron(1))),
        (Connection("input", "readout", np.full((2, 2), 2)),),
        "readout",
    )


def test_the_readable_arithmetic_is_checked(monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda: 2**30)
    with pytest.raises(SpecError, match=r"needs .* GiB \(rasters and states .*available 1.0 GiB"):
        dynamics.run(network(2**24), SILENT)
    dynamics.run(network(20), SILENT)


@pytest.mark.parametrize(
    "make",
    [stimuli.covering, lambda net: stimuli.random(net, samples=1, steps=10, seed=0)],
)
def test_stimuli_are_checked(monkeypatch, make):
    monkeypatch.setattr(memory, "available_bytes", lambda: 10)
    with pytest.raises(SpecError, match=r"spikes .*available 0.0 GiB; use"):
        make(network(3))


def test_lava_is_checked(monkeypatch):
    process = pytest.importorskip("lava_ahp.process")
    monkeypatch.setattr(memory, "available_bytes", lambda: 2**30)
    with pytest.raises(SpecError, match=r"needs .* GiB .* available 1.0 GiB"):
        process.run(network(2**24), SILENT, states=["cells"])


def test_many_populations_are_built_without_a_search():
    count = 1000
    populations = [Population("input", 1), *(Population(f"p{k}", 1, Neuron(1)) for k in range(count))]
    connections = [Connection(a.name, b.name, [[2]]) for a, b in pairwise(populations)]
    start = time.process_time()
    made = Network(populations, connections, "p0")
    assert sum(len(made.incoming(p.name)) for p in made) == count
    assert time.process_time() - start < 5
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    assert replace(made, output="p1") != made
    assert made.incoming("nobody") == ()
    with pytest.raises(SpecError, match="no population 'nobody'"):
        made["nobody"]
