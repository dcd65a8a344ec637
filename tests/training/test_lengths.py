"""Training on samples of different lengths: no sample knows how long the others are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from lava_ahp.models import AHPConfig, LSTMConfig  # noqa: E402
from lava_ahp.network import Events, classify  # noqa: E402
from lava_ahp.simulator import simulate  # noqa: E402
from lava_ahp.training import SignalSplit, SpikeSplit, TrainConfig  # noqa: E402
from lava_ahp.training.batches import Batches, Part  # noqa: E402
from lava_ahp.training.module import Training  # noqa: E402

CHANNELS, WINDOW = 6, 3
lengths = st.lists(st.integers(WINDOW, 30), min_size=2, max_size=5)


def samples(steps, seed):
    """Random spikes of samples of so many steps."""
    rng = np.random.default_rng(seed)
    each = [np.argwhere(rng.random((n, CHANNELS)) < 0.4) for n in steps]
    return SpikeSplit(Events.from_lists(each, CHANNELS, steps), rng.integers(0, 2, len(steps)))


def training(split):
    config = TrainConfig.make("digits", overrides={"training.rate_weight": 1.0}).training
    model = AHPConfig(hidden=(8,)).build(CHANNELS, 2, torch.Generator().manual_seed(3))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 3 if parameter.ndim == 2 else 1
    return Training(model, config, lambda _: split, split, WINDOW)


def batch(split):
    return next(iter(Batches(split, 100, Part())))


@settings(max_examples=25, deadline=None)
@given(lengths, st.integers(0, 99))
def test_a_sample_gives_the_same_in_every_batch_and_in_the_simulator(steps, seed):
    split = samples(steps, seed)
    model = training(split).model
    with torch.no_grad():
        together = model(batch(split).read)
        alone = [model(batch(split.select([k])).read) for k in range(len(split))]
    for k, one in enumerate(alone):
        n = steps[k]
        assert torch.equal(together.readout[k, :, -n:], one.readout[0])
        for name, raster in one.spikes.items():
            assert torch.equal(together.spikes[name][k, :, -n:], raster[0])
            assert not together.spikes[name][k, :, : max(steps) - n].any()
    trace = simulate(model.network(), split.events, readout_steps=WINDOW)
    answers = together.readout[..., -WINDOW:].double().sum(dim=-1).argmax(dim=1)
    assert classify(trace.readout).tolist() == answers.tolist()
    assert np.array_equal(trace.readout.transpose(0, 2, 1), (together.readout[..., -WINDOW:].double() * 4096).numpy())


@settings(max_examples=10, deadline=None)
@given(lengths, st.integers(0, 99))
def test_silence_before_the_samples_changes_neither_loss_nor_gradients(steps, seed):
    split = samples(steps, seed)

    def result(found, idle):
        module = training(split)
        loss = module.loss(found._replace(idle=idle))
        loss.backward()
        return loss.detach(), [p.grad for p in module.model.parameters() if p.grad is not None]

    found = batch(split)
    assert found.idle == sum(max(steps) - n for n in steps)
    longer = found._replace(read=torch.nn.functional.pad(found.read, (7, 0)))
    (loss, gradients), (other, others) = result(found, found.idle), result(longer, found.idle + 7 * len(steps))
    assert torch.allclose(loss, other, rtol=1e-6)
    assert len(gradients) > 0
    for one, two in zip(gradients, others, strict=True):
        assert torch.allclose(one, two, rtol=1e-4, atol=1e-6)


def sums_of(module, output, found):
    return module._sums(output, found, module._judged(output, found))


def test_idle_steps_do_not_count_in_the_firing_rate():
    split = samples([5, 25], 1)
    module, found = training(split), batch(split)
    output = module.model(found.read)
    spikes = next(iter(output.spikes.values())).sum(dim=(0, 2))
    sums = sums_of(module, output, found)
    assert torch.equal(sums[3:11], spikes)
    assert torch.equal(sums[11:], torch.full((8,), 30.0))


def test_parts_of_a_batch_are_each_as_long_as_their_own_longest_sample():
    split = samples([5, 25, 9, 14, 6], 1)
    module, whole = training(split), batch(split)
    parts = [next(iter(Batches(split, 100, Part(rank, 2)))) for rank in range(2)]
    assert [part.read.shape[2] for part in parts] == [25, 14]
    sums = sum(sums_of(module, module.model(part.read), part) for part in parts)
    assert torch.allclose(sums, sums_of(module, module.model(whole.read), whole), rtol=1e-5)


def test_an_lstm_is_read_out_at_the_end_of_each_sample():
    rng = np.random.default_rng(1)
    signals = rng.normal(size=(3, 12, 2)).astype(np.float32)
    for k, n in enumerate((4, 12, 9)):
        signals[k, n:] = np.nan
    model = LSTMConfig(hidden=5).build(2, 3, torch.Generator().manual_seed(1))
    split = SignalSplit(signals, np.zeros(3, np.int64))
    with torch.no_grad():
        together = model(split.tensor()).readout[..., -1]
        for k, n in enumerate((4, 12, 9)):
            alone = model(torch.from_numpy(signals[k : k + 1, :n]).transpose(1, 2)).readout[..., -1]
            assert torch.allclose(together[k], alone[0], atol=1e-6)
