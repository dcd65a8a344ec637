"""All weights of a graph, one after another in a few datasets."""

from __future__ import annotations

from collections.abc import Sequence

import h5py
import numpy as np
import numpy.typing as npt

from lava_ahp.network import Weights
from lava_ahp.network import fixedpoint as fx
from lava_ahp.netx import _layout as layout
from lava_ahp.netx._hdf5 import Section, put
from lava_ahp.netx._weights import Columns


def write_pool(group: h5py.Group, pool: Sequence[Weights]) -> None:
    """Write weights as the datasets ``shape``, ``fan_out``, ``gaps`` and ``values``.

    Targets are written as gaps, which are mostly 1 and take next to no bytes: from -1 to the first target of a source,
    and from each target to the next.
    """
    put(group, "shape", np.array([weights.shape for weights in pool], np.int32))
    put(group, "fan_out", np.concatenate([weights.fan_out for weights in pool]).astype(np.int32))
    put(group, "gaps", np.concatenate([_gaps(weights) for weights in pool]))
    put(group, "values", np.concatenate([weights.values for weights in pool]))


def _gaps(weights: Weights) -> npt.NDArray[np.int32]:
    gaps = np.diff(weights.targets, prepend=-1)
    first = weights.indptr[:-1][weights.fan_out > 0]
    gaps[first] = weights.targets[first] + 1
    return gaps


def read_pool(section: Section) -> list[Weights]:
    """Read the weights; every object is a different one."""
    section.check_keys(["shape", "fan_out", "gaps", "values"])
    shapes = section.integers("shape", 1, layout.MAX_TOTAL_NEURONS)
    if shapes.ndim != 2 or shapes.shape[1] != 2 or len(shapes) > layout.MAX_ROWS:
        raise section.error("shape", f"shape {shapes.shape}", f"(array, 2), up to {layout.MAX_ROWS} arrays")
    values = section.integers("values", fx.WEIGHT_MIN, fx.WEIGHT_MAX)
    if values.ndim != 1 or not np.all(values):
        found = "zeros" if values.ndim == 1 else f"shape {values.shape}"
        raise section.error("values", found, "weights other than 0, (synapse,)")
    gaps = section.integers("gaps", 1, layout.MAX_TOTAL_NEURONS, [values.shape])
    fan_out = section.integers("fan_out", 0, layout.MAX_TOTAL_NEURONS, [(int(shapes[:, 1].sum()),)])
    if fan_out.sum() != len(values):
        raise section.error("fan_out", f"{fan_out.sum()} synapses", f"{len(values)}, one per value")
    ends = np.cumsum(fan_out)
    reached = np.cumsum(gaps)
    before = np.concatenate([[0], reached])[ends - fan_out]
    targets = reached - np.repeat(before, fan_out) - 1
    pool = []
    last_source = np.cumsum(shapes[:, 1])
    for (rows, columns), stop in zip(shapes.tolist(), last_source.tolist(), strict=True):
        own = fan_out[stop - columns : stop]
        indptr = np.concatenate([[0], np.cumsum(own)])
        here = slice(int(ends[stop - 1]) - int(indptr[-1]), int(ends[stop - 1]))
        if np.any(targets[here] >= rows):
            raise section.error("gaps", f"target {targets[here].max()}", f"0..{rows - 1}")
        pool.append(section.build(Weights, Columns((rows, columns), indptr, targets[here], values[here])))
    return pool
