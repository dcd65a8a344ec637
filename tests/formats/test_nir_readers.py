"""Our exports in other programs: snnTorch's own reader, and snnTorch's neurons in NIRTorch's executor for AHP neurons.

Both compute in 32-bit floats without the chip's rounding.  A spike may therefore differ where the voltage is at the
threshold; from there on, a recurrent network goes its own way.  What is compared ends there.
"""

import contextlib
import io

import numpy as np
import pytest

import lava_ahp
from lava_ahp.simulator import simulate

from support import nir_reference
from support.nir_networks import chain, rounding_bound

nir = pytest.importorskip("nir", reason="the package nir is not installed (pip install 'lava-ahp[nir]')")
nirtorch = pytest.importorskip("nirtorch", reason="the package nirtorch is not installed")
torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("snntorch", reason="the package snntorch is not installed")

DT = 1e-4
SAMPLES, STEPS = 8, 150


class LeakyIntegrator(torch.nn.Module):
    """LI, which snnTorch does not read."""

    def __init__(self, node):
        super().__init__()
        self.keep = torch.tensor(1 - DT / node.tau, dtype=torch.float32)
        self.gain = torch.tensor(DT / node.tau * node.r, dtype=torch.float32)
        self.v = 0.0

    def forward(self, x):
        self.v = self.keep * self.v + self.gain * x
        return self.v


def in_snntorch(graph):
    from snntorch.import_nir import import_from_nir

    with contextlib.redirect_stdout(io.StringIO()):
        return import_from_nir(graph)


def in_nirtorch(graph):
    from snntorch.import_nir import _nir_to_snntorch_module

    def neuron(node):
        return _nir_to_snntorch_module(node, init_hidden=True)

    return nirtorch.nir_to_torch(graph, {nir.Linear: neuron, nir.CubaLIF: neuron, nir.LI: LeakyIntegrator})


CASES = {
    "snnTorch, no loop": (in_snntorch, {"ahp": False, "recurrent": False}),
    "snnTorch, recurrent": (in_snntorch, {"ahp": False}),
    "NIRTorch, AHP without current": (in_nirtorch, {"current_decay": 4096}),
    "NIRTorch, AHP": (in_nirtorch, {}),
}


@pytest.mark.parametrize("case", CASES)
def test_spikes_agree_step_for_step_until_rounding_decides_one(case, tmp_path):
    reader, form = CASES[case]
    network = chain(**form)
    lava_ahp.export_nir(network, tmp_path / "x.nir")
    model = reader(nir.read(tmp_path / "x.nir"))
    x = np.random.default_rng(5).random((SAMPLES, STEPS, 12)) < 0.2
    theirs = run(model, x)
    trace = simulate(network, np.pad(x, ((0, 0), (0, 2), (0, 0))), rasters=list(network.names))
    ours = trace.spikes["readout"][:, 2:]
    agree = until_the_first_close_call(network, x, trace)
    assert agree.sum() > 60 * SAMPLES
    assert theirs.sum() > 100
    for sample, steps in enumerate(agree):
        np.testing.assert_array_equal(theirs[sample, :steps], ours[sample, :steps])


def run(model, x):
    state, out = None, []
    with torch.no_grad():
        for t in range(x.shape[1]):
            spikes, state = model(torch.tensor(x[:, t], dtype=torch.float32), state)
            out.append(spikes.numpy() > 0)
    return np.stack(out, axis=1)


def until_the_first_close_call(network, x, trace):
    """By sample, the steps before any voltage of the float reference is within the rounding bound of its threshold."""
    graph = lava_ahp.export_nir(network)
    _, margins = nir_reference.run(graph, x, DT)
    steps = np.full(len(x), x.shape[1])
    for node, margin in margins.items():
        name = node.partition(".")[0]
        p = network[name].parameters()
        later = {"hidden": 1, "readout": 2}[name]
        spikes = trace.spikes[name][:, later : later + x.shape[1]]
        close = (margin <= rounding_bound(p, spikes) / (64 * p["threshold"]) + 1e-5).any(axis=2)
        steps = np.minimum(steps, np.where(close.any(axis=1), close.argmax(axis=1), x.shape[1]))
    return steps
