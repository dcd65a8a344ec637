"""Train on in the form that a network was lowered to, from the weights that it had before."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lava_ahp.errors import DataError
from lava_ahp.report.progress import Reporter
from lava_ahp.workflow.planning import config_of
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.training_run import train

if TYPE_CHECKING:
    from lava_ahp.loihi2.pairing import Paired

#: Learning rate as a share of the one with which the network was trained.
LEARNING_RATE = 0.4

#: Constants of the neurons that are trained, group by group; the decays stay as they were lowered.
LEARN = ("threshold", "ahp_strength")


def check(source: Run) -> None:
    """Check that a run can be trained on as pairs of synapses.

    Raises:
        DataError: a run without a model, or with one of another kind.
    """
    if not source.model.is_file():
        raise DataError(f"{source.folder}: found no {source.model.name} to fine-tune; use the folder of a trained run")
    model = config_of(source).model
    form = getattr(model, "form", model.kind)
    if form != "native":
        raise DataError(
            f"{source.folder}: found a model of the form {form}, allowed for fine-tuning a classifier of AHP neurons "
            "(model.form=native)"
        )


def finetune(
    source: Run,
    out: Path,
    paired: Paired,
    *,
    scale: int,
    groups: int,
    epochs: int,
    data: str | os.PathLike[str] | None,
    command: str,
    progress: bool | Reporter,
) -> Run:
    """Train a network of LIF neurons from the weights of a native one, in a run folder of its own.

    Args:
        source: the run of the native network.
        out: the run folder; a run in it that was interrupted goes on.
        paired: the network as it was lowered.
        scale: ``k``.
        groups: as for :func:`lava_ahp.lower`.
        epochs: passes over the training split.
        data: directory or file of the task's data.
        command: for the manifest.
        progress: True shows progress on stderr.

    Returns:
        The run.

    Raises:
        DataError: hidden layers with different lags.
    """
    lags = set(paired.lag.values())
    if len(lags) != 1:
        raise DataError(f"lag: found {sorted(lags)} in the hidden layers, allowed one for fine-tuning; use --lag")
    config = config_of(source)
    settings: dict[str, Any] = {
        "model.form": "paired",
        "model.corrected": True,
        "model.lag": lags.pop(),
        "model.scale": scale,
        "model.groups": groups,
        "model.learn": LEARN,
        "training.epochs": epochs,
        "training.learning_rate": LEARNING_RATE * config.training.learning_rate,
        # Synapses stay where they are.
        "training.rewire_every": 2**31,
    }
    return train(
        config.task.name, out=out, data=data, config=source.config, settings=settings, init=source.model,
        resume=True, command=command, progress=progress,
    )  # fmt: skip
