"""The relational network, and the network of a chip that equals it."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lava_ahp import dynamics, netx, proof, training
from lava_ahp.errors import DataError
from lava_ahp.models import RelationalConfig
from lava_ahp.models.relational_sum import LevelSum
from lava_ahp.models.stories import gather
from lava_ahp.network import concatenate
from lava_ahp.simulator import simulate
from lava_ahp.training.checkpoint import BEST, save_model

from support.stories import CLASSES, CODE, CONFIG, random_stories, relational


def everything(network, events):
    return simulate(network, events, readout_steps=None, rasters=network.names, states=network.names)


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        RelationalConfig(encoder=15, g=(9,), f=(8,), relation_current_tau=2.0),
        CONFIG.model_copy(update={"sum_levels": (1, 2, 4)}),
    ],
)
def test_training_equals_dynamics_and_simulator_in_every_state(config):
    model = relational(config=config)
    rows = random_stories(5, 6)
    read, events, network = torch.from_numpy(rows), CODE.encode(rows), model.graph()
    with torch.no_grad():
        output, states = model(read), model.states(read)
    assert tuple(states) == network.names
    assert states["readout"].v.any()
    assert states[f"f{len(config.f)}"].s.any()
    for trace in (dynamics.run(network, events), everything(network, events)):
        np.testing.assert_array_equal(output.readout.transpose(1, 2).numpy() * 4096, trace.readout)
        for name, found in states.items():
            np.testing.assert_array_equal(found.s.numpy(), trace.spikes[name], err_msg=name)
            for key in "uav":
                np.testing.assert_array_equal(getattr(found, key).numpy(), trace.states[name][key], err_msg=name)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**16))
def test_answers_of_random_networks_and_stories_are_those_of_the_simulator(seed):
    model, rows = relational(seed), random_stories(seed, 20)
    with torch.no_grad():
        output = model(torch.from_numpy(rows))
    trace = simulate(model.graph(), CODE.encode(rows), readout_steps=None)
    np.testing.assert_array_equal(output.readout.transpose(1, 2).numpy() * 4096, trace.readout)


def test_counts_are_the_spikes_of_the_populations():
    model, rows = relational(), random_stories(2, 7)
    read = torch.from_numpy(rows)
    with torch.no_grad():
        output, states = model(read), model.states(read)
    pairs, steps = gather(read).pairs, model.steps - model.start
    for layer in ("first", "second"):
        found = sum(state.s.sum(dim=(0, 1)) for name, state in states.items() if name.startswith(layer))
        assert torch.equal(output.counts[layer].spikes.double(), found)
        assert output.counts[layer].updates == pairs * steps
    for layer in ("f1", "f2"):
        assert torch.equal(output.counts[layer].spikes.double(), states[layer].s.sum(dim=(0, 1)))
        assert output.counts[layer].updates == len(rows) * steps
    assert output.counts["first"].spikes.any()


@pytest.mark.parametrize(("zeros", "levels"), [(0.0, ()), (0.3, ()), (0.3, (1, 3))])
def test_synaptic_operations_are_those_that_the_simulator_counts(zeros, levels):
    model, rows = relational(config=CONFIG.model_copy(update={"sum_levels": levels})), random_stories(4, 9)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("weight"):
                weight[torch.rand(weight.shape, generator=torch.Generator().manual_seed(0)) < zeros] = 0
        read = torch.from_numpy(rows)
        counted = model.synops(read, model(read))
    activity = simulate(model.graph(), CODE.encode(rows)).activity
    assert counted == sum(int(synops.sum()) for synops in activity.synops)


def test_intermediate_neurons_spike_for_as_many_copies_as_their_level():
    levels = (1, 2, 5)
    sums = LevelSum(CONFIG.model_copy(update={"sum_levels": levels, "relation_dampening": 0.4}), 2)
    counts = torch.tensor([[[0, 1, 2, 4, 5, 9, 3], [2, 0, 0, 6, 0, 0, 0]]]).float().requires_grad_()
    found = sums(counts)
    before = torch.nn.functional.pad(counts.detach(), (1, 0))[..., :-1]
    reached = before.repeat_interleave(3, dim=1) >= torch.tensor(levels * 2)[None, :, None]
    assert torch.equal(found, reached.float())
    assert torch.equal(sums.states(counts.double()).s.transpose(1, 2).float(), found)
    found.sum().backward()
    thresholds = [64 * level - 1 for level in levels]
    slopes = [0.4 * (1 - (64 * counts.detach() - x).abs() / x).clamp_min(0) * 64 / x for x in thresholds]
    expected = sum(slopes)
    expected[..., -1] = 0
    torch.testing.assert_close(counts.grad, expected, rtol=1e-5, atol=1e-6)


def test_intermediate_neurons_have_no_firing_rate_of_their_own():
    model = relational(config=CONFIG.model_copy(update={"sum_levels": (1, 2)}))
    with torch.no_grad():
        output = model(torch.from_numpy(random_stories(2, 7)))
    assert list(output.passed_on) == ["sum"]
    assert output.passed_on["sum"].spikes.any()
    assert "sum" not in output.counts


@pytest.mark.parametrize("levels", [(0,), (2, 2), (3, 1), (2048,)])
def test_levels_that_make_no_sense(levels):
    with pytest.raises(ValidationError, match="sum_levels"):
        RelationalConfig(sum_levels=levels)


def test_copies_share_their_weights():
    network = relational().graph()
    assert [p.name for p in network.populations][:9] == [
        "input", "sentence0", "sentence1", "sentence2", "question", "relay0", "relay1", "relay2", "question_relay",
    ]  # fmt: skip
    distinct = {id(c.weights.base) for c in network.connections}
    # Words and recurrence of both encoders, relay and go; A, B, Q, two times three ages, bias, silence; second layer;
    # sum and bias of f1, f2, readout.
    assert len(distinct) == 6 + 11 + 1 + 4


def test_gradients_reach_every_weight():
    model = relational()
    model(torch.from_numpy(random_stories(3, 16))).readout.square().sum().backward()
    assert all(p.grad.abs().max() > 0 for name, p in model.named_parameters() if name.endswith("weight"))


def test_the_first_batch_sets_one_threshold():
    config = CONFIG.model_copy(update={"sum_threshold": 1.2})
    low, high = (relational(config=c).blocks[0].neuron.threshold for c in (CONFIG, config))
    assert high.item() == pytest.approx(2 * low.item(), abs=0.05)


def test_a_saved_model_reads_the_same_stories(tmp_path):
    model, rows = relational(), random_stories(7, 5)
    save_model(model, tmp_path / BEST)
    back = training.load_model(tmp_path)
    assert (back.config, back.code, back.classes) == (CONFIG, CODE, CLASSES)
    with torch.no_grad():
        assert torch.equal(back(torch.from_numpy(rows)).readout, model(torch.from_numpy(rows)).readout)


def test_an_encoder_of_stories_is_needed():
    with pytest.raises(DataError, match="model relational: found encoder none, allowed story"):
        CONFIG.build(3, 2)


def test_its_file_proves_itself(tmp_path):
    model = relational()
    network = model.network()
    events = concatenate([CODE.encode(random_stories(9, 1)), model.covering(network)])
    netx.write(network, tmp_path / "qa.net", golden=training.golden(model, events))
    verified = proof.verify(tmp_path / "qa.net", engines=("fast",))
    assert verified.golden
    assert verified.passed, verified
