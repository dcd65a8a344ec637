"""Spoken words as spikes of an artificial cochlea: the tasks ``shd`` and ``ssc`` have the same form.

Source: B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, *The Heidelberg Spiking Data Sets for the Systematic Evaluation
of Spiking Neural Networks*, 2022 (doi 10.1109/TNNLS.2020.3044364).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.encoders import Binned
from lava_ahp.errors import DataError
from lava_ahp.tasks.base import Described, Task
from lava_ahp.tasks.fitting import READOUT_SHARE, cue_steps_of
from lava_ahp.tasks.heidelberg.augmentation import blended, shifted
from lava_ahp.tasks.heidelberg.settings import UNITS, Settings
from lava_ahp.tasks.heidelberg.splitting import validation
from lava_ahp.tasks.sources.events import Counted, read_counts

__all__ = ["Settings", "load"]

_LARGEST = np.iinfo(np.uint8).max


def load(name: str, data: Path | None, described: Described | None, settings: Settings) -> Task:
    """The samples in ``NAME_train.h5``, ``NAME_test.h5`` and, where there is one, ``NAME_valid.h5``.

    Samples are cut to steps of equal duration and lasts as long as the longest.  Without a file for validation, some
    speakers of the training file are held out, so that no one is heard in both.

    Args:
        name: of the task, with which the names of the files begin.
        data: their directory.
        described: what a network file says of the task.
        settings: of the task.

    Raises:
        DataError: a file that is missing, damaged, or holds something else, or speakers that it does not have.
    """
    if data is None or not data.is_dir():
        found = "" if data is None else f", found {data}"
        raise DataError(
            f"task {name}: needs --data DIR with {name}_train.h5 and {name}_test.h5 (from their publisher){found}"
        )
    parts = {"train": f"{name}_train.h5", "test": f"{name}_test.h5"}
    if (data / f"{name}_valid.h5").is_file():
        parts["validation"] = f"{name}_valid.h5"
    read = {split: read_counts(data / file, UNITS, settings.joined, settings.step_ms) for split, file in parts.items()}
    names = _class_names(read, data, described)
    length = max(len(sample) for found in read.values() for sample in found.samples)
    signals = {split: _counts(found, length) for split, found in read.items()}
    labels = {split: found.labels for split, found in read.items()}
    note: tuple[str, ...] = ()
    if "validation" not in read:
        held, note = validation(read["train"], settings.validation_speakers, str(data / parts["train"]))
        signals |= {"validation": signals["train"][held], "train": signals["train"][~held]}
        labels |= {"validation": labels["train"][held], "train": labels["train"][~held]}
    encoder = Binned(signals["train"].shape[2], cue_steps_of(length))
    described = described or Described()
    return Task(
        name=name,
        signals=signals,
        labels=labels,
        encoder=described.encoder or encoder,
        readout_steps=described.readout_steps or encoder.steps(length) // READOUT_SHARE,
        class_names=names,
        rewrite=_blending(settings),
        augment=_shifting(settings),
        notes=note,
    )


def _class_names(read: Mapping[str, Counted], data: Path, described: Described | None) -> tuple[str, ...]:
    found = next((part.names for part in read.values() if part.names), None)
    labels = np.concatenate([part.labels for part in read.values()])
    names = found or tuple(map(str, range(int(labels.max()) + 1)))
    if described is not None and described.class_names is not None:
        names = described.class_names
    if labels.min() < 0 or labels.max() >= len(names):
        raise DataError(f"{data} labels: found {labels.min()}..{labels.max()}, allowed 0..{len(names) - 1}")
    return names


def _counts(found: Counted, length: int) -> npt.NDArray[np.uint8]:
    """Counts of all samples, ``uint8 (sample, time, channel)``."""
    counts = np.zeros((len(found.samples), length, found.samples[0].shape[1]), np.uint8)
    for k, sample in enumerate(found.samples):
        counts[k, : len(sample)] = np.minimum(sample, _LARGEST)
    return counts


def _blending(settings: Settings) -> Any:
    if not settings.blend:
        return None
    return lambda counts, labels, rng: (blended(counts, labels, settings.blend, rng), labels)


def _shifting(settings: Settings) -> Any:
    most = settings.shift // settings.joined
    return (lambda counts, rng: shifted(counts, most, rng)) if most else None
