"""What a network is: frozen populations, connections and the graph they form.

A :class:`Network` is checked when it is made, so that every engine may trust it.  Parameters are the
integers of the chip (docs/numerics.md); arrays held here are read-only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import fixedpoint as fx
from lava_ahp.errors import SpecError
from lava_ahp.events import Events

#: A readout has the largest threshold there is: it integrates, and is read out as ``v``.
READOUT_THRESHOLD = fx.THRESHOLD_MAX

__all__ = [
    "Activity",
    "Connection",
    "Golden",
    "Network",
    "Neuron",
    "Population",
    "READOUT_THRESHOLD",
    "SpecError",
    "Trace",
]

MAX_NEURONS = 2**24
MAX_SYNAPSES = 2**31 - 1


_RANGES: dict[str, tuple[int, int]] = {
    "threshold": (0, fx.THRESHOLD_MAX),
    "current_decay": (0, fx.DECAY_ONE),
    "voltage_decay": (0, fx.DECAY_ONE),
    "ahp_decay": (0, fx.DECAY_ONE),
    "ahp_weight": (0, fx.AHP_WEIGHT_MAX),
    "bias": (fx.BIAS_MANTISSA_MIN << fx.BIAS_EXPONENT_MAX, fx.BIAS_MANTISSA_MAX << fx.BIAS_EXPONENT_MAX),
    "input_exponent": (fx.INPUT_EXPONENT_MIN, fx.INPUT_EXPONENT_MAX),
}

Parameter = int | npt.NDArray[np.int64]


def _integers(value: Any, what: str) -> npt.NDArray[np.int64]:
    array = np.asarray(value)
    if array.dtype.kind == "f" and array.size and np.all(np.isfinite(array)) and np.all(array == np.rint(array)):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise SpecError(f"{what}: expected integers, found {array.dtype} {_shorten(value)}; round them first")
    return array.astype(np.int64)


def _shorten(value: Any) -> str:
    text = np.array2string(np.asarray(value), threshold=6, edgeitems=2).replace("\n", "")
    return text if len(text) <= 60 else text[:57] + "..."


def _read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array = np.ascontiguousarray(array)
    if array.flags.writeable:
        array = array.copy()
        array.flags.writeable = False
    return array


@dataclass(frozen=True, eq=False)
class Neuron:
    """Parameters of a population: each an integer for all of its neurons, or one value per neuron.

    Attributes:
        threshold: ``vth``, 17-bit mantissa; a neuron spikes when ``v > 64 * threshold``.
        current_decay: ``du``, ``0..4096``; 4096 keeps no memory of the synaptic current.
        voltage_decay: ``dv``, ``0..4096``.
        ahp_decay: ``da``, ``0..4096``.
        ahp_weight: ``w_ahp``, ``0..131071``, in units of the state: what each spike takes off ``a``.
            0 makes a plain LIF (CUBA) neuron.
        bias: added to ``v`` in every step, in units of the state; must be a signed 13-bit mantissa
            shifted left by 0 to 7.
        input_exponent: ``e``, ``-6..7``; weighted spikes arrive as ``2**(6 + e) * sum``.

    Raises:
        SpecError: a value that is no integer, out of range, or arrays of different lengths.
    """

    threshold: Parameter
    current_decay: Parameter = fx.DECAY_ONE
    voltage_decay: Parameter = 0
    ahp_decay: Parameter = 0
    ahp_weight: Parameter = 0
    bias: Parameter = 0
    input_exponent: Parameter = 0

    def __post_init__(self) -> None:
        lengths = {}
        for name, (low, high) in _RANGES.items():
            array = _integers(getattr(self, name), f"neuron {name}")
            if array.ndim > 1 or array.size == 0:
                raise SpecError(f"neuron {name}: expected one value or one per neuron, found shape {array.shape}")
            if array.min() < low or array.max() > high:
                bad = array.flat[np.flatnonzero((array < low) | (array > high))[0]]
                raise SpecError(f"neuron {name}: found {bad}, allowed {low}..{high}")
            if array.ndim:
                lengths[name] = len(array)
            object.__setattr__(self, name, _read_only(array) if array.ndim else int(array))
        if len(set(lengths.values())) > 1:
            raise SpecError(f"neuron parameters differ in length: {lengths}; give each one value per neuron")
        if fx.split_bias(self.bias) is None:
            raise SpecError(
                f"neuron bias: {_shorten(self.bias)} is no 13-bit mantissa shifted left by 0..7; "
                "round it to a multiple of 128"
            )

    @property
    def size(self) -> int | None:
        """Neurons that the per-neuron parameters are for; None where every parameter is shared."""
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                return len(value)
        return None

    @property
    def has_ahp(self) -> bool:
        """Whether any neuron has an AHP current."""
        return bool(np.any(np.asarray(self.ahp_weight) != 0))

    def expand(self, size: int) -> dict[str, npt.NDArray[np.int64]]:
        """Every parameter as an ``int64`` array ``(neuron,)``."""
        return {
            item.name: np.broadcast_to(np.asarray(getattr(self, item.name), dtype=np.int64), (size,))
            for item in fields(self)
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Neuron):
            return NotImplemented
        mine, theirs = ([getattr(n, f.name) for f in fields(n)] for n in (self, other))
        size = self.size or other.size or 1
        return self.size in (None, size) and other.size in (None, size) and all(
            np.array_equal(np.broadcast_to(a, (size,)), np.broadcast_to(b, (size,))) for a, b in zip(mine, theirs, strict=True)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Population:
    """Neurons that share a name; ``neuron=None`` makes the input, whose spikes come from outside."""

    name: str
    size: int
    neuron: Neuron | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise SpecError(f"population name: found {self.name!r}, allowed letters, digits and _ (a Python identifier)")
        if not isinstance(self.size, (int, np.integer)) or isinstance(self.size, bool) or not 1 <= self.size <= MAX_NEURONS:
            raise SpecError(f"population {self.name}: size {self.size!r}, allowed 1..{MAX_NEURONS}")
        object.__setattr__(self, "size", int(self.size))
        if self.neuron is not None and self.neuron.size not in (None, self.size):
            raise SpecError(
                f"population {self.name}: parameters for {self.neuron.size} neurons, size {self.size}; make them equal"
            )

    @property
    def is_input(self) -> bool:
        """Whether the spikes of this population come from outside."""
        return self.neuron is None

    def parameters(self) -> dict[str, npt.NDArray[np.int64]]:
        """Every neuron parameter as an ``int64`` array ``(neuron,)``; an error for an input."""
        if self.neuron is None:
            raise SpecError(f"population {self.name} is an input: it has no neuron parameters")
        return self.neuron.expand(self.size)


@dataclass(frozen=True, init=False, eq=False)
class Connection:
    """Synapses from one population to another, held as lists by source neuron.

    A weight of zero is no synapse: it costs neither memory nor operations.

    Args:
        source: name of the population that spikes.
        target: name of the population that receives.
        weights: integers ``(target, source)``, a dense array or a scipy sparse matrix; ``-256..254`` and even,
            or ``-255..255`` (the signs are then split on the chip, which costs a second connection there).
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
        exponents = _integers(exponent, f"{where} exponent")
        if exponents.ndim or not 0 <= exponents <= fx.CONNECTION_EXPONENT_MAX:
            raise SpecError(f"{where} exponent: found {_shorten(exponent)}, allowed 0..{fx.CONNECTION_EXPONENT_MAX}")
        shape, targets, sources, values = _synapses(weights, where)
        delays = _integers(delay.toarray() if hasattr(delay, "tocoo") else delay, f"{where} delay")
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
            "indptr": _read_only(indptr.astype(np.int64)),
            "targets": _read_only(targets.astype(np.int32)),
            "values": _read_only(values.astype(np.int16)),
            "delays": _read_only(np.broadcast_to(delays, values.shape).astype(np.uint8)),
            "exponent": int(exponents),
        }.items():
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """``source -> target``."""
        return f"{self.source} -> {self.target}"

    @property
    def synapses(self) -> int:
        """Number of synapses, which is of weights other than zero."""
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Connection):
            return NotImplemented
        return (self.source, self.target, self.shape, self.exponent) == (
            other.source,
            other.target,
            other.shape,
            other.exponent,
        ) and all(np.array_equal(getattr(self, n), getattr(other, n)) for n in ("indptr", "targets", "values", "delays"))

    __hash__ = None  # type: ignore[assignment]


