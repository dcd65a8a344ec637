"""NIR of others: every node, what rounding costs, and what is refused by name."""

from itertools import pairwise

import h5py
import numpy as np
import pytest

import lava_ahp
from lava_ahp import DataError, NetFormatError
from lava_ahp.formats.nir import convert
from lava_ahp.simulator import simulate

from support import nir_reference
from support.paths import SHARED

nir = pytest.importorskip("nir", reason="the package nir is not installed (pip install 'lava-ahp[nir]')")

DATA = SHARED / "nir"
DT = 1e-4
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no NIR graphs in {SHARED}")


def ones(size, value=1.0):
    return np.full(size, value)


def lif(size, tau=2e-3, threshold=1.0, **more):
    values = {"tau": ones(size, tau), "r": ones(size), "v_leak": ones(size, 0), "v_threshold": ones(size, threshold)}
    return nir.LIF(**values | more)


def graph(*nodes, size=3, edges=()):
    """A chain ``n0``, ``n1``, ... between input and output, with further edges."""
    names = ["input", *(f"n{k}" for k in range(len(nodes))), "output"]
    last = nodes[-1].output_type["output"] if nodes else [size]
    all_nodes = dict(zip(names, [nir.Input(np.array([size])), *nodes, nir.Output(np.array(last))], strict=True))
    return nir.NIRGraph(all_nodes, [*pairwise(names), *edges], type_check=False)


def with_feedback(weight):
    source = graph(lif(3))
    source.nodes |= {"back": nir.Scale(ones(3, weight)), "ahp": nir.LI(ones(3, 9e-3), ones(3), ones(3, 0))}
    source.edges += [("n0", "back"), ("back", "ahp"), ("ahp", "n0")]
    return source


def weights(*shape, seed=0, scale=8.0):
    return np.random.default_rng(seed).normal(0.3, 1, shape) * scale


def compare(source, dt=DT, rate=0.3, steps=120):
    """Spikes of the network and of the float reference: how many, and how many of both in one step."""
    found = convert(source, dt)
    x = np.random.default_rng(2).random((4, steps, found.network.input.size)) < rate
    want, _ = nir_reference.run(source, x, dt)
    trace = simulate(found.network, np.pad(x, ((0, 0), (0, 70), (0, 0))), rasters=list(found.network.names))
    both = total = 0
    for node, values in want.items():
        name = node.replace(".", "_")
        if name not in found.network.names or type(find(source, node)).__name__ not in ("LIF", "CubaLIF", "IF"):
            continue
        got = trace.spikes[name][:, found.later[name] :][:, :steps]
        both += 2 * int(np.sum(got & (values > 0)))
        total += int(got.sum() + (values > 0).sum())
    assert total > 100
    return both / total


def find(source, name):
    head, _, rest = name.partition(".")
    return find(source.nodes[head], rest) if rest else source.nodes[head]


