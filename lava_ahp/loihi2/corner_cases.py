"""Single neurons that go to the limits of the arithmetic: wrapping, saturation, ties and rounding."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp import dynamics
from lava_ahp.network import Neuron, Population
from lava_ahp.network import fixedpoint as fx

#: Steps of every case.
STEPS = 96

#: What arrives at once to bring ``u`` to 2**23, in units of 64.
_TO_LIMIT = fx.STATE_MAX // 64 + 1


class Case(NamedTuple):
    """A neuron and what arrives at it.

    Attributes:
        name: what it shows.
        neuron: parameters of one neuron.
        drive: sum of ``weight * 2**exponent`` over the spikes that arrive, by step; zero afterwards.
    """

    name: str
    neuron: Neuron
    drive: tuple[int, ...]


class Expected(NamedTuple):
    """States of every case after every step, ``(case, step)``: ``int32``, and ``bool`` for ``s``."""

    u: npt.NDArray[np.int32]
    a: npt.NDArray[np.int32]
    v: npt.NDArray[np.int32]
    s: npt.NDArray[np.bool_]


def cases() -> tuple[Case, ...]:
    """All cases.  ``du`` stands for ``current_decay``, and so on; decays are in units of 1/4096."""
    never, limit = fx.THRESHOLD_MAX, _TO_LIMIT
    return (
        Case("u reaches 2**23, which stays, and wraps one unit above", Neuron(never, 0, 4096), (limit, 1)),
        Case("u wraps at -2**23 to 2**23", Neuron(never, 0, 4096), (-limit,)),
        Case("u wraps upwards and goes on from there", Neuron(never, 0, 4096), (limit // 2,) * 7),
        Case("u decays from both ends of its range", Neuron(never, 200, 4096), (limit, *(0,) * 40, -limit + 1)),
        Case("v saturates at -(2**23 - 1) and stays", Neuron(never, 4096, 0), (-100_000,) * 4),
        Case("v saturates at 2**23 - 1: a spike at any threshold", Neuron(never, 4096, 0), (limit - 1,) * 3),
        Case("v from the saturation, decaying", Neuron(never, 4096, 1), (-limit + 1, -limit + 1)),
        Case("a saturates at -(2**23 - 1)", _charged(0), (limit - 1,) * STEPS),
        Case("a decays from the saturation, rounded toward zero", _charged(3), (limit - 1,) * 80),
        Case("v equal to the threshold: no spike", Neuron(100, 4096, 4096), (100,) * 3),
        Case("v one unit above the threshold: a spike", Neuron(100, 4096, 4096, bias=1), (100,) * 3),
        Case("v one unit below the threshold: no spike", Neuron(100, 4096, 4096, bias=-1), (100,) * 3),
        Case("threshold 0 and v 0: no spike", Neuron(0, 4096, 0), (0, 1, -1, 1)),
        *(
            Case(f"du {du}, dv {dv}: negative and positive", Neuron(never, du, dv), (-777, 0, 0, 0, 1555))
            for du in (0, 1, 2048, 4095, 4096)
            for dv in (0, 1, 4095, 4096)
        ),
        *(
            Case(f"da {da}: a after single spikes", Neuron(9, 4096, 4096, da, fx.AHP_WEIGHT_MAX), (90_000, 0) * 9)
            for da in (0, 1, 4095, 4096)
        ),
        Case("a bias of -1 decays to 0: rounded toward zero, not down", Neuron(never, 4096, 4095, bias=-1), ()),
        Case("smallest bias, v at its lower end", Neuron(never, 4096, 0, bias=-4096 * 128), ()),
        Case("largest bias, spikes in every other step", Neuron(8000, 4096, 0, bias=4095 * 128), ()),
        Case("input_exponent -6: the smallest unit of u", Neuron(never, 1, 0, input_exponent=-6), (1, -3, 5)),
        Case("input_exponent 7: the largest unit of u", Neuron(never, 1, 0, input_exponent=7), (255, -3, 5)),
    )  # fmt: skip


def _charged(ahp_decay: int) -> Neuron:
    """A neuron that spikes in every step, whatever its AHP current, under a drive that all but fills ``u``."""
    return Neuron(0, 4096, 4096, ahp_decay=ahp_decay, ahp_weight=fx.AHP_WEIGHT_MAX, bias=4095 * 128)


def drives(found: tuple[Case, ...]) -> npt.NDArray[np.int64]:
    """What arrives, ``int64 (case, step)``."""
    drive = np.zeros((len(found), STEPS), np.int64)
    for row, case in zip(drive, found, strict=True):
        row[: len(case.drive)] = case.drive
    return drive


def expected(found: tuple[Case, ...]) -> Expected:
    """What :func:`lava_ahp.dynamics.step` computes."""
    states: list[list[dynamics.AHPState]] = []
    for case, drive in zip(found, drives(found), strict=True):
        parameters, state = Population("cell", 1, case.neuron).parameters(), dynamics.AHPState.zeros((1,))
        states.append([state := dynamics.step(state, drive[t : t + 1], parameters) for t in range(STEPS)])

    def stacked(key: str) -> npt.NDArray[Any]:
        return np.array([[getattr(state, key)[0] for state in row] for row in states])

    u, a, v = (stacked(key).astype(np.int32) for key in "uav")
    return Expected(u, a, v, stacked("s"))
