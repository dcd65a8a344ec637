"""Networks as NIR: the integers come back, and the floats mean what the integers do."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import csc_matrix

import lava_ahp
from lava_ahp import Connection, DataError, Network, Neuron, Population
from lava_ahp.formats.nir import convert, to_graph
from lava_ahp.simulator import simulate
from lava_ahp.workflow.nir import DT

from support import nir_reference, strategies
from support.nir_networks import chain, rounding_bound
from support.paths import ROOT

nir = pytest.importorskip("nir", reason="the package nir is not installed (pip install 'lava-ahp[nir]')")

SHIPPED = ROOT / "netx_exports" / "smnist_ahp240_sparse.net"
CASES = {
    "LIF, no loop": {"ahp": False, "recurrent": False},
    "LIF": {"ahp": False},
    "AHP, no current": {"current_decay": 4096},
    "AHP": {},
    "AHP with delays": {"delay": 7},
    "readout": {"readout": True},
}


def written(graph, path):
    nir.write(path, graph)
    return path


@settings(max_examples=10, deadline=None)
@given(strategies.networks(max_size=6))
def test_every_network_comes_back_whole(network):
    back = lava_ahp.import_nir(lava_ahp.export_nir(network))
    assert back.network == network
    assert back.exact


@pytest.mark.parametrize("case", CASES)
def test_a_file_gives_back_the_network_and_its_own_reader_accepts_it(case, tmp_path):
    network = chain(**CASES[case])
    lava_ahp.export_nir(network, tmp_path / "x.nir")
    assert lava_ahp.import_nir(tmp_path / "x.nir", tmp_path / "x.net").network == network
    assert lava_ahp.read(tmp_path / "x.net") == network
    assert nir.read(tmp_path / "x.nir").check_types()


def test_a_trained_network_comes_back_byte_for_byte_with_its_golden_samples(tmp_path):
    lava_ahp.export_nir(SHIPPED, tmp_path / "x.nir")
    result = lava_ahp.import_nir(tmp_path / "x.nir", tmp_path / "x.net")
    assert (tmp_path / "x.net").read_bytes() == SHIPPED.read_bytes()
    assert "restored" in repr(result)


def test_the_same_network_gives_the_same_bytes(tmp_path):
    for name in ("a.nir", "b.nir"):
        lava_ahp.export_nir(chain(), tmp_path / name)
    assert (tmp_path / "a.nir").read_bytes() == (tmp_path / "b.nir").read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_spikes_differ_from_nir_only_where_rounding_can_decide(case):
    """Up to the first spike that differs, and that spike stands where the voltage is at the threshold."""
    network = chain(**CASES[case])
    compared = first_difference(network, to_graph(network, DT))
    # On average, samples agree for more than 60 of 150 steps before the first close call.
    assert compared > 60 * 8


def test_the_comparison_finds_a_weight_that_is_a_percent_off():
    network = chain(ahp=False)
    graph, later = to_graph(network, DT)
    graph.nodes["input_hidden"].weight *= 1.01
    with pytest.raises(AssertionError, match="rounding"):
        first_difference(network, (graph, later))


def first_difference(network, exported, samples=8, steps=150):
    """Steps compared until the samples part; a difference must be within the bound of the rounding."""
    graph, later = exported
    x = np.random.default_rng(5).random((samples, steps, network.input.size)) < 0.2
    want, margins = nir_reference.run(graph, x, DT)
    trace = simulate(network, np.pad(x, ((0, 0), (0, 80), (0, 0))), rasters=list(network.names), states=["readout"])
    alive = np.full(samples, steps)
    found = {}
    for name in network.names:
        node = name if name in want else f"{name}.neuron"
        spikes = trace.spikes[name][:, later[name] : later[name] + steps]
        p = network[name].parameters()
        if node not in margins:
            check_voltages(want[node], trace.states[name]["v"][:, later[name] : later[name] + steps], p, alive)
            continue
        differs = (want[node] > 0) != spikes
        bound = rounding_bound(p, spikes) / (64 * p["threshold"]) + 1e-6
        found[name] = differs, differs & (margins[node] > bound)
        first = np.where(differs.any(axis=(1, 2)), differs.any(axis=2).argmax(axis=1), steps)
        alive = np.minimum(alive, first)
    for name, (_, wrong) in found.items():
        for sample, step in enumerate(alive):
            # Within a step, spikes of the hidden neurons reach the readout.
            step -= name == network.output
            assert not wrong[sample, : step + 1].any(), f"{name}, sample {sample}: more than rounding explains"
    return int(alive.sum())


def check_voltages(want, got, parameters, alive):
    bound = rounding_bound(parameters, np.zeros(got.shape, bool)) / 64 + 1e-3
    for sample, steps in enumerate(alive):
        assert np.all(np.abs(want - got / 64)[sample, :steps] <= bound[sample, :steps])


@pytest.mark.parametrize("case", [name for name in CASES if name != "readout"])
def test_without_metadata_the_floats_give_the_same_network_up_to_its_scale(case):
    network = chain(**CASES[case])
    graph = lava_ahp.export_nir(network)
    graph.metadata = {}
    back = lava_ahp.import_nir(graph)
    assert not back.exact
    for mine, theirs in zip(network, back.network, strict=True):
        a, b = mine.parameters(), theirs.parameters()
        for key in ("current_decay", "voltage_decay", "ahp_decay"):
            np.testing.assert_array_equal(a[key] * (key != "ahp_decay" or a["ahp_weight"] > 0),
                                          b[key] * (key != "ahp_decay" or a["ahp_weight"] > 0))  # fmt: skip
        share = b["ahp_weight"] / (64 * b["threshold"])
        np.testing.assert_allclose(share, a["ahp_weight"] / (64 * a["threshold"]), atol=1e-5)
    assert sorted({c.delay for c in back.network.connections}) == sorted({c.delay for c in network.connections})


def test_a_changed_graph_counts_and_its_integers_do_not():
    graph = lava_ahp.export_nir(chain())
    graph.nodes["hidden_readout"].weight[0, 0] += 0.25
    result = lava_ahp.import_nir(graph)
    assert not result.exact
    assert any("changed since lava-ahp wrote it" in note for note in result.notes)


def test_another_step_counts_as_another_network():
    result = lava_ahp.import_nir(lava_ahp.export_nir(chain(ahp=False)), dt=5e-5)
    assert not result.exact
    decay = result.network["hidden_neuron"].parameters()["current_decay"]
    assert set(decay) == {512}


def test_integers_of_a_later_version_or_a_damaged_file_inside_are_named():
    graph = lava_ahp.export_nir(chain())
    graph.metadata["lava_ahp_version"] = 2
    assert any("of version 2.0, this lava-ahp reads 1" in note for note in lava_ahp.import_nir(graph).notes)
    graph = lava_ahp.export_nir(chain())
    graph.metadata["lava_ahp_network_file"] = graph.metadata["lava_ahp_network_file"][:-100]
    with pytest.raises(lava_ahp.NetFormatError, match="network in the metadata"):
        lava_ahp.import_nir(graph)


def test_no_decay_becomes_a_very_long_time_constant():
    network = Network(
        (Population("input", 1), Population("out", 1, Neuron(threshold=10, current_decay=0, voltage_decay=0))),
        (Connection("input", "out", [[2]]),),
        "out",
    )
    graph, _ = to_graph(network, DT)
    assert graph.nodes["out"].tau_mem == DT * 2**24
    np.testing.assert_array_equal(convert(graph, DT).network["out"].parameters()["voltage_decay"], 0)


def test_what_nir_cannot_hold_is_refused(tmp_path):
    big = Network(
        (Population("input", 9000), Population("out", 9000, Neuron(threshold=10))),
        (Connection("input", "out", csc_matrix((9000, 9000), dtype=np.int64)),),
        "out",
    )
    with pytest.raises(lava_ahp.SpecError, match="which has no sparse ones"):
        lava_ahp.export_nir(big)
    with pytest.raises(lava_ahp.SpecError, match="dt: found 0"):
        lava_ahp.export_nir(chain(), dt=0)
    with pytest.raises(DataError, match="a file that this command reads"):
        lava_ahp.export_nir(SHIPPED, SHIPPED)


def test_biases_travel():
    network = chain(ahp=False)
    hidden = replace(network["hidden"].neuron, bias=640)
    network = replace(
        network, populations=(network.input, replace(network["hidden"], neuron=hidden), network["readout"])
    )
    graph, later = to_graph(network, DT)
    silent = np.zeros((1, 60, 12), bool)
    want, _ = nir_reference.run(graph, silent, DT)
    got = simulate(network, silent, rasters=["hidden"]).spikes["hidden"]
    # A bias acts on the chip from the first step on.
    assert later["hidden"] == 1
    np.testing.assert_array_equal(want["hidden.neuron"][:, :20] > 0, got[:, :20])


def test_files_of_nir_can_be_written_to_memory():
    content = io.BytesIO()
    nir.write(content, lava_ahp.export_nir(chain()))
    assert content.getvalue().startswith(b"\x89HDF")
