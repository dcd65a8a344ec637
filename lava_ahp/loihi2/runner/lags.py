"""Measures the steps that adapters add, so that a sample is read where it is, whatever the host does.

Three clocks run for three intervals of 32 steps.  One counts the steps since its reset in its voltage.  One spikes 20
steps after its reset.  One spikes one step after the input that is sent to it.
"""

from __future__ import annotations

import numpy as np

from .build import Lags, build
from .device import Device, running
from .plan import Neurons, Plan, Synapses

INTERVAL, RUN = 32, 96
#: The step in which the input spikes, and the one in which its clock therefore does.
SENT, HEARD = INTERVAL + 8, INTERVAL + 9
#: After its reset, a voltage grows by 64 in a step, and reaches more than 20 * 64 in step 20 of the second interval.
SLOPE, TWENTY = 64, INTERVAL + 20
#: A step of the second interval, in its middle.
MIDDLE = INTERVAL + 16


def measure(device: Device) -> Lags:
    """The lags of a device.

    Raises:
        RuntimeError: a clock that does not run as it should; the text says which.
    """
    plan = Plan(
        source="input",
        channels=2,
        interval=INTERVAL,
        neurons=(_clock("voltage", 131071, SLOPE), _clock("spike", 20, SLOPE), _clock("input_spike", 100, 0)),
        # The second channel is silent: it makes the clocks one network, since Lava runs only what is connected.
        synapses=(_synapse("input_spike", 200, 0), _synapse("voltage", 0, 2), _synapse("spike", 0, 2)),
        output="voltage",
    )
    spikes = np.zeros((2, RUN), np.int32)
    spikes[0, SENT] = 1
    # As long a ring as the run.
    whole = Lags(input=0, spikes=RUN - INTERVAL)
    built = build(plan, spikes, device, whole, record=("spike", "input_spike"), reads={"voltage": ("v",)})
    with running(built.source, device.config()) as run:
        run(RUN)
        found = {key: device.integers(recorder.data.get())[0] for key, recorder in built.recorders.items()}
    steps, remainder = divmod(int(found["voltage", "v"][MIDDLE]), SLOPE)
    if remainder or not 1 <= steps <= INTERVAL:
        raise RuntimeError(
            f"lags: the voltage that counts steps is {found['voltage', 'v'][MIDDLE]} in step {MIDDLE}, "
            f"allowed {SLOPE} to {SLOPE * INTERVAL} in steps of {SLOPE}; bias, reset or reading works differently"
        )
    own, heard = (np.flatnonzero(found[name, "s"]) for name in ("spike", "input_spike"))
    if len(own) < 2:
        raise RuntimeError(f"lags: found {len(own)} spikes after the resets, allowed 2 or more; bias or reset differs")
    if len(heard) != 1:
        raise RuntimeError(f"lags: found {len(heard)} spikes for one of the input, allowed 1; see the input adapter")
    late = int(own[1]) - TWENTY
    return Lags(input=int(heard[0]) - HEARD - late, spikes=late, states=MIDDLE - INTERVAL + 1 - steps)


def _synapse(target: str, first: int, second: int) -> Synapses:
    return Synapses("input", target, np.array([[first, second]], np.int32), 0, "MIXED", None)


def _clock(name: str, threshold: int, bias: int) -> Neurons:
    zero = np.zeros(1, np.int64)
    return Neurons(name, name, zero, du=4095, dv=0, vth=threshold, bias_mant=zero + bias, bias_exp=zero)
