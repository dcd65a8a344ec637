"""A training that has diverged, so that its loss or its weights are no longer finite numbers."""

from __future__ import annotations

import math

import torch
from torch import nn

from lava_ahp.errors import Diverged
from lava_ahp.training.config import TrainConfig
from lava_ahp.training.history import Epoch

#: Settings that make a training diverge, or not.
_SETTINGS = ("learning_rate", "gradient_clip", "batch_size")


def check_weights(model: nn.Module, epoch: int, config: TrainConfig, best: Epoch | None) -> None:
    """Stop where a weight is not a finite number.

    Args:
        model: what is trained.
        epoch: number of the current epoch, from 1.
        config: settings of the run.
        best: the best epoch before this one, or None.

    Raises:
        Diverged: a weight is NaN or infinite.
    """
    for name, weight in model.state_dict().items():
        if weight.is_floating_point() and not bool(torch.isfinite(weight).all()):
            raise _diverged(f"weights {name} that are not finite", epoch, config, best)


def check_losses(epoch: Epoch, config: TrainConfig, best: Epoch | None) -> None:
    """Stop where the loss of an epoch is not a finite number.

    Args:
        epoch: the epoch that has just ended.
        config: settings of the run.
        best: the best epoch before this one, or None.

    Raises:
        Diverged: the loss is NaN or infinite.
    """
    for split, loss in (("training", epoch.loss), ("validation", epoch.validation_loss)):
        if not math.isfinite(loss):
            raise _diverged(f"a {split} loss of {loss}", epoch.epoch, config, best)


def _diverged(found: str, epoch: int, config: TrainConfig, best: Epoch | None) -> Diverged:
    settings = ", ".join(f"{name} {getattr(config.training, name):g}" for name in _SETTINGS)
    kept = "no weights are kept" if best is None else f"the weights of epoch {best.epoch} are kept"
    start = "train again" if best is None else "start from them (--init)"
    return Diverged(
        f"training epoch {epoch}: found {found} ({settings}), allowed finite numbers; {kept}; "
        f"{start} with a lower training.learning_rate"
    )
