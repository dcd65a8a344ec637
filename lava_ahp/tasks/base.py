"""What a task is: labelled signals, the encoder that turns them into spikes, and how the answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp import targets
from lava_ahp.encoders import Encoder, from_json
from lava_ahp.encoders.ranges import robust_range
from lava_ahp.errors import DataError, shorten
from lava_ahp.network import Labelled
from lava_ahp.settings import Table
from lava_ahp.targets import ClassOfSample, Target

SPLITS = ("train", "validation", "test")

Signals = npt.NDArray[Any]
Labels = npt.NDArray[Any]

#: Values outside this range are clipped when signals are scaled: one width of the training range beyond either end.
_CLIP = (-1.0, 2.0)
#: Samples that are scaled at once, so that only few of them are held in float64.
_CHUNK = 256


class TaskSettings(Table):
    """What a user can set of a task: the table ``task`` of a configuration.

    A task with settings defines a subclass ``Settings`` beside its ``load``.  Its values are those of JSON and TOML.

    Attributes:
        name: name of the task.
    """

    name: str

    def kept(self) -> dict[str, Any]:
        """What a network file keeps of them, as JSON values: all but the name."""
        return self.model_dump(mode="json", exclude={"name"})


@dataclass(frozen=True, eq=False)
class Task:
    """Signals that a network reads step by step, and what it is asked for: by default the class, at the end.

    Attributes:
        name: the task's name on the command line.
        signals: by split, ``(sample, time, ...)``, in the encoder's input format; NaN in every channel after the end of
            a shorter sample.
        labels: by split, ``int64 (sample,)``, ``0..classes - 1``; or as another target says.
        encoder: turns signals into spikes.
        readout_steps: steps at the end of each sample over which the readout voltage is summed, ``1..steps``.
        class_names: one for each readout.
        target: what a network is asked for.
        rewrite: changes the training signals and their labels at random, once per epoch and before ``augment``; None
            leaves them as they are.
        augment: changes the training signals at random, once per epoch; None leaves them as they are.
        class_weights: weight of each class in the training loss, ``float64 (class,)``; None for 1.
        groups: by split, the group of every sample, ``int64 (sample,)``, as a position in ``group_names``; None for a
            task without groups.  Accuracy can be given for each group.
        group_names: one for each group.
        notes: what a user should know of the data before training, one line each.
        settings: values of the task's ``Settings`` but the name, as JSON has them; empty for a task without.

    Raises:
        DataError: readout steps out of range.
    """

    name: str
    signals: Mapping[str, Signals]
    labels: Mapping[str, Labels]
    encoder: Encoder
    readout_steps: int
    class_names: tuple[str, ...]
    target: Target = field(default_factory=ClassOfSample)
    rewrite: Callable[[Signals, Labels, np.random.Generator], tuple[Signals, Labels]] | None = None
    augment: Callable[[Signals, np.random.Generator], Signals] | None = None
    class_weights: npt.NDArray[np.float64] | None = None
    groups: Mapping[str, npt.NDArray[np.int64]] | None = None
    group_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 1 <= self.readout_steps <= self.steps:
            raise DataError(
                f"task {self.name} readout_steps: found {self.readout_steps}, allowed 1..{self.steps} steps"
            )

    @property
    def channels(self) -> int:
        """Number of input channels."""
        return self.encoder.channels

    @property
    def classes(self) -> int:
        """Number of classes, which is the number of readouts."""
        return len(self.class_names)

    @property
    def steps(self) -> int:
        """Steps of the longest sample, the cue included."""
        return self.encoder.steps(self.signals["test"].shape[1])

    @property
    def varies(self) -> bool:
        """Whether the training split is augmented anew in every epoch."""
        return self.rewrite is not None or self.augment is not None

    def size(self, split: str) -> int:
        """Number of samples in a split.

        Raises:
            DataError: an unknown split.
        """
        return len(self.labels[_known(split)])

    def split(self, name: str, indices: npt.ArrayLike | None = None) -> Labelled:
        """Spikes and labels of a split, or of some of its samples.

        Args:
            name: one of :data:`SPLITS`.
            indices: positions in the split, ``(sample,)``; None for all of them.

        Raises:
            DataError: an unknown or empty split, or an index outside it.
        """
        signals, labels = self.signals[_known(name)], self.labels[name]
        if len(labels) == 0:
            raise DataError(f"task {self.name}: no {name} samples in its data, allowed 1 or more")
        if indices is not None:
            index = np.asarray(indices, dtype=np.int64)
            if index.ndim != 1 or index.size == 0 or index.min() < 0 or index.max() >= len(labels):
                found = f"{index.min()}..{index.max()}" if index.size else "none"
                raise DataError(
                    f"indices of {self.name} {name}: found {found}, allowed 0..{len(labels) - 1}, one or more"
                )
            signals, labels = signals[index], labels[index]
        return Labelled(self.encoder.encode(signals), labels)

    def training(self, rng: np.random.Generator) -> Labelled:
        """Spikes and labels of the training split for one epoch, augmented where the task does so."""
        if not self.varies:
            return self.split("train")
        signals, labels = self.drawn("train", rng)
        return Labelled(self.encoder.encode(signals), labels)

    def drawn(self, split: str, rng: np.random.Generator | None = None) -> tuple[Signals, Labels]:
        """Signals and labels of a split, augmented as in one epoch of training.

        Args:
            split: one of :data:`SPLITS`.
            rng: source of the task's augmentation; None leaves signals and labels as they are.

        Returns:
            Signals ``(sample, time, ...)`` in the encoder's input format, and labels, by default ``int64 (sample,)``.

        Raises:
            DataError: an unknown split.
        """
        signals, labels = self.signals[_known(split)], self.labels[split]
        if rng is not None and self.rewrite is not None:
            signals, labels = self.rewrite(signals, labels, rng)
        if rng is not None and self.augment is not None:
            signals = self.augment(signals, rng)
        return signals, labels

    def sequences(self, split: str, rng: np.random.Generator | None = None) -> npt.NDArray[np.float32]:
        """The signals of a split as :meth:`scaled` gives them.

        Args:
            split: one of :data:`SPLITS`.
            rng: source of the task's augmentation; None leaves the signals as they are.

        Returns:
            ``float32 (sample, time, channel)``.

        Raises:
            DataError: an unknown split, or no training samples.
        """
        return self.scaled(self.drawn(split, rng)[0])

    def scaled(self, signals: Signals) -> npt.NDArray[np.float32]:
        """Signals without encoding, for a network that reads numbers.

        Args:
            signals: ``(sample, time, ...)`` in the encoder's input format.

        Returns:
            ``float32 (sample, time, channel)``, scaled so that each channel spans 0 to 1 in the training split.  The
            range is the one that thresholds are fitted to, without outliers; these are clipped to -1..2, as an encoder
            sees no difference beyond its outermost thresholds.  Neither an offset nor an outlier therefore puts a
            network that reads numbers at a disadvantage.  NaN stays after the end of a shorter sample.

        Raises:
            DataError: no training samples.
        """
        if self.size("train") == 0:
            raise DataError(f"task {self.name}: no train samples in its data, which set the scale; allowed 1 or more")

        low, high = robust_range(self._in_channels(self.signals["train"]))
        width = np.where(high > low, high - low, 1)
        signals = self._in_channels(signals)
        scaled = np.empty(signals.shape, dtype=np.float32)
        for k in range(0, len(signals), _CHUNK):
            # Subtracted in float64: float32 would round the signal away where its offset is large.
            scaled[k : k + _CHUNK] = np.clip((signals[k : k + _CHUNK].astype(np.float64) - low) / width, *_CLIP)
        return scaled

    def _in_channels(self, signals: Signals) -> Signals:
        """Signals in the encoder's order as ``(sample, time, channel)``."""
        signals = self.encoder.in_order(signals)
        return signals.reshape(*signals.shape[:2], -1)

    def describe(self) -> dict[str, Any]:
        """What a network file keeps of the task, as JSON values."""
        return {
            "name": self.name,
            "encoder": self.encoder.to_json(),
            "window": self.readout_steps,
            "class_names": list(self.class_names),
            **({"target": kept} if (kept := self.target.describe()) else {}),
            **({"settings": dict(self.settings)} if self.settings else {}),
        }


