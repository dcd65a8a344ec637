"""Synapses between two populations, checked when they are created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import SpecError
from lava_ahp.network import fixedpoint as fx
from lava_ahp.network._arrays import array_text, integers, read_only
from lava_ahp.network.weights import Weights


@dataclass(frozen=True, init=False, eq=False, repr=False)
class Connection:
    """Synapses from one population to another, stored as lists by source neuron.

    A weight of zero is not a synapse and costs neither memory nor operations.

    Args:
        source: name of the population that spikes.
        target: name of the population that receives.
        weights: integers ``(target, source)``, a dense array or a scipy sparse matrix; ``-256..254`` and even,
            or ``-255..255`` (the chip then needs one connection per sign).  Or :class:`Weights`, which connections
            that are made with the same object share.
        exponent: ``0..7``; every weight counts ``2**exponent`` times.
        delay: steps from a spike to its arrival, ``1..63``; one for all, or ``(target, source)``.

    Attributes:
        weights: the weights, with their shape.
        delays: ``uint8 (synapse,)``, in the order of ``weights.values``.
        delay: the one delay of all synapses, or None where they differ.

    Raises:
        SpecError: a weight, delay or exponent out of range, or shapes that do not fit.
    """

    source: str
    target: str
    weights: Weights
    exponent: int
    delays: npt.NDArray[np.uint8]
    delay: int | None

    def __init__(self, source: str, target: str, weights: Any, *, exponent: int = 0, delay: Any = fx.DELAY_MIN) -> None:
        where = f"connection {source} -> {target}"
        exponents = integers(exponent, f"{where} exponent")
        if exponents.ndim or not 0 <= exponents <= fx.CONNECTION_EXPONENT_MAX:
            raise SpecError(f"{where} exponent: found {array_text(exponent)}, allowed 0..{fx.CONNECTION_EXPONENT_MAX}")
        if not isinstance(weights, Weights):
            weights = Weights(weights, f"{where} weights")
        delays = _delays(delay, weights, where)
        if delays.size and (delays.min() < fx.DELAY_MIN or delays.max() > fx.DELAY_MAX):
            raise SpecError(
                f"{where} delay: found {delays.min()}..{delays.max()}, allowed {fx.DELAY_MIN}..{fx.DELAY_MAX} steps"
            )
        common = None
        if delays.size == 0 or np.ptp(delays) == 0:
            common = int(delays.flat[0]) if weights.synapses else fx.DELAY_MIN
        for name, value in {
            "source": source,
            "target": target,
            "weights": weights,
            "exponent": int(exponents),
            # One delay for all is stored once, whatever the number of synapses.
            "delays": read_only(delays.astype(np.uint8))
            if common is None
            else np.broadcast_to(np.uint8(common), weights.synapses),
            "delay": common,
        }.items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """``source -> target``."""
        return f"{self.source} -> {self.target}"

    @property
    def shape(self) -> tuple[int, int]:
        """``(target, source)``."""
        return self.weights.shape

    @property
    def synapses(self) -> int:
        """Number of synapses, which are the weights other than zero."""
        return self.weights.synapses

    @property
    def indptr(self) -> npt.NDArray[np.int64]:
        """Synapses of source ``j`` are ``indptr[j]:indptr[j + 1]``, ``int64 (source + 1,)``."""
        return self.weights.indptr

    @property
    def targets(self) -> npt.NDArray[np.int32]:
        """Target of every synapse, ``int32 (synapse,)``, ascending within a source."""
        return self.weights.targets

    @property
    def values(self) -> npt.NDArray[np.int16]:
        """Weight of every synapse, ``int16 (synapse,)``, never zero."""
        return self.weights.values

    @property
    def sources(self) -> npt.NDArray[np.int32]:
        """Source of every synapse, ``int32 (synapse,)``."""
        return self.weights.sources

    @property
    def delay_range(self) -> tuple[int, int]:
        """Shortest and longest delay; of no synapses, the shortest that there is."""
        if self.delay is not None:
            return self.delay, self.delay
        return int(self.delays.min()), int(self.delays.max())

    @property
    def needs_sign_split(self) -> bool:
        """Whether odd weights of both signs force two single-sign connections on the chip."""
        return self.weights.needs_sign_split

    def sign_groups(self) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
        """The connections of one sign mode that chip and Lava need, and which of the synapses each holds.

        ``MIXED`` are even weights from -256 to 254; with odd ones of both signs it would drop the lowest bit.
        ``EXCITATORY`` are weights from 0 to 255, ``INHIBITORY`` from -255 to 0.  Without synapses there is none.
        """
        values = self.values
        positive = values > 0
        if not np.any(values % 2):
            if len(values):
                yield "MIXED", np.ones(len(values), dtype=bool)
            return
        if positive.any():
            yield "EXCITATORY", positive
        if not positive.all():
            yield "INHIBITORY", ~positive

    def dense(self) -> npt.NDArray[np.int16]:
        """Weights as a dense array ``(target, source)``."""
        return self.weights.dense()

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
        mine, theirs = ((c.source, c.target, c.shape, c.exponent, c.delay) for c in (self, other))
        return mine == theirs and self.weights == other.weights and np.array_equal(self.delays, other.delays)

    __hash__ = None  # type: ignore[assignment]


def _delays(delay: Any, weights: Weights, where: str) -> npt.NDArray[np.int64]:
    """One delay, or one for every synapse."""
    delays = integers(delay.toarray() if hasattr(delay, "tocoo") else delay, f"{where} delay")
    if delays.ndim == 0:
        return delays
    if delays.shape != weights.shape:
        raise SpecError(f"{where} delay: found shape {delays.shape}, allowed one value or {weights.shape}")
    return delays[weights.targets, weights.sources]
