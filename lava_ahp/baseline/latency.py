"""Latency and energy of a model over batch sizes, each measured for some seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch

from lava_ahp.baseline.meters import Meter
from lava_ahp.profiler.measurement import BaselineRow

#: Default batch sizes: 1, 2, 4 up to 1024.
BATCHES = tuple(2**k for k in range(11))
#: Minimum warm-up, in seconds and in runs.  A GPU's clock and cuDNN's choice of kernels settle during it.
_WARM_S, _WARM_RUNS = 0.5, 3


def measure_model(
    model: torch.nn.Module,
    x: torch.Tensor,
    *,
    meter: Meter,
    batches: Sequence[int] = BATCHES,
    seconds: float = 2.0,
    say: Callable[[str], None] | None = None,
) -> list[BaselineRow]:
    """Run batch after batch for some seconds at each size.

    Inputs are on the device beforehand, so the time excludes their transfer, which favours the GPU.  A batch is done
    when the device has finished it.  Loops take seconds because NVML updates its counter every 20 to 100 ms.  Idle
    power is measured for as many seconds before the first run.

    Args:
        model: on its device, in evaluation mode.
        x: samples in the model's input format, sample by sample; repeated to fill a batch.
        meter: energy counter of the device.
        batches: batch sizes, 1 or more each.
        seconds: minimum time at each size.
        say: called with one line per size.

    Returns:
        One row per batch size, with the energy per sample in J, or None where the meter has none.
    """
    device = next(model.parameters()).device
    idle_w = _idle(meter, seconds)
    rows = []
    with torch.inference_mode():
        for batch in batches:
            repeated = x.repeat(-(-batch // len(x)), 1, 1)[:batch].to(device)
            _loop(model, repeated, _WARM_S, least=_WARM_RUNS)
            meter.start()
            elapsed, repeats = _loop(model, repeated, seconds, least=1)
            joules = meter.stop()
            how = "the energy counter did not change: take more seconds" if joules == 0 else meter.method
            row = BaselineRow(
                batch=batch,
                latency_s=elapsed / repeats,
                energy_j=joules / repeats / batch if joules else None,
                idle_w=idle_w,
                method=f"{repeats} batches in {elapsed:.2f} s after warm-up; {how}",
                repeats=repeats,
            )
            rows.append(row)
            if say is not None:
                energy = "energy not measured" if row.energy_j is None else f"{row.energy_j:.3g} J per sample"
                say(f"LSTM on {device}, batch {batch}: {1e3 * row.latency_s:.3g} ms, {energy}")
    return rows


def _idle(meter: Meter, seconds: float) -> float | None:
    start = time.perf_counter()
    meter.start()
    time.sleep(seconds)
    joules = meter.stop()
    return None if joules is None else joules / (time.perf_counter() - start)


def _loop(model: torch.nn.Module, x: torch.Tensor, seconds: float, least: int) -> tuple[float, int]:
    """Elapsed seconds and number of runs."""
    _wait(x)
    start, runs = time.perf_counter(), 0
    while runs < least or time.perf_counter() - start < seconds:
        model(x)
        # Without this, runs would queue up on the device.
        _wait(x)
        runs += 1
    return time.perf_counter() - start, runs


def _wait(x: torch.Tensor) -> None:
    if x.is_cuda:
        torch.cuda.synchronize(x.device)
