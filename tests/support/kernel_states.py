"""States of every step as the compiled loops of the CPU compute them and as their backward pass sees them."""

import numpy as np

from lava_ahp.network import fixedpoint as fx
from lava_ahp.slayer.kernels import _events, _inputs, _loops
from lava_ahp.slayer.kernels._arrays import Synapses
from lava_ahp.slayer.kernels._product import padded
from lava_ahp.slayer.kernels._vectors import SHORTS


def states_of(spikes, constants, weights, late=(None, None), delays=None, autapse=None, lag=0):
    """``u``, ``a`` and ``v`` before the reset, ``(sample, time, neuron)`` each.

    ``u`` is what is left of the voltages, as for the gradients of decays.

    Args:
        spikes: zeros and ones ``(sample, source, time)``; they arrive after one step.
        constants: six tensors ``(neuron,)``.
        weights: feedforward and recurrent weights, or None.
        late: the same of the second synapses of pairs.
        delays: of the recurrent synapses, ``(neuron,)``.
        autapse: with a lag.
        lag: of synapses in pairs.
    """
    neurons = len(constants[0])
    width = padded(neurons, SHORTS)
    own = np.zeros(0, np.int32) if autapse is None else _inputs.filled(autapse.numpy(), width, np.int32)
    first, second = ([_inputs.rows(w, width) for w in pair] for pair in (weights, late))
    synapses = Synapses(*first, own, *second, _inputs.delays(weights[1], delays))
    # The states before each step are kept, so one more step shows all of them.
    longer = np.pad(np.asarray(spikes, np.float32), ((0, 0), (0, 0), (0, 1)))
    samples, _, steps = longer.shape
    v, a = np.empty((samples, steps + 1, width), np.int32), np.empty((samples, steps, width), np.int32)
    out, counts = np.empty((samples, steps, neurons), np.float32), np.zeros(width, np.int64)
    filled = _inputs.neuron_constants([constants], [0, width])
    events = _events.extract(longer, False, 0, samples, 1)
    _loops.forward(synapses, filled, events, np.zeros((0, 0, 0), np.int32), 0, 1, lag, False, out, counts, (v, a))
    before, now, ahp = v[:, :-2], v[:, 1:-1], a[:, 1:]
    left = np.where(before > filled.threshold, 0, fx.saturate(before))
    u = now - fx.decay(left, fx.DECAY_ONE - filled.voltage_factor) - ahp
    return u[..., :neurons], ahp[..., :neurons], fx.saturate(now)[..., :neurons]
