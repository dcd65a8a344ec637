"""Labelled series in the formats that people have them in: one module per format, each with ``read_series``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lava_ahp.errors import DataError, brief
from lava_ahp.tasks.sources import events, npz_arrays, table, ts, wav
from lava_ahp.tasks.sources.arrays import Arrays
from lava_ahp.tasks.sources.settings import Settings

__all__ = ["FORMATS", "Arrays", "Settings", "read_series"]

#: The formats in one line.
FORMATS = "an .npz, .ts, .csv, .parquet or .h5 file, or a folder of .wav or .ts files"


def _events(path: Path, settings: Settings) -> Arrays:
    return events.read_series(path, settings.event_units, settings.event_joined, settings.event_step_ms)


_READERS: dict[str, Callable[[Path, Settings], Arrays]] = {
    ".npz": lambda path, _: npz_arrays.read_series(path),
    ".ts": lambda path, settings: ts.read_series(path, settings.target),
    ".csv": lambda path, settings: table.read_series(path, settings.target),
    ".parquet": lambda path, settings: table.read_series(path, settings.target),
    ".h5": _events,
    ".hdf5": _events,
}


def read_series(path: Path, settings: Settings) -> Arrays:
    """Labelled series from a file or a folder.

    Args:
        path: the file, whose ending says its format, or a folder with NAME_TRAIN.ts and NAME_TEST.ts, or with one
            folder of ``.wav`` files per class.
        settings: how sounds and events become series.

    Raises:
        DataError: another format, or a file that is missing, damaged, too large, or holds something else.
        BackendUnavailable: a library that the format needs is not installed.
    """
    if path.is_dir():
        if next(path.glob("*.ts"), None) is not None:
            return ts.read_series(path, settings.target)
        return wav.read_series(path, settings.audio_bands, settings.audio_step_ms)
    if path.suffix.lower() not in _READERS:
        raise DataError(f"{brief(str(path), 4096)}: found the ending {brief(path.suffix)!r}, allowed {FORMATS}")
    return _READERS[path.suffix.lower()](path, settings)
