"""The command: run the bundle's samples, compare every output, measure, and write ``measurement.json``.

Exit codes: 0 equal to what was expected; 1 different; 2 wrong use; 3 no chip.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from . import compare, lags, probes, report, vendor
from .build import Lags, build
from .device import Chip, Device, Simulation, running
from .plan import Plan
from .samples import Golden, Inputs

#: Checksums of all other files of a bundle.
SUMS = "SHA256SUMS"


def main(folder: Path, arguments: Sequence[str] | None = None) -> int:
    """Run the bundle in a folder, and return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        device: Device = Simulation() if options.sim else Chip(vendor.connect(options.partition, options.board))
    except vendor.Missing as error:
        print(f"run.py: {error}\npython run.py --sim runs the same in Lava's simulation", file=sys.stderr)
        return 3
    changed = changed_files(folder)
    for name in changed:
        print(f"run.py: {name} has changed since the bundle was made", file=sys.stderr)
    with h5py.File(folder / "network.h5", "r") as file:
        plan, about = Plan.read(file), {key: str(file.attrs[key]) for key in ("network", "task", "made")}
    with h5py.File(folder / "inputs.h5", "r") as file:
        inputs = Inputs.read(file)
    with h5py.File(folder / "golden.h5", "r") as file:
        golden = Golden.read(file)
    samples = min(options.samples or len(inputs), len(inputs))
    print(f"device       {device.name}")
    found = lags.measure(device)
    print(f"lags         input {found.input}, spikes {found.spikes}, states {found.states} steps")
    difference, predictions = run(plan, inputs, golden, device, found, samples)
    accuracy = _accuracy(golden, predictions)
    equal = difference is None and not changed
    print(f"outputs      {f'DIFFERENT: {difference}' if difference else f'equal in all {len(predictions)} samples'}")
    if accuracy is not None:
        print(f"accuracy     {100 * accuracy['value']:.2f} % of {accuracy['samples']} samples")
    result = _measure(plan, inputs, device, found, samples, about, accuracy, equal)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"written      {options.out}")
    return 0 if equal else 1


def run(
    plan: Plan, inputs: Inputs, golden: Golden, device: Device, found: Lags, samples: int
) -> tuple[compare.Difference | None, list[int]]:
    """Run samples back to back up to the first that differs.

    Returns:
        The first difference, and the class of every sample that ran, which tells nothing if there is no window.
    """
    reads = {part.name: ("v",) for part in plan.parts(plan.output)}
    built = build(plan, inputs.timeline(plan, samples), device, found, reads=reads)
    predictions = []
    with running(built.source, device.config()) as go:
        for sample in range(samples):
            go(built.steps(sample))
            steps, record = int(inputs.steps[sample]), built.record(sample)
            voltage = compare.readout(plan, record, steps)[-golden.window :]
            predictions.append(int(voltage.sum(axis=0, dtype=np.int64).argmax()))
            difference = compare.first_difference(plan, golden, record, sample, steps)
            if difference is not None:
                return difference, predictions
            answer = f", class {predictions[-1]}" if golden.window else ""
            print(f"sample {sample:<5} equal: {steps} steps{answer}", flush=True)
    return None, predictions


def changed_files(folder: Path) -> list[str]:
    """Files of the bundle that are missing or have another checksum than when it was made."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    return [name for name, digest in sums.items() if _sha256(folder / name) != digest]


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _accuracy(golden: Golden, predictions: list[int]) -> dict[str, Any] | None:
    labels = golden.labels[: len(predictions)]
    known = labels >= 0
    if not known.any():
        return None
    return {"value": float(np.mean((np.array(predictions) == labels)[known])), "samples": int(known.sum())}


def _measure(
    plan: Plan, inputs: Inputs, device: Device, found: Lags, samples: int, about: dict[str, str],
    accuracy: dict[str, Any] | None, equal: bool,
) -> dict[str, Any]:  # fmt: skip
    """What ``measurement.json`` holds."""
    if device.simulated:
        print("probes       none: a simulation measures no chip")
        return report.unmeasured(device, about, equal)
    try:
        power = probes.measure(plan, inputs.timeline(plan, samples), device, found)
    except Exception as error:  # whatever the probes of this system raise, the comparison counts
        print(f"probes       FAILED: {type(error).__name__}: {error}")
        return report.unmeasured(device, about, equal)
    print(f"time         {1e6 * power.step_time_s:.3f} us per step, {plan.interval} steps per sample")
    print(f"power        {power.static_w:.4f} W static, {power.dynamic_w:.4f} W dynamic")
    print(f"energy       the probe's unit is {power.energy_unit}, by power times time")
    return report.measured(plan, device, about, accuracy, equal, found, power)


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"found {value}, allowed 1 or more")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--sim", action="store_true", help="run in Lava's simulation instead, without probes")
    parser.add_argument("--samples", type=_count, metavar="N", help="run only the first N samples")
    parser.add_argument("--partition", help="SLURM partition; by default $PARTITION")
    parser.add_argument("--board", help="SLURM node of the board; by default $BOARD")
    parser.add_argument("-o", "--out", type=Path, default=Path("measurement.json"), help="file to write")
    return parser
