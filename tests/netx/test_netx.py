"""Round trips: what is written reads back equal, whole and in one piece."""

from __future__ import annotations

import os
import stat
from dataclasses import replace

import h5py
import numpy as np
import pytest
import scipy.sparse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lava_ahp import netx
from lava_ahp.errors import NetFormatError, SpecError
from lava_ahp.network import Connection, Events, Golden, Network, Neuron, Population, Trace

from support import netx_cases as cases
from support.netx_cases import golden_of, tiny

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.data())
def test_chains_read_back_equal_in_lava_dls_layout(tmp_path, data):
    network = data.draw(cases.chains())
    golden = data.draw(st.none() | cases.goldens(network))
    netx.write(network, tmp_path / "f.net", golden=golden)
    assert netx.read(tmp_path / "f.net") == network
    again = netx.read_golden(tmp_path / "f.net")
    assert again is None if golden is None else cases.same_golden(golden, again)
    with h5py.File(tmp_path / "f.net") as file:
        assert set(file["layer"]) == {str(k) for k in range(len(network.populations))}
        assert "graph" not in file["lava_ahp"]


@quick
@given(st.data())
def test_graphs_read_back_equal(tmp_path, data):
    network = data.draw(cases.graphs())
    golden = data.draw(cases.goldens(network))
    netx.write(network, tmp_path / "f.net", golden=golden)
    assert netx.read(tmp_path / "f.net") == network
    assert cases.same_golden(golden, netx.read_golden(tmp_path / "f.net"))
    with h5py.File(tmp_path / "f.net") as file:
        assert ("layer" in file) != ("graph" in file["lava_ahp"])


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for name in ("a.net", "b.net"):
        netx.write(tiny(), tmp_path / name, golden=golden_of(tiny()))
    assert (tmp_path / "a.net").read_bytes() == (tmp_path / "b.net").read_bytes()


def test_a_large_graph_needs_no_dense_matrix(tmp_path):
    size = 2**16
    diagonal = scipy.sparse.identity(size, format="csc", dtype=np.int64)
    network = Network(
        (Population("input", size), Population("big", size, Neuron(7))), (Connection("input", "big", diagonal),), "big"
    )
    netx.write(network, tmp_path / "f.net")
    assert netx.read(tmp_path / "f.net") == network
    assert (tmp_path / "f.net").stat().st_size < 200_000


def test_a_writer_leaves_nothing_else_behind_and_follows_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        netx.write(tiny(), tmp_path / "f.net")
    finally:
        os.umask(before)
    assert os.listdir(tmp_path) == ["f.net"]
    assert stat.S_IMODE((tmp_path / "f.net").stat().st_mode) == 0o640


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda g: Golden(g.events, Trace(g.trace.steps, g.trace.readout[:, 1:], {}, g.trace.spikes)), "readout"),
        (lambda g: Golden(g.events, Trace(g.trace.steps, g.trace.readout, {})), "no raster of hidden"),
        (lambda g: Golden(g.events, Trace(g.trace.steps - 1, g.trace.readout, {}, g.trace.spikes)), "steps"),
        (lambda g: Golden(g.events, g.trace, np.zeros(5, int)), "labels"),
        (lambda g: Golden(g.events, replace(g.trace, states={"hidden": {"u": np.zeros((2, 6, 3))}})), "lack a"),
        (lambda g: Golden(g.events, replace(g.trace, states={"hidden": dict.fromkeys("uav", np.zeros(3))})), "u of "),
        (lambda g: Golden(Events.from_dense(np.ones((2, 6, 9), bool)), g.trace), "channels"),
    ],
)
def test_golden_samples_of_another_network_are_refused_and_the_old_file_stays(tmp_path, change, message):
    path = tmp_path / "f.net"
    netx.write(tiny(), path)
    old = path.read_bytes()
    with pytest.raises(SpecError, match=message):
        netx.write(tiny(), path, golden=change(golden_of(tiny())))
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["f.net"]


def test_a_write_that_fails_at_the_end_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f.net"
    netx.write(tiny(), path)
    old = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NetFormatError, match="No space left on device"):
        netx.write(tiny(voltage_decay=9), path)
    assert path.read_bytes() == old
    assert os.listdir(tmp_path) == ["f.net"]


def test_a_link_to_a_file_stays_a_link(tmp_path):
    netx.write(tiny(), tmp_path / "f.net")
    (tmp_path / "link.net").symlink_to("f.net")
    netx.write(tiny(voltage_decay=9), tmp_path / "link.net")
    assert (tmp_path / "link.net").is_symlink()
    assert netx.read(tmp_path / "f.net") == tiny(voltage_decay=9)


def test_places_that_cannot_be_written_are_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NetFormatError, match=r"file/f.net: cannot be written"):
        netx.write(tiny(), tmp_path / "file" / "f.net")
    with pytest.raises(NetFormatError, match="cannot be written"):
        netx.write(tiny(), tmp_path)


def test_a_layer_alone_says_why_it_does_not_fit(tmp_path):
    population = Population("p", 2, Neuron(5))
    with h5py.File(tmp_path / "f.net", "w") as file:
        for connection, message in (
            (Connection("q", "p", np.ones((2, 2), int), exponent=2), "exponent 2"),
            (Connection("p", "p", np.ones((2, 2), int), delay=2), "delays"),
        ):
            ends = (connection, None) if connection.source == "q" else (Connection("q", "p", np.eye(2)), connection)
            with pytest.raises(SpecError, match=message):
                netx.write_layer(file.create_group(connection.source), population, *ends)
