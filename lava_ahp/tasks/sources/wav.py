"""Sounds as ``.wav`` files in one folder per class, or in such folders in ``train``, ``validation`` and ``test``."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError
from lava_ahp.files.parsing import check_file, open_file, parsing
from lava_ahp.tasks.base import SPLITS
from lava_ahp.tasks.lengths import padded
from lava_ahp.tasks.sources.arrays import Arrays
from lava_ahp.tasks.sources.sound import log_bands

#: Bytes of one file: half an hour of 16 bits at 16 kHz.
_MAX_BYTES = 2**26
_MAX_FILES = 2**20

_FIX = "write it as PCM, for example by ffmpeg -i OLD.wav -c:a pcm_s16le NEW.wav"


def read_series(folder: Path, bands: int, step_ms: float) -> Arrays:
    """Series from sounds, which may differ in length.

    Args:
        folder: the folder; where all its folders are named train, validation or test, those hold the classes.
        bands: frequency bands, see :func:`lava_ahp.tasks.sources.sound.log_bands`; 0 for the sound as it is, in -1..1.
        step_ms: milliseconds of sound in one time step, with bands.

    Raises:
        DataError: no sounds, sounds of different sampling rates, or a file that is damaged or not PCM.
    """
    found = list(_files(folder))
    if not found:
        raise DataError(
            f"{folder}: found neither NAME_TRAIN.ts nor folders with .wav files, allowed CLASS/*.wav, or "
            "train/CLASS/*.wav and test/CLASS/*.wav"
        )
    if len(found) > _MAX_FILES:
        raise DataError(f"{folder}: found {len(found)} files, allowed {_MAX_FILES}")
    first, samples = 0, []
    for path, _, _ in found:
        sound, rate = read_sound(path)
        first = first or rate
        if rate != first:
            raise DataError(f"{path}: found {rate} Hz after {first} Hz, allowed one rate; resample the file")
        samples.append(log_bands(sound, rate, bands, step_ms, str(path)) if bands else sound[:, None])
    splits = [split for _, _, split in found]
    return Arrays(
        padded(samples, str(folder)),
        np.array([label for _, label, _ in found]),
        split=np.array(splits) if any(splits) else None,
        lengths=np.array([len(sample) for sample in samples]),
        source=str(folder),
        official=True,
    )


def _files(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Every sound with its class and its split, in alphabetical order."""
    inside = _folders(folder)
    if inside and all(part.name in SPLITS for part in inside):
        classes = [(label, part.name) for part in inside for label in _folders(part)]
    else:
        classes = [(label, "") for label in inside]
    for label, split in classes:
        for path in sorted(label.iterdir()):
            if path.suffix.lower() == ".wav":
                yield path, label.name, split


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def read_sound(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """A sound, and its samples per second.

    Args:
        path: a ``.wav`` file of PCM with 8, 16, 24 or 32 bits; several channels are averaged.

    Returns:
        ``float32 (time,)``, -1..1, and the rate in Hz.

    Raises:
        DataError: a file that is damaged, too large, or not PCM.
    """
    size = check_file(path, _MAX_BYTES)
    with (
        open_file(path, _MAX_BYTES) as file,
        parsing(str(path), "not a .wav file of PCM, or damaged", _FIX),
        wave.open(file) as sound,
    ):
        channels, width, rate, frames = sound.getparams()[:4]
        if not 0 < frames * channels * width <= size:
            raise DataError(f"{path}: declares {frames * channels * width} bytes of sound in a file of {size}; {_FIX}")
        if width not in (1, 2, 3, 4) or not 1 <= rate <= 10**7:
            raise DataError(f"{path}: found {8 * width} bits at {rate} Hz, allowed 8, 16, 24 or 32 bits; {_FIX}")
        content = sound.readframes(frames)
        if len(content) != frames * channels * width:
            raise DataError(f"{path}: ends after {len(content)} bytes of sound, declares {frames * channels * width}")
    return _decoded(content, width).reshape(-1, channels).mean(axis=1, dtype=np.float32), rate


def _decoded(content: bytes, width: int) -> npt.NDArray[np.float32]:
    """PCM as numbers -1..1."""
    if width == 1:
        return (np.frombuffer(content, np.uint8).astype(np.float32) - 128) / 128
    # Samples of 24 bits become the upper bytes of 32; the number of bytes is a multiple of the width.
    padded_bytes = np.zeros((len(content) // width, 4), np.uint8)
    padded_bytes[:, 4 - width :] = np.frombuffer(content, np.uint8).reshape(-1, width)
    return padded_bytes.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)
