"""A trained run becomes a network file that carries its own proof."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lava_ahp import files, netx, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Golden, Network, concatenate, fingerprints, stimuli
from lava_ahp.workflow.runs import Run, write_manifest
from lava_ahp.workflow.versions import versions

#: Samples of the test split that a file carries, beside one made to reach every synapse.
GOLDEN_SAMPLES = 3


class Forward(Protocol):
    """The training forward of a model: spikes, and labels to keep with them, give the record."""

    def __call__(self, events: Events, labels: npt.NDArray[np.int64] | None = None) -> Golden:
        """Run the samples."""


def load_for_export(run: Run, task: tasks.Task) -> tuple[Network, Forward]:
    """The network of a run, and its training forward.

    Raises:
        DataError: a folder without a trained model.
    """
    if not run.model.is_file():
        raise DataError(f"{run.folder}: holds no {run.model.name}; train first (lava-ahp train --out {run.folder})")
    from lava_ahp import training
    from lava_ahp.models import AHPClassifier, to_network

    model = training.load_model(run.folder)
    if not isinstance(model, AHPClassifier):
        raise DataError(f"{run.folder}: holds an LSTM, which no chip runs; export an AHP network")
    network = to_network(model, task=task.describe(), provenance=_provenance(run))

    def forward(events: Events, labels: npt.NDArray[np.int64] | None = None) -> Golden:
        return training.golden(model, events, labels)

    return network, forward


def export(run: Run, task: tasks.Task, out: Path, *, command: str) -> Network:
    """Write the network of a run with golden samples, and its manifest beside it.

    Args:
        run: a trained run.
        task: what it was trained for.
        out: the file to write.
        command: what the user typed, for the manifest.

    Raises:
        DataError: a folder without a trained model.
        OSError: the file cannot be written; an older one is then as it was.
    """
    network, forward = load_for_export(run, task)
    real = task.split("test", np.arange(min(GOLDEN_SAMPLES, task.size("test"))))
    events = concatenate([real.events, stimuli.covering(network)])
    labels = np.concatenate([real.labels, [-1]])
    golden = replace(forward(events, labels), fingerprints=fingerprints(network))
    netx.write(network, out, golden=golden)
    describe(run, out, command=command)
    return network


def describe(run: Run, out: Path, *, command: str) -> None:
    """Write the manifest of an exported network: how it was trained, exported and, where that is known, tested.

    Args:
        run: that it comes from.
        out: the network file.
        command: what the user typed.
    """
    from lava_ahp import training

    trained = files.read_json(run.manifest)
    values = {
        "command": command,
        "trained_by": trained.get("command"),
        "config": training.TrainConfig.read(run.config).model_dump(mode="json"),
        **_provenance(run),
        **_test_of(run),
    }
    write_manifest(out.with_suffix(".manifest.json"), out, values)


def _provenance(run: Run) -> dict[str, Any]:
    metrics = run.read_metrics()
    keys = ("started_from", "seed", "best_epoch", "validation_accuracy")
    return {**{key: metrics[key] for key in keys if metrics.get(key) is not None}, "versions": versions()}


def _test_of(run: Run) -> dict[str, Any]:
    """What the last test of a run found, unless the run has been trained further since."""
    kept = ("test_accuracy", "test_samples", "firing_rate", "synapses", "proof")
    return {key: value for key, value in run.tested().items() if key in kept}
