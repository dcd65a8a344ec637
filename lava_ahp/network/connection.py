"""Synapses between two populations, checked when they are created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network._arrays import array_text, integers, read_only

MAX_SYNAPSES = 2**31 - 1


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Connection:
    """Synapses from one population to another, stored as lists by source neuron.

    A weight of zero is not a synapse and costs neither memory nor operations.

    Args:
        source: name of the population that spikes.
        target: name of the population that receives.
        weights: integers ``(target, source)``, a dense array or a scipy sparse matrix; ``-256..254`` and even,
            or ``-255..255`` (the chip then needs one connection per sign).
        exponent: ``0..7``; every weight counts ``2**exponent`` times.
        delay: steps from a spike to its arrival, ``1..63``; one for all, or ``(target, source)``.

    Attributes:
        shape: ``(target, source)``.
        indptr: ``int64 (source + 1,)``; synapses of source ``j`` are ``indptr[j]:indptr[j + 1]``.
        targets: ``int32 (synapse,)``, ascending within a source.
        values: ``int16 (synapse,)``, never zero.
        delays: ``uint8 (synapse,)``.

    Raises:
        SpecError: a weight, delay or exponent out of range, or shapes that do not fit.
    """

    source: str
    target: str
    shape: tuple[int, int]
    indptr: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]
    values: npt.NDArray[np.int16]
    delays: npt.NDArray[np.uint8]
    exponent: int

    def __init__(self, source: str, target: str, weights: Any, *, exponent: int = 0, delay: Any = fx.DELAY_MIN) -> None:
        where = f"connection {source} -> {target}"
        exponents = integers(exponent, f"{where} exponent")
        if exponents.ndim or not 0 <= exponents <= fx.CONNECTION_EXPONENT_MAX:
            raise SpecError(f"{where} exponent: found {array_text(exponent)}, allowed 0..{fx.CONNECTION_EXPONENT_MAX}")
        shape, targets, sources, values = _synapses(weights, where)
        delays = integers(delay.toarray() if hasattr(delay, "tocoo") else delay, f"{where} delay")
        if delays.ndim:
            if delays.shape != shape:
                raise SpecError(f"{where} delay: found shape {delays.shape}, allowed one value or {shape}")
            delays = delays[targets, sources]
        if delays.size and (delays.min() < fx.DELAY_MIN or delays.max() > fx.DELAY_MAX):
            raise SpecError(
                f"{where} delay: found {delays.min()}..{delays.max()}, allowed {fx.DELAY_MIN}..{fx.DELAY_MAX} steps"
            )
        indptr = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=shape[1]))])
        for name, value in {
            "source": source,
            "target": target,
            "shape": shape,
            "indptr": read_only(indptr.astype(np.int64)),
            "targets": read_only(targets.astype(np.int32)),
            "values": read_only(values.astype(np.int16)),
            "delays": read_only(np.broadcast_to(delays, values.shape).astype(np.uint8)),
            "exponent": int(exponents),
        }.items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """``source -> target``."""
        return f"{self.source} -> {self.target}"

    @property
    def synapses(self) -> int:
        """Number of synapses, which are the weights other than zero."""
        return len(self.values)

    @property
    def sources(self) -> npt.NDArray[np.int32]:
        """Source of every synapse, ``int32 (synapse,)``."""
        return np.repeat(np.arange(self.shape[1], dtype=np.int32), np.diff(self.indptr))

    @property
    def needs_sign_split(self) -> bool:
        """Whether odd weights of both signs force two single-sign connections on the chip."""
        return bool(self.synapses and self.values.min() < 0 < self.values.max() and np.any(self.values % 2))

    def dense(self) -> npt.NDArray[np.int16]:
        """Weights as a dense array ``(target, source)``."""
        weights = np.zeros(self.shape, dtype=np.int16)
        weights[self.targets, self.sources] = self.values
        return weights

    def dense_delays(self) -> npt.NDArray[np.uint8]:
        """Delays as a dense array ``(target, source)``, 1 where there is no synapse."""
        delays = np.full(self.shape, fx.DELAY_MIN, dtype=np.uint8)
        delays[self.targets, self.sources] = self.delays
        return delays

    def __repr__(self) -> str:
        return f"Connection({self.name}, shape={self.shape}, synapses={self.synapses}, exponent={self.exponent})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Connection):
            return NotImplemented
        return (self.source, self.target, self.shape, self.exponent) == (
            other.source,
            other.target,
            other.shape,
            other.exponent,
        ) and all(
            np.array_equal(getattr(self, n), getattr(other, n)) for n in ("indptr", "targets", "values", "delays")
        )

    __hash__ = None  # type: ignore[assignment]


def _synapses(weights: Any, where: str) -> tuple[tuple[int, int], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """``(shape, targets, sources, values)`` of the non-zero weights, ordered by source, then target."""
    if hasattr(weights, "tocsc"):
        matrix = weights.tocsc(copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        shape = (int(matrix.shape[0]), int(matrix.shape[1]))
        values = integers(matrix.data, f"{where} weights")
        targets = np.asarray(matrix.indices)
        sources = np.repeat(np.arange(shape[1]), np.diff(matrix.indptr))
    else:
        dense = integers(weights, f"{where} weights")
        if dense.ndim != 2:
            raise SpecError(f"{where} weights: found shape {dense.shape}, allowed (target, source)")
        shape = (dense.shape[0], dense.shape[1])
        sources, targets = np.nonzero(dense.T)
        values = dense[targets, sources]
    if len(values) > MAX_SYNAPSES:
        raise SpecError(f"{where}: {len(values)} synapses, allowed {MAX_SYNAPSES}")
    if len(values):
        low, high = int(values.min()), int(values.max())
        even = not np.any(values % 2)
        if low < fx.WEIGHT_MIN or high > fx.WEIGHT_MAX:
            raise SpecError(f"{where} weights: found {low}..{high}, allowed {fx.WEIGHT_MIN}..{fx.WEIGHT_MAX}")
        if low == fx.WEIGHT_MIN and not even:
            raise SpecError(
                f"{where} weights: found {low} and odd weights; allowed -255..255, or -256..254 if all are even"
            )
    return shape, targets, sources, values
