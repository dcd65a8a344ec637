"""The engine ``loihi2``: a network of LIF neurons on the chip, through lava-loihi.

It builds the same Processes on the same schedule as ``loihi2stock``, with adapters where spikes and states pass between
Python and neurocores.  It has not run on a chip: tests run it with a stand-in for lava-loihi on the CPU.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import Any

from lava_ahp.errors import BackendUnavailable
from lava_ahp.loihi2.engine import run_on
from lava_ahp.loihi2.runner import vendor
from lava_ahp.loihi2.runner.build import Built, Lags
from lava_ahp.loihi2.runner.device import Chip, Device, running
from lava_ahp.loihi2.runner.lags import measure
from lava_ahp.network import Network, Trace


class _OnChip:
    """A chip of the host that the environment names."""

    def open(self) -> tuple[Device, Lags]:
        try:
            chip = Chip(vendor.connect())
        except vendor.Missing as error:
            raise BackendUnavailable(f"backend loihi2: {error}") from error
        return chip, measure(chip)

    def running(self, built: Built) -> AbstractContextManager[Callable[[int], None]]:
        return running(built.source, built.device.config())


def run(
    network: Network | str | os.PathLike[str],
    spikes: Any,
    *,
    steps: Any = None,
    readout_steps: int | None = None,
    rasters: Collection[str] = (),
    states: Collection[str] = (),
    progress: Callable[[int], None] | None = None,
) -> Trace:
    """Run a batch of samples back to back on Loihi 2.

    The host is the one that the environment names: ``PARTITION`` and ``BOARD`` of SLURM, or ``NXSDKHOST``.  The steps
    that adapters add are measured first.

    Args:
        network: LIF neurons only, or the path of its file.
        spikes: input spikes in any form accepted by :func:`lava_ahp.network.as_events`.
        steps: number of time steps of each sample; only needed if ``spikes`` is a list of event arrays.
        readout_steps: keep the readout of the last ``readout_steps`` time steps of every sample; None keeps all.
        rasters: names of the populations to keep spikes of.
        states: names of the populations to keep ``u``, ``a`` (zero) and ``v`` of.
        progress: called with the number of samples just finished.

    Returns:
        The trace, without activity.

    Raises:
        BackendUnavailable: no lava-loihi, or no such partition or board; the original error is the cause.
        NetFormatError: the file cannot be read.
        SpecError: AHP neurons, or spikes or names that do not fit the network, or a neuron that still spikes when the
            next sample begins.
        RuntimeError: the adapters do not work as they should; the text says which.
    """
    return run_on(_OnChip(), network, spikes, steps, readout_steps, rasters, states, progress)
