"""Series of different lengths and series with gaps, brought into one array."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders.lengths import own_steps, running
from lava_ahp.errors import DataError, shorten
from lava_ahp.formats.npy import MAX_VALUES

#: What is done with missing values.
REFUSE = "refuse"
MISSING = (REFUSE, "hold", "zero")


def padded(samples: list[npt.NDArray[Any]], where: str) -> npt.NDArray[Any]:
    """Samples of different lengths in one array, NaN after the end of the shorter ones.

    Args:
        samples: numbers ``(time,)`` or ``(time, channel)``, all with the same channels.
        where: origin of the samples, for messages.

    Returns:
        Floating-point numbers ``(sample, time)`` or ``(sample, time, channel)``, or integers if all are of one length.

    Raises:
        DataError: samples with other axes or other channels than the first, or too many values.
    """
    shape = samples[0].shape
    for k, sample in enumerate(samples):
        if sample.dtype.kind not in "biuf" or sample.ndim not in (1, 2) or sample.shape[1:] != shape[1:]:
            raise DataError(
                f"{where}: found {sample.dtype} {sample.shape} (sample {k}) after {shape}, allowed numbers (time,) or "
                "(time, channel) with the same channels in every sample"
            )
    longest = max(map(len, samples))
    whole = (len(samples), longest, *shape[1:])
    if np.prod(whole, dtype=float) > MAX_VALUES:
        raise DataError(f"{where}: found {whole} values with the longest sample, allowed {MAX_VALUES}")
    dtype = np.result_type(*{sample.dtype for sample in samples})
    if min(map(len, samples)) < longest:
        dtype = np.result_type(dtype, np.float32)
    array = np.full(whole, np.nan if dtype.kind == "f" else 0, dtype=dtype)
    for row, sample in zip(array, samples, strict=True):
        row[: len(sample)] = sample
    return array


def completed(x: npt.NDArray[Any], lengths: npt.NDArray[Any] | None, missing: str, where: str) -> npt.NDArray[Any]:
    """Series without gaps: numbers up to the end of every sample, and NaN after it.

    Args:
        x: numbers ``(sample, time, channel)``; NaN is a missing value.
        lengths: steps of every sample, integers ``(sample,)``; what comes after them is ignored.  None for those up to
            the last step in which any channel has a value.
        missing: one of :data:`MISSING`: refuse missing values, hold the last value of the channel (at the start, take
            its first one), or take zero.
        where: origin of the array, for messages.

    Returns:
        The array itself if nothing changes, else a copy, as long as the longest sample.

    Raises:
        DataError: missing values that are refused or cannot be replaced, or lengths that do not fit.
    """
    if missing not in MISSING:
        raise DataError(f"missing: found {shorten(missing)}, allowed {', '.join(MISSING)}")
    steps = own_steps(x) if lengths is None else _checked(lengths, x, where)
    if steps.min() == 0:
        raise DataError(
            f"{where}: found nan (sample {int(steps.argmin())}, step 0, channel 0), allowed finite numbers in every "
            "sample; this one has no values"
        )
    before_end = running(steps, x.shape[1])
    if steps.min() < x.shape[1]:
        x = np.where(before_end[:, :, None], x, x.dtype.type(np.nan) if x.dtype.kind == "f" else np.float64("nan"))
        x, before_end = x[:, : steps.max()], before_end[:, : steps.max()]
    if x.dtype.kind != "f" or not np.isnan(x.min()):
        return x
    gaps = np.isnan(x) & before_end[:, :, None]
    return _filled(x, gaps, missing, where) if gaps.any() else x


def _checked(lengths: npt.NDArray[Any], x: npt.NDArray[Any], where: str) -> npt.NDArray[np.int64]:
    if lengths.shape != x.shape[:1] or lengths.dtype.kind not in "iu":
        raise DataError(f"{where}: lengths: found {lengths.dtype} {lengths.shape}, allowed integers ({len(x)},)")
    if int(lengths.min()) < 1 or int(lengths.max()) > x.shape[1]:
        raise DataError(f"{where}: lengths: found {lengths.min()}..{lengths.max()}, allowed 1..{x.shape[1]} steps")
    return lengths.astype(np.int64)


def _filled(x: npt.NDArray[Any], gaps: npt.NDArray[np.bool_], missing: str, where: str) -> npt.NDArray[Any]:
    sample, step, channel = np.argwhere(gaps)[0]
    place = f"found nan (sample {sample}, step {step}, channel {channel})"
    if missing == REFUSE:
        raise DataError(
            f"{where}: {place}, allowed finite numbers; {gaps.sum()} values are missing: fill them in, or choose "
            "--set task.missing=hold or zero"
        )
    if missing == "zero":
        return np.where(gaps, x.dtype.type(0), x)
    empty = np.argwhere(np.isnan(x).all(axis=1))
    if empty.size:
        raise DataError(
            f"{where}: found no value of channel {empty[0, 1]} in sample {empty[0, 0]}, allowed one or more to hold; "
            "choose --set task.missing=zero"
        )
    time = np.arange(x.shape[1])[:, None]
    there = ~np.isnan(x)
    # The last step with a value; before the first value, the step of the first.
    source = np.maximum.accumulate(np.where(there, time, -1), axis=1)
    source = np.where(source < 0, there.argmax(axis=1)[:, None], source)
    return np.where(gaps, np.take_along_axis(x, source, axis=1), x)
