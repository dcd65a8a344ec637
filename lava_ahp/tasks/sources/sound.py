"""What a network hears of a sound: the logarithm of its energy in frequency bands, step by step."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.tasks.series import MAX_STEPS

#: The window of a step is longer than the step, so that neighbours overlap: 25 ms for 10 ms, as usual for speech.
_WINDOW = 2.5
#: Energy below which nothing is heard, relative to a sine at full scale; 10 times its logarithm is -80 dB.
_FLOOR = 1e-8


def log_bands(
    sound: npt.NDArray[np.float32], rate: int, bands: int, step_ms: float, where: str
) -> npt.NDArray[np.float32]:
    """The energy in bands that are evenly spaced on the mel scale, from 0 Hz to half the rate, in bel.

    Args:
        sound: ``(time,)``, -1..1.
        rate: samples per second.
        bands: number of bands.
        step_ms: milliseconds between two steps; the Hann window is 2.5 times as long.
        where: origin of the sound, for messages.

    Returns:
        ``float32 (step, band)``, one step for a sound that is shorter than the window.

    Raises:
        DataError: more steps than a series may have, or bands too narrow for the window.
    """
    hop = max(1, round(rate * step_ms / 1000))
    window = max(2, round(_WINDOW * hop))
    steps = 1 + max(0, len(sound) - window) // hop
    if steps > MAX_STEPS:
        raise DataError(f"{where}: found {steps} steps of {step_ms:g} ms, allowed {MAX_STEPS}; set task.audio_step_ms")
    size = 2 ** math.ceil(math.log2(window))
    filters = _filters(bands, size, rate)
    if np.any(filters.sum(axis=1) == 0):
        raise DataError(
            f"{where}: {bands} bands at {rate} Hz are narrower than a window of {window} samples resolves; "
            "set task.audio_bands lower or task.audio_step_ms higher"
        )
    whole = np.pad(sound, (0, max(0, window - len(sound))))
    frames = np.lib.stride_tricks.sliding_window_view(whole, window)[::hop]
    hann = np.hanning(window + 2)[1:-1]
    # 1 for a sine at full scale whose frequency is that of a bin.
    power = np.abs(np.fft.rfft(frames * hann, size)) ** 2 * (2 / hann.sum()) ** 2
    energy: npt.NDArray[np.float32] = np.log10(power @ filters.T + _FLOOR).astype(np.float32)
    return energy


def _filters(bands: int, size: int, rate: int) -> npt.NDArray[np.float64]:
    """Triangles over the bins of a Fourier transform, ``(band, bin)``, each between the centres of its neighbours."""
    highest = 2595 * math.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, bands + 2) / 2595) - 1)
    bins = np.arange(size // 2 + 1) * rate / size
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.clip(np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)), 0, None)
