"""A training that reaches NaN stops, says where and with which settings, and keeps the best weights so far."""

import re
from dataclasses import replace

import pytest
import torch
from click.testing import CliRunner

from lava_ahp import training
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.training import divergence, history
from lava_ahp.training.checkpoint import BEST, LAST
from lava_ahp.training.history import Epoch
from lava_ahp.training.module import Training
from lava_ahp.training.record import RESUME

from support.toy_training import run

GOOD = Epoch(1, 1.0, 0.5, 0.1, 1.0, 0.5, 10.0, 0.1, 1.0)


@pytest.fixture
def diverging(monkeypatch):
    """Call with a parameter's name and an epoch; that parameter is NaN after the epoch's first batch."""

    def make(name, epoch):
        original = Training.on_train_batch_end

        def spoiling(module, *args):
            original(module, *args)
            if module.current_epoch + 1 == epoch:
                dict(module.model.named_parameters())[name].data.view(-1)[0] = float("nan")

        monkeypatch.setattr(Training, "on_train_batch_end", spoiling)

    return make


@pytest.mark.parametrize("parameter", ["first", "last"])
def test_weights_that_are_not_finite_end_the_training_before_they_are_saved(whole, tmp_path, diverging, parameter):
    names = [name for name, _ in training.load_model(whole[0]).named_parameters()]
    diverging(names[0] if parameter == "first" else names[-1], 3)
    settings = r"\(learning_rate 0.1, gradient_clip .*, batch_size 16\)"
    message = rf"^training epoch 3: found weights \S+ that are not finite {settings}, allowed finite numbers; "
    with pytest.raises(DataError, match=message) as caught:
        run(tmp_path)
    assert re.search(r"the weights of epoch [12] are kept; start from them \(--init\) with a lower", str(caught.value))
    assert "\n" not in str(caught.value)
    for name in (BEST, LAST):
        model = training.read_model(tmp_path / name)
        assert all(torch.isfinite(x).all() for x in model.state_dict().values())
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 1 + 2
    with pytest.raises(DataError, match="epoch 3"):
        run(tmp_path, resume=True)


def test_a_loss_that_is_nan_from_the_start_leaves_no_weights(tmp_path):
    with pytest.raises(DataError, match=r"training epoch 1: .* no weights are kept; train again with a lower"):
        run(tmp_path, class_weights=[float("nan"), 1, 1])
    assert not (tmp_path / BEST).exists()
    assert not (tmp_path / RESUME).exists()


@pytest.mark.parametrize("split", ["loss", "validation_loss"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_epoch_that_is_not_finite_is_refused_and_never_the_best(split, value):
    bad = replace(GOOD, epoch=2, validation_accuracy=1.0, **{split: value})
    assert not bad.better_than(None)
    assert not bad.better_than(GOOD)
    assert GOOD.better_than(None)
    assert history.best([bad, GOOD]) is GOOD
    config = training.TrainConfig.make("digits")
    divergence.check_losses(GOOD, config, None)
    with pytest.raises(DataError, match=rf"epoch 2: found a \w+ loss of {value} .*; the weights of epoch 1 are kept"):
        divergence.check_losses(bad, config, GOOD)


def test_the_command_ends_with_exit_code_2_and_one_line(tmp_path, diverging):
    diverging(next(name for name, _ in small().named_parameters()), 1)
    settings = [x for s in ("epochs=2", "batch_size=2000") for x in ("--set", f"training.{s}")]
    command = ["train", "--task", "digits", "--out", str(tmp_path / "run"), "--device", "cpu", *settings]
    result = CliRunner().invoke(main, [*command, "--set", "model.hidden=[3]"])
    assert result.exit_code == 2, result.output
    assert result.stderr.splitlines()[-1].startswith("lava-ahp: training epoch 1: found weights")


def small():
    return training.TrainConfig.make("digits", overrides=["model.hidden=[3]"]).model.build(34, 10)