@dataclass(frozen=True)
class Described:
    """What a network file says of its task; None for what it leaves out."""

    encoder: Encoder | None = None
    readout_steps: int | None = None
    class_names: tuple[str, ...] | None = None
    settings: Mapping[str, Any] | None = None
    target: Target = field(default_factory=ClassOfSample)

    @classmethod
    def read(cls, description: Mapping[str, Any]) -> Described:
        """From :meth:`Task.describe`.

        Raises:
            DataError: a value of another type, or out of range.
        """
        encoder, readout_steps, names = (description.get(key) for key in ("encoder", "window", "class_names"))
        if encoder is not None and not isinstance(encoder, Mapping):
            raise DataError(f"network task encoder: found {shorten(encoder)}, allowed a table with name and parameters")
        if readout_steps is not None and (type(readout_steps) is not int or readout_steps < 1):
            raise DataError(f"network task window: found {shorten(readout_steps)}, allowed a number of steps from 1")
        if names is not None and not (isinstance(names, list) and names and all(isinstance(n, str) for n in names)):
            raise DataError("network task class_names: allowed a list of names")
        settings = description.get("settings")
        if settings is not None and not isinstance(settings, Mapping):
            raise DataError(f"network task settings: found {shorten(settings)}, allowed a table")
        return cls(
            encoder=None if encoder is None else from_json(encoder),
            readout_steps=readout_steps,
            class_names=None if names is None else tuple(names),
            settings=settings,
            target=targets.read(description.get("target")),
        )


def _known(split: str) -> str:
    if split not in SPLITS:
        raise DataError(f"split: found {shorten(split)}, allowed {', '.join(SPLITS)}")
    return split
