"""A scikit-learn classifier of time series."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from lava_ahp import tasks
from lava_ahp.network import mean_voltages
from lava_ahp.workflow.estimators.series import SeriesEstimator, split_for_validation, with_channels


class Classifier(ClassifierMixin, SeriesEstimator):  # type: ignore[misc]
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
            with_channels(x),
            labels.astype(np.int64),
            split=split_for_validation(labels, self.validation_share, random),
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
