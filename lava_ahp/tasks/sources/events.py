"""Events of a sensor in an HDF5 file, as the Spiking Heidelberg Digits and tonic's other audio sets have them.

``spikes/times`` holds the times of each sample in seconds, ``spikes/units`` the unit of each event, ``labels`` the
classes, and ``extra/keys`` optionally their names (Cramer et al. 2022, doi 10.1109/TNNLS.2020.3044364).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, brief
from lava_ahp.files.parsing import check_file, parsing
from lava_ahp.tasks.lengths import padded
from lava_ahp.tasks.series import MAX_STEPS
from lava_ahp.tasks.sources.arrays import MAX_BYTES, Arrays

_MAX_SAMPLES, _MAX_EVENTS, _MAX_NAMES = 2**20, 2**28, 1000
_FIX = "write spikes/times, spikes/units and labels, as tonic's audio sets have them"


class Counted(NamedTuple):
    """What one file holds.

    Attributes:
        samples: events counted per step and channel, each ``uint16 (step, channel)``, of its own length.
        labels: class of every sample, ``int64 (sample,)``.
        names: of the classes; None where the file does not say.
        speakers: number of the speaker of every sample, ``int64 (sample,)``; None where the file does not say.
    """

    samples: list[npt.NDArray[np.uint16]]
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...] | None
    speakers: npt.NDArray[np.int64] | None


def read_series(path: Path, units: int, joined: int, step_ms: float) -> Arrays:
    """Counts of events per step and channel.

    Args:
        path: the file; NAME_test.h5 beside NAME_train.h5 has the test samples, and the other way round.
        units: number of units of the sensor.
        joined: neighbouring units that one channel counts.
        step_ms: milliseconds of one step.

    Raises:
        DataError: a file that is missing, damaged or holds something else, or events outside the units.
    """
    parts = _parts(path)
    samples, labels, splits = [], [], []
    names: tuple[str, ...] | None = None
    for file, split in parts:
        found = read_counts(file, units, joined, step_ms)
        names = found.names
        samples += found.samples
        labels.append(found.labels)
        splits += [split] * len(found.samples)
    y = np.concatenate(labels)
    if names is not None and (int(y.min()) < 0 or int(y.max()) >= len(names)):
        raise DataError(f"{path} labels: found {y.min()}..{y.max()}, allowed 0..{len(names) - 1} for the extra/keys")
    return Arrays(
        padded(samples, str(path)),
        y if names is None else np.array(names)[y],
        split=np.array(splits) if len(parts) == 2 or parts[0][1] else None,
        lengths=np.array([len(sample) for sample in samples]),
        source=str(path),
        official=len(parts) == 2,
    )


def _parts(path: Path) -> list[tuple[Path, str]]:
    """The file, and the one beside it, with the part that each of them is."""
    for own, other in (("train", "test"), ("test", "train")):
        if path.stem.endswith(f"_{own}"):
            beside = path.with_name(f"{path.stem.removesuffix(own)}{other}{path.suffix}")
            parts = [(path, own), *([(beside, other)] if beside.is_file() else [])]
            return sorted(parts, key=lambda part: part[1] != "train")
    return [(path, "")]


def read_counts(path: Path, units: int, joined: int, step_ms: float) -> Counted:
    """One file; arguments and errors as for :func:`read_series`."""
    import h5py

    check_file(path, MAX_BYTES)
    with parsing(str(path), "not an HDF5 file of events, or damaged", _FIX), h5py.File(path, "r") as file:
        times, rows, labels = (_dataset(file, name, path) for name in ("spikes/times", "spikes/units", "labels"))
        if not len(times) == len(rows) == len(labels) or len(labels) == 0 or labels.dtype.kind not in "iu":
            raise DataError(
                f"{path}: found times of {len(times)} samples, units of {len(rows)}, labels of {len(labels)} "
                f"({labels.dtype}), allowed the same number of all, and whole numbers as labels"
            )
        names = None
        if "extra" in file and "keys" in file["extra"]:
            keys = _dataset(file, "extra/keys", path)[:_MAX_NAMES]
            names = tuple(key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key) for key in keys)
        speakers = None
        if "extra" in file and "speaker" in file["extra"]:
            speakers = np.asarray(_dataset(file, "extra/speaker", path)[:])
            if speakers.shape != labels.shape or speakers.dtype.kind not in "iu":
                raise DataError(
                    f"{path} extra/speaker: found {speakers.dtype} {speakers.shape}, allowed a whole number for each "
                    f"of the {len(labels)} samples"
                )
        counted, total = [], 0
        for k in range(len(labels)):
            sample = _counts(times[k], rows[k], units, joined, step_ms, f"{path} sample {k}")
            total += sample.size
            if total > _MAX_EVENTS:
                raise DataError(f"{path}: found more than {_MAX_EVENTS} counts, allowed that many; use longer steps")
            counted.append(sample)
        return Counted(
            counted, labels[:].astype(np.int64), names, None if speakers is None else speakers.astype(np.int64)
        )


def _dataset(file: Any, name: str, path: Path) -> Any:
    """A dataset of one axis that lies in the file itself."""
    import h5py

    found = file
    for part in name.split("/"):
        link = found.get(part, getlink=True) if isinstance(found, h5py.Group) else None
        if not isinstance(link, h5py.HardLink):
            raise DataError(f"{path}: holds no {name}; {_FIX}")
        found = found[part]
    if not isinstance(found, h5py.Dataset) or found.ndim != 1 or found.is_virtual or found.external:
        raise DataError(f"{path} {name}: found {brief(repr(found))}, allowed a list in the file itself")
    if found.shape[0] > _MAX_SAMPLES:
        raise DataError(f"{path} {name}: found {found.shape[0]} samples, allowed {_MAX_SAMPLES}")
    return found


def _counts(times: Any, rows: Any, units: int, joined: int, step_ms: float, where: str) -> npt.NDArray[np.uint16]:
    """Events of one sample, counted per step and channel."""
    t, unit = np.asarray(times), np.asarray(rows)
    if t.ndim != 1 or t.shape != unit.shape or t.dtype.kind != "f" or unit.dtype.kind not in "iu":
        raise DataError(
            f"{where}: found times {t.dtype} {t.shape} and units {unit.dtype} {unit.shape}, allowed seconds and whole "
            "numbers, one of each per event"
        )
    if t.size and not (int(unit.min()) >= 0 and int(unit.max()) < units):
        raise DataError(
            f"{where}: found units {unit.min()}..{unit.max()}, allowed 0..{units - 1}; set task.event_units"
        )
    step = np.floor(t.astype(np.float64) * 1000 / step_ms)
    if t.size and not (step.min() >= 0 and step.max() < MAX_STEPS):
        raise DataError(
            f"{where}: found times {t.min():g}..{t.max():g} s, allowed {MAX_STEPS} steps of {step_ms:g} ms from 0; "
            "set task.event_step_ms"
        )
    shape = (int(step.max()) + 1 if t.size else 1, -(-units // joined))
    cell = step.astype(np.int64) * shape[1] + unit.astype(np.int64) // joined
    counts = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    return np.minimum(counts, np.iinfo(np.uint16).max).astype(np.uint16)
