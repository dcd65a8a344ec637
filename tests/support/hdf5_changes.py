"""Changes of HDF5 files, and the check that a reader refuses what comes of them."""

from __future__ import annotations

import h5py
import pytest

from lava_ahp.errors import NetFormatError


def put(key, value, **kwargs):
    def change(file):
        if key in file:
            del file[key]
        file.create_dataset(key, data=value, **kwargs)

    return change


def drop(key):
    return lambda file: file.__delitem__(key)


def group(key):
    def change(file):
        if key in file:
            del file[key]
        file.create_group(key)

    return change


def link(key, target):
    def change(file):
        del file[key]
        file[key] = target

    return change


def dataset(key, shape, dtype="i2", **kwargs):
    """A dataset that declares a shape and stores nothing."""

    def change(file):
        if key in file:
            del file[key]
        file.create_dataset(key, shape=shape, dtype=dtype, **kwargs)

    return change


def soft(target):
    return h5py.SoftLink(target)


def refused(reader, path, change, message):
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(NetFormatError, match=message) as caught:
        reader(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert len(text.splitlines()) == 1
    assert len(text) < 800
