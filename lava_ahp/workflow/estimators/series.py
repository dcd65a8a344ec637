"""What the estimators share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from lava_ahp import backends, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Network
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.tasks import Task
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.deployment import Deployment, deploy_run, engine_for
from lava_ahp.workflow.encoding import warn_of_misfit
from lava_ahp.workflow.exporting import load_for_export
from lava_ahp.workflow.profiling import DEFAULT_HARDWARE, Chip, load_chips
from lava_ahp.workflow.run_lock import writing
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.training_run import Device, train


class SeriesEstimator(BaseEstimator):  # type: ignore[misc]
    """What the estimators share: settings, training, the exported network, and its deployment."""

    def __init__(
        self,
        *,
        epochs: int | None = None,
        hidden: Sequence[int] | None = None,
        settings: Mapping[str, Any] | None = None,
        validation_share: float = 0.15,
        random_state: int | np.random.RandomState | None = 0,
        device: Device = "auto",
        progress: bool = False,
    ) -> None:
        self.epochs = epochs
        self.hidden = hidden
        self.settings = settings
        self.validation_share = validation_share
        self.random_state = random_state
        self.device = device
        self.progress = progress

    def _train(self, task: Task, random: np.random.RandomState) -> None:
        with tempfile.TemporaryDirectory(prefix="lava-ahp-") as folder:
            run = train(
                task,
                out=folder,
                settings={**self._settings(), "training.seed": int(random.randint(2**31))},
                device=self.device,
                command=as_typed(type(self).__name__, **self.get_params(deep=False)),
                progress=self.progress,
            )
            self.network_: Network = load_for_export(run, task).network
            # The run folder goes with the estimator, so that it can be pickled, and deployed later.
            self.run_files_ = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}
        self.task_: dict[str, Any] = task.describe()

    def _settings(self) -> dict[str, Any]:
        given = {"training.epochs": self.epochs, "model.hidden": None if self.hidden is None else list(self.hidden)}
        return {**{key: value for key, value in given.items() if value is not None}, **(self.settings or {})}

    def _readout(self, X: npt.ArrayLike) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Readout voltages of the readout steps, and the steps of every sample."""
        events = self._encode(X)
        trace = backends.get("fast")(self.network_, events, readout_steps=int(self.task_["window"]))
        return trace.readout, trace.steps

    def _encode(self, X: npt.ArrayLike) -> Events:
        check_is_fitted(self)
        x = validate_data(self, X, allow_nd=True, dtype="numeric", reset=False)
        encoder = tasks.Described.read(self.task_).encoder
        assert encoder is not None
        signals = with_channels(x)
        warn_of_misfit(encoder, signals, "samples of X")
        return encoder.encode(signals)

    def _labels(self, y: npt.NDArray[Any]) -> Any:
        """Labels as the network's task has them."""
        return y

    def deploy_(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        out: str | os.PathLike[str],
        backend: str | None = None,
        samples: int = 30,
        hardware: Sequence[Chip] = DEFAULT_HARDWARE,
        progress: bool | Reporter = False,
    ) -> Deployment:
        """Export the trained network, run held-out samples, prove some in Lava, and write a report.

        Args:
            X: held-out series, as in :meth:`fit`.
            y: their labels.
            out: the run folder to write.
            backend: where the proof runs; None for Lava, or for the simulator if Lava is not installed.
            samples: how many samples are proved.
            hardware: chips to estimate energy and latency on.
            progress: True shows progress on stderr.

        Raises:
            DataError: the folder holds another trained run, or another process writes it.
        """
        check_is_fitted(self)
        x, checked = validate_data(self, X, y, allow_nd=True, dtype="numeric", reset=False, **self._of_labels)
        task = tasks.from_arrays(
            with_channels(x),
            self._labels(checked),
            split=["test"] * len(checked),
            described=tasks.Described.read(self.task_),
        )
        engine_for(backend)
        command = as_typed(f"{type(self).__name__}.deploy_", X, y, out=out)
        with writing(Run(Path(out)), command):
            return deploy_run(
                self._run(Path(out), task),
                backend=backend,
                samples=samples,
                hardware=load_chips(hardware),
                command=command,
                report=reporter(progress),
            )

    #: How scikit-learn checks labels.
    _of_labels: ClassVar[Mapping[str, bool]] = {}

    def _run(self, folder: Path, task: Task) -> Run:
        run = Run(folder, task)
        if run.model.is_file() and run.model.read_bytes() != self.run_files_[run.model.name]:
            raise DataError(f"{folder}: already holds another trained run; choose another folder")
        for name, content in self.run_files_.items():
            (folder / name).write_bytes(content)
        return run

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def with_channels(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Series ``(sample, time, channel)``, also from those of one channel, ``(sample, time)``."""
    return x[..., None] if x.ndim == 2 else x


def split_for_validation(
    labels: npt.NDArray[np.int64], share: float, random: np.random.RandomState
) -> npt.NDArray[np.str_]:
    """``train`` or ``validation`` for every sample; at least one of each class to train on, and one to validate."""
    split = np.full(len(labels), "train", dtype="<U10")
    for label in range(int(labels.max()) + 1):
        members = random.permutation(np.flatnonzero(labels == label))
        split[members[: min(len(members) - 1, max(1, round(share * len(members))))]] = "validation"
    return split
