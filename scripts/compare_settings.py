"""Train several settings of one task over several seeds, and compare them on the validation split.

A case is a name and its settings, separated by spaces; settings of the task are common to all cases.  Runs that are in
the folder already are not trained again:

    python scripts/compare_settings.py smnist --data MNIST --share 0.1 --set training.epochs=10 \\
        --case "native" --case "paired model.form=paired"
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

import lava_ahp
from lava_ahp import tasks
from lava_ahp.training import TrainConfig


def fewer(task, share):
    """The task with the first ``share`` of its training samples."""
    count = round(share * len(task.labels["train"]))
    return replace(
        task,
        signals={**task.signals, "train": task.signals["train"][:count]},
        labels={**task.labels, "train": task.labels["train"][:count]},
    )


def trained(task, out, settings):
    """Accuracy and firing rate in per cent, synaptic operations, and seconds of training of a finished run."""
    lava_ahp.train(task, out=out, settings=settings, resume=out.is_dir(), device="cpu")
    figures = json.loads((out / "metrics.json").read_text())
    return 100 * figures["validation_accuracy"], 100 * figures["rate"], figures["synops"], figures["training_seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--share", type=float, default=1.0, help="part of the training samples")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--set", dest="settings", action="append", default=[], help="a setting of all cases")
    parser.add_argument("--case", dest="cases", action="append", required=True, help="NAME SETTING SETTING ...")
    parser.add_argument("--out", type=Path, default=Path("runs/compared"))
    given = parser.parse_args()
    of_task = TrainConfig.make(given.task, model=tasks.model_for(given.task, None), overrides=given.settings).task
    task = fewer(tasks.load_task(given.task, given.data, settings=of_task.settings), given.share)
    print(f"{given.task}, {len(task.labels['train'])} training samples, {' '.join(given.settings)}")
    print("| case | validation accuracy, by seed | mean | firing rate | synaptic operations | seconds |")
    print("|---|---|---|---|---|---|")
    for case in given.cases:
        name, *own = case.split()
        runs = [
            trained(task, given.out / f"{name}-{seed}", [*given.settings, *own, f"training.seed={seed}"])
            for seed in given.seeds
        ]
        by_seed = ", ".join(f"{accuracy:.2f}" for accuracy, *_ in runs)
        accuracy, rate, synops, seconds = np.mean(runs, axis=0)
        print(f"| {name} | {by_seed} | {accuracy:.2f} | {rate:.1f} % | {synops:,.0f} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
