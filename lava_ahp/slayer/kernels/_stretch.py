"""A stretch of steps on the GPU, forward and back: what comes from outside as one product, then the Triton kernels.

Where neurons hear one another and are too many for the shared memory of one program (more than 256 on an A100 or H100,
more than 128 on GPUs with less of it), the kernels take the stretch step by step, and what the neurons hear of one
another is a product of matrices too.

Every product that gives integers is exact however the device rounds its operands, be it to 8 bits as ``bfloat16`` or
to 11 as TF32: weights are whole numbers up to :data:`WEIGHT` and spikes 0 or 1, and no sum of :data:`SOURCES` weights
leaves the 24 bits of a ``float32``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from lava_ahp.slayer.kernels import _triton

#: Largest weight whatever its sign, and how many such make a sum that ``float32`` holds.
WEIGHT, SOURCES = 256, 2**16

#: Samples of a tile, as few as a product of matrices takes, and its neurons where they do not hear one another.
ROWS, COLUMNS = 16, 64

#: Triton's interpreter, which runs the kernels where there is no GPU, multiplies no ``bfloat16``.
_OPERAND = tl.bfloat16 if isinstance(_triton.advance, triton.JITFunction) else tl.float32


class Population(NamedTuple):
    """What drives a population, time first, and what it is made of.

    Attributes:
        arrivals: spikes of the input in the step in which they arrive, ``bool (time, sample, source)``, or None.
        drive: sums of weights from outside where there are no such, ``int32 (time, sample, neuron)``, or None.
        weight: whole numbers ``(target, source)``, or None.
        recurrent: whole numbers ``bfloat16 (target, source)``, or None.
        cells: as the kernels take them, ``int32 (6, neuron)``.
    """

    arrivals: Tensor | None
    drive: Tensor | None
    weight: Tensor | None
    recurrent: Tensor | None
    cells: Tensor

    def fired(self, voltages: Tensor) -> Tensor:
        """Spikes for voltages before the reset, ``float32``."""
        return (voltages > self.cells[0]).float()

    def advance(
        self,
        begin: int,
        end: int,
        before: Tensor,
        after: Tensor,
        *,
        readout: bool = False,
        voltages: Tensor | None = None,
        out: Tensor | None = None,
        history: Tensor | None = None,
    ) -> None:
        """Run the steps ``begin..end - 1``; arrays of that stretch, as in :func:`_triton.advance`."""
        drive = self._arriving(begin, end)
        within, across = self._recurrent()
        for first, last in _pieces(end - begin, across is not None):
            if across is not None:
                drive[first] += self.fired(before[2]) @ across.T
            filled = (None if x is None else x[first:last] for x in (voltages, out, history))
            given = drive[first:last], within, self.cells, before, after, *filled
            self._launch(_triton.advance, given, len(before[0]), last - first, readout, within is not None)
            before = after

    def retreat(
        self,
        gradient: Tensor,
        voltages: Tensor,
        slopes: Tensor | None,
        tangents: Tensor,
        carried: Tensor,
        by_drive: Tensor,
        *,
        readout: bool,
        history: Tensor | None,
        sums: Tensor | None,
    ) -> None:
        """Propagate back through a stretch; arrays of it, as in :func:`_triton.retreat`.

        ``gradient`` alone is ``(sample, neuron, time)``.
        """
        within, across = self._recurrent()
        for first, last in reversed(_pieces(len(by_drive), across is not None)):
            relayed = None if across is None else carried[3] @ across
            own = gradient[..., first:last]
            given = (
                own, *own.stride(), voltages[first : last + 1], None if slopes is None else slopes[first:last],
                within, relayed, self.cells, tangents, carried,
                None if history is None else history[first:last], sums, by_drive[first:last],
            )  # fmt: skip
            self._launch(_triton.retreat, given, len(own), last - first, readout, within is not None)

    def _arriving(self, begin: int, end: int) -> Tensor:
        """Sums of weights from outside, ``(time, sample, neuron)``."""
        if self.arrivals is None or self.weight is None:
            return self.drive[begin:end]  # type: ignore[index]
        # With more sources the sums may need more bits.
        exact = torch.float32 if self.weight.shape[1] <= SOURCES else torch.float64
        return self.arrivals[begin:end].to(exact) @ self.weight.T.to(exact)

    def _recurrent(self) -> tuple[Tensor | None, Tensor | None]:
        """Recurrent weights within programs, or across them."""
        if self.recurrent is None:
            return None, None
        if _shared_by(_size(len(self.recurrent))) <= _shared_memory(self.recurrent.device):
            return self.recurrent, None
        return None, self.recurrent.float()

    def _launch(
        self, kernel: Any, given: tuple[Any, ...], samples: int, steps: int, readout: bool, spanning: bool
    ) -> None:
        neurons = self.cells.shape[1]
        size = _size(neurons) if spanning else min(_size(neurons), COLUMNS)
        grid = (triton.cdiv(samples, ROWS), triton.cdiv(neurons, size))
        shape = samples, neurons, steps, readout, _OPERAND, ROWS, size
        with torch.cuda.device_of(self.cells):
            kernel[grid](*given, *shape, num_warps=size // 16, num_stages=1)


def _pieces(steps: int, single: bool) -> list[tuple[int, int]]:
    """First step and the step behind the last one of what is launched at once."""
    return [(t, t + 1) for t in range(steps)] if single else [(0, steps)]


def _size(neurons: int) -> int:
    """Of a tile that spans all neurons."""
    return max(16, triton.next_power_of_2(neurons))


def _shared_by(size: int) -> int:
    """Bytes of weights of 2 bytes, and of a tile of 4 on its way between layouts."""
    return 2 * size * size + 4 * ROWS * size


def _shared_memory(device: torch.device) -> int:
    """Bytes that a program can have; in the interpreter those of an H100."""
    if device.type != "cuda":
        return 227 * 2**10
    return int(triton.runtime.driver.active.utils.get_device_properties(device.index)["max_shared_mem"])
