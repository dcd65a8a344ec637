"""The UCR archive's ``.ts`` files, as far as the tests need them: one length, any number of channels."""

import numpy as np
import pytest

from support.paths import SHARED


def ucr(name):
    """``x_train, y_train, x_test, y_test`` of a data set, ``(sample, time, channel)``; skips where it is absent."""
    folder = SHARED / "ucr"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: the UCR series are not part of the project")
    return (*_read(next(folder.rglob(f"{name}_TRAIN.ts"))), *_read(next(folder.rglob(f"{name}_TEST.ts"))))


def _read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = lines[[line.strip().lower() for line in lines].index("@data") + 1 :]
    x, y = [], []
    for row in rows:
        *channels, label = row.strip().split(":")
        x.append([[float(value) for value in channel.split(",")] for channel in channels])
        y.append(label)
    return np.array(x).transpose(0, 2, 1), np.array(y)
