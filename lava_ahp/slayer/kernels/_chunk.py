"""A chunk of steps on the GPU, forward and backward: one matrix product for the input, then the Triton kernels.

A recurrent population may be too large for the shared memory of one program: more than 256 neurons on an A100 or H100,
more than 128 on smaller GPUs.  The kernels are then launched for one step at a time, and the recurrent input is a
matrix product too.  So they are for recurrent delays, whose spikes and gradients are picked from those of other steps.

Products of integers are exact even if the device rounds their operands to ``bfloat16`` (8 bits) or TF32 (11 bits):
weights are whole numbers up to :data:`MAX_WEIGHT`, and spikes are 0 or 1.  A sum of :data:`MAX_SOURCES` such weights
fits the 24 bits of a ``float32``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import triton
import triton.language as tl
from torch import Tensor

from lava_ahp.slayer.kernels import _triton

#: Largest magnitude of a weight, and how many such weights ``float32`` can add exactly.
MAX_WEIGHT, MAX_SOURCES = 256, 2**16

#: Samples per tile, the smallest size of a matrix product; and neurons per tile without recurrent weights.
ROWS, COLUMNS = 16, 64

#: Triton's interpreter, used where there is no GPU, cannot multiply ``bfloat16``.
_OPERAND = tl.bfloat16 if isinstance(_triton.forward, triton.JITFunction) else tl.float32


class Population(NamedTuple):
    """Input and parameters of a population.  The input is either ``arrivals`` with ``weight``, or ``drive``.

    Attributes:
        arrivals: input spikes at the step at which they arrive, ``bool (time, sample, source)``, or None.
        drive: input as sums of weights, ``int32 (time, sample, neuron)``, or None.
        weight: whole numbers ``(target, source)``, or None.
        recurrent: whole numbers ``bfloat16 (target, source)``, or None.
        constants: as :func:`_triton.forward` takes them, ``int32 (6, neuron)`` or ``(7, neuron)``.
        delays: steps from a neuron's spike to its arrival at the others, ``int64 (neuron,)``; None for 1.
    """

    arrivals: Tensor | None
    drive: Tensor | None
    weight: Tensor | None
    recurrent: Tensor | None
    constants: Tensor
    delays: Tensor | None = None

    def arrived(self, seen: Tensor, begin: int, end: int) -> Tensor:
        """Spikes of the population that arrive in the steps ``begin..end - 1``, ``float32 (time, sample, neuron)``.

        Args:
            seen: voltages before the reset of all steps before them, and of the one before the first, in which nothing
                spikes, ``int32 (time + 1, sample, neuron)``.
            begin: first step.
            end: one past the last step.
        """
        if self.delays is None:
            return self.fired(seen[begin:end])
        return torch.stack([self.fired(pick(seen, (t + 1 - self.delays).clamp_min(0))) for t in range(begin, end)])

    def fired(self, voltages: Tensor) -> Tensor:
        """Spikes, as ``float32``, from voltages before the reset."""
        return (voltages > self.constants[0]).float()

    def forward(
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
        past: Tensor | None = None,
        seen: Tensor | None = None,
    ) -> None:
        """Run the steps ``begin..end - 1``; the arrays are those of :func:`_triton.forward` for that chunk.

        ``seen`` is that of :meth:`arrived`, given with delays; ``voltages`` may be a part of it.
        """
        drive = self._arriving(begin, end)
        within, across = self._recurrent()
        for first, last in _launches(end - begin, across is not None):
            if across is not None:
                step = begin + first
                arrived = self.fired(before[2]) if seen is None else self.arrived(seen, step, step + 1)[0]
                drive[first] += arrived @ across.T
            filled = (None if x is None else x[first:last] for x in (voltages, out, history))
            lag = 0 if past is None else len(past) - len(drive)
            arrays = (
                drive[first:last], within, self.constants, before, after, *filled,
                None if past is None else past[first : last + lag],
            )  # fmt: skip
            self._launch(_triton.forward, arrays, len(before[0]), last - first, readout, lag, within is not None)
            before = after

    def backward(
        self,
        grad_out: Tensor,
        voltages: Tensor,
        slopes: Tensor | None,
        factors: Tensor,
        carried: Tensor,
        grad_drive: Tensor,
        *,
        readout: bool,
        history: Tensor | None,
        sums: Tensor | None,
        later: Tensor | None = None,
        through: Tensor | None = None,
    ) -> None:
        """Back-propagate through a chunk; the arrays are those of :func:`_triton.backward`.

        ``grad_out`` is ``(sample, neuron, time)``, unlike the others.  With delays, ``through`` has the gradients of
        the sums that arrive, times the recurrent weights, from the first step of the chunk on, with zeros after the
        last step of all; those of the chunk are filled, ``float32 (time, sample, neuron)``.
        """
        within, across = self._recurrent()
        for first, last in reversed(_launches(len(grad_drive), across is not None)):
            grad_spikes = None
            if across is not None:
                grad_spikes = carried[3] @ across
                if through is not None and self.delays is not None:
                    grad_spikes = pick(through, first + self.delays).contiguous()
            grad = grad_out[..., first:last]
            lag = 0 if later is None else len(later) - len(grad_drive)
            arrays = (
                grad, *grad.stride(), voltages[first : last + 1], None if slopes is None else slopes[first:last],
                within, grad_spikes, self.constants, factors, carried,
                None if history is None else history[first:last], sums, grad_drive[first:last],
                None if later is None else later[first : last + lag],
            )  # fmt: skip
            self._launch(_triton.backward, arrays, len(grad), last - first, readout, lag, within is not None)
            if through is not None and across is not None:
                through[first] = carried[3] @ across

    def _arriving(self, begin: int, end: int) -> Tensor:
        """The input as sums of weights, ``(time, sample, neuron)``."""
        if self.drive is not None:
            return self.drive[begin:end]
        assert self.arrivals is not None
        assert self.weight is not None
        exact = torch.float32 if self.weight.shape[1] <= MAX_SOURCES else torch.float64
        return self.arrivals[begin:end].to(exact) @ self.weight.T.to(exact)

    def _recurrent(self) -> tuple[Tensor | None, Tensor | None]:
        """Recurrent weights that fit into a program, or those that do not; the other one is None."""
        if self.recurrent is None:
            return None, None
        if self.delays is None and _shared_by(_size(len(self.recurrent))) <= _shared_memory(self.recurrent.device):
            return self.recurrent, None
        return None, self.recurrent.float()

    def _launch(
        self, kernel: Any, arrays: tuple[Any, ...], samples: int, steps: int, readout: bool, lag: int, spanning: bool
    ) -> None:
        neurons = self.constants.shape[1]
        size = _size(neurons) if spanning else min(_size(neurons), COLUMNS)
        grid = (triton.cdiv(samples, ROWS), triton.cdiv(neurons, size))
        shape = samples, neurons, steps, readout, lag, _OPERAND, ROWS, size
        with torch.cuda.device(self.constants.device if self.constants.is_cuda else -1):
            kernel[grid](*arrays, *shape, num_warps=size // 16, num_stages=1)


def pick(x: Tensor, steps: Tensor) -> Tensor:
    """One step of each neuron, ``(sample, neuron)``, out of ``(time, sample, neuron)``; ``steps`` is ``(neuron,)``."""
    return x[steps, :, torch.arange(len(steps), device=x.device)].T


def _launches(steps: int, single: bool) -> list[tuple[int, int]]:
    """First step and one past the last step of every launch."""
    return [(t, t + 1) for t in range(steps)] if single else [(0, steps)]


def _size(neurons: int) -> int:
    """Neurons in a tile that spans all of them, padded to a power of two."""
    return max(16, int(triton.next_power_of_2(neurons)))


def _shared_by(size: int) -> int:
    """Bytes of shared memory: the weights, 2 bytes each, and a tile of 4-byte values that changes its layout."""
    return 2 * size * size + 4 * ROWS * size


def _shared_memory(device: torch.device) -> int:
    """Bytes of shared memory per program; in the interpreter, those of an H100."""
    if device.type != "cuda":
        return 227 * 2**10
    return int(triton.runtime.driver.active.utils.get_device_properties(device.index)["max_shared_mem"])
