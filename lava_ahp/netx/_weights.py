"""Weights and delays as lists by source neuron, wherever a graph holds them."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import Connection, Weights
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put

#: Datasets that hold weights.
KEYS = ("indptr", "targets", "values")


class Columns:
    """Synapses by source, with the part of scipy's sparse interface that ``Weights`` uses."""

    def __init__(self, shape: tuple[int, int], indptr: Any, indices: Any, data: Any) -> None:
        self.shape, self.indptr, self.indices, self.data = shape, indptr, indices, data

    def tocsc(self, **_: bool) -> Columns:
        return self

    def sum_duplicates(self) -> None:
        """Nothing to do: the reader has checked."""

    def eliminate_zeros(self) -> None:
        """Nothing to do: the reader has checked."""


def write_weights(group: h5py.Group, weights: Weights) -> None:
    """Write the datasets of :data:`KEYS`."""
    for key in KEYS:
        put(group, key, getattr(weights, key))


def read_weights(section: Section, shape: tuple[int, int], name: str) -> Weights:
    """Read the datasets of :data:`KEYS`.

    Args:
        section: the group that holds them.
        shape: ``(target, source)``.
        name: what messages call the weights.
    """
    values = section.integers("values", fx.WEIGHT_MIN, fx.WEIGHT_MAX)
    if values.ndim != 1 or not np.all(values):
        raise section.error(
            "values", "zeros" if values.ndim == 1 else f"shape {values.shape}", "weights other than 0, (synapse,)"
        )
    count = len(values)
    targets = section.integers("targets", 0, shape[0] - 1, [(count,)])
    indptr = section.integers("indptr", 0, count, [(shape[1] + 1,)])
    if indptr[0] != 0 or indptr[-1] != count or np.any(np.diff(indptr) < 0):
        raise section.error("indptr", "offsets that do not ascend from 0 to the end", f"0 to {count}, ascending")
    sources = np.repeat(np.arange(shape[1]), np.diff(indptr))
    if np.any((np.diff(targets) <= 0) & (np.diff(sources) == 0)):
        raise section.error("targets", "targets out of order or repeated", "ascending within a source")
    return section.build(Weights, Columns(shape, indptr, targets, values), name)


def compact_delays(connection: Connection) -> npt.NDArray[np.uint8]:
    """Extra steps after the usual one: one value for all, or one per synapse.

    Raises:
        SpecError: delays that differ, in a matrix that a reader does not accept.
    """
    if connection.delay is not None:
        return np.array(connection.delay - fx.DELAY_MIN, dtype=np.uint8)
    if connection.shape[0] * connection.shape[1] > layout.MAX_ELEMENTS:
        raise SpecError(
            f"connection {connection.name}: delays differ in a matrix of {connection.shape}; split the connection"
        )
    return connection.delays - np.uint8(fx.DELAY_MIN)


def read_delays(section: Section, key: str, weights: Weights) -> Any:
    """One delay for all, or the matrix of delays that ``Connection`` takes."""
    delays = section.integers(key, 0, fx.DELAY_MAX - 1, [(), (weights.synapses,)]) + fx.DELAY_MIN
    if delays.ndim == 0:
        return int(delays)
    if weights.shape[0] * weights.shape[1] > layout.MAX_ELEMENTS:
        raise section.error(
            key, f"delays of {weights.shape}", f"one for all in a matrix of over {layout.MAX_ELEMENTS} elements"
        )
    matrix = np.full(weights.shape, fx.DELAY_MIN, dtype=np.uint8)
    matrix[weights.targets, weights.sources] = delays
    return matrix
