"""A run folder: what a training leaves behind, file by file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lava_ahp import files, netx
from lava_ahp.errors import DataError
from lava_ahp.network import Network

if TYPE_CHECKING:
    from lava_ahp.tasks import Task


#: Main results of a test, which manifests keep.
TESTED = ("test_accuracy", "test_r2", "test_rmse", "test_mae", "test_samples")


@dataclass(frozen=True, repr=False)
class Run:
    """A run folder and the paths of its files.

    Attributes:
        folder: the folder.
        data: the task with its data, where the run was trained in this program; None when the folder is opened later.
    """

    folder: Path
    data: Task | None = field(default=None, compare=False)

    @classmethod
    def at(cls, run: Run | str | os.PathLike[str]) -> Run:
        """A run from its folder; a run is returned as it is."""
        return run if isinstance(run, Run) else cls(Path(run))

    @property
    def config(self) -> Path:
        """The complete configuration, defaults included."""
        return self.folder / "config.toml"

    @property
    def task(self) -> Path:
        """Encoder, readout steps and classes, as the network file describes them."""
        return self.folder / "task.json"

    @property
    def model(self) -> Path:
        """Weights of the best epoch so far."""
        return self.folder / "model.safetensors"

    @property
    def last_model(self) -> Path:
        """Weights of the last epoch."""
        return self.folder / "last.safetensors"

    @property
    def state(self) -> Path:
        """The state of the optimiser, from which training resumes."""
        return self.folder / "resume.ckpt"

    @property
    def network(self) -> Path:
        """The exported network."""
        return self.folder / "network.net"

    @property
    def history(self) -> Path:
        """One row per epoch."""
        return self.folder / "history.csv"

    @property
    def metrics(self) -> Path:
        """Accuracies and counts."""
        return self.folder / "metrics.json"

    @property
    def report(self) -> Path:
        """The report as a page."""
        return self.folder / "report.html"

    @property
    def profile(self) -> Path:
        """Energy and latency on chips, as ``profile --json`` gives them."""
        return self.folder / "profile.json"

    @property
    def profile_page(self) -> Path:
        """Energy and latency on chips, as a page."""
        return self.folder / "profile.html"

    @property
    def checksums(self) -> Path:
        """SHA-256 of the weights and of the state."""
        return self.folder / "checksums.json"

    @property
    def manifest(self) -> Path:
        """How the weights were made."""
        return self.folder / "manifest.json"

    @property
    def files(self) -> tuple[Path, ...]:
        """Everything that training and deployment write, except the exported network and the curves."""
        kept = (self.config, self.task, self.model, self.last_model, self.state, self.history, self.metrics,
                self.checksums, self.manifest, self.lock)  # fmt: skip
        return (*kept, *self.pages)

    @property
    def pages(self) -> tuple[Path, ...]:
        """Reports, which can be made again from the other files."""
        return (self.report, self.profile, self.profile_page)

    @property
    def lock(self) -> Path:
        """Held while a process writes the folder; see :mod:`lava_ahp.workflow.run_lock`."""
        return self.folder / ".lock"

    def read_metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` holds so far; empty if there is none.

        Raises:
            DataError: the file is not JSON.
        """
        return files.read_json(self.metrics)

    def read_task(self) -> dict[str, Any] | None:
        """What ``task.json`` holds; None if there is none.

        Raises:
            DataError: the file is not JSON.
        """
        return files.read_json(self.task) or None

    def tested(self) -> dict[str, Any]:
        """The metrics, if the last test was made with the present weights; empty otherwise."""
        metrics = self.read_metrics()
        return metrics if self.model.is_file() and metrics.get("tested_weights") == files.sha256(self.model) else {}

    def add_metrics(self, values: Mapping[str, Any]) -> None:
        """Add to ``metrics.json``."""
        files.add_json(self.metrics, values)

    @property
    def is_main(self) -> bool:
        """Whether this process speaks for the run; of several training processes only one does."""
        from lava_ahp.training import is_main

        return is_main()

    def __repr__(self) -> str:
        metrics = self.read_metrics()
        if "best_epoch" not in metrics:
            return f"Run({str(self.folder)!r}: not trained yet)"
        best = f"{score_of(metrics, 'validation')} in epoch {metrics['best_epoch']}"
        return f"Run({str(self.folder)!r}: {metrics['task']}, {best} of {metrics['epochs']})"


def score_of(metrics: Mapping[str, Any], split: str) -> str | None:
    """The score of a split in ``metrics.json`` as a text; None without one."""
    if (share := metrics.get(f"{split}_accuracy")) is not None:
        return f"{split} accuracy {100 * share:.2f} %"
    r2 = metrics.get(f"{split}_r2")
    return None if r2 is None else f"{split} R2 {r2:.4f}"


def open_network(source: Network | Run | str | os.PathLike[str]) -> Network:
    """A network given as such, or read from its file, or from the run or run folder that holds one.

    Raises:
        DataError: a folder without an exported network.
        NetFormatError: not a network file.
        SpecError: neither a network, a run nor a path.
    """
    if not isinstance(source, Run) and not (isinstance(source, (str, os.PathLike)) and Path(source).is_dir()):
        return netx.as_network(source)
    run = Run.at(source)
    if not run.network.is_file():
        raise DataError(f"{run.folder}: holds no {run.network.name}; export it first (lava-ahp export {run.folder})")
    return netx.read(run.network)


def file_of(source: Network | Run | str | os.PathLike[str]) -> Path | None:
    """The file of a network that :func:`open_network` takes; None for one that is given as such."""
    if isinstance(source, Network):
        return None
    return Run.at(source).network if isinstance(source, Run) or Path(source).is_dir() else Path(source)


def write_manifest(path: Path, of: Path, values: Mapping[str, Any]) -> None:
    """Write the manifest of a file: its name, its SHA-256 and the given values."""
    files.write_json(path, {"file": of.name, "sha256": files.sha256(of), **values})
