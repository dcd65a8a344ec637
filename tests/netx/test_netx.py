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

from lava_ahp import dynamics, netx
from lava_ahp.errors import NetFormatError, SpecError
from lava_ahp.network import Connection, Events, Golden, Network, Neuron, Population, Trace

from support import netx_cases as cases
from support.full_disk import limited_size
from support.netx_cases import golden_of, tiny

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.data())
def test_chains_read_back_equal_in_lava_dls_layout(tmp_path, data):
    network = data.draw(cases.chains())
    golden = data.draw(st.none() | cases.goldens(network))
    netx.write(network, tmp_path / "f.net", golden=golden)
    assert netx.read(tmp_path / "f.net") == network
    again = netx.read_golden(tmp_path / "f.net")
    assert again is None if golden is None else cases.same_golden(golden.summed(), again)
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
    assert cases.same_golden(golden.summed(), netx.read_golden(tmp_path / "f.net"))
    with h5py.File(tmp_path / "f.net") as file:
        assert ("layer" in file) != ("graph" in file["lava_ahp"])


@quick
@given(st.data())
def test_files_of_version_1_read_as_before(tmp_path, data):
    network = data.draw(cases.chains() | cases.graphs())
    golden = data.draw(cases.goldens(network))
    cases.write_v1(network, tmp_path / "f.net", golden)
    assert netx.read(tmp_path / "f.net") == network
    assert cases.same_golden(golden, netx.read_golden(tmp_path / "f.net"))


def test_only_files_with_golden_samples_need_the_newer_reader(tmp_path):
    for golden, version in ((None, 1), (golden_of(tiny()), 2)):
        netx.write(tiny(), tmp_path / "f.net", golden=golden)
        with h5py.File(tmp_path / "f.net") as file:
            assert file["lava_ahp/version"][()] == version


def test_golden_samples_of_many_populations_stay_small(tmp_path):
    count, size = 150, 20
    populations = [Population("input", size), *(Population(f"p{k}", size, Neuron(60)) for k in range(count))]
    connections = [Connection("input", f"p{k}", 64 * np.eye(size, dtype=int)) for k in range(count)]
    network = Network(populations, connections, "p0")
    netx.write(network, tmp_path / "bare.net")
    events = Events.from_dense(np.random.default_rng(0).random((3, 30, size)) < 0.05)
    netx.write(network, tmp_path / "f.net", golden=Golden(events, dynamics.run(network, events)))
    with h5py.File(tmp_path / "f.net") as file:
        assert set(file["lava_ahp/golden"]) == {"steps", "readout", "events", "sums"}
    assert (tmp_path / "f.net").stat().st_size - (tmp_path / "bare.net").stat().st_size < 100_000


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


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.net"
    path.write_bytes(b"old")
    with limited_size(1000), pytest.raises(NetFormatError, match=r"a\.net: cannot be written \(File too large\)"):
        netx.write(tiny(), path)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.net"]


def test_a_writer_leaves_nothing_else_behind_and_follows_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        netx.write(tiny(), tmp_path / "f.net")
    finally:
        os.umask(before)
    assert os.listdir(tmp_path) == ["f.net"]
    assert stat.S_IMODE((tmp_path / "f.net").stat().st_mode) == 0o640


def cut(sums):
    """Checksums that lack the last step."""
    return {name: {key: x[:, :-1] for key, x in inner.items()} for name, inner in sums.items()}


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda g: Golden(g.events, Trace(g.trace.steps, g.trace.readout[:, 1:], {}, g.trace.spikes)), "readout"),
        (lambda g: Golden(g.events, Trace(g.trace.steps, g.trace.readout, {})), "raster: missing for hidden"),
        (lambda g: Golden(g.events, Trace(g.trace.steps - 1, g.trace.readout, {}, g.trace.spikes)), "steps"),
        (lambda g: Golden(g.events, g.trace, labels=np.zeros(5, int)), "labels"),
        (lambda g: replace(g.summed(), sums={"hidden": g.summed().sums["hidden"]}), "sums: missing for readout"),
        (
            lambda g: replace(g.summed(), sums={name: {"u": 0} for name in ("hidden", "readout")}),
            "hidden: found u, allowed",
        ),
        (lambda g: replace(g, sums=cut(g.summed().sums), trace=replace(g.trace, states={})), "sums of u of hidden"),
        (lambda g: replace(g, fingerprints={"hidden": np.zeros(4, int)}), "prints: missing for readout"),
        (lambda g: replace(g, fingerprints={n: np.zeros(4, int) for n in ("hidden", "readout")}), "prints of readout"),
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
