"""A LIF network of the same size in Brian2, if it is installed (the extra ``bench``)."""

from __future__ import annotations

import time
from importlib.util import find_spec

import numpy as np

from lava_ahp.network import Events, Network
from lava_ahp.network import fixedpoint as fx


def available() -> bool:
    """Whether Brian2 is installed."""
    return find_spec("brian2") is not None


def steps_per_second(network: Network, events: Events) -> float:
    """Speed of Brian2 on the first sample, in steps per second.

    The populations, synapses, input, leaks and thresholds are those of the network.  The neurons are LIF neurons in
    floating point, without AHP currents and the chip's rounding, so only the speed can be compared.  A first run of one
    step, which is not timed, builds and compiles Brian2's code.
    """
    import brian2 as b2

    b2.prefs.logging.console_log_level = "ERROR"
    tick = 1 * b2.ms
    own = b2.Network()
    groups = {}
    for population in network.populations:
        if population.is_input:
            one = events.select(0)
            times = (one.times + 0.0) * tick
            group = b2.SpikeGeneratorGroup(population.size, one.sources, times, dt=tick)
        else:
            p = population.parameters()
            group = b2.NeuronGroup(
                population.size,
                "leak : 1 (constant)\nvth : 1 (constant)\nv : 1",
                threshold="v > vth",
                reset="v = 0",
                dt=tick,
            )
            group.leak = 1 - p["voltage_decay"] / fx.DECAY_ONE
            group.vth = p["threshold"].astype(float)
            own.add(group.run_regularly("v = v * leak", dt=tick, when="start"))
        groups[population.name] = group
        own.add(group)
    for c in network.connections:
        synapses = b2.Synapses(groups[c.source], groups[c.target], "w : 1", on_pre="v_post += w", dt=tick)
        synapses.connect(i=c.sources.astype(int), j=c.targets.astype(int))
        exponent = network[c.target].parameters()["input_exponent"][c.targets]
        synapses.w = c.values * np.exp2(c.exponent + exponent)
        synapses.delay = c.delays * tick
        own.add(synapses)
    own.run(tick)
    steps = int(events.steps[0]) - 1
    start = time.perf_counter()
    own.run(steps * tick)
    return steps / (time.perf_counter() - start)