def _synapses(weights: Any, where: str) -> tuple[tuple[int, int], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """``(shape, targets, sources, values)`` of the non-zero weights, ordered by source, then target."""
    if hasattr(weights, "tocsc"):
        matrix = weights.tocsc(copy=True)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        shape = (int(matrix.shape[0]), int(matrix.shape[1]))
        values = _integers(matrix.data, f"{where} weights")
        targets = np.asarray(matrix.indices)
        sources = np.repeat(np.arange(shape[1]), np.diff(matrix.indptr))
    else:
        dense = _integers(weights, f"{where} weights")
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
            raise SpecError(f"{where} weights: {low} stands beside odd weights; allowed -255..255, or -256..254 all even")
    return shape, targets, sources, values


@dataclass(frozen=True)
class Network:
    """A graph of populations and connections: one input, any number of others, one of them the output.

    Attributes:
        populations: in the order in which they are shown; names are unique.
        connections: any, also several between the same two populations.
        output: name of the population that is read out.
        task: what the network was trained for: JSON values, among them ``name`` and the encoder.
        provenance: how it came to be: JSON values (versions, seed, accuracy).

    Raises:
        SpecError: a graph that does not hold together, or a fan-in that could leave 32 bits.
    """

    populations: tuple[Population, ...]
    connections: tuple[Connection, ...]
    output: str
    task: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "populations", tuple(self.populations))
        object.__setattr__(self, "connections", tuple(self.connections))
        for name in ("task", "provenance"):
            object.__setattr__(self, name, _frozen_json(getattr(self, name), f"network {name}"))
        names = [p.name for p in self.populations]
        if len(set(names)) != len(names):
            raise SpecError(f"network: population names {names} repeat; make them unique")
        inputs = [p.name for p in self.populations if p.is_input]
        if len(inputs) != 1:
            raise SpecError(f"network: input populations {inputs}, allowed exactly one (a population without neuron)")
        if self.output not in names or self.output == inputs[0]:
            allowed = [n for n in names if n != inputs[0]]
            raise SpecError(f"network output: found {self.output!r}, allowed {allowed}")
        for connection in self.connections:
            self._check(connection)
        for population in self:
            worst = self.worst_case_drive(population.name)
            if worst > fx.DRIVE_MAX:
                raise SpecError(
                    f"population {population.name}: its synapses could bring {worst} in one step, allowed {fx.DRIVE_MAX}; "
                    "use fewer synapses or a smaller exponent"
                )

    def _check(self, connection: Connection) -> None:
        for end in (connection.source, connection.target):
            if end not in {p.name for p in self.populations}:
                raise SpecError(f"connection {connection.name}: no population {end!r}")
        if self[connection.target].is_input:
            raise SpecError(f"connection {connection.name}: {connection.target} is the input and receives nothing")
        expected = (self[connection.target].size, self[connection.source].size)
        if connection.shape != expected:
            raise SpecError(f"connection {connection.name}: weights {connection.shape}, allowed {expected} (target, source)")

    def __getitem__(self, name: str) -> Population:
        for population in self.populations:
            if population.name == name:
                return population
        raise SpecError(f"network: no population {name!r}, there are {[p.name for p in self.populations]}")

    def __iter__(self) -> Iterator[Population]:
        """The populations that compute: all but the input."""
        return (p for p in self.populations if not p.is_input)

    @property
    def input(self) -> Population:
        """The population whose spikes come from outside."""
        return next(p for p in self.populations if p.is_input)

    def incoming(self, name: str) -> tuple[Connection, ...]:
        """Connections onto a population."""
        return tuple(c for c in self.connections if c.target == name)

    def worst_case_drive(self, name: str) -> int:
        """Most that can arrive at one neuron of a population in one step, in units of ``u``."""
        population = self[name]
        exponent = population.parameters()["input_exponent"]
        drive = np.zeros(population.size, dtype=np.int64)
        for c in self.incoming(name):
            drive += np.bincount(c.targets, np.abs(c.values.astype(np.float64)), population.size).astype(np.int64) << c.exponent
        return int((drive << (fx.STATE_SHIFT + exponent)).max())

    @property
    def max_delay(self) -> int:
        """Longest delay of any synapse, in steps."""
        return max((int(c.delays.max()) for c in self.connections if c.synapses), default=fx.DELAY_MIN)


