"""What Loihi 2 holds of a neuron and of a synapse, beside what a network asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.loihi2.schedule import Schedule
from lava_ahp.network import Connection, Events, Network
from lava_ahp.network import fixedpoint as fx

#: Steps that a synapse adds to the one that every spike takes (NetX).
DELAY_MAX = 62
#: On a chip (Intel 2021).
SYNAPSES_MAX = 120_000_000

_LOWER = "lava-ahp lower F.net -o G.net"


@dataclass(frozen=True)
class Limit:
    """One limit of the chip.

    Attributes:
        limit: what is limited.
        where: the population, connection or core that comes closest to it.
        observed: the largest value, or the range, in words.
        allowed: what the chip holds, in words.
        exceeded: whether the network asks for more.
        fix: what to do where it does; empty otherwise.
        known: False where either is not known, so that nothing is checked.
    """

    limit: str
    where: str
    observed: str
    allowed: str
    exceeded: bool = False
    fix: str = ""
    known: bool = True

    def to_json(self) -> dict[str, Any]:
        """The attributes as JSON values."""
        return asdict(self)


def limits(network: Network, events: Events | None = None) -> Iterator[Limit]:
    """The limits of neurons, synapses and the reset, in the order in which a user meets them.

    Args:
        network: any network.
        events: samples that will run, whose length decides the reset interval; None where it is not known.
    """
    yield _count(network, "AHP neurons", "ahp_weight", lambda v: v != 0, "0: LIF neurons only", _LOWER)
    yield _range(network, "threshold", "threshold", (0, fx.THRESHOLD_MAX), "scale weights and thresholds down")
    yield _range(network, "current decay", "current_decay", (1, fx.DECAY_ONE), f"{_LOWER}, which takes the nearest")
    yield _range(network, "voltage decay", "voltage_decay", (0, fx.DECAY_ONE - 1), f"{_LOWER}, which takes the nearest")
    yield _bias(network)
    yield _count(network, "neurons with an input_exponent", "input_exponent", lambda v: v != 0,
                 "0: connections have exponents, neurons do not", f"{_LOWER}, which moves it")  # fmt: skip
    yield _weights(network)
    yield _of_connections(network, "weight exponent", lambda c: c.exponent, (0, fx.CONNECTION_EXPONENT_MAX),
                          "scale weights and thresholds down")  # fmt: skip
    yield _of_connections(network, "synaptic delay beyond the first step",
                          lambda c: c.delay_range[1] - fx.DELAY_MIN, (0, DELAY_MAX), "use shorter delays")  # fmt: skip
    yield _reset(network, events)
    excess = network.synapses > SYNAPSES_MAX
    yield Limit("synapses on a chip", "network", str(network.synapses), str(SYNAPSES_MAX), excess,
                "use a board of several chips, or fewer synapses" * excess)  # fmt: skip


def _listed(names: Sequence[str]) -> str:
    """The first of several names; of none, that it is true of all."""
    first, *others = tuple(dict.fromkeys(names)) or ("all",)
    return f"{first} and {len(others)} more" if others else first


def _count(
    network: Network,
    name: str,
    parameter: str,
    holds: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.bool_]],
    allowed: str,
    fix: str,
) -> Limit:
    found = {p.name: int(np.count_nonzero(holds(p.parameters()[parameter]))) for p in network}
    total = sum(found.values())
    where = _listed([name for name, count in found.items() if count])
    return Limit(name, where, str(total), allowed, total > 0, fix * (total > 0))


def _range(network: Network, name: str, parameter: str, allowed: tuple[int, int], fix: str) -> Limit:
    found = {p.name: p.parameters()[parameter] for p in network}
    low, high = (int(x) for x in (min(v.min() for v in found.values()), max(v.max() for v in found.values())))
    wrong = [where for where, v in found.items() if v.min() < allowed[0] or v.max() > allowed[1]]
    return Limit(name, _listed(wrong), f"{low}..{high}", f"{allowed[0]}..{allowed[1]}", bool(wrong),
                 fix * bool(wrong))  # fmt: skip


def _bias(network: Network) -> Limit:
    found = [p.parameters()["bias"] for p in network]
    low, high = int(min(b.min() for b in found)), int(max(b.max() for b in found))
    wrong = [p.name for p in network if fx.split_bias(p.parameters()["bias"]) is None]
    return Limit("bias", _listed(wrong), f"{low}..{high}", "-4096..4095 times 2^0 to 2^7", bool(wrong),
                 "round it to a multiple of 128" * bool(wrong))  # fmt: skip


def _weights(network: Network) -> Limit:
    mixed = [c.name for c in network.connections if c.needs_sign_split]
    low, high = (
        f(end for c in network.connections for end in c.weights.range) if network.connections else 0 for f in (min, max)
    )
    return Limit(
        "weights",
        _listed(mixed),
        f"{low}..{high}" + (", odd ones of both signs" if mixed else ""),
        "-255..255 of one sign, or -256..254 and even where signs mix",
        bool(mixed),
        f"{_LOWER}, which splits them by sign" * bool(mixed),
    )


def _of_connections(
    network: Network, name: str, value: Callable[[Connection], int], allowed: tuple[int, int], fix: str
) -> Limit:
    found = max(network.connections, key=value, default=None)
    largest = 0 if found is None else value(found)
    exceeded = largest > allowed[1]
    where = "all" if found is None else found.name
    return Limit(name, where, str(largest), f"{allowed[0]}..{allowed[1]}", exceeded, fix * exceeded)


def _reset(network: Network, events: Events | None) -> Limit:
    allowed = "a power of two"
    if events is None:
        unknown = "nothing, for want of golden samples of the task"
        return Limit("reset interval", "network", unknown, allowed, known=False)
    schedule = Schedule.of(events, network.max_delay)
    steps = int(events.steps.max())
    guard = schedule.interval - schedule.quench
    return Limit("reset interval", "network", f"{schedule.interval}, for {steps} steps and {guard} of guard", allowed)
