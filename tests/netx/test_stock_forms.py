"""Forms that stock NetX reads and lava-dl itself does not write: read with the same meaning, or refused by name."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from lava_ahp import dynamics, netx
from lava_ahp.errors import NetFormatError
from lava_ahp.network import READOUT_THRESHOLD, Neuron

from support.netx_cases import tiny

LIF = {"iDecay": 1024, "vDecay": 200, "vThMant": 60, "refDelay": 0}
#: What SLAYER's loihi neuron writes besides.
TRAINING = {"theta": 3840.0, "tauRho": 0.5, "scaleRho": 0.01, "wgtExp": 0}


def layer(kind, shape, neuron=None, **datasets):
    """One layer as ``{key: value}``."""
    parts = {} if neuron is None else {f"neuron/{key}": value for key, value in neuron.items()}
    return {"type": np.array([kind], dtype="S10"), "shape": np.array(shape), **parts, **datasets}


def save(path, *layers, **changes):
    """A file of layers, with some of its datasets replaced, or left out where the value is None."""
    with h5py.File(path, "w") as file:
        for k, datasets in enumerate(layers):
            for key, value in datasets.items():
                file[f"layer/{k}/{key}"] = value
        for key, value in changes.items():
            file.pop(key, None)
            if value is not None:
                file[key] = value
    return path


rng = np.random.default_rng(4)
LOIHI, CUBA = {"type": "LOIHI", **LIF, **TRAINING}, {"type": "CUBA", **LIF}


def even(*shape):
    return 2.0 * rng.integers(-60, 100, shape)


FORMS = (
    layer("input", [2, 3, 1], LOIHI, weight=36.0, bias=34.0),
    layer("flatten", [6, 1, 1]),
    layer("dense", [8, 1, 1], LOIHI, weight=even(8 * 6), bias=np.array(9.0)),
    layer("dense_rec", [7], {**CUBA, "gradedSpike": h5py.Empty("?")}, inFeatures=h5py.Empty("i4"),
          outFeatures=h5py.Empty("i4"), weight=even(7 * 8), weight_rec=even(7 * 7) // 4 * 2),
    layer("dense", [4], weight=even(4, 7)),
    layer("average", [2, 1, 1]),
)  # fmt: skip


@pytest.fixture(name="forms")
def fixture_forms(tmp_path):
    return save(tmp_path / "f.net", *FORMS)


def test_the_forms_run_as_in_stock_lava(forms):
    pytest.importorskip("lava.lib.dl.netx", reason="Lava and lava-dl exist for Python 3.10 alone")
    from support.stock_lava import run_stock

    network = netx.read(forms)
    spikes = rng.random((80, network.input.size)) < 0.4
    ours = dynamics.run(network, spikes[None])
    assert all(ours.counts[name].sum() > 20 for name in ("layer1", "layer2"))
    theirs, voltage = run_stock(forms, spikes, skip_layers=1, num_layers=5)
    np.testing.assert_array_equal(theirs, ours.spikes[network.output][0])
    np.testing.assert_array_equal(voltage, ours.readout[0, -1])


def test_what_was_read_as_something_else_is_noted(forms):
    network = netx.read(forms)
    notes = network.provenance["read_as"]
    assert set(notes) == {"/layer/0/neuron", "/layer/2/bias", "/layer/4/neuron", "/layer/5"}
    assert "skip_layers=1" in notes["/layer/0/neuron"]
    assert "1 step before the bias of a SLAYER norm" in notes["/layer/2/bias"]
    assert network.task == {"groups": 2}
    assert network["layer3"].neuron == Neuron(READOUT_THRESHOLD, current_decay=0, voltage_decay=4096)


def test_the_network_survives_being_written_as_our_file(forms, tmp_path):
    network = netx.read(forms)
    netx.write(network, tmp_path / "ours.net")
    assert netx.read(tmp_path / "ours.net") == network
    assert netx.layer_count(forms) == 5


def test_a_bias_behind_delays_is_noted_with_the_steps(tmp_path):
    parts = layer("dense", [2], CUBA, weight=np.array([[2, 4], [6, 8]]), bias=np.array([3, 0]), delay=np.array([0, 5]))
    notes = netx.read(save(tmp_path / "f.net", parts)).provenance["read_as"]
    assert "up to 6 steps before the bias" in notes["/layer/0/bias"]
    without = netx.read(save(tmp_path / "g.net", parts, **{"layer/0/bias": np.zeros(2)}))
    assert without.provenance == {}


BAD = [
    ({"layer/2/neuron/wgtExp": 1}, "/layer/2/neuron/wgtExp: found 1, allowed 0 .SLAYER scales"),
    ({"layer/2/neuron/refDelay": 2}, "/layer/2/neuron/refDelay: found 2, allowed 0 or 1"),
    ({"layer/0/neuron/type": "SDNN"}, "/layer/0/neuron/type: found SDNN"),
    ({"layer/0/delay": 1}, "/layer/0: key delay is not supported"),
    ({"layer/2/weight": h5py.Empty("f4")}, "/layer/2/weight: found shape None"),
    ({"layer/2/bias": h5py.Empty("f4")}, "/layer/2/bias: found shape None"),
    ({"layer/2/bias": "text"}, "/layer/2/bias: found type"),
    ({"layer/2/neuron/vThMant": h5py.Empty("i4")}, "/layer/2/neuron/vThMant: found shape None"),
    ({"layer/2/weight": np.zeros(47)}, r"/layer/2/weight: found shape \(47,\)"),
    ({"layer/3/weight": np.zeros((7, 8))}, r"/layer/3/weight_rec: found shape \(49,\), allowed shape \(7, 7\)"),
    ({"layer/3/inFeatures": 5}, "/layer/3/inFeatures: found 5, allowed 8"),
    ({"layer/5/shape": np.array([3])}, "/layer/5/shape: found 3 averages of 4 neurons"),
    (
        {"layer/4/type": "average", "layer/4/shape": np.array([7]), "layer/4/weight": None},
        "/layer/5/type: found average after average",
    ),
    ({"layer/2/type": "average"}, "/layer/2/type: found average"),
    ({"layer/1/neuron/type": "CUBA"}, "/layer/1/neuron: found a layer with neurons"),
    ({"layer/3/type": "recurrent"}, "/layer/3/type: found recurrent.*stock NetX skips this layer"),
    *(
        ({"layer/3/type": kind}, f"/layer/3/type: found {kind}, .*{reason} not supported")
        for kind, reason in (
            ("conv", "convolutions are"),
            ("convT", "convolutions are"),
            ("pool", "convolutions are"),
            ("unpool", "convolutions are"),
            ("concat", "branches are"),
            ("dense_comp", "complex weights are"),
        )
    ),
]


@pytest.mark.parametrize("changes, message", BAD)
def test_what_has_no_one_meaning_is_refused_by_name(tmp_path, changes, message):
    with pytest.raises(NetFormatError, match=message) as caught:
        netx.read(save(tmp_path / "f.net", *FORMS, **changes))
    assert len(str(caught.value).splitlines()) == 1


def add_average(file):
    del file["layer/2"]
    for key, value in layer("average", [2]).items():
        file[f"layer/2/{key}"] = value


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda file: file.pop("layer/1/neuron"), "/layer/1/neuron: missing"),
        (lambda file: file.copy("layer/2/neuron", "layer/0/neuron"), "/layer/0/neuron: found a layer with neurons"),
        (add_average, "/layer/2/type: found average"),
    ],
)
def test_our_own_files_have_none_of_these_forms(tmp_path, change, message):
    netx.write(tiny(), tmp_path / "f.net")
    with h5py.File(tmp_path / "f.net", "a") as file:
        change(file)
    with pytest.raises(NetFormatError, match=message):
        netx.read(tmp_path / "f.net")


def test_weights_without_an_input_layer_may_be_flat(tmp_path):
    flat = netx.read(save(tmp_path / "f.net", layer("dense", [3], CUBA, weight=np.arange(12) * 2)))
    assert flat.input.size == 4
    np.testing.assert_array_equal(flat.connections[0].dense(), 2 * np.arange(12).reshape(3, 4))
