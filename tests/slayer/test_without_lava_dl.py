"""Without lava-dl, blocks stand on our own bases and give the same weights and outputs, bit for bit."""

import json
import subprocess
import sys

import pytest
import torch

pytest.importorskip("lava.lib.dl.slayer", reason="lava-dl exists for Python 3.10 only")

from lava_ahp.slayer import _lava, _own
from lava_ahp.slayer.neuron import Neuron

TRAINING = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "lava":
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

if {absent}:
    sys.meta_path.insert(0, Absent())

import hashlib
import json
import torch
from lava_ahp.slayer.block import Dense, Readout, Recurrent

def digest(tensor):
    return hashlib.sha256(tensor.detach().contiguous().numpy().tobytes()).hexdigest()

torch.manual_seed(7)
ahp = dict(threshold=1.0, voltage_decay=0.05, ahp_decay=0.01, ahp_strength=[0.0, 0.1] * 5, requires_grad=True)
net = torch.nn.Sequential(
    Dense(dict(threshold=0.5), 6, 8, 3.0, [0, 1] * 4), Recurrent(ahp, 8, 10, 4), Readout(dict(voltage_decay=0.1), 10, 3)
)
after_blocks = torch.rand(1)
initial = {{name: digest(x) for name, x in net.state_dict().items()}}
spikes = (torch.rand(4, 6, 50) < 0.4).float()
optimizer = torch.optim.Adam(net.parameters(), 0.05)
for step in range(5):
    optimizer.zero_grad()
    net(spikes)[..., -10:].square().mean().backward()
    optimizer.step()
    for block in net:
        block.neuron.clamp()
    if step == 0:
        gradients = {{name: digest(x.grad) for name, x in net.named_parameters() if x.grad is not None}}
names = [sorted(n for n in (*vars(x), *x._buffers, *x._parameters) if n[0] != "_") for b in net for x in (b, b.neuron)]
print(json.dumps({{
    "bases": [type(net[1].recurrent_synapse).__module__, type(net[1].neuron).__mro__[1].__module__],
    "lava": "lava" in sys.modules,
    "random": digest(after_blocks),
    "initial": initial,
    "gradients": gradients,
    "trained": {{name: digest(x) for name, x in net.state_dict().items()}},
    "output": digest(net(spikes)),
    "hidden": digest(net[:2](spikes)),
    "spikes": int(net[:2](spikes).sum()),
    "sums": digest(net[0].synapse(spikes)),
    "names": names,
    "exponents": [block.neuron.weight_exponent for block in net],
}}))
"""


def test_training_gives_the_same_bits_with_and_without_lava_dl(capsys):
    command = [sys.executable, "-c", TRAINING.format(absent=True)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    ours = json.loads(done.stdout)
    # lava-dl is imported here already.
    exec(TRAINING.format(absent=False), {})
    theirs = json.loads(capsys.readouterr().out)
    assert (ours.pop("lava"), theirs.pop("lava")) == (False, True)
    assert ours.pop("bases") == ["lava_ahp.slayer._own"] * 2
    assert theirs.pop("bases") == ["lava.lib.dl.slayer.synapse.layer", "lava.lib.dl.slayer.neuron.base"]
    assert ours["spikes"] > 0
    assert ours["initial"] != ours["trained"]
    assert list(ours["trained"]) == list(theirs["trained"])
    assert ours == theirs


def neurons():
    return [Neuron(1.0), _lava.BaseNeuron(1.0, p_scale=4096, w_scale=64, s_scale=4096)]


@pytest.mark.parametrize("descale", [False, True])
def test_quantisation_and_its_gradient_are_lava_dls(descale):
    # Every sixteenth of a chip unit, beyond both ends: all ties, and everything that is clipped.
    grid = torch.arange(-300 * 16, 300 * 16 + 1) / (16 * 64)
    weights = torch.cat([grid, 5 * torch.randn(1000, generator=torch.Generator().manual_seed(0))])
    results = []
    for neuron in neurons():
        x = weights.clone().requires_grad_()
        out = neuron.quantize_8bit(x, descale=descale)
        (out * torch.arange(len(x))).sum().backward()
        results.append((out.detach(), x.grad))
    (mine, gradient), (expected, expected_gradient) = results
    assert torch.equal(mine, expected)
    units = 64 * mine if not descale else mine
    inside = (units > -256) & (units < 254)
    assert torch.equal(gradient[inside], expected_gradient[inside])
    # At the ends of the range torch's clipping lets a gradient through or not, depending on its version.  Ours does, so
    # that a weight can come back, and beyond them it does not.
    rounded = (32 * weights).round() * 2
    end = (rounded == -256) | (rounded == 254)
    each = torch.arange(len(weights)) * (64.0 if descale else 1.0)
    assert torch.equal(gradient[end], each[end])
    assert not gradient[~inside & ~end].any()


@pytest.mark.parametrize("weight_scale", [1, 2.5])
def test_synapses_equal_lava_dls(weight_scale):
    results = []
    for base, neuron in zip((_own.DenseSynapse, _lava.DenseSynapse), neurons(), strict=True):
        torch.manual_seed(3)
        synapse = base(5, 7, weight_scale, pre_hook_fx=neuron.quantize_8bit)
        x = torch.rand(2, 5, 9, requires_grad=True)
        out = synapse(x)
        out.square().sum().backward()
        results.append((synapse.weight, out, x.grad, synapse.weight.grad, torch.rand(1)))
        assert synapse.shape == (7, 5, 1, 1, 1)
    for mine, expected in zip(*results, strict=True):
        assert torch.equal(mine, expected)
