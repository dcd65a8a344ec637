"""A user's own time series, with classes of samples or steps, or with values: from files or from arrays in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.settings import validate
from lava_ahp.targets import ClassOfStep
from lava_ahp.tasks.base import Described, Task
from lava_ahp.tasks.fitting import fitted
from lava_ahp.tasks.lengths import padded
from lava_ahp.tasks.series import Series, check
from lava_ahp.tasks.sources import FORMATS, Settings, read_series

NAME = "timeseries"
DESCRIPTION = f"your own labelled series: --data {FORMATS}"


def load(data: Path | None, described: Described | None = None, settings: Settings | None = None) -> Task:
    """The series of a file or folder.

    Args:
        data: in one of the formats of docs/timeseries.md.  The arrays are used as :func:`from_arrays` uses them.
        described: what a network file says of the task.
        settings: what is done with missing values, and how sounds and events become series; None for the defaults.

    Raises:
        DataError: a file that is missing, damaged, or holds something else.
        BackendUnavailable: a library that the format needs is not installed.
    """
    if data is None:
        raise DataError(f"task {NAME}: needs --data, allowed {FORMATS}")
    settings = settings or Settings()
    found = read_series(data, settings)
    target = settings.target if described is None else described.target.kind
    series = check(
        found.x,
        found.y,
        split=found.split,
        thresholds=found.thresholds,
        # A network has its own classes; those of a file only say their order.
        class_names=found.class_names,
        lengths=found.lengths,
        missing=settings.missing,
        source=found.source,
        official=found.official,
        target=target,
        unlabelled=settings.unlabelled,
    )
    return _task(series, NAME, described, settings.label_shift)


def from_arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    name: str = NAME,
    split: npt.ArrayLike | None = None,
    thresholds: npt.ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
    lengths: npt.ArrayLike | None = None,
    missing: str | None = None,
    target: str | None = None,
    unlabelled: int | str | None = None,
    label_shift: int | None = None,
    described: Described | Mapping[str, Any] | None = None,
) -> Task:
    """A task of arrays in memory; equal to the one that the same arrays give in an ``.npz`` file.

    Samples may differ in length.  Each is read out at its own end.

    To train (``described`` is None), thresholds and class weights are fitted to the training split alone.  With
    ``described``, encoder, readout steps and classes are those of a network file, nothing is fitted, and the series
    may have any length.

    Args:
        x: finite numbers ``(sample, time, channel)``, or ``(sample, time)`` for one channel.  For samples of different
            lengths, NaN in every channel after the end of a shorter one, or a list of arrays ``(time, channel)``.
        y: class of each sample, whole numbers, bools, text or bytes, ``(sample,)`` or ``(sample, 1)``.  Or the class of
            each step, ``(sample, time)`` or a list of arrays ``(time,)``.  Or values, numbers ``(sample,)`` or
            ``(sample, value)``, with ``target="value"``.
        name: name of the task.
        split: ``train``, ``validation`` or ``test`` for each sample; None splits every class into about 70, 10 and
            20 % by a fixed seed.  Without ``validation``, an eighth of the training samples of each class is used for
            it, with a warning.
        thresholds: ascending thresholds of each channel ``(channel, threshold)``, in the unit of ``x``; None lays 4
            to 32 over the range of each channel, the fewer the more channels there are.
        class_names: names of the classes in their order; ``y`` then holds positions in it, or names that are in it.
            None takes the sorted values of ``y``.
        lengths: steps of each sample, integers ``(sample,)``; what comes after them is ignored.
        missing: what is done with NaN before the end of a sample: ``refuse`` it, ``hold`` the last value, or take
            ``zero``; None for what ``described`` says, or else ``refuse``.
        target: what the network is asked for: ``class``, ``steps`` or ``value``; None for what ``described`` says, or
            else for ``steps`` where ``y`` has a label for each step, and ``class`` where it has not.
        unlabelled: what stands for no label in a step, by default -1; NaN always does.
        label_shift: time steps of the network from a step to the answer to it; None for the default.
        described: what a network file says of its task, ``network.task``, read or as it is.

    Raises:
        DataError: arrays of other shapes or types, values outside the allowed range, or too few samples.
    """
    described = Described.read(described) if isinstance(described, Mapping) else described
    kept = {} if described is None else dict(described.settings or {})
    given = {"missing": missing, "target": target, "unlabelled": unlabelled, "label_shift": label_shift}
    chosen = {key: value for key, value in given.items() if value is not None}
    # The settings of a task of another distribution mean something else.
    if name == NAME:
        chosen = {**kept, **chosen}
        kept = {}
    settings = validate({key: chosen[key] for key in chosen if key in given}, Settings, "settings", ["task"])
    kept |= settings.kept() | {key: value for key, value in chosen.items() if key not in given}
    signals = _signals(x, "x")
    task = _task(
        check(
            signals[:, :, None] if signals.ndim == 2 else signals,
            _text(_signals(y, "y") if _is_ragged(y) else _array(y, "y")),
            split=None if split is None else _text(_array(split, "split")),
            thresholds=None if thresholds is None else _array(thresholds, "thresholds"),
            class_names=class_names,
            lengths=None if lengths is None else _array(lengths, "lengths"),
            missing=settings.missing,
            target=settings.target if described is None else described.target.kind,
            unlabelled=settings.unlabelled,
        ),
        name,
        described,
        settings.label_shift,
    )
    return replace(task, settings=kept)


def _is_ragged(y: Any) -> bool:
    """Whether labels are a list of arrays of different lengths."""
    return isinstance(y, (list, tuple)) and len({np.shape(row) for row in y}) > 1


def _signals(x: npt.ArrayLike, where: str) -> npt.NDArray[Any]:
    """Signals as one array, also those of samples of different lengths, with NaN after the end of a shorter one."""
    if not isinstance(x, np.ndarray) or x.dtype.kind == "O":
        try:
            samples = [np.asarray(sample) for sample in x]  # type: ignore[union-attr]
        except (TypeError, ValueError):
            return _array(x, where)
        if all(sample.dtype.kind in "biuf" and sample.ndim in (1, 2) for sample in samples) and samples:
            return padded(samples, where)
    return _array(x, where)


def _array(values: npt.ArrayLike, where: str) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise DataError(f"{where}: is no array ({error}); give samples of the same length") from None
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _text(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Text of variable length, as pandas and NumPy 2 keep it, as NumPy's own type; other arrays as they are."""
    if array.dtype.kind in "OT" and all(isinstance(value, str) for value in array.flat):
        return array.astype(np.str_)
    return array


