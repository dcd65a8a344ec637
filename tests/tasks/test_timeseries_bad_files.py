"""Bad files: refused in one line, checked before memory is allocated, never unpickled."""

import io
import os
import pickle
import tracemalloc
import warnings
import zipfile

import numpy as np
import pytest
from numpy.lib import format as npy

from lava_ahp.errors import DataError

from support.npz_series import fixture_file, fixture_save, load, series  # noqa: F401


def spoilt(**change):
    """The arrays of a good file, some of them replaced; None leaves one out."""
    return {key: value for key, value in {**series(), **change}.items() if value is not None}


def with_value(value):
    x = series()["x"]
    x[3, 7, 1] = value
    return x


@pytest.mark.parametrize(
    "arrays, message",
    [
        (spoilt(y=None), "holds no array y, allowed x, y, split, thresholds, lengths"),
        (spoilt(splits=np.zeros(60)), "holds 'splits', allowed x, y, split, thresholds, lengths, once each"),
        (spoilt(x=with_value(np.nan)), r"x: found nan \(sample 3, step 7, channel 1\), allowed finite numbers"),
        (spoilt(x=with_value(-np.inf)), r"x: found -inf \(sample 3, step 7, channel 1\)"),
        (spoilt(x=np.full((60, 20, 2), 1e200)), r"x: found 1e\+200 \(sample 0, step 0, channel 0\)"),
        (spoilt(x=np.zeros((60, 20))), r"x: found float64 \(60, 20\), allowed numbers \(sample, time, channel\)"),
        (spoilt(x=np.zeros((0, 20, 2)), y=np.zeros(0, int)), r"x: found float64 \(0, 20, 2\)"),
        (spoilt(x=np.zeros((60, 20, 2), complex)), "x: found complex128, allowed numbers"),
        (spoilt(x=np.full((60, 20, 2), "1")), r"x: found <U1 \(60, 20, 2\)"),
        (spoilt(x=np.zeros((2, 2**16 + 1, 1), bool)), "x: found 65537 steps of 1 channels, allowed 65536 steps"),
        (spoilt(x=np.zeros((2, 1, 1025), bool)), "1 steps of 1025 channels"),
        (spoilt(y=np.full(60, 0.5)), r"y: found float64 \(60,\), allowed integers, bools or text of shape \(60,\)"),
        (spoilt(y=np.zeros(59, int)), r"y: found int64 \(59,\)"),
        (spoilt(y=np.zeros((60, 2), int)), r"y: found int64 \(60, 2\)"),
        (spoilt(y=np.array([b"a", b"\x80"] * 30)), "y: found 2 classes, allowed 1000, with printable names"),
        (spoilt(lengths=np.full(60, 21)), r"x: lengths: found 21..21, allowed 1..20 steps"),
        (spoilt(lengths=np.ones(59, int)), r"x: lengths: found int64 \(59,\), allowed integers \(60,\)"),
        (spoilt(lengths=np.full(60, 9.5)), "x: lengths: found float64"),
        (spoilt(y=np.array(["a", "b"] * 30, dtype="U257")), "y: found <U257, allowed numbers, or text"),
        (spoilt(y=np.array(["a", "\x1b[2J"] * 30)), "y: found 2 classes, allowed 1000, with printable names"),
        (spoilt(x=np.zeros((1001, 3, 1)), y=np.arange(1001)), "y: found 1001 classes, allowed 1000"),
        (spoilt(y=np.ones(60, int)), "y: found one class only, '1'; allowed two or more"),
        (spoilt(y=np.array([0] * 58 + [1] * 2)), "no train samples of class '1', .* 3 of each class suffice"),
        (
            spoilt(split=np.array(["train", "dev"] * 30)),
            "split: allowed train, validation, test for each of 60 samples",
        ),
        (spoilt(split=np.arange(60) % 3), "split: allowed train, validation, test"),
        (spoilt(split=np.array(["train"] * 59)), "split: allowed train, validation, test"),
        (spoilt(split=np.array(["test"] * 60)), "no train samples, allowed 1 or more"),
        (
            spoilt(x=np.abs(series()["x"]) * [1, 0]),
            "signal 1: found 0 to 0 in all training samples, allowed a signal that changes",
        ),
        (spoilt(thresholds=np.zeros(3)), r"thresholds: found \(3,\), allowed \(2, thresholds\)"),
        (spoilt(thresholds=np.zeros((2, 2))), "thresholds of signal 0: allowed ascending numbers"),
        (spoilt(thresholds=np.full((2, 1), "1")), "thresholds of signal 0: allowed finite numbers"),
    ],
)
def test_arrays_that_cannot_be_used_are_refused(save, arrays, message):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=message) as raised:
            load(save(**arrays))
    assert "some.npz" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def member(array=None, header=None, version=(1, 0), data=b""):
    """One array of an archive: a good one, or any header followed by any bytes."""
    stream = io.BytesIO()
    if array is not None:
        npy.write_array(stream, array, version=version)
    else:
        npy.write_array_header_1_0(stream, header)
        stream.write(data)
    return stream.getvalue()


HUGE = {"descr": "<f4", "fortran_order": False, "shape": (2**20, 2**18, 2)}


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that occur twice
        with zipfile.ZipFile(path, "w", compression) as found:
            for name, content in members:
                found.writestr(f"{name}.npy", content)


GOOD = {name: member(array) for name, array in series().items()}


