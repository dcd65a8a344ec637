"""Random changes of training samples of spoken words: a shift in frequency, and blends of two samples.

Source: T. Nowotny, J. P. Turner, J. C. Knight, *Loss shaping enhances exact gradient learning with EventProp in spiking
neural networks*, 2022 (arXiv 2212.01232), whose best networks for the Heidelberg digits use both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.uint8]


def shifted(counts: Counts, most: int, rng: np.random.Generator) -> Counts:
    """Samples whose channels are all moved by one random distance each.

    Args:
        counts: events ``(sample, time, channel)``.
        most: largest distance in channels, either way.  What leaves the range is lost.
        rng: source of the distances.
    """
    found = np.empty_like(counts)
    for k, distance in enumerate(rng.integers(-most, most + 1, len(counts))):
        found[k] = _moved(counts[k], 0, int(distance))
    return found


def blended(counts: Counts, labels: npt.NDArray[np.int64], share: float, rng: np.random.Generator) -> Counts:
    """Samples, some of which have half of their events from another sample of the class.

    Both samples are first moved so that their centres of mass, in time and in frequency, lie half-way between the two.

    Args:
        counts: events ``(sample, time, channel)``.
        labels: class of every sample, ``(sample,)``.
        share: of the samples that are blended.
        rng: source of the choice.
    """
    found = counts.copy()
    by_class = {label: np.flatnonzero(labels == label) for label in np.unique(labels)}
    for k in np.flatnonzero(rng.random(len(counts)) < share):
        other = int(rng.choice(by_class[labels[k]]))
        found[k] = _blend(counts[k], counts[other], rng)
    return found


def _blend(one: Counts, other: Counts, rng: np.random.Generator) -> Counts:
    centres = np.array([_centre(one), _centre(other)])
    middle = centres.mean(axis=0)
    halves = [
        rng.binomial(_moved(x, *np.rint(middle - centre).astype(int)), 0.5)
        for x, centre in zip((one, other), centres, strict=True)
    ]
    return np.minimum(sum(halves), np.iinfo(np.uint8).max).astype(np.uint8)


def _centre(counts: Counts) -> tuple[float, float]:
    """Mean step and mean channel of the events; the middle where there are none."""
    total = counts.sum()
    if total == 0:
        return counts.shape[0] / 2, counts.shape[1] / 2
    steps, channels = np.arange(counts.shape[0]), np.arange(counts.shape[1])
    return float(counts.sum(axis=1) @ steps / total), float(counts.sum(axis=0) @ channels / total)


def _moved(counts: Counts, steps: int, channels: int) -> Counts:
    """Events ``(time, channel)`` moved by whole steps and channels; what leaves the range is lost."""
    found = np.zeros_like(counts)
    (to_t, from_t), (to_c, from_c) = (_overlap(n, by) for n, by in zip(counts.shape, (steps, channels), strict=True))
    found[to_t, to_c] = counts[from_t, from_c]
    return found


def _overlap(size: int, by: int) -> tuple[slice, slice]:
    """Where the rows that stay go, and where they come from."""
    by = max(-size, min(size, by))
    return slice(max(by, 0), size + min(by, 0)), slice(max(-by, 0), size - max(by, 0))