def _task(series: Series, name: str, described: Described | None, shift: int) -> Task:
    return fitted(series, name, shift) if described is None else _as_described(series, name, described)


def _as_described(series: Series, name: str, described: Described) -> Task:
    encoder, names, steps = described.encoder, described.class_names, described.readout_steps
    if encoder is None or names is None or steps is None:
        raise DataError(f"network task {name}: allowed an encoder, window and class_names; export the network again")
    channels = series.x.shape[2]
    if encoder.signals != channels:
        raise DataError(f"{series.where('x')}: found {channels} channels, the network reads {encoder.signals}")
    target = described.target
    if isinstance(target, ClassOfStep):
        cue, stretch = getattr(encoder, "cue_steps", None), getattr(encoder, "stretch", 1)
        if (cue, stretch) != (target.shift, target.stretch):
            raise DataError(
                f"network task target: found shift {target.shift} and stretch {target.stretch}, allowed those of the "
                f"encoder, cue_steps {cue} and stretch {stretch}; export the network again"
            )
    labels = series.labels.renumbered(names, series.where("y"))
    splits = series.splits()
    return Task(
        name=name,
        signals={split: series.x[k] for split, k in splits.items()},
        labels={split: labels[k] for split, k in splits.items()},
        encoder=encoder,
        readout_steps=encoder.steps(series.x.shape[1]) if target.every_step else steps,
        class_names=names,
        target=target,
    )
