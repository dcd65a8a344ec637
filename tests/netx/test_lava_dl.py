"""What lava-dl's own blocks export loads here, and runs as SLAYER and as stock Lava do."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

pytest.importorskip("lava.lib.dl.slayer", reason="Lava and lava-dl exist for Python 3.10 alone")
import torch
from lava.lib.dl import slayer

from lava_ahp import dynamics, netx
from lava_ahp.errors import NetFormatError
from lava_ahp.network import READOUT_THRESHOLD

from support.stock_lava import run_stock

LIF = {"threshold": 1.0, "current_decay": 0.3, "voltage_decay": 0.1}
#: SLAYER's states are the chip's divided by this.
STATE_SCALE = 4096


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(3)


def export(blocks, path):
    with h5py.File(path, "w") as file:
        layers = file.create_group("layer")
        for k, block in enumerate(blocks):
            block.export_hdf5(layers.create_group(str(k)))
    return path


def stimulus(*shape, rate=0.3):
    return (torch.rand(*shape) < rate).float()


def forward(blocks, x):
    for block in blocks:
        x = block(x)
    return x.detach().numpy()


def scale_weights(block, factor):
    for name in ("synapse", "input_synapse", "recurrent_synapse"):
        if hasattr(block, name):
            getattr(block, name).weight.data *= factor
    return block


def run_ours(path, x):
    network = netx.read(path)
    samples, time = x.shape[0], x.shape[-1]
    return network, dynamics.run(network, x.reshape(samples, -1, time).permute(0, 2, 1))


def spikes_of(network, trace):
    return trace.spikes[network.output].transpose(0, 2, 1)


def test_dense_and_recurrent_run_as_slayer_and_stock_lava_do(tmp_path):
    blocks = [
        scale_weights(slayer.block.cuba.Dense(LIF, 12, 20), 4),
        scale_weights(slayer.block.cuba.Recurrent(dict(LIF), 20, 15), 3),
        scale_weights(slayer.block.cuba.Dense(LIF, 15, 6), 6),
    ]
    x = stimulus(1, 12, 60)
    expected = forward(blocks, x)
    path = export(blocks, tmp_path / "f.net")
    network, trace = run_ours(path, x)
    assert [p.name for p in network.populations] == ["input", "layer1", "layer2", "layer3"]
    assert len(network.connections) == 4
    assert expected.sum() > 20
    np.testing.assert_array_equal(spikes_of(network, trace), expected)
    stock, voltage = run_stock(path, x[0].T.numpy().astype(bool))
    np.testing.assert_array_equal(stock, trace.spikes["layer3"][0])
    np.testing.assert_array_equal(voltage, trace.readout[0, -1])


def test_decays_of_each_neuron_run_as_slayer_does(tmp_path):
    params = LIF | {"current_decay": (0.05, 0.9), "voltage_decay": (0.01, 0.4), "shared_param": False}
    blocks = [scale_weights(slayer.block.cuba.Dense(params, 12, 20), 4)]
    x = stimulus(2, 12, 50)
    expected = forward(blocks, x)
    network, trace = run_ours(export(blocks, tmp_path / "f.net"), x)
    assert len(np.unique(network["layer1"].neuron.current_decay)) > 10
    assert expected.sum() > 20
    np.testing.assert_array_equal(spikes_of(network, trace), expected)


def test_delays_run_as_slayer_and_stock_lava_do(tmp_path):
    blocks = [
        scale_weights(slayer.block.cuba.Dense(LIF, 12, 20, delay=True), 4),
        scale_weights(slayer.block.cuba.Dense(LIF, 20, 5), 4),
    ]
    x = stimulus(1, 12, 70)
    forward(blocks, x)
    blocks[0].delay.delay.data = torch.rand(20) * 9
    expected = forward(blocks, x)
    path = export(blocks, tmp_path / "f.net")
    network, trace = run_ours(path, x)
    assert network.max_delay > 5
    assert expected.sum() > 20
    np.testing.assert_array_equal(spikes_of(network, trace), expected)
    stock, _ = run_stock(path, x[0].T.numpy().astype(bool))
    np.testing.assert_array_equal(stock, trace.spikes["layer2"][0])


def test_delays_of_a_recurrent_layer_are_refused_since_slayer_and_netx_disagree(tmp_path):
    block = slayer.block.cuba.Recurrent(dict(LIF), 5, 6, delay=True)
    block(stimulus(1, 5, 9))
    assert netx.read(export([block], tmp_path / "zero.net")).max_delay == 1
    block.delay.delay.data[2] = 4
    with pytest.raises(NetFormatError, match=r"layer/0/delay: .*SLAYER and NetX disagree"):
        netx.read(export([block], tmp_path / "f.net"))


def test_an_affine_readout_integrates_as_slayer_does_and_its_threshold_is_noted(tmp_path):
    blocks = [
        slayer.block.cuba.Input(delay_shift=False),
        scale_weights(slayer.block.cuba.Recurrent(dict(LIF), 12, 20), 4),
        slayer.block.cuba.Affine(LIF, 20, 3),
    ]
    x = stimulus(2, 12, 40)
    expected = forward(blocks, x)
    network, trace = run_ours(export(blocks, tmp_path / "f.net"), x)
    assert network["layer2"].neuron.threshold == READOUT_THRESHOLD
    assert "262143" in network.provenance["read_as"]["/layer/2/neuron/vThMant"]
    # SLAYER delays what a block sends on, Lava what it receives: an integrator that sends nothing on is a step ahead.
    ours = trace.readout.transpose(0, 2, 1)
    assert np.any(ours)
    np.testing.assert_array_equal(ours[..., 1:], np.rint(expected * STATE_SCALE).astype(int)[..., :-1])


def test_an_image_is_flattened_as_slayer_does(tmp_path):
    blocks = [
        slayer.block.cuba.Input(delay_shift=False),
        slayer.block.cuba.Flatten(),
        scale_weights(slayer.block.cuba.Dense(LIF, 24, 9), 4),
    ]
    x = stimulus(2, 2, 3, 4, 40)
    expected = forward(blocks, x)
    network, trace = run_ours(export(blocks, tmp_path / "f.net"), x)
    assert network.input.size == 24
    assert expected.sum() > 20
    np.testing.assert_array_equal(spikes_of(network, trace), expected)


def test_a_mean_norm_becomes_a_bias_as_in_stock_lava(tmp_path):
    params = LIF | {"norm": slayer.neuron.norm.MeanOnlyBatchNorm}
    blocks = [scale_weights(slayer.block.cuba.Dense(params, 12, 20), 4)]
    x = stimulus(1, 12, 40)
    for _ in range(5):
        forward(blocks, x)
    path = export(blocks, tmp_path / "f.net")
    network, trace = run_ours(path, x)
    assert len(np.unique(network["layer1"].neuron.bias)) > 1
    stock, voltage = run_stock(path, x[0].T.numpy().astype(bool))
    np.testing.assert_array_equal(stock, trace.spikes["layer1"][0])
    np.testing.assert_array_equal(voltage, trace.readout[0, -1])
    # In SLAYER the same happens if the input comes one step later: there, the bias starts a step later.
    assert "1 step before the bias of a SLAYER norm" in network.provenance["read_as"]["/layer/0/bias"]
    blocks[0].eval()
    later = forward(blocks, torch.nn.functional.pad(x, (1, 0)))
    np.testing.assert_array_equal(later[..., 1:], spikes_of(network, trace))


def test_the_type_name_loihi_is_the_same_neuron(tmp_path):
    block = slayer.block.cuba.Dense(LIF, 5, 4)
    block(stimulus(1, 5, 3))
    network = netx.read(export([block], tmp_path / "f.net"))
    with h5py.File(tmp_path / "f.net", "a") as file:
        del file["layer/0/neuron/type"]
        file["layer/0/neuron/type"] = "LOIHI"
        file.create_group("simulation")["Ts"] = 1
    assert netx.read(tmp_path / "f.net") == network


@pytest.mark.parametrize(
    "blocks, shape, message",
    [
        (lambda b: [b.cuba.Conv(LIF, 2, 3, 3)], (1, 2, 5, 5, 4), "/layer/0/type: found conv, allowed"),
        (lambda b: [b.cuba.Pool(LIF, 2)], (1, 2, 4, 4, 4), "/layer/0/type: found pool"),
        (lambda b: [b.cuba.Input(LIF, weight=1, bias=0)], (1, 2, 4), "/layer: found no dense layer"),
        (lambda b: [b.sigma_delta.Dense({"threshold": 1, "activation": abs}, 3, 4)], (1, 3, 4), "type: found SDNN"),
        (lambda b: [b.rf.Dense({"threshold": 1, "period": 9, "decay": 0.1}, 3, 4)], (1, 3, 4), "weight: found a group"),
        (lambda b: [b.cuba.Dense(LIF | {"graded_spike": True}, 3, 4)], (1, 3, 4), "gradedSpike: found 1, allowed 0"),
        (lambda b: [b.alif.Dense(LIF | {"threshold_step": 1, "threshold_decay": .1, "refractory_decay": .1}, 3, 4)],
         (1, 3, 4), "/layer/0/neuron/type: found ALIF"),
    ],
)  # fmt: skip
def test_blocks_that_are_not_supported_are_named(tmp_path, blocks, shape, message):
    made = blocks(slayer.block)
    forward(made, stimulus(*shape))
    with pytest.raises(NetFormatError, match=message):
        netx.read(export(made, tmp_path / "f.net"))
