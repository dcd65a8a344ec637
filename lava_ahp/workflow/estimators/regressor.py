"""A scikit-learn regressor of values of time series."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from sklearn.base import RegressorMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.validation import validate_data

from lava_ahp import tasks
from lava_ahp.targets import Value
from lava_ahp.workflow.estimators.series import SeriesEstimator, split_for_validation, with_channels


class Regressor(RegressorMixin, SeriesEstimator):  # type: ignore[misc]
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
            with_channels(x), y, split=split_for_validation(alike, self.validation_share, random), target=Value.kind
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
