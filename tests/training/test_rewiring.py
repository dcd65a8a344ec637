"""Sparse connectivity: the number of synapses is constant, other weights are zero, interrupted runs can be resumed."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lava_ahp import training
from lava_ahp.models import AHPClassifier, AHPConfig
from lava_ahp.network import Events
from lava_ahp.training import SpikeSplit
from lava_ahp.training.checkpoint import BEST, LAST
from lava_ahp.training.rewiring import UNTIL, Rewiring


def optimised(weight, gradient):
    """The optimiser of a weight after one step of which nothing but the moments is left."""
    before = weight.detach().clone()
    optimizer = torch.optim.Adam([weight], lr=0.1)
    weight.grad = torch.ones_like(weight)
    optimizer.step()
    weight.data.copy_(before)
    weight.grad = gradient
    return optimizer


def test_the_smallest_weights_make_room_where_the_gradient_is_largest():
    weight = torch.nn.Parameter(torch.tensor([[4.0, -0.1, 0, 0], [0.2, -3.0, 0, 0]]))
    gradient = torch.tensor([[9.0, 0.3, -0.2, 5.0], [0.1, 9.0, -7.0, 0.4]])
    optimizer = optimised(weight, gradient)
    rewiring = Rewiring([weight], share=0.5)
    rewiring.rewire(0.0, optimizer)
    assert weight.tolist() == [[4.0, 0, 0, 0], [0, -3.0, 0, 0]]
    moved = torch.tensor([[False, True, False, True], [True, False, True, False]])
    for name in ("exp_avg", "exp_avg_sq"):
        moment = optimizer.state[weight][name]
        assert (moment[moved] == 0).all()
        assert (moment[~moved] != 0).all()
    rewiring.keep_absent()
    assert weight.grad.tolist() == [[9.0, 0, 0, 5.0], [0, 9.0, -7.0, 0]]


def test_a_removed_synapse_is_added_again_where_its_gradient_is_large():
    weight = torch.nn.Parameter(torch.tensor([[4.0, -0.1, 0]]))
    rewiring = Rewiring([weight], share=0.5)
    rewiring.rewire(0.0, optimised(weight, torch.tensor([[0.0, 2.0, 1.0]])))
    assert weight.tolist() == [[4.0, 0, 0]]
    rewiring.keep_absent()
    assert weight.grad.tolist() == [[0, 2.0, 0]]


@pytest.mark.parametrize("done, moved", [(0.0, 30), (UNTIL / 2, 15), (UNTIL, 0), (1.0, 0)])
def test_fewer_and_fewer_move_and_in_the_end_none(done, moved):
    generator = torch.Generator().manual_seed(3)
    weight = torch.nn.Parameter(torch.randn(20, 10, generator=generator))
    weight.data.view(-1)[::2] = 0
    before = weight.detach() != 0
    # The gradient is largest where there is no synapse, so that none comes back.
    rewiring = Rewiring([weight], share=0.3)
    rewiring.rewire(done, optimised(weight, torch.where(before, 0.0, torch.randn(20, 10, generator=generator))))
    synapses = next(iter(rewiring.buffers()))
    assert synapses.sum() == before.sum()
    assert (before & ~synapses).sum() == moved


def test_a_dense_matrix_is_left_alone():
    weight = torch.nn.Parameter(torch.randn(4, 4))
    rewiring = Rewiring([weight], share=0.3)
    rewiring.rewire(0.0, optimised(weight, torch.ones(4, 4)))
    rewiring.keep_absent()
    assert not list(rewiring.buffers())
    assert (weight.grad == 1).all()


def test_weights_of_a_dense_model_that_begin_at_zero_are_learned(tmp_path):
    config = {**CONFIG, "model": {**CONFIG["model"], "density": 1.0, "recurrent_gain": 0.0}}
    _, last = run(tmp_path, config)
    assert torch.count_nonzero(last["hidden.0.recurrent_synapse.weight"]) > 0


@pytest.mark.parametrize("density", [0.05, 0.2, 0.88])
def test_a_model_has_the_synapses_that_it_is_asked_for(density):
    model = AHPClassifier(AHPConfig(hidden=(30, 20), density=density), 12, 3, torch.Generator().manual_seed(1))
    for name, weight in model.named_parameters():
        if name.endswith("weight"):
            assert torch.count_nonzero(weight) == max(1, round(density * weight.numel())), name


CONFIG = {
    "task": {"name": "toy"},
    "model": {"hidden": [16], "ahp_tau": [5, 40], "input_gain": 2.0, "density": 0.2},
    "training": {"epochs": 4, "batch_size": 16, "learning_rate": 0.1, "rewire_every": 2},
}


def toy(rng, samples=64):
    labels = rng.integers(0, 3, samples)
    rate = np.full((samples, 1, 6), 0.1)
    rate[np.arange(samples), 0, labels] = 0.6
    return SpikeSplit(Events.from_dense(rng.random((samples, 20, 6)) < rate), labels)


class StopAfter:
    def __init__(self, epochs):
        self.left = epochs

    def start(self, epochs, done):
        pass

    def batch(self, done, batches):
        if self.left == 0 and done == 2:
            raise KeyboardInterrupt

    def epoch(self, epoch):
        self.left -= 1


def run(out, config=CONFIG, **changed):
    validation = toy(np.random.default_rng(1), samples=50)
    options = {"train": toy, "validation": validation, "classes": 3, "readout_steps": 5, "device": "cpu"}
    training.fit(training.TrainConfig.of(config), out=out, **options, **changed)
    return load_file(out / BEST), load_file(out / LAST)


@pytest.fixture(scope="module")
def sparse(tmp_path_factory):
    """Weights of the best and the last epoch of an uninterrupted run."""
    return run(tmp_path_factory.mktemp("sparse"))


def test_a_trained_network_keeps_its_density_and_an_interrupted_run_its_synapses(sparse, tmp_path):
    best, last = sparse
    first = AHPClassifier(AHPConfig(**CONFIG["model"]), 6, 3, torch.Generator().manual_seed(0)).state_dict()
    for name in (key for key in last if key.endswith("weight")):
        size = last[name].numel()
        assert torch.count_nonzero(last[name]) <= round(0.2 * size), name
        assert torch.count_nonzero(best[name]) <= round(0.2 * size), name
        if "recurrent" in name:
            assert ((last[name] != 0) & (first[name] == 0)).any(), "no synapse moved"
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", progress=StopAfter(2))
    for mine, theirs in zip(run(tmp_path / "parts", resume=True), (best, last), strict=True):
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_the_network_has_no_more_synapses_than_the_model(sparse):
    model = AHPClassifier(AHPConfig(**CONFIG["model"]), 6, 3)
    model.load_state_dict(sparse[0])
    network = model.network()
    for connection in network.connections:
        assert 0 < connection.synapses <= round(0.2 * np.prod(connection.shape))


def test_a_sparse_model_keeps_the_largest_synapses_of_a_denser_one():
    def model(density):
        config = AHPConfig(hidden=[20], density=density)
        return AHPClassifier(config, 6, 3, torch.Generator().manual_seed(1))

    first, sparse = model(0.5), model(0.1)
    sparse.start_from(first)
    assert sparse.sparse_weights()
    for found, before in zip(sparse.sparse_weights(), first.sparse_weights(), strict=True):
        kept = found != 0
        assert int(kept.sum()) == max(1, round(0.1 * found.numel()))
        assert torch.equal(found[kept], before[kept])
        assert found[kept].abs().min() >= before[~kept].abs().max()
    again = model(0.5)
    again.start_from(sparse)
    assert all(map(torch.equal, again.sparse_weights(), sparse.sparse_weights()))
