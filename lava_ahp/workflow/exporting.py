"""Export a trained run as a network file that carries its own proof."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp import files, netx
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Golden, Network, concatenate, fingerprints
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.encoding import Batch, encode
from lava_ahp.workflow.planning import task_of_run
from lava_ahp.workflow.run_lock import writing
from lava_ahp.workflow.runs import TESTED, Run, write_manifest
from lava_ahp.workflow.versions import versions

if TYPE_CHECKING:
    from lava_ahp.models import Model
    from lava_ahp.tasks import Task

#: Samples of the test split that a file carries, besides one made to reach every synapse.
GOLDEN_SAMPLES = 1


@dataclass(frozen=True, eq=False)
class Exportable:
    """A trained model and the network that it became.

    Attributes:
        model: the best weights of a run.
        network: what a chip runs.
    """

    model: Model
    network: Network

    def forward(self, events: Events, labels: npt.NDArray[np.int64] | None = None) -> Golden:
        """Record the training forward pass for some spikes; labels are kept with the record."""
        from lava_ahp import training

        return training.golden(self.model, events, labels)


def load_for_export(run: Run, task: Task) -> Exportable:
    """The trained model of a run and its network.

    Raises:
        DataError: the folder holds no trained model, or one that no chip can run.
    """
    if not run.model.is_file():
        raise DataError(f"{run.folder}: holds no {run.model.name}; train first (lava-ahp train --out {run.folder})")
    from lava_ahp import training

    model = training.load_model(run.folder)
    try:
        network = model.network(task=task.describe(), provenance=_provenance(run))
    except DataError as error:
        raise DataError(f"{run.folder}: {error}") from None
    return Exportable(model, network)


def export(
    run: Run | str | os.PathLike[str],
    path: str | os.PathLike[str] | None = None,
    *,
    data: str | os.PathLike[str] | None = None,
    command: str | None = None,
) -> Network:
    """Write the best network of a run as NetX HDF5, with golden samples inside and a manifest beside it.

    Args:
        run: a trained run or its folder.
        path: the file to write; by default ``network.net`` in the run folder.
        data: directory or file of the task's data, where the run was not trained in this program.
        command: for the manifest; by default this call.

    Returns:
        The network.

    Raises:
        DataError: the folder holds no trained model, or the data do not fit it; ``path`` is another file of the run, or
            another process writes the folder.
        NetFormatError: the file cannot be written; an older one is unchanged.

    Example:
        >>> lava_ahp.export("runs/digits", "digits.net")  # doctest: +SKIP
    """
    run = Run.at(run)
    out = run.network if path is None else Path(path)
    command = command or as_typed("export", run.folder, path, data=data)
    files.check_outputs({"out": out, "manifest of out": manifest_of(out)}, [data, *run.files])
    task = task_of_run(run, data)
    found = load_for_export(run, task)
    split = "test" if task.size("test") else "validation"
    inside = os.path.realpath(out.parent) == os.path.realpath(run.folder)
    with writing(run, command) if inside else nullcontext():
        write_network(found, encode(task, split, min(GOLDEN_SAMPLES, task.size(split))), out)
        describe(run, out, command=command)
    return found.network


def manifest_of(out: Path) -> Path:
    """Where the manifest of an exported network is written."""
    return out.with_suffix(".manifest.json")


def write_network(found: Exportable, batch: Batch, out: Path) -> None:
    """Write a network with golden samples: the first of a batch, and one made to reach as many synapses as possible.

    Args:
        found: what to write.
        batch: encoded test samples.
        out: the file.
    """
    real = batch.part(0, min(GOLDEN_SAMPLES, len(batch)))
    events = concatenate([real.events, found.model.covering(found.network)])
    golden = found.forward(events, np.concatenate([batch.task.target.marks(real.labels), [-1]]))
    golden = replace(golden, fingerprints=fingerprints(found.network), task=found.network.task)
    netx.write(found.network, out, golden=golden)


def describe(run: Run, out: Path, *, command: str) -> None:
    """Write the manifest of an exported network: how it was trained, exported and, if known, tested.

    Args:
        run: the run that it comes from.
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
    write_manifest(manifest_of(out), out, values)


def _provenance(run: Run) -> dict[str, Any]:
    metrics = run.read_metrics()
    keys = ("started_from", "seed", "best_epoch", "validation_accuracy", "validation_r2")
    return {**{key: metrics[key] for key in keys if metrics.get(key) is not None}, "versions": versions()}


def _test_of(run: Run) -> dict[str, Any]:
    """Result of the last test of a run; empty if the run has been trained further since."""
    kept = (*TESTED, "firing_rate", "synapses", "proof")
    return {key: value for key, value in run.tested().items() if key in kept}
