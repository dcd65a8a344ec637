"""Networks of AHP neurons for time series as scikit-learn estimators: a classifier and a regressor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lava_ahp import backends, tasks
from lava_ahp.errors import DataError
from lava_ahp.network import Events, Network, mean_voltages
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.targets import Value
from lava_ahp.tasks import Task
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.deployment import Deployment, deploy_run, engine_for
from lava_ahp.workflow.encoding import warn_of_misfit
from lava_ahp.workflow.exporting import load_for_export
from lava_ahp.workflow.profiling import DEFAULT_HARDWARE, Chip, load_chips
from lava_ahp.workflow.run_lock import writing
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.training_run import Device, train


class _SeriesEstimator(BaseEstimator):  # type: ignore[misc]
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
        signals = _with_channels(x)
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
            _with_channels(x),
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


class Classifier(ClassifierMixin, _SeriesEstimator):  # type: ignore[misc]
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
        self._train(task, random)
        return self

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
        return mean_voltages(self._readout(X)[0])

    def _labels(self, y: npt.NDArray[Any]) -> list[str]:
        names = dict(zip(self.classes_.tolist(), self.task_["class_names"], strict=True))
        return [names[label] for label in y.tolist()]


class Regressor(RegressorMixin, _SeriesEstimator):  # type: ignore[misc]
    """A recurrent network of AHP neurons that predicts values of time series, trained in the integers of the chip.

    A value is the mean voltage of a readout over the last steps, scaled to the unit of ``y``.  Predictions come from
    the exported 8-bit network in the simulator, bit for bit as a chip would give them.

    Args:
        epochs: as in :class:`Classifier`, and so are the others.
        hidden: neurons of each recurrent layer; None for the default.
        settings: any other settings.
        validation_share: share of the samples of ``fit`` on which the best epoch is chosen.
        random_state: seed of the weights, the order of the samples and the validation samples.
        device: where to train; ``auto`` takes a GPU if there is one.
        progress: True shows progress on stderr.

    Attributes:
        n_features_in_: steps of every series.
        network_: the trained network, as :func:`lava_ahp.export` writes it.
        task_: encoder, readout steps, and offset and scale of the values.

    Example:
        >>> lava_ahp.Regressor(epochs=60).fit(x, y).score(x_test, y_test)  # R2  # doctest: +SKIP
    """

    _of_labels: ClassVar[Mapping[str, bool]] = {"y_numeric": True, "multi_output": True}

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike) -> Regressor:
        """Train.

        Args:
            X: series of one length, ``(sample, time, channel)``, or ``(sample, time)`` for one channel.
            y: numbers, ``(sample,)`` or ``(sample, value)``.

        Raises:
            ValueError: series or values that cannot be used.
        """
        x, y = validate_data(self, X, y, allow_nd=True, dtype="numeric", ensure_min_samples=2, **self._of_labels)
        random = check_random_state(self.random_state)
        alike = np.zeros(len(x), dtype=np.int64)
        task = tasks.from_arrays(
            _with_channels(x), y, split=_split(alike, self.validation_share, random), target=Value.kind
        )
        self._flat = np.ndim(y) == 1
        self._train(task, random)
        return self

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The values, ``(sample,)`` or ``(sample, value)`` as ``y`` was."""
        readout, steps = self._readout(X)
        found = tasks.Described.read(self.task_).target.answers(readout, steps)
        return np.asarray(found[:, 0] if self._flat else found)


def _with_channels(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return x[..., None] if x.ndim == 2 else x


def _split(labels: npt.NDArray[np.int64], share: float, random: np.random.RandomState) -> npt.NDArray[np.str_]:
    """``train`` or ``validation`` for every sample; at least one of each class to train on, and one to validate."""
    split = np.full(len(labels), "train", dtype="<U10")
    for label in range(int(labels.max()) + 1):
        members = random.permutation(np.flatnonzero(labels == label))
        split[members[: min(len(members) - 1, max(1, round(share * len(members))))]] = "validation"
    return split
