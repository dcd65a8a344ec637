"""The arithmetic once more, in scalar Python integers, written from docs/numerics.md alone.

It imports nothing of the package, so that a mistake there cannot hide here.
"""


def _decay(x, d):
    magnitude = (abs(x) * (4096 - d)) // 4096
    return -magnitude if x < 0 else magnitude


def _wrap(x):
    while x > 2**23:
        x -= 2**24
    while x <= -(2**23):
        x += 2**24
    return x


def _clip(x):
    return max(-(2**23 - 1), min(2**23 - 1, x))


def neuron_step(u, a, v, s, drive, *, du, da, dv, w_ahp, vth, bias, e):
    """One neuron, one step: integers in, ``(u, a, v, s)`` out."""
    assert 6 + e >= 0
    u = _wrap(_decay(u, du) + 2 ** (6 + e) * drive)
    a = _clip(_decay(a, da) - (w_ahp if s else 0))
    v = _clip(_decay(v, dv) + u + a + bias)
    s = 1 if v > 64 * vth else 0
    return u, a, 0 if s else v, s


def run(populations, synapses, inputs, steps):
    """One sample through a whole network.

    populations: {name: [one dict of neuron_step's parameters per neuron]}
    synapses: [(source population, source neuron, target population, target neuron, weight, exponent, delay)]
    inputs: {(time, channel)} of the population called 'input'
    Returns {name: [[(u, a, v, s) per neuron] per step]}.
    """
    state = {name: [(0, 0, 0, 0)] * len(neurons) for name, neurons in populations.items()}
    arriving = {}
    history = {name: [] for name in populations}
    fan_out = {}
    for source, j, target, i, weight, exponent, delay in synapses:
        fan_out.setdefault((source, j), []).append((target, i, weight * 2**exponent, delay))

    def emit(source, j, t):
        for target, i, weight, delay in fan_out.get((source, j), []):
            key = (t + delay, target, i)
            arriving[key] = arriving.get(key, 0) + weight

    for t in range(steps):
        for name, neurons in populations.items():
            state[name] = [
                neuron_step(*state[name][i], arriving.pop((t, name, i), 0), **p) for i, p in enumerate(neurons)
            ]
            history[name].append(list(state[name]))
        for time, channel in inputs:
            if time == t:
                emit("input", channel, t)
        for name, now in state.items():
            for i, (_, _, _, spiked) in enumerate(now):
                if spiked:
                    emit(name, i, t)
    return history
