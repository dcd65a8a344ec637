"""The equations of NIR in floats, step by step.  It imports nothing of lava_ahp, and knows nothing of integers.

Forward Euler, the synaptic current before the voltage.  Edges take no time, but a spike that returns to where it came
from takes one step.
"""

import numpy as np

NEURONS = ("LIF", "CubaLIF", "IF", "LI", "CubaLI", "I")


def _kind(node):
    return type(node).__name__


def _flat(graph, prefix=""):
    nodes, edges, ends = {}, [], {}
    for key, node in graph.nodes.items():
        name = prefix + key
        if _kind(node) == "NIRGraph":
            inner, inner_edges, inner_ends = _flat(node, f"{name}.")
            nodes |= inner
            edges += inner_edges
            ends[key] = inner_ends
        else:
            nodes[name] = node
            ends[key] = (name, name)
    edges += [(ends[a][1], ends[b][0]) for a, b in graph.edges]
    find = lambda kind: next((prefix + k for k, n in graph.nodes.items() if _kind(n) == kind), None)  # noqa: E731
    return nodes, edges, (find("Input"), find("Output"))


def _reaches(start, end, edges):
    seen, left = {start}, [start]
    while left:
        name = left.pop()
        if name == end:
            return True
        new = {b for a, b in edges if a == name} - seen
        seen |= new
        left += new
    return False


def _order(nodes, edges, late):
    order, left = [], list(nodes)
    while left:
        ready = [n for n in left if all(a in order or (a, b) in late for a, b in edges if b == n)]
        assert ready, left
        order += ready
        left = [n for n in left if n not in ready]
    return order


class _Neuron:
    def __init__(self, node, dt, samples):
        get = lambda key, default=0.0: np.asarray(getattr(node, key, default), float)  # noqa: E731
        kind = _kind(node)
        self.spikes = kind in ("LIF", "CubaLIF", "IF")
        leaky = kind not in ("IF", "I")
        tau = get("tau_mem") if kind.startswith("Cuba") else get("tau") if leaky else np.inf
        self.k, self.gain = (dt / tau, dt / tau) if leaky else (0.0, dt)
        self.r, self.v_leak = get("r"), get("v_leak")
        self.k_syn = dt / get("tau_syn") if kind.startswith("Cuba") else 1.0
        self.w_in = get("w_in", 1.0) if kind.startswith("Cuba") else 1.0
        self.threshold, self.reset = get("v_threshold"), get("v_reset")
        self.i = np.zeros((samples, *np.shape(node.r)))
        self.v = self.i + self.reset
        self.margin = None

    def step(self, x):
        self.i = (1 - self.k_syn) * self.i + self.k_syn * self.w_in * x
        self.v = self.v + self.gain * self.r * self.i + self.k * (self.v_leak - self.v)
        if not self.spikes:
            return self.v
        spikes = self.v > self.threshold
        self.margin = np.abs(self.v - self.threshold)
        self.v = np.where(spikes, self.reset, self.v)
        return spikes.astype(float)


def run(graph, x, dt):
    """Run a graph.

    Args:
        graph: a ``nir.NIRGraph``.
        x: input of every step, ``(sample, time, channel)``.
        dt: one step, in seconds.

    Returns:
        By neuron node, its output ``(sample, time, neuron)``, and the distance of its voltage from the threshold.
    """
    nodes, edges, (entry, _) = _flat(graph)
    late = {(a, b) for a, b in edges if _kind(nodes[a]) in ("LIF", "CubaLIF", "IF") and _reaches(b, a, edges)}
    order = _order(nodes, edges, late)
    neurons = {n: _Neuron(node, dt, len(x)) for n, node in nodes.items() if _kind(node) in NEURONS}
    sizes = {n: neuron.v.shape[1:] for n, neuron in neurons.items()}
    now = {n: np.zeros((len(x), *sizes[n])) for n in neurons}
    history = {n: [] for n, node in nodes.items() if _kind(node) == "Delay"}
    out = {n: [] for n in neurons}
    margins = {n: [] for n, neuron in neurons.items() if neuron.spikes}
    for t in range(x.shape[1]):
        before, now = now, {entry: x[:, t].astype(float)}
        for name in order:
            if name == entry:
                continue
            node = nodes[name]
            total = sum(before[a] if (a, b) in late else now[a] for a, b in edges if b == name)
            kind = _kind(node)
            if kind in NEURONS:
                total = neurons[name].step(total)
            elif kind in ("Linear", "Affine"):
                total = total @ np.asarray(node.weight, float).T + (node.bias if kind == "Affine" else 0)
            elif kind == "Scale":
                total = total * node.scale
            elif kind == "Flatten":
                total = total.reshape(len(x), -1)
            elif kind == "Delay":
                history[name].append(total)
                steps = np.rint(np.asarray(node.delay) / dt).astype(int)
                total = np.stack([
                    history[name][t - s][:, k] if t >= s else np.zeros(len(x)) for k, s in enumerate(steps)
                ], axis=1)  # fmt: skip
            else:
                assert kind in ("Input", "Output"), kind
            now[name] = total
        for name in neurons:
            out[name].append(now[name])
        for name in margins:
            margins[name].append(neurons[name].margin)
    stack = lambda values: {n: np.stack(v, axis=1) for n, v in values.items()}  # noqa: E731
    return stack(out), stack(margins)
