"""The range of a signal: where thresholds are placed, how an LSTM's input is scaled, and which data fit neither."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

#: Fraction of samples whose extremes are ignored at either end.
_OUTLIERS = 0.01
#: Found and fitted ranges may differ in width by up to this factor before the data count as narrow.
_NARROW = 100

Range = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def robust_range(signals: npt.NDArray[Any]) -> Range:
    """Lowest and highest value of each channel, outliers left out.

    The lowest and the highest hundredth of the samples are ignored (at least one each, if there are two or more), so
    a single outlier does not stretch the range.

    Args:
        signals: numbers ``(sample, time, channel)``, one sample or more; NaN after the end of a shorter sample.

    Returns:
        Two arrays ``float64 (channel,)``.
    """
    # In float64, because the difference of two integer extremes may overflow.
    lowest, highest = (f.reduce(signals, axis=1).astype(np.float64) for f in (np.fmin, np.fmax))
    low = np.quantile(lowest, _OUTLIERS, axis=0, method="higher")
    high = np.quantile(highest, 1 - _OUTLIERS, axis=0, method="lower")
    # If only the ignored samples change at all, they are not outliers: take the full range.
    still = low >= high
    return np.where(still, lowest.min(axis=0), low), np.where(still, highest.max(axis=0), high)


def misfit(thresholds: Sequence[Sequence[float]], signals: npt.NDArray[Any]) -> str | None:
    """Say which channel's values are far from the thresholds, or None if all of them fit.

    Evenly spaced thresholds tell the range that they were fitted to.  Values fit if they overlap this range, reach
    less than its width beyond it, and span at least a hundredth of it.  Other thresholds do not tell how far the values
    went on either side; values then fit if they overlap the thresholds and span a hundredth of them.

    Args:
        thresholds: of each channel, ascending.
        signals: numbers ``(sample, time, channel)``.

    Returns:
        The first such channel with the range found and the range fitted, and how many more there are.
    """
    levels = np.array(thresholds)
    if levels.shape[1] < 2:
        return None
    spacing = np.diff(levels, axis=1)
    even = np.all(np.isclose(spacing, spacing[:, :1], rtol=1e-3, atol=0), axis=1)
    margin = np.where(even, spacing[:, 0], 0)
    low, high = levels[:, 0] - margin, levels[:, -1] + margin
    reach = np.where(even, high - low, np.inf)
    least, most = robust_range(signals)
    beyond = (least > high) | (most < low) | (least < low - reach) | (most > high + reach)
    narrow = (most - least) * _NARROW < high - low
    channels = np.flatnonzero(beyond | narrow)
    if not channels.size:
        return None
    c = channels[0]
    more = f", and {len(channels) - 1} more like it" if len(channels) > 1 else ""
    return f"channel {c}: found {least[c]:.4g} to {most[c]:.4g}, fitted to {low[c]:.4g} to {high[c]:.4g}{more}"
