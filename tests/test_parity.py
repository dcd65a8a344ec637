"""All engines on the same random networks: oracle, dynamics, simulator, Lava and training compute equal states.

Each engine also has its own property tests.  ``make soak`` runs many more networks.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lava.magma", reason="Lava exists for Python 3.10 only")

from lava_ahp import dynamics
from lava_ahp.models import to_network
from lava_ahp.network import Trace
from lava_ahp.process import run as lava
from lava_ahp.proof import compare
from lava_ahp.simulator import simulate
from lava_ahp.slayer.block import Dense, Readout, Recurrent

from support.blocks import blocks
from support.oracle_runs import oracle_history
from support.strategies import networks, stimuli


def by_oracle(network, events):
    """A trace with the states of every population, computed with scalar integers."""
    length = int(events.steps.max())
    shape = (len(events), length)
    states = {p.name: {k: np.zeros((*shape, p.size), np.int32) for k in "uav"} for p in network}
    spikes = {p.name: np.zeros((*shape, p.size), bool) for p in network}
    for sample, steps in enumerate(events.steps):
        for name, history in oracle_history(network, events, sample).items():
            for key, values in zip("uav", np.moveaxis(history[..., :3], -1, 0), strict=True):
                states[name][key][sample, :steps] = values
            spikes[name][sample, :steps] = history[..., 3]
    voltage = states[network.output]["v"]
    readout = dynamics.last_steps(voltage, events.steps, length)
    return Trace(events.steps, readout, {n: s.sum(axis=1) for n, s in spikes.items()}, spikes, states)


def by_training(chain, spikes):
    """A trace of the training forward pass: states from the loop, output from the fused kernel."""
    states, rasters = {}, {}
    x = spikes
    with torch.no_grad():
        for k, block in enumerate(chain, 1):
            found = block.states(x)
            states[f"layer{k}"] = {key: getattr(found, key).numpy().astype(np.int32) for key in "uav"}
            rasters[f"layer{k}"] = found.s.numpy().astype(bool)
            x = block(x)
    readout = (x.double() * 4096).numpy().astype(np.int32).transpose(0, 2, 1)
    steps = np.full(len(spikes), spikes.shape[2])
    return Trace(steps, readout, {n: r.sum(axis=1) for n, r in rasters.items()}, rasters, states)


def assert_all_equal(network, traces):
    (first, reference), *others = traces.items()
    for name, trace in others:
        check = compare(f"{first} = {name}", reference, trace, (first, name), network)
        assert check.passed, check.difference
        assert check.values > 0
        for population in network:
            assert np.array_equal(reference.counts[population.name], trace.counts[population.name])


def compare_engines(network, events):
    everything = list(network.names)
    assert_all_equal(
        network,
        {
            "oracle": by_oracle(network, events),
            "dynamics": dynamics.run(network, events),
            "simulator": simulate(network, events, rasters=everything, states=everything),
            "Lava": lava(network, events, rasters=everything, states=everything),
        },
    )


@st.composite
def chains(draw):
    """A few of our blocks that fit together; the last one is often a readout."""
    first = draw(blocks(kinds=(Dense, Recurrent)))
    chain = [first]
    for _ in range(draw(st.integers(0, 2))):
        follower = draw(blocks(kinds=(Dense, Recurrent, Readout)))
        wanted = chain[-1].shape[0]
        if follower._feedforward.in_channels != wanted or isinstance(chain[-1], Readout):
            continue
        chain.append(follower)
    return torch.nn.Sequential(*chain)


def compare_training(chain, seed):
    network = to_network(chain)
    rng = np.random.default_rng(seed)
    spikes = torch.from_numpy(rng.random((2, network.input.size, 25)) < 0.4).float()
    events = spikes.transpose(1, 2)
    everything = list(network.names)
    training = by_training(chain, spikes)
    reference = dynamics.run(network, events)
    traces = {"dynamics": reference, "simulator": simulate(network, events, rasters=everything, states=everything)}
    traces["Lava"] = lava(network, events, rasters=everything, states=everything)
    if not isinstance(chain[-1], Readout):
        # The output of the last block is spikes; its voltages are compared among the states.
        training = Trace(training.steps, reference.readout, training.counts, training.spikes, training.states)
    assert_all_equal(network, {"training": training, **traces})


few = settings(max_examples=6, deadline=None)
many = settings(max_examples=200, deadline=None)


@few
@given(st.data())
def test_engines_agree_on_random_graphs(data):
    network = data.draw(networks())
    compare_engines(network, data.draw(stimuli(network)))


@few
@given(chains(), st.integers(0, 2**32 - 1))
def test_training_agrees_with_the_engines_on_random_chains(chain, seed):
    compare_training(chain, seed)


@pytest.mark.slow
@many
@given(st.data())
def test_soak_engines_agree_on_random_graphs(data):
    network = data.draw(networks())
    compare_engines(network, data.draw(stimuli(network)))


@pytest.mark.slow
@many
@given(chains(), st.integers(0, 2**32 - 1))
def test_soak_training_agrees_with_the_engines_on_random_chains(chain, seed):
    compare_training(chain, seed)
