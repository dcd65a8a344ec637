"""Run a network on spikes, in any backend."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from lava_ahp import backends, netx
from lava_ahp.network import Network, Trace, as_events
from lava_ahp.report.progress import Reporter, reporter


def simulate(
    network: Network | str | os.PathLike[str],
    spikes: Any,
    *,
    backend: str = "fast",
    steps: Any = None,
    readout_steps: int | None = None,
    rasters: Collection[str] | None = (),
    states: Collection[str] | None = (),
    progress: bool | Reporter = False,
) -> Trace:
    """Run a batch of samples through a network, each from an all-zero state.

    Args:
        network: a network or the path of its file.
        spikes: zeros and ones ``(sample, time, channel)`` in NumPy or torch, :class:`lava_ahp.Events`, or one array
            ``(event, 2)`` of time and channel per sample.
        backend: a name of :data:`lava_ahp.backends.BACKENDS`.
        steps: steps of the samples, where ``spikes`` is a list of event arrays.
        readout_steps: keep the readout voltages of the last so many steps of every sample; None keeps all.
        rasters: populations whose spikes to keep; None keeps all.
        states: populations whose ``u``, ``a`` and ``v`` to keep; None keeps all.
        progress: True shows progress on stderr.

    Returns:
        The trace; it prints a summary, and ``plot()`` draws it.

    Raises:
        SpecError: spikes or names that do not fit the network.
        BackendUnavailable: the backend is not installed.

    Example:
        >>> trace = lava_ahp.simulate("mine.net", spikes, rasters=None)  # doctest: +SKIP
    """
    net = netx.as_network(network)
    engine = backends.get(backend)
    events = as_events(spikes, net.input.size, steps)
    with reporter(progress).counting(backend, len(events)) as advance:
        return engine(
            net,
            events,
            readout_steps=readout_steps,
            rasters=net.names if rasters is None else rasters,
            states=net.names if states is None else states,
            progress=advance,
        )
