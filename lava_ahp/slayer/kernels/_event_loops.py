"""The compiled loops that find the spikes in dense zeros and ones."""

from __future__ import annotations

import numpy as np

from lava_ahp.slayer.kernels._compile import compiled


@compiled(nogil=True)
def mark(spikes, time_major, first, marks):
    """Fill ``marks (sample, time, source)`` with the spikes; return False if a value is neither 0 nor 1."""
    samples, steps, _ = marks.shape
    wrong = False
    for k in range(samples):
        sample = first + k
        if time_major:
            for t in range(steps):
                for j in range(spikes.shape[2]):
                    x = spikes[sample, t, j]
                    wrong |= (x != 0) & (x != 1)
                    marks[k, t, j] = x != 0
        else:
            for j in range(spikes.shape[1]):
                for t in range(steps):
                    x = spikes[sample, j, t]
                    wrong |= (x != 0) & (x != 1)
                    marks[k, t, j] = x != 0
    return not wrong


@compiled(nogil=True)
def collect(marks, delay):
    """Offsets and sources of :class:`Events` for marks whose last axis is a multiple of 8."""
    samples, steps, width = marks.shape
    words = marks.view(np.uint64)
    total = 0
    for k in range(samples):
        for t in range(steps - delay):
            count = np.int32(0)
            for j in range(width):
                count += marks[k, t, j]
            total += int(count)
    offsets = np.empty((samples, steps + 1), np.int64)
    # One element more, because a source is written before it is known whether it spiked.
    sources = np.empty(total + 1, np.int32)
    index = 0
    for k in range(samples):
        for t in range(steps):
            offsets[k, t] = index
            if t >= delay:
                for w in range(width // 8):
                    if words[k, t - delay, w] != 0:
                        for j in range(8 * w, 8 * w + 8):
                            sources[index] = j
                            index += marks[k, t - delay, j]
        offsets[k, steps] = index
    return offsets, sources