@pytest.mark.parametrize(
    "x, message",
    [
        (member(header=HUGE), r"x: found shape \(1048576, 262144, 2\), allowed 268435456 values"),
        (member(header={**HUGE, "shape": (2**62, 2**62)}), "allowed 268435456 values"),
        (
            member(header={**HUGE, "shape": (2**12, 2**12, 2)}, data=b"\0" * 64),
            "declares 134217856 bytes, but the archive",
        ),
        (member(header={**HUGE, "shape": (-2, 3, 4)}), r"found shape \(-2, 3, 4\)"),
        (member(header={**HUGE, "shape": (2, 3, 4)}, data=b"\0" * 97), "declares 224 bytes, but the archive does"),
        (
            member(header={**HUGE, "descr": "|O", "shape": (1,)}),
            "x: holds Python objects, as arrays of different lengths become; allowed numbers or text",
        ),
        (member(header={**HUGE, "descr": [("a", "<f4")], "shape": (1,)}, data=b"0000"), r"found \[\('a', '<f4'\)\]"),
        (member(series()["x"], version=(2, 0)), r"x: found array format 2\.0, allowed 1\.0"),
        (b"\x93NUMPY\x01\x00\x10\x00{'descr': oops} ", "not an .npz file, or damaged"),
        (b"x", "not an .npz file, or damaged"),
        (b"", "not an .npz file, or damaged"),
    ],
)
def test_a_header_is_checked_before_memory_is_allocated(tmp_path, x, message):
    archive(tmp_path / "some.npz", [("x", x), ("y", GOOD["y"])])
    tracemalloc.start()
    with pytest.raises(DataError, match=message) as raised:
        load(tmp_path / "some.npz")
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()
    assert len(str(raised.value).splitlines()) == 1


def test_an_archive_that_claims_more_than_it_can_hold_is_refused(tmp_path):
    x = member(header={**HUGE, "shape": (2**13, 2**15, 1)}, data=bytes(2**22))
    archive(tmp_path / "some.npz", [("x", x), ("y", GOOD["y"])])
    content = (tmp_path / "some.npz").read_bytes()
    directory = content.index(b"PK\x01\x02")
    claimed = (len(x) - 2**22 + 2**30).to_bytes(4, "little")
    (tmp_path / "some.npz").write_bytes(content[: directory + 24] + claimed + content[directory + 28 :])
    with pytest.raises(DataError, match="x: declares 1073741952 bytes, but the archive does not hold them"):
        load(tmp_path / "some.npz")


@pytest.mark.parametrize("code", [0x110000, 2**32 - 1, 0xD800])
def test_text_that_is_not_unicode_is_refused(tmp_path, code):
    """Found by fuzzing: NumPy raised SystemError when such a text was converted."""
    y = np.zeros(60, "<U1")
    y.view(np.uint32)[7] = code
    archive(tmp_path / "some.npz", [("x", GOOD["x"]), ("y", member(y))])
    with pytest.raises(DataError, match=f"some.npz y: found {code:#x} in a text, allowed Unicode"):
        load(tmp_path / "some.npz")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'shape': (",
        b"{" * 5000,
        b"(" * 9000,
        b"'" + b"\\d" * 50,
        b"{'descr': '<f8', 'shape': (9" + b"9" * 5000,
    ],
)
def test_whatever_numpy_raises_for_a_header_is_one_line(tmp_path, header):
    content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    archive(tmp_path / "some.npz", [("x", content), ("y", GOOD["y"])])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"not an \.npz file, or damaged") as raised:
            load(tmp_path / "some.npz")
    assert len(str(raised.value).splitlines()) == 1


class Trap:
    """Unpickling this object makes a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_nothing_is_unpickled(tmp_path):
    trap = pickle.dumps(Trap(tmp_path / "sprung"))
    for x in (trap, member(header={**HUGE, "descr": "|O", "shape": ()}, data=trap)):
        archive(tmp_path / "some.npz", [("x", x), ("y", GOOD["y"])])
        with pytest.raises(DataError):
            load(tmp_path / "some.npz")
    assert not (tmp_path / "sprung").exists()


def test_archives_of_other_kinds_are_refused(tmp_path):
    path = tmp_path / "some.npz"
    archive(path, [*GOOD.items(), ("y", GOOD["y"])])
    with pytest.raises(DataError, match="holds 'y', allowed x, y, split, thresholds, lengths, once each"):
        load(path)
    archive(path, GOOD.items(), zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="x: found compression method 14, allowed 0 and 8"):
        load(path)
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"x\.npy: found the ending '\.npy', allowed an \.npz, "):
        load(tmp_path / "x.npy")
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    with pytest.raises(DataError, match=r"x\.npz: not an \.npz file, or damaged \(BadZipFile: File is not"):
        load(tmp_path / "x.npz")
    with pytest.raises(DataError, match=r"gone\.npz: no such file"):
        load(tmp_path / "gone.npz")
    with pytest.raises(DataError, match=r"found neither NAME_TRAIN\.ts nor folders with \.wav files"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"needs --data, allowed an \.npz, "):
        load(None)


def test_a_flipped_or_missing_byte_is_an_error_of_one_line_or_none(tmp_path, file):
    rng = np.random.default_rng(0)
    whole = file.read_bytes()
    refused = []
    for _ in range(300):
        content = bytearray(whole)
        if rng.random() < 0.2:
            content = content[: rng.integers(len(content))]
        else:
            content[rng.integers(len(content))] ^= 1 << rng.integers(8)
        (tmp_path / "flipped.npz").write_bytes(content)
        try:
            load(tmp_path / "flipped.npz")
        except DataError as error:
            refused.append(str(error))
    assert len(refused) > 200
    assert all(len(text.splitlines()) == 1 for text in refused)
