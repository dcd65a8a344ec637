"""The weights of a connection, which any number of connections may share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network._arrays import integers, read_only

MAX_SYNAPSES = 2**31 - 1


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Weights:
    """Weights between two populations, stored as lists by source neuron.

    Connections that are made with the same object share it: copies of an encoder, for example.  A file, the simulator
    and a core of the chip then hold the weights once.  A weight of zero is not a synapse.

    Args:
        weights: integers ``(target, source)``, a dense array or a scipy sparse matrix; ``-256..254`` and even,
            or ``-255..255`` (the chip then needs one connection per sign).
        name: what error messages call them.

    Attributes:
        shape: ``(target, source)``.
        indptr: ``int64 (source + 1,)``; synapses of source ``j`` are ``indptr[j]:indptr[j + 1]``.
        targets: ``int32 (synapse,)``, ascending within a source.
        values: ``int16 (synapse,)``, never zero.
        first: the source neuron from which on :attr:`base` is placed; 0 unless made by :meth:`within`.

    Raises:
        SpecError: a weight out of range, or an array that is not a matrix of integers.
    """

    shape: tuple[int, int]
    indptr: npt.NDArray[np.int64]
    targets: npt.NDArray[np.int32]
    values: npt.NDArray[np.int16]
    first: int
    _base: Weights | None
    _placed: dict[tuple[int, int], Weights]

    def __init__(self, weights: Any, name: str = "weights") -> None:
        shape, targets, sources, values = _synapses(weights, name)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=shape[1]))])
        self._set(
            shape,
            read_only(indptr.astype(np.int64)),
            read_only(targets.astype(np.int32)),
            read_only(values.astype(np.int16)),
        )

    @classmethod
    def diagonal(cls, values: npt.NDArray[np.int64]) -> Weights:
        """Weights of every neuron onto itself.

        Args:
            values: ``(neuron,)``; zero for no synapse.

        Raises:
            SpecError: a weight out of range.
        """
        own = np.flatnonzero(values)
        _check_range(values[own], "weights")
        made = object.__new__(cls)
        indptr = np.concatenate([[0], np.cumsum(values != 0)])
        made._set(
            (len(values), len(values)),
            read_only(indptr.astype(np.int64)),
            read_only(own.astype(np.int32)),
            read_only(values[own].astype(np.int16)),
        )
        return made

    def _set(self, shape: Any, indptr: Any, targets: Any, values: Any, first: int = 0, base: Any = None) -> None:
        for name, value in {
            "shape": shape,
            "indptr": indptr,
            "targets": targets,
            "values": values,
            "first": first,
            "_base": base,
            "_placed": {},
        }.items():
            object.__setattr__(self, name, value)

    @property
    def base(self) -> Weights:
        """The weights that :meth:`within` was called on, or these themselves."""
        return self if self._base is None else self._base

    def within(self, sources: int, first: int) -> Weights:
        """The same weights, onto which a part of a larger source population projects.

        A shared encoder may so read different input channels in each copy.  The synapses are not copied, and equal
        arguments give the same object.

        Args:
            sources: size of the larger population.
            first: its neuron that takes the place of source 0; the following ones take those of the next sources.

        Raises:
            SpecError: the sources would not lie within the population.
        """
        if not 0 <= first <= sources - self.shape[1]:
            raise SpecError(
                f"weights: {self.shape[1]} sources from {first} on, allowed within the {sources} of the population"
            )
        base, first = self.base, self.first + first
        if (sources, first) == (base.shape[1], 0):
            return base
        if (sources, first) not in base._placed:
            placed = object.__new__(Weights)
            indptr = np.pad(base.indptr, (first, sources - base.shape[1] - first), mode="edge")
            placed._set((base.shape[0], sources), read_only(indptr), base.targets, base.values, first, base)
            base._placed[sources, first] = placed
        return base._placed[sources, first]

    @property
    def synapses(self) -> int:
        """Number of synapses, which are the weights other than zero."""
        return len(self.values)

    @property
    def sources(self) -> npt.NDArray[np.int32]:
        """Source of every synapse, ``int32 (synapse,)``."""
        return np.repeat(np.arange(self.shape[1], dtype=np.int32), self.fan_out)

    @cached_property
    def fan_out(self) -> npt.NDArray[np.int64]:
        """Synapses of every source, ``int64 (source,)``."""
        return np.diff(self.indptr)

    @cached_property
    def range(self) -> tuple[int, int]:
        """Smallest and largest weight; zeros where there is no synapse."""
        return (int(self.values.min()), int(self.values.max())) if self.synapses else (0, 0)

    @cached_property
    def magnitude(self) -> npt.NDArray[np.int64]:
        """Sum of the absolute weights of every target, ``int64 (target,)``."""
        if self._base is not None:
            return self._base.magnitude
        return np.bincount(self.targets, np.abs(self.values.astype(np.float64)), self.shape[0]).astype(np.int64)

    @cached_property
    def needs_sign_split(self) -> bool:
        """Whether odd weights of both signs force two single-sign connections on the chip."""
        low, high = self.range
        return bool(low < 0 < high and np.any(self.values % 2))

    def dense(self) -> npt.NDArray[np.int16]:
        """Weights as a dense array ``(target, source)``."""
        weights = np.zeros(self.shape, dtype=np.int16)
        weights[self.targets, self.sources] = self.values
        return weights

    def __repr__(self) -> str:
        return f"Weights(shape={self.shape}, synapses={self.synapses})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Weights):
            return NotImplemented
        return self is other or (
            self.shape == other.shape
            and np.array_equal(self.indptr, other.indptr)
            and np.array_equal(self.targets, other.targets)
            and np.array_equal(self.values, other.values)
        )

    __hash__ = None  # type: ignore[assignment]


def _synapses(weights: Any, where: str) -> tuple[tuple[int, int], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """``(shape, targets, sources, values)`` of the non-zero weights, ordered by source, then target."""
    if hasattr(weights, "tocsc"):
        matrix = weights.tocsc(copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        shape = (int(matrix.shape[0]), int(matrix.shape[1]))
        values = integers(matrix.data, where)
        targets = np.asarray(matrix.indices)
        sources = np.repeat(np.arange(shape[1]), np.diff(matrix.indptr))
    else:
        dense = integers(weights, where)
        if dense.ndim != 2:
            raise SpecError(f"{where}: found shape {dense.shape}, allowed (target, source)")
        shape = (dense.shape[0], dense.shape[1])
        sources, targets = np.nonzero(dense.T)
        values = dense[targets, sources]
    if len(values) > MAX_SYNAPSES:
        raise SpecError(f"{where}: {len(values)} synapses, allowed {MAX_SYNAPSES}")
    _check_range(values, where)
    return shape, targets, sources, values


def _check_range(values: npt.NDArray[Any], where: str) -> None:
    if len(values):
        low, high = int(values.min()), int(values.max())
        even = not np.any(values % 2)
        if low < fx.WEIGHT_MIN or high > fx.WEIGHT_MAX:
            raise SpecError(f"{where}: found {low}..{high}, allowed {fx.WEIGHT_MIN}..{fx.WEIGHT_MAX}")
        if low == fx.WEIGHT_MIN and not even:
            raise SpecError(f"{where}: found {low} and odd weights; allowed -255..255, or -256..254 if all are even")
