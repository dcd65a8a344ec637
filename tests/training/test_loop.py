"""The training loop and the files that it writes."""

import json
import signal

import numpy as np
import pytest
import torch

from lava_ahp import training
from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.network import Events
from lava_ahp.training.checkpoint import BEST, LAST
from lava_ahp.training.record import RESUME

from support.toy_training import CHANNELS, CLASSES, VALIDATION, StopAt, run


def test_it_learns_and_says_so(whole):
    out, history = whole
    assert [epoch.epoch for epoch in history] == [1, 2, 3, 4]
    assert history[-1].loss < history[0].loss
    assert history[-1].validation_accuracy > 0.6
    assert sorted(p.name for p in out.iterdir()) == sorted(
        ["checksums.json", "config.toml", "history.csv", "metrics.json", "tensorboard", BEST, LAST, RESUME]
    )
    metrics = json.loads((out / "metrics.json").read_text())
    best = max(history, key=lambda e: (e.validation_accuracy, -e.validation_loss))
    assert (metrics["best_epoch"], metrics["epochs"], metrics["seed"]) == (best.epoch, 4, 0)
    assert metrics["validation_accuracy"] == best.validation_accuracy


def test_validation_accuracy_is_that_of_the_network(whole):
    from lava_ahp import dynamics
    from lava_ahp.network import classify

    out, _ = whole
    network = training.load_model(out).network()
    readout = dynamics.run(network, VALIDATION.events).readout[:, -5:]
    accuracy = (classify(readout) == VALIDATION.labels).mean()
    assert accuracy == json.loads((out / "metrics.json").read_text())["validation_accuracy"]


def test_learned_neuron_parameters_move_and_others_do_not(whole):
    from lava_ahp.models import AHPClassifier

    out, _ = whole
    model = training.load_model(out, last=True)
    start = AHPClassifier(model.config, CHANNELS, CLASSES, torch.Generator().manual_seed(0)).state_dict()
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, start[name])}
    assert moved == {
        "hidden.0.input_synapse.weight", "hidden.0.recurrent_synapse.weight", "readout.synapse.weight",
        "hidden.0.neuron.ahp_decay_raw", "hidden.0.neuron.ahp_strength_raw",
    }  # fmt: skip


def test_decay_draws_weights_to_zero_and_nothing_else(whole, tmp_path):
    run(tmp_path / "out", training={"weight_decay": 5.0})
    with_decay, without = (training.load_model(out, last=True).state_dict() for out in (tmp_path / "out", whole[0]))
    for name in ("hidden.0.input_synapse.weight", "hidden.0.recurrent_synapse.weight", "readout.synapse.weight"):
        assert with_decay[name].norm() < 0.9 * without[name].norm(), name
    assert with_decay["hidden.0.neuron.ahp_decay_raw"].mean() > 0.9 * without["hidden.0.neuron.ahp_decay_raw"].mean()


def test_interrupt_is_an_interrupt(tmp_path):
    class Interrupt(StopAt):
        def batch(self, done, batches):
            raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=Interrupt(-1))
    assert signal.getsignal(signal.SIGINT) is before


def test_thinning_leaves_out_that_share_of_the_spikes():
    rng = np.random.default_rng(0)
    events = Events.from_lists([np.argwhere(rng.random((n, 9)) < 0.5) for n in (300, 2, 200)], 9, [300, 2, 200])
    split = training.SpikeSplit(events, np.arange(3))
    assert split.thinned(0.0, rng) is split
    thinned = split.thinned(0.2, rng)
    assert thinned.labels is split.labels
    before, after = events.to_dense(), thinned.events.to_dense()
    assert not (after & ~before).any()
    assert 0.75 < after.sum() / before.sum() < 0.85
    assert after[1].sum() < before[1].sum()
    again = [split.thinned(0.2, np.random.default_rng(5)).events.times for _ in range(2)]
    np.testing.assert_array_equal(*again)


def test_data_that_do_not_fit(tmp_path):
    with pytest.raises(DataError, match=r"validation labels: found 0..2, allowed 0..1"):
        run(tmp_path, classes=2)
    with pytest.raises(DataError, match=r"readout_steps: found 21 steps, allowed 1..20"):
        run(tmp_path, readout_steps=21)


def test_cuda_where_there_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(BackendUnavailable, match="torch finds no GPU"):
        run(tmp_path, device="cuda")
