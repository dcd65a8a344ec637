"""Spike trains from an ``.npz`` file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, SpecError
from lava_ahp.network import MAX_STEPS, Events, Labelled, concatenate
from lava_ahp.tasks.npz import read_npz

MAX_SPIKES = 2**26
MAX_SAMPLES = 2**24
#: Values of a dense array that are converted at a time.
_BLOCK = 2**24
_EVENT_ARRAYS = ("times", "channels", "steps")
_ARRAYS = ("spikes", *_EVENT_ARRAYS, "samples", "offsets", "labels")


def read_spikes(path: str | os.PathLike[str], channels: int) -> Labelled | Events:
    """Read spike trains from an ``.npz`` file.

    The file holds one of two forms, and optionally ``labels (sample,)``, the class of every sample:

    - ``spikes (sample, time, channel)``, zeros and ones;
    - ``times (spike,)`` and ``channels (spike,)``, both from 0, in any order, where repeats count once; ``steps``, one
      number or ``(sample,)``; and either ``samples (spike,)``, the sample of every spike, or
      ``offsets (sample + 1,)``: the spikes of sample ``k`` are ``offsets[k]`` up to, but not including,
      ``offsets[k + 1]``.

    Args:
        path: the file.
        channels: size of the network's input.

    Returns:
        Labelled spikes if the file has labels, else events.

    Raises:
        DataError: a file that is damaged or too large, or arrays that do not fit one another or the network.
    """
    arrays = read_npz(Path(path), (), _ARRAYS)
    try:
        labels = _integers(arrays, "labels") if "labels" in arrays else None
        if labels is not None and labels.ndim != 1:
            raise SpecError(f"labels: found shape {labels.shape}, allowed (sample,)")
        if "spikes" in arrays:
            others = sorted(set(arrays) - {"spikes", "labels"})
            if others:
                raise SpecError(f"spikes: found {', '.join(others)} as well, allowed only labels; leave one form out")
            events = _dense(arrays["spikes"], channels)
        else:
            events = _sparse(arrays, channels, None if labels is None else len(labels))
        return events if labels is None else Labelled(events, labels)
    except SpecError as error:
        raise DataError(f"{path}: {error}") from None


def _dense(spikes: npt.NDArray[Any], channels: int) -> Events:
    if spikes.ndim != 3 or 0 in spikes.shape or spikes.shape[2] != channels:
        raise SpecError(f"spikes: found shape {spikes.shape}, allowed (sample, time, channel) with {channels} channels")
    if spikes.dtype.kind != "U":
        _check_count(int(np.count_nonzero(spikes)))
    size = max(1, _BLOCK // (spikes.shape[1] * channels))
    return concatenate([Events.from_dense(spikes[k : k + size]) for k in range(0, len(spikes), size)])


def _sparse(arrays: Mapping[str, npt.NDArray[Any]], channels: int, labelled: int | None) -> Events:
    missing = [name for name in _EVENT_ARRAYS if name not in arrays]
    if missing or ("samples" in arrays) == ("offsets" in arrays):
        raise SpecError(
            f"spikes: found {', '.join(sorted(arrays)) or 'no arrays'}, allowed spikes (sample, time, channel), "
            "or times, channels and steps with either samples or offsets"
        )
    times, sources, steps = (_integers(arrays, name) for name in _EVENT_ARRAYS)
    _check_count(len(times) if times.ndim else 0)
    for name, array, limit in (("times", times, MAX_STEPS), ("channels", sources, channels)):
        if array.shape != (times.size,):
            raise SpecError(f"{name}: found shape {array.shape}, allowed (spike,), as many as times")
        if array.size and not 0 <= array.min() <= array.max() < limit:
            raise SpecError(f"{name}: found {array.min()}..{array.max()}, allowed 0..{limit - 1}")
    if "offsets" in arrays:
        offsets = _integers(arrays, "offsets")
        if offsets.ndim != 1 or len(offsets) < 2 or offsets[0] != 0 or offsets[-1] != len(times):
            raise SpecError(f"offsets: found {offsets.shape}, allowed (sample + 1,) from 0 to {len(times)}")
        if np.any(np.diff(offsets) < 0):
            raise SpecError("offsets: found values that descend, allowed ascending ones")
        number = len(offsets) - 1
        _check_samples(number)
        sample = np.repeat(np.arange(number), np.diff(offsets))
    else:
        sample = _integers(arrays, "samples")
        if sample.shape != times.shape or np.any(sample < 0):
            raise SpecError(f"samples: found shape {sample.shape}, allowed {times.shape}, from 0")
        number = len(steps) if steps.ndim else labelled or int(sample.max(initial=0)) + 1
        _check_samples(number)
        if sample.max(initial=0) >= number:
            raise SpecError(f"samples: found {sample.max()}, allowed 0..{number - 1}")
    if steps.shape not in ((), (number,)):
        raise SpecError(f"steps: found shape {steps.shape}, allowed one number or ({number},)")
    return _sorted(channels, np.broadcast_to(steps, number).copy(), sample, times, sources)


def _sorted(channels: int, steps: Any, sample: Any, times: Any, sources: Any) -> Events:
    order = np.lexsort((sources, times, sample))
    sample, times, sources = sample[order], times[order].astype(np.int32), sources[order].astype(np.int32)
    new = np.ones(len(times), dtype=bool)
    new[1:] = (np.diff(sample) != 0) | (np.diff(times) != 0) | (np.diff(sources) != 0)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(sample[new], minlength=len(steps)))]).astype(np.int64)
    return Events(channels, steps, offsets, times[new], sources[new])


def _integers(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[np.int64]:
    array = arrays[name]
    # NumPy gives an empty list the type float64.
    if array.size and array.dtype.kind not in "iu":
        raise SpecError(f"{name}: found {array.dtype!s:.40}, allowed integers")
    if array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max:
        raise SpecError(f"{name}: found {array.max()}, allowed signed integers of 64 bit")
    return array.astype(np.int64)


def _check_count(spikes: int) -> None:
    if spikes > MAX_SPIKES:
        raise SpecError(f"spikes: found {spikes}, allowed {MAX_SPIKES} in one file; split it")


def _check_samples(samples: int) -> None:
    if samples > MAX_SAMPLES:
        raise SpecError(f"samples: found {samples}, allowed {MAX_SAMPLES} in one file; split it")
