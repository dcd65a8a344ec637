"""The AHP classifier as a scikit-learn estimator."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lava_ahp import backends, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Network, mean_voltages
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


class Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A recurrent network of AHP neurons that classifies time series, trained in the integers of the chip.

    Predictions come from the exported 8-bit network in the simulator, bit for bit as a chip would give them.

    Args:
        epochs: passes over the training samples; None for the default of time series.
        hidden: neurons of each recurrent layer; None for the default.
        settings: any other settings, ``{"model.ahp_tau": [16, 300]}``.
        validation_share: share of the samples of ``fit`` on which the best epoch is chosen.
        random_state: seed of the weights, the order of the samples and the validation samples.
        device: where to train; ``auto`` takes a GPU if there is one.
        progress: True shows progress on stderr.

    Attributes:
        classes_: the classes, sorted.
        n_features_in_: steps of every series.
        network_: the trained network, as :func:`lava_ahp.export` writes it.
        task_: encoder, readout steps and classes.

    Example:
        >>> lava_ahp.Classifier(epochs=60).fit(x, y).score(x_test, y_test)  # doctest: +SKIP
    """

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

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Classifier:
        """Train.

        Args:
            X: series of one length, ``(sample, time, channel)``, or ``(sample, time)`` for one channel.
            y: class of every sample, ``(sample,)``.

        Raises:
            ValueError: series or classes that cannot be used.
        """
        x, y = validate_data(self, X, y, allow_nd=True, dtype="numeric", ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y: found one class, {self.classes_[0]!r}; allowed two or more")
        random = check_random_state(self.random_state)
        task = tasks.from_arrays(
            _with_channels(x),
            labels.astype(np.int64),
            split=_split(labels, self.validation_share, random),
            class_names=[str(name) for name in self.classes_.tolist()],
        )
        with tempfile.TemporaryDirectory(prefix="lava-ahp-") as folder:
            run = train(
                task,
                out=folder,
                settings={**self._settings(), "training.seed": int(random.randint(2**31))},
                device=self.device,
                command=as_typed("Classifier", **self.get_params(deep=False)),
                progress=self.progress,
            )
            self.network_: Network = load_for_export(run, task).network
            # The run folder goes with the estimator, so that it can be pickled, and deployed later.
            self.run_files_ = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path.is_file()}
        self.task_: dict[str, Any] = task.describe()
        return self

    def _settings(self) -> dict[str, Any]:
        given = {"training.epochs": self.epochs, "model.hidden": None if self.hidden is None else list(self.hidden)}
        return {**{key: value for key, value in given.items() if value is not None}, **(self.settings or {})}

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Mean readout voltage of every class over the readout steps, in thresholds of SLAYER's unit.

        Args:
            X: as in :meth:`fit`.

        Returns:
            ``(sample, class)``; for two classes ``(sample,)``, positive for the second.
        """
        voltages = self._voltages(X)
        return voltages[:, 1] - voltages[:, 0] if len(self.classes_) == 2 else voltages

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Softmax of the mean readout voltages, as in the training loss: ``(sample, class)``."""
        return np.asarray(softmax(self._voltages(X), axis=1))

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """The class with the largest readout, ``(sample,)``."""
        found = self._voltages(X).argmax(axis=1)
        return np.asarray(self.classes_[found])

    def _voltages(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        events = self._encode(X)
        trace = backends.get("fast")(self.network_, events, readout_steps=int(self.task_["window"]))
        return mean_voltages(trace.readout)

    def _encode(self, X: npt.ArrayLike) -> Events:
        check_is_fitted(self)
        x = validate_data(self, X, allow_nd=True, dtype="numeric", reset=False)
        encoder = tasks.Described.read(self.task_).encoder
        assert encoder is not None
        signals = _with_channels(x)
        warn_of_misfit(encoder, signals, "samples of X")
        return encoder.encode(signals)

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
            y: their classes.
            out: the run folder to write.
            backend: where the proof runs; None for Lava, or for the simulator if Lava is not installed.
            samples: how many samples are proved.
            hardware: chips to estimate energy and latency on.
            progress: True shows progress on stderr.

        Raises:
            DataError: the folder holds another trained run, or another process writes it.
        """
        check_is_fitted(self)
        x, checked = validate_data(self, X, y, allow_nd=True, dtype="numeric", reset=False)
        labels = checked.tolist()
        names = dict(zip(self.classes_.tolist(), self.task_["class_names"], strict=True))
        task = tasks.from_arrays(
            _with_channels(x),
            [names[label] for label in labels],
            split=["test"] * len(labels),
            described=tasks.Described.read(self.task_),
        )
        engine_for(backend)
        command = as_typed("Classifier.deploy_", X, y, out=out)
        with writing(Run(Path(out)), command):
            return deploy_run(
                self._run(Path(out), task),
                backend=backend,
                samples=samples,
                hardware=load_chips(hardware),
                command=command,
                report=reporter(progress),
            )

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


def _with_channels(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return x[..., None] if x.ndim == 2 else x


def _split(labels: npt.NDArray[np.int64], share: float, random: np.random.RandomState) -> npt.NDArray[np.str_]:
    """``train`` or ``validation`` for every sample; at least one of each class to train on, and one to validate."""
    split = np.full(len(labels), "train", dtype="<U10")
    for label in range(int(labels.max()) + 1):
        members = random.permutation(np.flatnonzero(labels == label))
        split[members[: min(len(members) - 1, max(1, round(share * len(members))))]] = "validation"
    return split