CUBA = {"tau_syn": ones(4, 5e-4), "tau_mem": ones(4, 2e-3), "r": ones(4, 2.0), "v_leak": ones(4, 0), "w_in": ones(4, 3)}
FORMS = {
    "LIF": lambda: graph(nir.Linear(weights(4, 3)), lif(4)),
    "v_leak and v_reset": lambda: graph(
        nir.Linear(weights(4, 3)), lif(4, v_leak=ones(4, 0.1), v_reset=ones(4, 0.1), threshold=1.5)
    ),
    "CubaLIF": lambda: graph(nir.Linear(weights(4, 3)), nir.CubaLIF(v_threshold=ones(4), **CUBA)),
    "IF": lambda: graph(nir.Linear(weights(4, 3, scale=1)), nir.IF(r=ones(4, 1e4), v_threshold=ones(4, 2.0))),
    "Affine, two layers": lambda: graph(
        nir.Affine(weights(4, 3), ones(4, 2.0)), lif(4), nir.Affine(weights(5, 4, scale=30), ones(5, 3.0)), lif(5)
    ),
    "Scale": lambda: graph(nir.Scale(np.array([10.0, 20, 30])), lif(3)),
    "Delay": lambda: graph(nir.Delay(np.array([0, 3, 9]) * DT), nir.Linear(weights(4, 3)), lif(4)),
    "Delay between maps": lambda: graph(
        nir.Linear(weights(4, 3)), nir.Delay(np.array([0, 3, 9, 3]) * DT), nir.Linear(weights(4, 4, seed=1, scale=1)),
        lif(4),
    ),
    "Flatten": lambda: graph(
        nir.Flatten({"input": np.array([3])}, 0, -1), nir.Linear(weights(4, 3)), lif(4)
    ),
    "skip": lambda: graph(
        nir.Linear(weights(4, 3)), lif(4), nir.Linear(weights(4, 4, scale=30)), lif(4), edges=[("n0", "n3")]
    ),
    "nested": lambda: graph(
        nir.Linear(weights(4, 3)), graph(nir.Scale(ones(4, 2.0)), lif(4), size=4), nir.Linear(weights(2, 4, scale=30)),
        lif(2),
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_spikes_are_those_of_the_equations(form):
    # What rounding changes never leaks away in IF.
    assert compare(FORMS[form]()) > 0.95


def test_a_loop_takes_one_step():
    source = graph(nir.Linear(weights(4, 3)), lif(4), size=3)
    source.nodes["back"] = nir.Linear(weights(4, 4, seed=1, scale=2))
    source.edges += [("n1", "back"), ("back", "n1")]
    assert compare(source) > 0.98


def test_ahp_and_current_are_found_as_integrators():
    source = graph(nir.Linear(weights(4, 3, scale=30)), nir.LI(ones(4, 8e-4), ones(4), ones(4, 0)), lif(4))
    source.nodes |= {"back": nir.Scale(ones(4, -9.0)), "ahp": nir.LI(ones(4, 9e-3), ones(4), ones(4, 0))}
    source.edges += [("n2", "back"), ("back", "ahp"), ("ahp", "n2")]
    p = convert(source, DT).network["n2"].parameters()
    assert (p["current_decay"][0], p["voltage_decay"][0], p["ahp_decay"][0]) == (512, 205, 46)
    assert np.all(p["ahp_weight"] > 0)
    assert compare(source) > 0.98


def test_outputs_without_a_neuron_are_read_as_voltages():
    found = convert(graph(nir.Linear(weights(4, 3)), lif(4), nir.Linear(weights(2, 4))), DT)
    assert found.network.output == "readout"
    assert "holds it as its voltage" in found.notes[0]


def test_the_loss_is_what_it_says():
    result = lava_ahp.import_nir(graph(nir.Linear(np.array([[1.0, 0.3, -0.123456]])), lif(1, tau=3.3e-3)))
    loss = result.converted.loss
    (weight,), (decay,) = loss.weights, loss.decays
    connection = result.network.connections[0]
    threshold = result.network["n1"].parameters()["threshold"][0]
    unit = 2.0 ** (result.network["n1"].parameters()["input_exponent"][0] + connection.exponent)
    got = connection.dense() * unit / threshold
    exact = np.array([[1.0, 0.3, -0.123456]]) / 33
    assert weight.largest == pytest.approx(np.abs(got - exact).max())
    assert weight.mean == pytest.approx(np.abs(got - exact).mean())
    assert decay.before[0] == pytest.approx(33)
    assert decay.after[0] == 4096 / 124
    assert any(line.startswith("voltage time constant of n1: 33 -> 33.032 steps") for line in result.lines())
    assert result.network.provenance["nir"]["loss"]["weights"][0]["unit"] == "threshold"
    assert result.to_json()["steps_later"] == {"n1": 1}


REFUSED = {
    "Conv1d": (lambda: graph(nir.Conv1d(4, ones((1, 1, 2)), 1, 0, 1, 1, ones(1))), "n0: found Conv1d; convolutions"),
    "pooling": (lambda: graph(nir.SumPool2d(ones(2), ones(2), ones(2))), "node n0: found SumPool2d; pooling"),
    "short tau": (lambda: graph(lif(3, tau=1e-5)), "tau 1e-05 s is shorter than a step of 0.0001 s"),
    "negative tau": (lambda: graph(lif(3, tau=-1.0)), "allowed above 0"),
    "not finite": (lambda: graph(lif(3, tau=np.nan)), "finite numbers"),
    "threshold below reset": (lambda: graph(lif(3, v_reset=ones(3, 2.0))), "v_threshold below v_reset by 1"),
    "sizes": (lambda: graph(nir.Linear(weights(4, 2)), lif(4)), "takes 2 values, 3 arrive"),
    "a loop of maps": (
        lambda: graph(nir.Scale(ones(3)), nir.Scale(ones(3)), lif(3), edges=[("n1", "n0")]), "loop or a chain",
    ),
    "a voltage between neurons": (
        lambda: graph(nir.LI(ones(3, 1e-3), ones(3), ones(3, 0)), nir.Linear(weights(4, 3)), lif(4)), "through weights",
    ),
    "long delay": (lambda: graph(nir.Delay(ones(3, 65 * DT)), lif(3)), "delay 65 steps, allowed 0..63"),
    "excitation": (lambda: with_feedback(1.0), "the feedback excites"),
    "no node": (lambda: graph(lif(3), edges=[("n0", "nowhere")]), "no node nowhere"),
    "reset in the metadata": (
        lambda: graph(lif(3, metadata={"reset_mechanism": "subtract"})), "a reset by subtraction is not",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_the_chip_cannot_do_is_refused_by_name(case):
    make, message = REFUSED[case]
    with pytest.raises(DataError, match=message):
        convert(make(), DT)


def test_arguments_are_checked():
    for dt in (0, -1.0, np.nan, np.inf):
        with pytest.raises(lava_ahp.SpecError, match="allowed seconds above 0"):
            lava_ahp.import_nir(FORMS["LIF"](), dt=dt)
    with pytest.raises(DataError, match="a reset by subtraction is not what the chip does"):
        lava_ahp.import_nir(FORMS["LIF"](), reset="subtract")
    with pytest.raises(lava_ahp.SpecError, match="reset: found 'half'"):
        lava_ahp.import_nir(FORMS["LIF"](), reset="half")
    with pytest.raises(lava_ahp.SpecError, match=r"allowed a path or a nir\.NIRGraph"):
        lava_ahp.import_nir(3)


def test_a_graph_within_itself_is_refused(tmp_path):
    source = graph(lif(3))
    source.nodes["n0"] = source
    with pytest.raises(DataError, match="contains itself"):
        convert(source, DT)
    path = tmp_path / "x.nir"
    nir.write(path, graph(lif(3)))
    with h5py.File(path, "a") as file:
        file["node/nodes/again"] = file["node"]
    with pytest.raises(NetFormatError, match="a group that occurs twice"):
        lava_ahp.import_nir(path)


def changed(change, tmp_path):
    path = tmp_path / "x.nir"
    nir.write(path, graph(nir.Linear(weights(4, 3)), lif(4)))
    with h5py.File(path, "a") as file:
        change(file)
    return path


def replace_dataset(file, key, **kwargs):
    del file[key]
    file.create_dataset(key, **kwargs)


HOSTILE = {
    "huge": (lambda f: replace_dataset(f, "node/nodes/n0/weight", shape=(2**20, 2**20), dtype="f4", chunks=(64, 64)),
             "elements"),
    "link": (lambda f: (f.pop("node/nodes/n1"), f.__setitem__("node/nodes/n1", h5py.ExternalLink("x", "/"))), "link"),
    "version": (lambda f: replace_dataset(f, "version", data="7.0"), "found 7.0"),
    "no graph": (lambda f: f.pop("node"), "found no NIR graph"),
    "unknown node": (lambda f: replace_dataset(f, "node/nodes/n1/type", data="Izhikevich"), "n1: found Izhikevich"),
    "missing key": (lambda f: f.pop("node/nodes/n1/tau"), "not a valid NIR graph"),
    "edges": (lambda f: replace_dataset(f, "node/edges", data=np.arange(6)), "edges"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files_are_refused(case, tmp_path):
    change, message = HOSTILE[case]
    with pytest.raises((NetFormatError, DataError), match=message):
        lava_ahp.import_nir(changed(change, tmp_path))


def test_files_that_are_not_nir_are_named(tmp_path):
    (tmp_path / "text.nir").write_text("{}")
    with pytest.raises(NetFormatError, match="not a NIR file"):
        lava_ahp.import_nir(tmp_path / "text.nir")
    with pytest.raises(NetFormatError, match="no such file"):
        lava_ahp.import_nir(tmp_path / "none.nir")


def within_one_step(a, b):
    """Spikes of both that have a partner of the same neuron at most one step away, and all spikes."""
    found = 0
    rows = (np.moveaxis(x, 1, 2).reshape(-1, x.shape[1]) for x in (a, b))
    for mine, theirs in zip(*rows, strict=True):
        one, other = list(np.flatnonzero(mine)), list(np.flatnonzero(theirs))
        while one and other:
            apart = other[0] - one[0]
            found += 2 * int(abs(apart) <= 1)
            one = one[int(apart >= -1) :]
            other = other[int(apart <= 1) :]
    return found, int(a.sum() + b.sum())


@needs_data
@pytest.mark.parametrize("name", ["braille_zero", "braille_subtract"])
def test_the_braille_networks_spike_as_their_equations(name):
    result = lava_ahp.import_nir(DATA / f"{name}.nir", dt=DT)
    source = nir.read(DATA / f"{name}.nir")
    rates = np.repeat([0.02, 0.05, 0.1, 0.2, 0.5], 20)
    x = np.random.default_rng(0).random((100, 256, 12)) < rates[:, None, None]
    want, _ = nir_reference.run(source, x, DT)
    trace = simulate(result.network, np.pad(x, ((0, 0), (0, 3), (0, 0))), rasters=["lif1_lif", "lif2"])
    for node, values in want.items():
        population = node.replace(".", "_")
        later = result.converted.later[population]
        both, total = within_one_step(trace.spikes[population][:, later : later + 256], values > 0)
        assert both / total >= 0.95, node


@needs_data
def test_norse_and_sinabs():
    assert lava_ahp.import_nir(DATA / "lif_norse.nir").network.neurons == 1
    with pytest.raises(DataError, match="NIR node 0: found Conv2d; convolutions are not supported"):
        lava_ahp.import_nir(DATA / "cnn_sinabs.nir")
