"""What a task is: labelled signals, the code that makes spikes of them, and how the answer is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import ThresholdCrossing
from lava_ahp.errors import DataError
from lava_ahp.events import Labelled

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class PixelTask:
    """Images read pixel by pixel, row after row, and classified during a cue at the end.

    Attributes:
        name: the task's name on the command line.
        images: by split, integers ``(sample, row, column)``.
        labels: by split, ``int64 (sample,)``.
        encoder: the code.
        window: steps at the end over which the readout voltage is summed.
        class_names: one for each readout.
        max_shift: training images are shifted by up to so many pixels in each direction.
        max_noise: training pixels other than zero change by up to so many units of brightness.
    """

    name: str
    images: Mapping[str, npt.NDArray[np.uint8]]
    labels: Mapping[str, npt.NDArray[np.int64]]
    encoder: ThresholdCrossing
    window: int
    class_names: tuple[str, ...]
    max_shift: int = 0
    max_noise: int = 0

    @property
    def channels(self) -> int:
        """Input channels."""
        return self.encoder.channels

    @property
    def classes(self) -> int:
        """Readouts."""
        return len(self.class_names)

    @property
    def steps(self) -> int:
        """Steps of every sample."""
        return self.encoder.steps(int(np.prod(self.images["test"].shape[1:])))

    def size(self, split: str) -> int:
        """Samples of a split."""
        return len(self.labels[_known(split)])

    def split(self, name: str, indices: npt.ArrayLike | None = None) -> Labelled:
        """Spikes and labels of a split, or of some of its samples.

        Raises:
            DataError: an unknown split, or an index outside it.
        """
        images, labels = self.images[_known(name)], self.labels[name]
        if indices is not None:
            index = np.asarray(indices, dtype=np.int64)
            if index.ndim != 1 or index.size == 0 or index.min() < 0 or index.max() >= len(labels):
                found = f"{index.min()}..{index.max()}" if index.size else "none"
                raise DataError(
                    f"indices of {self.name} {name}: found {found}, allowed 0..{len(labels) - 1}, one or more"
                )
            images, labels = images[index], labels[index]
        return Labelled(self._encode(images), labels)

    def training(self, rng: np.random.Generator) -> Labelled:
        """The training split for one epoch, every image shifted and its pixels changed at random."""
        images = self.images["train"]
        if self.max_shift:
            images = shift(images, rng.integers(-self.max_shift, self.max_shift + 1, size=(len(images), 2)))
        if self.max_noise:
            noise = rng.integers(-self.max_noise, self.max_noise + 1, size=images.shape)
            changed = np.clip(images + noise, 0, self.encoder.maximum)
            images = np.where(images > 0, changed, 0).astype(images.dtype)
        return Labelled(self._encode(images), self.labels["train"])

    def _encode(self, images: npt.NDArray[np.uint8]) -> Any:
        return self.encoder.encode(images.reshape(len(images), -1))

    def describe(self) -> dict[str, Any]:
        """What a network file keeps of the task."""
        return {
            "name": self.name,
            "encoder": self.encoder.to_json(),
            "window": self.window,
            "class_names": list(self.class_names),
        }


def _known(split: str) -> str:
    if split not in SPLITS:
        raise DataError(f"split: found {split!r}, allowed {', '.join(SPLITS)}")
    return split


def shift(images: npt.NDArray[np.uint8], by: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Shift every image, filling with zeros.

    Args:
        images: ``(sample, row, column)``.
        by: ``(sample, 2)``, pixels down and to the right.
    """
    samples, rows, columns = images.shape
    row = np.arange(rows)[None, :] - by[:, :1]
    column = np.arange(columns)[None, :] - by[:, 1:]
    inside = ((row >= 0) & (row < rows))[:, :, None] & ((column >= 0) & (column < columns))[:, None, :]
    moved = images[
        np.arange(samples)[:, None, None],
        np.clip(row, 0, rows - 1)[:, :, None],
        np.clip(column, 0, columns - 1)[:, None, :],
    ]
    return np.where(inside, moved, 0).astype(images.dtype)
