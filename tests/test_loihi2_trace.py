"""A neuron's voltage register, read on a Loihi 2, against `dynamics`, the simulator and the oracle.

``loihi2_lif`` is published with the paper on NIR (neuromorphs/NIR, paper/01_lif): one LIF neuron on the chip over 1,000
steps.  Its columns are the input spike, the voltage register and the output spike.
"""

import csv

import numpy as np
import pytest

from lava_ahp import Connection, Network, Neuron, Population, dynamics
from lava_ahp.network import Events
from lava_ahp.simulator import simulate

from support.oracle_runs import oracle_history
from support.paths import SHARED

TRACE = SHARED / "loihi2_lif" / "lif_lava_loihi_fixed.csv"
STEPS, SPIKES = 1000, 4
#: What the chip's register shows in the step of a spike, where the voltage of the arithmetic is already reset to 0.
REGISTER_AT_SPIKE = 128

pytestmark = pytest.mark.skipif(not TRACE.is_file(), reason=f"no register trace of a Loihi 2 at {TRACE}")


@pytest.fixture(scope="module")
def chip():
    """Input spike, voltage and output spike of every step, ``int64 (time,)`` each."""
    with TRACE.open(newline="") as file:
        rows = [[int(float(cell)) for cell in row] for row in csv.reader(file)]
    return np.array(rows, np.int64).T


#: 640 per input spike, no memory of the current, a time constant of 4096 / 163 steps.
NETWORK = Network(
    (Population("input", 1), Population("cell", 1, Neuron(threshold=25, current_decay=4096, voltage_decay=163))),
    (Connection("input", "cell", [[10]]),),
    output="cell",
)


def by_dynamics(events):
    trace = dynamics.run(NETWORK, events)
    return trace.states["cell"]["v"][0, :, 0], trace.spikes["cell"][0, :, 0]


def by_simulator(events):
    trace = simulate(NETWORK, events, rasters=["cell"], states=["cell"])
    return trace.states["cell"]["v"][0, :, 0], trace.spikes["cell"][0, :, 0]


def by_oracle(events):
    history = oracle_history(NETWORK, events, 0)["cell"]
    return history[:, 0, 2], history[:, 0, 3]


@pytest.mark.parametrize("run", [by_dynamics, by_simulator, by_oracle])
def test_equal_to_the_chip_in_every_step(chip, run):
    arriving, register, fired = chip
    voltage, spikes = run(Events.from_dense(arriving.reshape(1, STEPS, 1)))
    np.testing.assert_array_equal(spikes.astype(int), fired)
    assert fired.sum() == SPIKES
    between = fired == 0
    assert between.sum() == STEPS - SPIKES
    np.testing.assert_array_equal(voltage[between], register[between])
    # The only difference: in the step of a spike.
    assert (voltage[~between] == 0).all()
    assert (register[~between] == REGISTER_AT_SPIKE).all()


def test_the_trace_tells_other_roundings_and_decays_apart(chip):
    # No voltage here is negative, so rounding down and rounding toward zero are the same.
    arriving, register, fired = chip
    between = fired == 0

    def voltages(decay, decayed):
        found, v = np.zeros(STEPS, int), 0
        for t in range(1, STEPS):
            v = decayed(v * (4096 - decay)) + 640 * int(arriving[t - 1])
            found[t] = v = 0 if v > 64 * 25 else v
        return found

    assert (voltages(163, lambda x: x // 4096) == register)[between].all()
    assert not (voltages(163, lambda x: -(-x // 4096)) == register)[between].all()
    assert not (voltages(163, lambda x: (x + 2048) // 4096) == register)[between].all()
    for decay in (162, 164):
        assert not (voltages(decay, lambda x: x // 4096) == register)[between].all()
