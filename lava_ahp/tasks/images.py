"""Images as signals, row by row, and their augmentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


def pixels(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Images ``(sample, row, column)`` as signals ``(sample, time)``."""
    return images.reshape(len(images), -1)


def pooled(images: npt.NDArray[Any], side: int) -> npt.NDArray[Any]:
    """Images ``(sample, row, column)`` whose pixels are the means of squares, rounded down.

    Args:
        images: integers, with rows and columns that are multiples of ``side``.
        side: pixels along a side of a square.
    """
    if side == 1:
        # Sums need eight times the memory of pixels.
        return images
    samples, rows, columns = images.shape
    squares = images.reshape(samples, rows // side, side, columns // side, side)
    means: npt.NDArray[Any] = squares.sum(axis=(2, 4), dtype=np.int64) // side**2
    return means.astype(images.dtype)


@dataclass(frozen=True)
class Jitter:
    """Shifts every image and adds noise to its pixels, at random.

    Attributes:
        shape: rows and columns.
        maximum: largest brightness.
        shift: largest shift in each direction, in pixels.
        noise: largest change of a pixel, in units of brightness; pixels of 0 stay 0.
    """

    shape: tuple[int, int]
    maximum: int
    shift: int
    noise: int

    def __call__(self, signals: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
        """Signals ``(sample, time)``, shifted and with noise, as new integers of the same type."""
        images = signals.reshape(-1, *self.shape)
        images = shift(images, rng.integers(-self.shift, self.shift + 1, size=(len(images), 2)))
        if not self.noise:
            return pixels(images)
        changed = np.clip(images + rng.integers(-self.noise, self.noise + 1, size=images.shape), 0, self.maximum)
        return pixels(np.where(images > 0, changed, 0).astype(images.dtype))


def shift(images: npt.NDArray[Any], by: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Shift every image and fill with zeros.

    Args:
        images: ``(sample, row, column)``.
        by: pixels down and to the right, ``int64 (sample, 2)``.
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
