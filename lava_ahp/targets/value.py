"""One or more values for every sample: each the mean voltage of a readout over the last steps, in the user's unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, shorten
from lava_ahp.network import SLAYER_UNIT
from lava_ahp.targets.base import Array, Scores, Sums, Target, Terms

if TYPE_CHECKING:
    from torch import Tensor

#: Mean readout voltage, in SLAYER's unit, of a value one standard deviation above the mean of the training split.
VOLTAGE = 4.0
MAX_VALUES = 1000
#: Values of a sample that are told in a text.
_TOLD = 3


@dataclass(frozen=True, eq=False)
class ValueScores(Scores):
    """Errors of predicted values, and those of predicting the mean of the training split.

    Over several values, the single figures are means over them, as in scikit-learn's ``uniform_average``.

    Attributes:
        labels: true values, ``float64 (sample, value)``.
        predictions: predicted values, ``float64 (sample, value)``.
        names: one for each value.
        mean: the mean of the training split, ``float64 (value,)``.
    """

    labels: npt.NDArray[np.float64]
    predictions: npt.NDArray[np.float64]
    names: Sequence[str]
    mean: npt.NDArray[np.float64]

    label = "R2"

    def rows(self) -> list[dict[str, Any]]:
        """Errors of every value: root mean square, mean absolute value, and R2, None where the labels do not vary."""
        rows = []
        for k, name in enumerate(self.names):
            truth = self.labels[:, k]
            of_mean = _errors(truth, np.full_like(truth, self.mean[k]))
            rows.append(
                {
                    "value": name,
                    **_errors(truth, self.predictions[:, k]),
                    **{f"mean_{key}": value for key, value in of_mean.items()},
                }
            )
        return rows

    @property
    def accuracy(self) -> None:
        """None: a value is not right or wrong."""
        return

    @property
    def r2(self) -> float | None:
        """R2, the mean over values; None where the labels of a value do not vary."""
        found: float | None = self.to_json()["r2"]
        return found

    @property
    def main(self) -> str:
        """R2 as a text."""
        return _shown(self.r2)

    def title(self) -> str:
        """R2 with its name."""
        return f"R2 {self.main}"

    def held_out(self) -> str:
        """R2 and number of samples."""
        return f"{self.main} of {len(self.labels)}"

    def summary(self) -> str:
        """All errors, and those of the training mean."""
        own = self.to_json()
        return (
            f"R2 {self.main}, RMSE {own['rmse']:.4g}, MAE {own['mae']:.4g} "
            f"(predicting the training mean: {_shown(own['mean_r2'])}, {own['mean_rmse']:.4g}, {own['mean_mae']:.4g})"
        )

    def short(self) -> str:
        """R2 and the root mean square error."""
        return f"R2 {self.main}, RMSE {self.to_json()['rmse']:.4g}"

    def cards(self) -> list[tuple[str, str, str]]:
        """R2, root mean square error and mean absolute error."""
        own, mean = self.to_json(), "predicting the training mean"
        return [
            ("test R2", self.main, f"{_shown(own['mean_r2'])} {mean}; 8-bit weights"),
            ("test RMSE", f"{own['rmse']:.4g}", f"{own['mean_rmse']:.4g} {mean}"),
            ("test MAE", f"{own['mae']:.4g}", f"{own['mean_mae']:.4g} {mean}"),
        ]

    def to_json(self) -> dict[str, Any]:
        """``rmse``, ``mae``, ``r2``, and the same of predicting the training mean, with ``mean_`` before them."""
        rows = self.rows()
        columns = {key: [row[key] for row in rows] for key in rows[0] if key != "value"}
        return {key: None if None in values else float(np.mean(values)) for key, values in columns.items()}

    def metrics(self) -> dict[str, Any]:
        """The same and the errors of every value."""
        return {**self.to_json(), "samples": len(self.labels), "by_value": self.rows()}

    def examples(self) -> list[tuple[int, str]]:
        """The samples with the smallest and the largest error, in standard deviations over the samples."""
        spread = np.std(self.labels, axis=0)
        error = (np.abs(self.predictions - self.labels) / np.where(spread > 0, spread, 1)).max(axis=1)
        best, worst = int(error.argmin()), int(error.argmax())
        chosen = [("smallest", best), *([("largest", worst)] if worst != best else [])]
        return [(k, f"The {which} error: test sample {{}}, {self._told(k)}") for which, k in chosen]

    def _told(self, sample: int) -> str:
        """True and predicted values of a sample, of the first few."""
        pairs = zip(self.names[:_TOLD], self.labels[sample], self.predictions[sample], strict=False)
        return "; ".join(f"{name} {truth:.4g}, predicted as {found:.4g}" for name, truth, found in pairs)


@dataclass(frozen=True)
class Value(Target):
    """Values: ``offset + scale * voltage``, with the mean voltage of a readout over the last steps in SLAYER's unit.

    Attributes:
        offset: mean of every value in the training split, in the user's unit.
        scale: its standard deviation there, divided by :data:`VOLTAGE`.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    kind = "value"
    answer_name = "values"
    score = "r2"

    def __post_init__(self) -> None:
        for name in ("offset", "scale"):
            numbers = getattr(self, name)
            if not (
                isinstance(numbers, (list, tuple))
                and 1 <= len(numbers) <= MAX_VALUES
                and all(type(x) in (int, float) and abs(x) <= np.finfo(np.float64).max for x in numbers)
            ):
                raise DataError(f"network task target {name}: found {shorten(numbers)}, allowed finite numbers")
            object.__setattr__(self, name, tuple(float(x) for x in numbers))
        if len(self.offset) != len(self.scale) or min(self.scale) <= 0:
            raise DataError(
                f"network task target scale: found {shorten(self.scale)}, allowed {len(self.offset)} numbers above 0"
            )

    @classmethod
    def fit(cls, labels: npt.NDArray[np.float64], where: str) -> Value:
        """Offset and scale from values of the training split.

        Args:
            labels: ``float64 (sample, value)``.
            where: origin of the values, for messages.

        Raises:
            DataError: a value that is the same in all samples.
        """
        spread = labels.std(axis=0)
        flat = np.flatnonzero(~(spread > 1e-12 * np.abs(labels).max(axis=0)))
        if flat.size:
            k = int(flat[0])
            raise DataError(
                f"{where}: found {labels[0, k]:g} in all training samples (value {k}), allowed a value that varies"
            )
        return cls(tuple(labels.mean(axis=0).tolist()), tuple((spread / VOLTAGE).tolist()))

    def describe(self) -> dict[str, Any]:
        """Kind, offset and scale."""
        return {"kind": self.kind, "offset": list(self.offset), "scale": list(self.scale)}

    def for_training(self, labels: Array, steps: npt.NDArray[np.int64], readout_steps: int) -> Array:
        """Deviations from the mean in standard deviations, ``float32 (sample, value)``."""
        return ((labels - self.offset) / (np.array(self.scale) * VOLTAGE)).astype(np.float32)

    def check(self, labels: Array, readouts: int) -> None:
        """Check that every value has a readout."""
        if labels.ndim != 2 or labels.shape[1] != readouts:
            raise DataError(f"validation labels: found shape {labels.shape}, allowed (sample, {readouts})")

    def sums(self, readout: Tensor, labels: Tensor, terms: Terms) -> Sums:
        """Squared error in standard deviations, its mean over values, and the variance that it leaves."""
        found = readout.mean(dim=-1) / VOLTAGE
        error = (found - labels).square()
        loss = error.mean(dim=1).sum()
        variance = labels.double().square().sum()
        return Sums(loss, loss.new_tensor(len(labels)), variance - error.detach().double().sum(), variance)

    def answers(self, readout: Array, steps: npt.NDArray[np.int64]) -> Array:
        """The values, ``float64 (sample, value)``."""
        exact, unit = (np.int64, SLAYER_UNIT) if readout.dtype.kind == "i" else (np.float64, 1)
        voltages = readout.astype(exact).sum(axis=1) / (readout.shape[1] * unit)
        found: Array = self.offset + np.array(self.scale) * voltages
        return found

    def scores(self, labels: Array, predictions: Array, names: Sequence[str]) -> ValueScores:
        """Errors in the user's unit."""
        return ValueScores(labels, predictions, names, np.array(self.offset))

    def to_json(self, labels: Array) -> list[Any]:
        """A number for each sample, or a list of numbers where there are several values."""
        found: list[Any] = (labels[:, 0] if labels.shape[1] == 1 else labels).tolist()
        return found

    def tell(self, answer: Any) -> str:
        """The first few values."""
        shown = ", ".join(f"{x:.4g}" for x in answer[:_TOLD])
        return f"value {shown}{', ...' if len(answer) > _TOLD else ''}"


def _errors(truth: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> dict[str, float | None]:
    error, variance = found - truth, float(((truth - truth.mean()) ** 2).sum())
    return {
        "rmse": float(np.sqrt((error**2).mean())),
        "mae": float(np.abs(error).mean()),
        "r2": 1 - float((error**2).sum()) / variance if variance > 0 else None,
    }


def _shown(score: float | None) -> str:
    return "unknown" if score is None else f"{score:.4f}"
