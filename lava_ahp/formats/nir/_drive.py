"""What drives a neuron: the linear maps between neurons, multiplied out.

Edges of NIR carry signals without delay, and a node adds up what its edges bring.  So the input of every neuron is a
sum of terms, each a matrix times the output of one neuron node some steps ago.  A bias is the weight of a source that
is always 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, brief
from lava_ahp.formats.nir._flat import Flat
from lava_ahp.formats.nir._types import GRADED, SPIKING, kind
from lava_ahp.formats.nir._units import Array, vector

#: Numbers in all matrices together, and matrices in the input of one node.
MAX_NUMBERS, MAX_TERMS = 2**26, 256
#: The source that is always 1.  No node has this name: those of NIR are never empty.
ON = ""
#: Linear maps in a row, without a neuron between them.
_MAX_CHAIN = 100


@dataclass(frozen=True)
class Term:
    """Part of the input of a node.

    Attributes:
        source: name of the node that it comes from.
        matrix: ``(target, source)``, or ``(neuron,)`` for a diagonal.
        delay: steps, of the shape of ``matrix``.
    """

    source: str
    matrix: Array
    delay: npt.NDArray[np.int64]

    @property
    def diagonal(self) -> bool:
        """Whether neuron k of the target hears neuron k of the source alone."""
        return self.matrix.ndim == 1

    def rows(self, factor: Array) -> Term:
        """Every row times a factor."""
        return Term(self.source, self.matrix * (factor if self.diagonal else factor[:, None]), self.delay)


@dataclass(frozen=True)
class Drive:
    """The input of a node: its size and its terms."""

    size: int
    terms: tuple[Term, ...]


@dataclass
class Drives:
    """The inputs of the nodes of a graph.

    Attributes:
        flat: the graph.
        dt: one time step, in seconds.
        rounded: the largest part of a step by which rounding changed a delay.
    """

    flat: Flat
    dt: float
    rounded: float = 0.0
    _signals: dict[str, Drive] = field(default_factory=dict)
    _numbers: int = 0

    def of(self, name: str, chain: tuple[str, ...] = ()) -> Drive:
        """The input of a node.

        Raises:
            DataError: sizes that differ, a loop without a neuron, or maps that are too large.
        """
        where = f"NIR node {brief(name)} ({kind(self.flat.nodes[name])})"
        if name in chain or len(chain) > _MAX_CHAIN:
            raise DataError(f"{where}: in a loop or a chain of {_MAX_CHAIN} nodes without a neuron; put a neuron there")
        parts = [self._signal(before, (*chain, name)) for before in self.flat.before[name]]
        if not parts:
            raise DataError(f"{where}: nothing leads to it; remove it, or connect it")
        if len({part.size for part in parts}) > 1:
            sizes = ", ".join(f"{b} {p.size}" for b, p in zip(self.flat.before[name], parts, strict=True))
            raise DataError(f"{where}: inputs of different sizes: {brief(sizes, 300)}")
        terms = tuple(term for part in parts for term in part.terms)
        if len(terms) > MAX_TERMS:
            raise DataError(f"{where}: found {len(terms)} paths from other neurons, allowed {MAX_TERMS}")
        return Drive(parts[0].size, terms)

    def _signal(self, name: str, chain: tuple[str, ...]) -> Drive:
        """The output of a node."""
        if name not in self._signals:
            node = self.flat.nodes[name]
            source = kind(node) in SPIKING + GRADED or name == self.flat.input
            self._signals[name] = self._unchanged(name, node) if source else self._map(name, node, chain)
        return self._signals[name]

    def _map(self, name: str, node: Any, chain: tuple[str, ...]) -> Drive:
        before = self.of(name, chain)
        where = f"NIR node {brief(name)} ({kind(node)})"
        size, change = before.size, kind(node)
        if change in ("Linear", "Affine"):
            weight = _matrix(node.weight, where)
            _check_size(where, before, weight.shape[1])
            terms = tuple(part for term in before.terms for part in self._product(where, weight, term))
            return Drive(len(weight), terms + (_bias(where, node, len(weight)) if change == "Affine" else ()))
        if change == "Scale":
            scale = vector(node.scale, f"{where}: scale")
            _check_size(where, before, len(scale))
            self._spend(where, sum(term.matrix.size for term in before.terms))
            return Drive(size, tuple(term.rows(scale) for term in before.terms))
        if change == "Delay":
            steps = self._steps(vector(node.delay, f"{where}: delay"), where)
            _check_size(where, before, len(steps))
            self._spend(where, sum(term.matrix.size for term in before.terms))
            delayed = (Term(t.source, t.matrix, t.delay + (steps if t.diagonal else steps[:, None]))
                       for t in before.terms)  # fmt: skip
            return Drive(size, tuple(delayed))
        # Flatten, and inputs and outputs of nested graphs: signals are vectors here, in the same order.
        if change != "Flatten":
            _check_size(where, before, size_of(name, node))
        return before

    def _product(self, where: str, weight: Array, term: Term) -> list[Term]:
        """``weight`` times a term: one term for every delay that the term has between its matrices."""
        if term.diagonal and _is_diagonal(weight):
            return [term.rows(np.diagonal(weight))]
        if term.diagonal:
            self._spend(where, weight.size)
            return [Term(term.source, weight * term.matrix, np.broadcast_to(term.delay, weight.shape))]
        found = []
        for delay in np.unique(term.delay):
            self._spend(where, len(weight) * term.matrix.shape[1])
            matrix = weight @ np.where(term.delay == delay, term.matrix, 0)
            found.append(Term(term.source, matrix, np.broadcast_to(np.int64(delay), matrix.shape)))
        return found

    def _unchanged(self, name: str, node: Any) -> Drive:
        size = size_of(name, node)
        self._spend(f"NIR node {brief(name)}", size)
        return Drive(size, (Term(name, np.ones(size), np.zeros(size, np.int64)),))

    def _spend(self, where: str, numbers: int) -> None:
        self._numbers += numbers
        if self._numbers > MAX_NUMBERS:
            raise DataError(f"{where}: more than {MAX_NUMBERS} weights in all maps up to here; use a smaller network")

    def _steps(self, delay: Array, where: str) -> npt.NDArray[np.int64]:
        steps = np.rint(delay / self.dt)
        if steps.size and (steps.min() < 0 or steps.max() > 63):
            raise DataError(f"{where}: delay {steps[(steps < 0) | (steps > 63)][0]:g} steps, allowed 0..63")
        self.rounded = max(self.rounded, float(np.max(np.abs(delay / self.dt - steps), initial=0)))
        whole: npt.NDArray[np.int64] = steps.astype(np.int64)
        return whole


def size_of(name: str, node: Any) -> int:
    """Elements of the output of an input, an output or a neuron."""
    if kind(node) in SPIKING + GRADED:
        return int(np.size(node.r))
    shape = (node.input_type or {}).get("input")
    sizes = vector([] if shape is None else shape, f"NIR node {brief(name)}: shape")
    # A product of floats cannot wrap.
    size = float(np.prod(sizes))
    if not sizes.size or np.any(sizes < 1) or np.any(sizes != np.rint(sizes)) or size > 2**24:
        raise DataError(f"NIR node {brief(name)}: shape {brief(str(shape))}, allowed 1 to {2**24} elements")
    return int(size)


def _matrix(weight: Any, where: str) -> Array:
    shape = np.shape(weight)
    if len(shape) != 2 or 0 in shape:
        raise DataError(f"{where}: weight {shape}, allowed (target, source)")
    return vector(weight, f"{where}: weight").reshape(shape)


def _is_diagonal(weight: Array) -> bool:
    square = weight.shape[0] == weight.shape[1]
    return square and np.count_nonzero(weight) == np.count_nonzero(np.diagonal(weight))


def _check_size(where: str, before: Drive, expected: int) -> None:
    if before.size != expected:
        raise DataError(f"{where}: takes {expected} values, {before.size} arrive")


def _bias(where: str, node: Any, size: int) -> tuple[Term, ...]:
    bias = vector(node.bias, f"{where}: bias")
    if len(bias) != size:
        raise DataError(f"{where}: bias of {len(bias)} values, allowed {size}")
    return (Term(ON, bias[:, None], np.zeros((size, 1), np.int64)),) if bias.any() else ()