def _frozen_json(value: Mapping[str, Any], what: str) -> Mapping[str, Any]:
    try:
        return MappingProxyType(json.loads(json.dumps(dict(value))))
    except (TypeError, ValueError) as error:
        raise SpecError(f"{what}: not JSON ({error})") from None


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run shows.

    Attributes:
        steps: ``int64 (sample,)``, steps of every sample.
        readout: ``int32 (sample, window, neuron)``, voltage of the output population after its reset, over the last
            ``window`` steps of every sample.
        counts: spikes of every population but the input, ``int32 (sample, neuron)``.
        spikes: rasters asked for, ``bool (sample, time, neuron)``, False beyond the end of a shorter sample.
        states: states asked for, by population and then ``'u'``, ``'a'``, ``'v'``: ``int32 (sample, time, neuron)``,
            zero beyond the end of a shorter sample.
        activity: what the profiler prices, where the engine counts it.
    """

    steps: npt.NDArray[np.int64]
    readout: npt.NDArray[np.int32]
    counts: Mapping[str, npt.NDArray[np.int32]]
    spikes: Mapping[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    states: Mapping[str, Mapping[str, npt.NDArray[np.int32]]] = field(default_factory=dict)
    activity: Activity | None = None


@dataclass(frozen=True, eq=False)
class Golden:
    """Samples that a file carries as its own proof: what came in and what the training forward made of it.

    Attributes:
        events: input spikes.
        trace: rasters of every population but the input, and the readout of every step.
        labels: ``int64 (sample,)``, or None where there are none.
    """

    events: Events
    trace: Trace
    labels: npt.NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Activity:
    """Exact counts of what a chip would spend energy on, per sample.

    Attributes:
        steps: ``int64 (sample,)``.
        spikes: by population, the input included: ``int64 (sample,)``.
        synops: by position in ``Network.connections``: ``int64 (sample,)``, spikes times the synapses each one reaches,
            counted when the spike happens.
        updates: by population but the input: neuron updates, ``int64 (sample,)``, neurons times steps.
        active_updates: of those, the ones in which a synaptic operation arrived or the neuron spiked.
    """

    steps: npt.NDArray[np.int64]
    spikes: Mapping[str, npt.NDArray[np.int64]]
    synops: Sequence[npt.NDArray[np.int64]]
    updates: Mapping[str, npt.NDArray[np.int64]]
    active_updates: Mapping[str, npt.NDArray[np.int64]]
