"""Readers of labelled series, and valid files for them to start from."""

from __future__ import annotations

import functools
import io
import tempfile
from pathlib import Path

import numpy as np


def read(path: Path) -> None:
    from lava_ahp.tasks import timeseries

    timeseries.load(path)


@functools.cache
def archives() -> list[bytes]:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, 6, 2)).astype(np.float32), np.arange(30) % 2
    arrays = [
        {"x": x, "y": y},
        {"x": x, "y": np.array(["a", "b"])[y], "split": np.array(["train", "test", "validation"] * 10)},
    ]
    files = []
    for save, content in ((np.savez, arrays[0]), (np.savez_compressed, arrays[1])):
        packed = io.BytesIO()
        save(packed, **content)
        files.append(packed.getvalue())
    return files


def ts_seeds() -> list[bytes]:
    header = b"@timeStamps false\n@dimensions 2\n@equalLength false\n@classLabel true a b\n@data\n"
    return [header + b"1,2,3:4,5,6:a\n" * 9 + b"1,2:?,7e-1:b\n" * 9]


def read_wav(path: Path) -> None:
    from lava_ahp.tasks.sources.wav import read_sound

    read_sound(path)


def wav_seeds() -> list[bytes]:
    import wave

    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(200)))
    return [packed.getvalue()]


def read_events(path: Path) -> None:
    from lava_ahp.tasks.sources import events

    events.read_series(path, 20, 10, 10)


@functools.cache
def events_seeds() -> list[bytes]:
    import h5py

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.h5"
        with h5py.File(path, "w") as file:
            for name, row, dtype in (("times", [0.001, 0.02], np.float32), ("units", [3, 19], np.uint16)):
                data = file.create_dataset(f"spikes/{name}", (2,), h5py.vlen_dtype(dtype))
                data[0] = data[1] = np.array(row, dtype)
            file["labels"], file["extra/keys"] = [0, 1], np.array([b"a", b"b"])
        return [path.read_bytes()]
