"""Blocks exported as layers of a NetX file read back as the network that they compute."""

import h5py
import numpy as np
import pytest
import torch

from lava_ahp import netx
from lava_ahp.models import to_network
from lava_ahp.slayer.block import Dense, Readout, Recurrent

AHP = {"threshold": 2.0, "voltage_decay": 0.05, "ahp_decay": 0.01, "ahp_strength": [0.0, 0.0, 0.5, 0.5]}
LIF = {"threshold": 1.25, "current_decay": 0.25, "voltage_decay": 0.03}


def export(blocks, path):
    with h5py.File(path, "w") as file:
        netx.write_input(file.create_group("layer/0"), 3)
        for k, block in enumerate(blocks, 1):
            block.export_hdf5(file.create_group(f"layer/{k}"))
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda: [Recurrent(AHP, 3, 4), Readout({"voltage_decay": 0.05}, 4, 2)],
        lambda: [Dense(LIF, 3, 4), Recurrent(AHP, 4, 4), Readout({"voltage_decay": 0.05}, 4, 2)],
        lambda: [Dense(LIF, 3, 4, extra_delay=[0, 3, 9, 61]), Dense(LIF, 4, 2)],
    ],
)
def test_exported_blocks_read_back_as_the_network_that_they_compute(make, tmp_path):
    torch.manual_seed(1)
    blocks = make()
    network = netx.read(export(blocks, tmp_path / "f.net"))
    expected = to_network(torch.nn.Sequential(*blocks))
    assert network.populations == expected.populations
    assert network.connections == expected.connections


def test_a_lif_layer_has_lava_dls_keys_and_type_and_an_ahp_layer_has_ours(tmp_path):
    cuba = pytest.importorskip("lava.lib.dl.slayer.block.cuba", reason="lava-dl exists for Python 3.10 only")
    torch.manual_seed(1)
    ours = Dense(LIF, 3, 4)
    theirs = cuba.Dense({"threshold": 1.25, "current_decay": 0.25, "voltage_decay": 0.03}, 3, 4)
    theirs(torch.zeros(1, 3, 5))
    with h5py.File(tmp_path / "f.h5", "w") as file:
        ours.export_hdf5(file.create_group("ours"))
        theirs.export_hdf5(file.create_group("theirs"))
        Recurrent(AHP, 4, 4).export_hdf5(file.create_group("ahp"))
        assert set(file["ours"]) == set(file["theirs"])
        assert set(file["ours/neuron"]) == set(file["theirs/neuron"])
        for key in ("iDecay", "vDecay", "vThMant", "refDelay"):
            assert np.array_equal(file[f"ours/neuron/{key}"][()], file[f"theirs/neuron/{key}"][()]), key
        assert file["ours/neuron/type"][()] in (b"CUBA", np.array([b"CUBA"]))
        assert {"ahpDecay", "ahpWeight", "inputExp"} < set(file["ahp/neuron"])


@pytest.mark.parametrize("with_input", [False, True])
def test_stock_netx_quotes_which_neuron_it_does_not_know(with_input, tmp_path):
    stock = pytest.importorskip("lava.lib.dl.netx.hdf5", reason="lava-dl exists for Python 3.10 only")
    torch.manual_seed(1)
    block = Recurrent(AHP, 3, 4)
    with h5py.File(tmp_path / "f.net", "w") as file:
        if with_input:
            netx.write_input(file.create_group("layer/0"), 3)
        block.export_hdf5(file.create_group(f"layer/{int(with_input)}"))
    with pytest.raises(ValueError, match="AHP neuron: not in stock NetX, load this file with lava_ahp"):
        stock.Network(net_config=str(tmp_path / "f.net"))
    assert netx.read(tmp_path / "f.net").connections == to_network(torch.nn.Sequential(block)).connections
