"""Sequential MNIST: 28x28 digits, pixel by pixel in 784 steps, then a cue of 56.

Source: Y. LeCun, C. Cortes, C. Burges, *The MNIST database of handwritten digits*; encoder and cue from Rao et al. 2022
(arXiv 2107.03992).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from lava_ahp.encoders import ThresholdCrossing
from lava_ahp.errors import DataError
from lava_ahp.tasks.base import Described, Task, TaskSettings
from lava_ahp.tasks.idx import read_idx
from lava_ahp.tasks.images import Jitter, pixels, pooled

NAME = "smnist"
DESCRIPTION = "MNIST pixel by pixel (give the directory of the four IDX files with --data)"
VALIDATION = 5000
SIDE, BRIGHTEST = 28, 255


class Settings(TaskSettings):
    """Settings of the tasks smnist and psmnist.

    Attributes:
        shift: in training, every image is moved by up to so many pixels in each direction, anew in every epoch.
        thresholds: number of thresholds of the encoder, which has two input channels for each.
        pool: images are made smaller by the mean of squares of so many pixels a side, for quick experiments.
    """

    shift: int = Field(default=0, ge=0, lt=SIDE)
    thresholds: int = Field(default=40, ge=3, le=BRIGHTEST + 1)
    pool: Literal[1, 2, 4, 7] = 1


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """MNIST from its four IDX files; the last 5000 training images are for validation.

    Args:
        data: the directory.
        described: what a network file says of the task.
        settings: size of the images, thresholds, and how training images are changed at random; None for the defaults.

    Raises:
        DataError: a file that is missing, damaged, or holds something else.
    """
    return mnist(NAME, data, described, settings or Settings(name=NAME))


def mnist(
    name: str,
    data: Path | None,
    described: Described | None,
    settings: Settings,
    order: tuple[int, ...] | None = None,
) -> Task:
    """MNIST with the encoder that a network file describes, or else one with pixels in this ``order``.

    The other arguments are as for :func:`load`.
    """
    if data is None or not data.is_dir():
        found = "" if data is None else f", found {data}"
        raise DataError(f"task {name}: needs --data DIR with MNIST's four IDX files (from their publisher){found}")
    train_images, train_labels = _read(data, "train", settings.pool)
    images, labels = _read(data, "t10k", settings.pool)
    if len(train_labels) <= VALIDATION:
        raise DataError(f"{data}: found {len(train_labels)} training images, allowed more than {VALIDATION}")
    described = described or Described()
    side = SIDE // settings.pool
    own = ThresholdCrossing(settings.thresholds, BRIGHTEST, order=order)
    return Task(
        name=name,
        signals={"train": train_images[:-VALIDATION], "validation": train_images[-VALIDATION:], "test": images},
        labels={"train": train_labels[:-VALIDATION], "validation": train_labels[-VALIDATION:], "test": labels},
        encoder=described.encoder or own,
        readout_steps=described.readout_steps or own.cue_steps,
        class_names=tuple(str(c) for c in range(10)),
        augment=Jitter((side, side), BRIGHTEST, settings.shift, noise=0) if settings.shift else None,
    )


def _read(directory: Path, prefix: str, pool: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    images = read_idx(directory, f"{prefix}-images-idx3-ubyte", (-1, SIDE, SIDE))
    labels = read_idx(directory, f"{prefix}-labels-idx1-ubyte", (-1,)).astype(np.int64)
    if len(images) != len(labels):
        raise DataError(
            f"{directory}: found {len(images)} {prefix} images for {len(labels)} labels; download both again"
        )
    if labels.max() > 9:
        raise DataError(f"{directory}: found {prefix} label {labels.max()}, allowed 0..9")
    return pixels(pooled(images, pool)), labels
