"""What lies where in a run folder, and the manifest beside every trained file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lava_ahp import files


@dataclass(frozen=True)
class Run:
    """The files of a run folder."""

    folder: Path

    @property
    def config(self) -> Path:
        """What was asked for, complete with defaults."""
        return self.folder / "config.toml"

    @property
    def task(self) -> Path:
        """Code and classes that it is trained in, as the network file will describe them."""
        return self.folder / "task.json"

    @property
    def model(self) -> Path:
        """Weights of the best epoch so far."""
        return self.folder / "model.safetensors"

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
        """The page for people."""
        return self.folder / "report.html"

    @property
    def profile(self) -> Path:
        """Energy and latency on chips, as ``profile --json`` gives them."""
        return self.folder / "profile.json"

    @property
    def profile_page(self) -> Path:
        """The same for people."""
        return self.folder / "profile.html"

    @property
    def manifest(self) -> Path:
        """How the files came to be."""
        return self.folder / "manifest.json"

    def read_metrics(self) -> dict[str, Any]:
        """What ``metrics.json`` holds so far; empty where there is none.

        Raises:
            DataError: a file that is not JSON.
        """
        return files.read_json(self.metrics)

    def read_task(self) -> dict[str, Any] | None:
        """What ``task.json`` holds; None where there is none.

        Raises:
            DataError: a file that is not JSON.
        """
        return files.read_json(self.task) or None

    def tested(self) -> dict[str, Any]:
        """Metrics, if the weights at hand are those that the last test was made with; else nothing."""
        metrics = self.read_metrics()
        return metrics if self.model.is_file() and metrics.get("tested_weights") == sha256(self.model) else {}

    def add_metrics(self, values: Mapping[str, Any]) -> None:
        """Add to ``metrics.json``."""
        files.add_json(self.metrics, values)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def write_manifest(path: Path, of: Path, values: Mapping[str, Any]) -> None:
    """Write a manifest: what is given, and name and SHA-256 of the file that it is for."""
    files.write_json(path, {"file": of.name, "sha256": sha256(of), **values})
