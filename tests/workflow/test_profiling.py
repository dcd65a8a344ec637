"""Profiles of networks that some chips cannot hold."""

import numpy as np
import pytest

import lava_ahp
from lava_ahp import netx
from lava_ahp.errors import DataWarning, SpecError
from lava_ahp.network import Connection, Network, Neuron, Population

from support.netx_cases import golden_of


def wide(tmp_path, channels):
    """A file of a network whose readouts have so many input axons."""
    network = Network(
        (Population("input", channels), Population("readout", 2, Neuron(threshold=131071))),
        (Connection("input", "readout", np.full((2, channels), 2)),),
        "readout",
    )
    netx.write(network, tmp_path / "wide.net", golden=golden_of(network))
    return tmp_path / "wide.net"


def test_of_the_default_chips_one_that_cannot_hold_the_network_is_left_out(tmp_path):
    path = wide(tmp_path, 5000)
    with pytest.warns(
        DataWarning, match=r"not modelled: placement on loihi1-davies2018: .* 5000 axons in, allowed 4096"
    ):
        found = lava_ahp.profile(path)
    assert [each.hardware.name for each in found.estimates] == ["loihi2"]


def test_a_chip_that_is_named_must_hold_the_network(tmp_path):
    with pytest.raises(SpecError, match="axons in, allowed 4096"):
        lava_ahp.profile(wide(tmp_path, 5000), hardware=["loihi1-davies2018"])
