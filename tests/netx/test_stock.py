"""Files without AHP neurons in stock lava-dl NetX, run by stock Lava; all others it must refuse."""

from __future__ import annotations

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lava.lib.dl.netx", reason="Lava and lava-dl exist for Python 3.10 alone")
from lava.lib.dl.netx.hdf5 import Network as StockNetwork
from lava.lib.dl.netx.utils import optimize_weight_bits
from lava.utils.weightutils import clip_weights, determine_sign_mode, truncate_weights

from lava_ahp import dynamics, netx
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.netx._stock import keeps_weights

from support.stock_lava import run_stock


def chain(*layers, inputs=6):
    """``(neuron, weights, recurrent weights or None, delay)`` per layer."""
    populations, connections = [Population("input", inputs)], []
    for k, (neuron, weights, recurrent, delay) in enumerate(layers, start=1):
        name = f"layer{k}"
        connections.append(Connection(populations[-1].name, name, weights, delay=delay))
        populations.append(Population(name, len(weights), neuron))
        if recurrent is not None:
            connections.append(Connection(name, name, recurrent))
    return Network(populations, connections, populations[-1].name)


def types(path):
    with h5py.File(path) as file:
        return [file[f"layer/{k}/neuron/type"][()].decode() for k in range(1, len(file["layer"]))]


rng = np.random.default_rng(0)


def even(*shape):
    return 2 * rng.integers(-128, 128, shape)


STOCK = {
    "readout": chain(
        (Neuron(150, 1024, 300), even(9, 6), even(9, 9), 1), (Neuron(131071, 4096, 204), even(3, 9), None, 1)
    ),
    "no decay at all": chain((Neuron(3000, 0, 0), even(5, 6) // 4, None, 1)),
    "small odd weights and zeros": chain((Neuron(90, 7, 4096), rng.integers(-3, 4, (5, 6)), None, 1)),
    "one sign, odd": chain((Neuron(400, 4096, 9), rng.integers(0, 256, (5, 6)), None, 1)),
    "signs by connection": chain(
        (Neuron(200, 4096, 9), rng.integers(1, 128, (5, 6)), -rng.integers(0, 127, (5, 5)), 1)
    ),
    "bias": chain((Neuron(200, 4096, 90, bias=64 * np.array([-4096, 4095, 0, 17, 1])), even(5, 6), None, 1)),
    "delay of each target": chain(
        (Neuron(100, 500, 90), even(5, 6), None, np.repeat([[1], [63], [2], [5], [9]], 6, 1))
    ),
    "delay of each synapse": chain((Neuron(100, 500, 90), even(5, 6), None, rng.integers(1, 30, (5, 6)))),
    "wide": chain((Neuron(131071, 4096, 0), np.full((2, 900), 254), None, 1), inputs=900),
}


@pytest.mark.parametrize("name", STOCK)
def test_stock_lava_runs_files_without_ahp_neurons_to_the_last_bit(tmp_path, name):
    network = STOCK[name]
    netx.write(network, tmp_path / "f.net")
    assert set(types(tmp_path / "f.net")) == {"CUBA"}
    spikes = rng.random((90, network.input.size)) < 0.4
    ours = dynamics.run(network, spikes[None])
    theirs, voltage = run_stock(tmp_path / "f.net", spikes)
    np.testing.assert_array_equal(theirs, ours.spikes[network.output][0])
    np.testing.assert_array_equal(voltage, ours.readout[0, -1])
    assert theirs.any() or network[network.output].neuron.threshold == 131071


OTHERS = {
    "AHP": chain((Neuron(100, ahp_weight=1), even(5, 6), None, 1)),
    "decays differ": chain((Neuron(100, voltage_decay=np.arange(5)), even(5, 6), None, 1)),
    "thresholds differ": chain((Neuron(np.arange(5)), even(5, 6), None, 1)),
    "input exponent": chain((Neuron(100, input_exponent=2), even(5, 6), None, 1)),
    "wide bias": chain((Neuron(100, bias=4096 * 64), even(5, 6), None, 1)),
    "all zero": chain((Neuron(100), np.zeros((5, 6), int), None, 1)),
    "odd of both signs beyond 127": chain((Neuron(100), np.array([[200, -3]]), None, 1), inputs=2),
    "negative power of two": chain((Neuron(100), np.array([[-128, -5]]), None, 1), inputs=2),
    "-256": chain((Neuron(100), np.array([[-256, -2]]), None, 1), inputs=2),
    "delays into a recurrent layer": chain((Neuron(100, 900, 90), even(6, 6) // 16 * 2, even(6, 6) // 16 * 2, 3)),
    "drive beyond one turn of u": chain((Neuron(100), np.full((1, 2000), 254), None, 1), inputs=2000),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_layer_is_marked_so_that_stock_netx_refuses(tmp_path, name):
    netx.write(OTHERS[name], tmp_path / "f.net")
    assert types(tmp_path / "f.net") == ["AHP"]
    assert netx.read(tmp_path / "f.net") == OTHERS[name]
    with np.errstate(divide="ignore"), pytest.raises((TypeError, AttributeError, OverflowError)):
        StockNetwork(net_config=str(tmp_path / "f.net"))


@pytest.mark.parametrize(
    "name", ["negative power of two", "-256", "drive beyond one turn of u", "delays into a recurrent layer"]
)
def test_the_refused_layers_are_those_that_stock_lava_gets_wrong(tmp_path, name):
    network = OTHERS[name]
    netx.write(network, tmp_path / "f.net")
    with h5py.File(tmp_path / "f.net", "a") as file:
        del file["layer/1/neuron/type"]
        file["layer/1/neuron/type"] = "CUBA"
    spikes = np.ones((12, network.input.size), bool)
    ours = dynamics.run(network, spikes[None])
    theirs, voltage = run_stock(tmp_path / "f.net", spikes)
    same = np.array_equal(theirs, ours.spikes[network.output][0]) and np.array_equal(voltage, ours.readout[0, -1])
    assert not same


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_prediction_of_what_lava_does_to_weights_is_right(data):
    low, high = data.draw(st.sampled_from([(-256, 254), (-255, 255), (0, 255), (-256, -1), (-9, 9), (-256, 0)]))
    step = data.draw(st.sampled_from([1, 2, 4, 64]))
    value = st.integers(-(-low // step), high // step).map(lambda x: x * step)
    parts = [
        np.array(data.draw(st.lists(value, min_size=4, max_size=4))).reshape(2, 2)
        for _ in range(data.draw(st.integers(1, 2)))
    ]
    joined = np.hstack(parts)
    if not joined.any():
        assert not keeps_weights(parts)
        with np.errstate(divide="ignore"), pytest.raises(OverflowError):
            optimize_weight_bits(joined)
        return
    with np.errstate(divide="ignore"):
        shifted, bits, exponent, _ = optimize_weight_bits(joined)
    kept = exponent <= 0 and 1 <= bits <= 8 and np.array_equal(shifted >> max(-exponent, 0), joined)
    for k in range(len(parts)):
        part = shifted[:, 2 * k : 2 * k + 2]
        mode = determine_sign_mode(part)
        kept &= np.array_equal(truncate_weights(clip_weights(part, mode, 8), mode, bits), part) if kept else False
    assert keeps_weights(parts) == kept


def test_an_ahp_decay_without_ahp_weight_is_no_reason_to_refuse(tmp_path):
    network = chain((Neuron(100, 7, 9, ahp_decay=12), even(40, 30), None, 1), inputs=30)
    netx.write(network, tmp_path / "f.net")
    assert types(tmp_path / "f.net") == ["CUBA"]
    assert netx.read(tmp_path / "f.net") == network
