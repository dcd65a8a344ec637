"""Random networks and stimuli of any size and firing rate, to measure speed without data."""

from __future__ import annotations

import numpy as np
import scipy.sparse

from lava_ahp.errors import SpecError
from lava_ahp.network import READOUT_THRESHOLD, Connection, Events, Network, Neuron, Population
from lava_ahp.network import fixedpoint as fx

_THRESHOLD = 508
#: Weights are small, even and of both signs, so that the bias sets the firing rate.
_LARGEST_WEIGHT = 60


def classifier(
    channels: int = 80,
    hidden: int = 240,
    classes: int = 10,
    *,
    density: float = 0.2,
    rate: float = 0.05,
    seed: int = 0,
) -> Network:
    """Input, recurrent hidden layer and readouts; by default of the size of the published sequential-MNIST network.

    Every hidden neuron has its own bias.  As weights of both signs cancel on average, the bias makes it fire at about
    ``rate``.  Every second hidden neuron has an AHP current.

    Args:
        channels: input channels.
        hidden: recurrent neurons.
        classes: readouts.
        density: fraction of the possible synapses that exist, in every connection.
        rate: spikes per hidden neuron and step, up to 0.1.
        seed: seed of all random numbers.

    Raises:
        SpecError: the density or the rate is out of range.
    """
    if not 0 < density <= 1:
        raise SpecError(f"density: found {density}, allowed above 0, up to 1")
    if not 0 < rate <= 0.1:
        raise SpecError(f"rate: found {rate}, allowed above 0, up to 0.1 spikes per neuron and step")
    rng = np.random.default_rng(seed)
    threshold = _THRESHOLD << fx.STATE_SHIFT
    # From reset to threshold takes 1 / rate steps on average.  Biases differ, so that neurons do not fire in step.
    bias = np.rint(rate * threshold * rng.uniform(0.5, 1.5, hidden)).astype(np.int64)
    neuron = Neuron(
        threshold=_THRESHOLD,
        ahp_decay=409,
        ahp_weight=np.where(np.arange(hidden) % 2, 384, 0),
        bias=np.minimum(bias, fx.BIAS_MANTISSA_MAX),
    )
    return Network(
        populations=(
            Population("input", channels),
            Population("hidden", hidden, neuron),
            Population("readout", classes, Neuron(threshold=READOUT_THRESHOLD, voltage_decay=204)),
        ),
        connections=(
            Connection("input", "hidden", _weights(rng, hidden, channels, density)),
            Connection("hidden", "hidden", _weights(rng, hidden, hidden, density)),
            Connection("hidden", "readout", _weights(rng, classes, hidden, density)),
        ),
        output="readout",
    )


def noise(channels: int, *, samples: int, steps: int, rate: float = 0.03, seed: int = 0) -> Events:
    """Random input spikes, ``rate`` per channel and step."""
    if not 0 <= rate <= 1:
        raise SpecError(f"rate: found {rate}, allowed 0..1 spikes per channel and step")
    rng = np.random.default_rng(seed)
    per_sample = rng.binomial(steps * channels, rate, samples)
    places = [np.sort(rng.choice(steps * channels, n, replace=False)) for n in per_sample]
    lists = [np.stack(np.divmod(place, channels), axis=1) for place in places]
    return Events.from_lists(lists, channels, steps)


def _weights(rng: np.random.Generator, targets: int, sources: int, density: float) -> scipy.sparse.coo_matrix:
    """Even weights of both signs at random positions of a ``(target, source)`` matrix of the given density."""
    places = rng.choice(targets * sources, max(1, round(density * targets * sources)), replace=False)
    half = _LARGEST_WEIGHT // 2
    values = 2 * rng.choice(np.concatenate([np.arange(-half, 0), np.arange(1, half + 1)]), len(places))
    return scipy.sparse.coo_matrix((values, np.divmod(places, sources)), shape=(targets, sources))
