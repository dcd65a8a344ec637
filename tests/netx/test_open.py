"""Files that cannot be opened as a network: the error says what each one is."""

from __future__ import annotations

import os

import h5py
import numpy as np
import pytest

from lava_ahp import netx
from lava_ahp.errors import NetFormatError


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "found an empty file"),
        (b"no HDF5 at all", "not an HDF5 file; export the network as NetX"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "damaged"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "a Git LFS pointer .* git lfs pull"),
        (b"PK\x03\x04" + bytes(100), "a ZIP archive"),
        (b"\x1f\x8b" + bytes(100), "a gzip file"),
    ],
)
def test_what_is_no_hdf5_is_named(tmp_path, content, message):
    (tmp_path / "f.net").write_bytes(content)
    with pytest.raises(NetFormatError, match=rf"f\.net: .*{message}"):
        netx.read(tmp_path / "f.net")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda file: file.create_dataset("node/type", data="NIRGraph"), "found a NIR graph"),
        (lambda file: file.create_group("model_weights"), "found a Keras model"),
        (lambda file: file.attrs.update(keras_version="3"), "found a Keras model"),
    ],
)
def test_hdf5_files_of_other_programs_are_named(tmp_path, change, message):
    with h5py.File(tmp_path / "f.net", "w") as file:
        change(file)
    with pytest.raises(NetFormatError, match=message):
        netx.read(tmp_path / "f.net")


def test_a_file_left_open_by_a_writer_is_named(tmp_path):
    with h5py.File(tmp_path / "open.net", "w", libver="latest") as file:
        file["x"] = 1
        file.flush()
        (tmp_path / "f.net").write_bytes((tmp_path / "open.net").read_bytes())
    with pytest.raises(NetFormatError, match=r"marked as open for writing.*h5clear -s"):
        netx.read(tmp_path / "f.net")


def test_a_locked_file_is_named(chain_file):
    fcntl = pytest.importorskip("fcntl")
    with chain_file.open("rb+") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(NetFormatError, match="locked: another program has it open"):
            netx.read(chain_file)


def test_a_pipe_and_a_device_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(NetFormatError, match="found a device or a pipe"):
            netx.read(path)


def test_missing_files_folders_and_foreign_files_are_refused(tmp_path):
    with pytest.raises(NetFormatError, match=r"none\.net: no such file"):
        netx.read(tmp_path / "none.net")
    with pytest.raises(NetFormatError, match="found a folder, allowed a file"):
        netx.read(tmp_path)
    h5py.File(tmp_path / "empty.net", "w").close()
    with pytest.raises(NetFormatError, match="neither /layer nor /lava_ahp"):
        netx.read(tmp_path / "empty.net")


def test_a_file_cut_anywhere_is_refused(chain_file):
    whole = chain_file.read_bytes()
    for length in np.linspace(1, len(whole) - 1, 40).astype(int):
        chain_file.write_bytes(whole[:length])
        with pytest.raises(NetFormatError):
            netx.read(chain_file)
