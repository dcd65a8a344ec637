"""The delays of blocks: as the user gives them, and learned ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx

#: Delays of a layer that can be learned, as blocks and settings call them.
DELAYS = ("recurrent_delay", "input_delay")


def source_delays(given: Any, sources: int, name: str) -> Tensor:
    """Delays in steps of the spikes of each source, ``float32 (source,)``.

    Args:
        given: one value, or one per source.
        sources: number of sources.
        name: of the argument, for messages.

    Raises:
        SpecError: delays of another type, shape or range.
    """
    array = np.asarray(given)
    if array.dtype.kind not in "iu":
        raise SpecError(f"block {name}: found {given!r}, allowed integers")
    if array.shape not in ((), (sources,)):
        raise SpecError(f"block {name}: found shape {array.shape}, allowed one value or ({sources},)")
    if array.min() < fx.DELAY_MIN or array.max() > fx.DELAY_MAX:
        found = f"{array.min()}..{array.max()}"
        raise SpecError(f"block {name}: found {found}, allowed {fx.DELAY_MIN}..{fx.DELAY_MAX}")
    return torch.from_numpy(np.broadcast_to(array, (sources,)).astype(np.float32))


def extra_delays(extra_delay: Any, targets: int, sources: int) -> Tensor:
    """Delays in steps beyond the first, ``int64 ()`` or ``(target, source)``."""
    array = np.asarray(extra_delay)
    most = fx.DELAY_MAX - fx.DELAY_MIN
    # lava-dl's blocks take `delay=False` in this place.
    if array.dtype.kind not in "iu" and not (array.dtype == bool and not array.any()):
        raise SpecError(f"block extra_delay: found {extra_delay!r}, allowed integers 0..{most} (they are not learned)")
    if array.shape not in ((), (targets,), (targets, sources)):
        raise SpecError(
            f"block extra_delay: found shape {array.shape}, allowed one value, ({targets},) or ({targets}, {sources})"
        )
    if array.min() < 0 or array.max() > most:
        raise SpecError(f"block extra_delay: found {array.min()}..{array.max()}, allowed 0..{most}")
    if array.ndim == 1:
        array = np.broadcast_to(array[:, None], (targets, sources))
    return torch.from_numpy(array.astype(np.int64))


def whole_steps(delay: Tensor, longest: int) -> Tensor:
    """Delays rounded to whole steps ``1..longest``, ``float64``; the gradient passes straight through."""
    exact = delay.double()
    return exact + (exact.round().clamp(fx.DELAY_MIN, longest) - exact).detach()


def one_step_apart(delay: Tensor) -> tuple[Tensor, Tensor]:
    """The delays one step later and one step earlier, within the range, for the central difference of a gradient."""
    return (delay + 1).clamp_max(fx.DELAY_MAX), (delay - 1).clamp_min(fx.DELAY_MIN)


def delay_spikes(spikes: Tensor, delay: Tensor) -> Tensor:
    """Spikes that are later by the delay of their source, so that synapses of one step do the rest.

    The gradient of a delay is the central difference of :mod:`lava_ahp.slayer.loop`.

    Args:
        spikes: ``(sample, source, time)``.
        delay: steps from a spike to its arrival, whole numbers ``1..63``, ``float64 (source,)``.

    Returns:
        As ``spikes``, without those that would come after the last step.
    """
    later: Tensor = _Later.apply(spikes, delay)
    return later


class _Later(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, spikes: Tensor, delay: Tensor) -> Tensor:
        whole = delay.detach().long()
        ctx.save_for_backward(spikes, whole)
        return _moved(spikes, whole - fx.DELAY_MIN)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        spikes, whole = ctx.saved_tensors

        def at(delay: Tensor) -> Tensor:
            """The gradient of an arrival after so many steps, for every spike."""
            return _moved(grad, fx.DELAY_MIN - delay)

        of_spikes = at(whole) if ctx.needs_input_grad[0] else None
        if not ctx.needs_input_grad[1]:
            return of_spikes, None
        later, earlier = one_step_apart(whole)
        difference = (spikes * (at(later) - at(earlier))).double().sum(dim=(0, 2))
        return of_spikes, difference / (later - earlier)


def _moved(x: Tensor, steps: Tensor) -> Tensor:
    """``x (sample, source, time)``, moved by so many steps for each source and filled with zeros."""
    origin = torch.arange(x.shape[2], device=x.device) - steps[:, None]
    inside = (origin >= 0) & (origin < x.shape[2])
    return x.gather(2, origin.clamp(0, x.shape[2] - 1).expand(x.shape)) * inside
