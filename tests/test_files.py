"""Files are written atomically, links, devices and modes are respected, and outputs never replace inputs."""

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from lava_ahp import files
from lava_ahp.errors import DataError
from lava_ahp.files import check_outputs, write_text
from lava_ahp.files.locking import try_lock

from support.full_disk import limited_size


@pytest.mark.parametrize("call", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    path = tmp_path / "result.json"
    write_text(path, "old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left on device") as raised:
        write_text(path, "new")
    assert raised.value.filename == str(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["result.json"]


def test_appending_to_a_full_disk_keeps_what_is_there(tmp_path):
    path = tmp_path / "events"
    files.append_bytes(path, b"old")
    with limited_size(5), pytest.raises(OSError, match="File too large"):
        files.append_bytes(path, b"too much")
    assert path.read_bytes() == b"old"


def test_a_link_stays_and_its_target_is_written(tmp_path):
    target, link = tmp_path / "folder" / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    for text in ("new", "newer"):
        write_text(link, text)
        assert link.is_symlink()
        assert target.read_text() == text


def test_a_link_to_itself_is_refused(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links"):
        write_text(link, "text")
    assert link.is_symlink()


def test_an_existing_file_keeps_its_mode_and_owner(tmp_path):
    path = tmp_path / "private.json"
    path.touch(mode=0o600)
    if os.geteuid() == 0:
        os.chown(path, 12, 34)
    before = path.stat()
    write_text(path, "text")
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert path.read_text() == "text"


def test_a_pipe_is_written_to(tmp_path):
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    write_text(path, "text")
    reader.join(10)
    assert read == ["text"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_device_is_written_to(tmp_path):
    device = tmp_path / "device"
    device.symlink_to(os.devnull)
    write_text(device, "text")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_stdout_is_written_where_it_is_redirected_to(tmp_path):
    with (tmp_path / "out").open("w+") as file:
        file.write("first, ")
        file.flush()
        write_text(Path(f"/dev/fd/{file.fileno()}"), "second")
    assert (tmp_path / "out").read_text() == "first, second"


def test_leftovers_of_a_crash_are_cleared_and_files_being_written_are_not(tmp_path):
    path = tmp_path / "result.json"
    old, busy, new, other = (tmp_path / f".{name}.part" for name in (
        "result.json.aaaaaaaa", "result.json.bbbbbbbb", "result.json.cccccccc", "other.json.aaaaaaaa"))  # fmt: skip
    for leftover in (old, busy, new, other):
        leftover.write_text("half")
    for leftover in (old, busy, other):
        os.utime(leftover, (1, 1))
    with busy.open() as file:
        assert try_lock(file.fileno())
        write_text(path, "text")
    assert not old.exists()
    assert busy.exists()
    assert new.exists()
    assert other.exists()


def test_outputs_that_are_inputs_or_other_outputs_are_refused(tmp_path):
    read, folder = tmp_path / "in.net", tmp_path / "data"
    folder.mkdir()
    for path in (read, folder / "train.npz", folder / "old.json"):
        path.touch()
    hard, soft = tmp_path / "hard", tmp_path / "soft"
    os.link(read, hard)
    soft.symlink_to(read)
    for path in (read, hard, soft, folder / ".." / "in.net", folder / "train.npz"):
        with pytest.raises(DataError, match=r"--json: found .*, a file that this command reads; choose another file"):
            check_outputs({"--json": path}, [read, None, folder])
    with pytest.raises(DataError, match=r"--json: found .*, the file of --html as well; choose another file"):
        check_outputs({"--html": tmp_path / "new", "--json": folder / ".." / "new"})
    check_outputs({"--json": folder / "old.json", "--html": folder / "new.html", "--save": None}, [read, folder])
    check_outputs({"--json": os.devnull, "--html": os.devnull}, [os.devnull])


def test_success_replaces_with_the_usual_permissions(tmp_path):
    path = tmp_path / "new" / "result.json"
    write_text(path, "new")
    assert path.read_text() == "new"
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_later_values_take_the_place_of_earlier_ones(tmp_path):
    path = tmp_path / "metrics.json"
    assert files.read_json(path) == {}
    files.add_json(path, {"a": 1, "b": 2})
    files.add_json(path, {"b": 3})
    assert files.read_json(path) == {"a": 1, "b": 3}


@pytest.mark.parametrize(("text", "said"), [("{", "not JSON"), ("[1]", "found list, allowed an object")])
def test_what_is_no_object_is_left_as_it_is(tmp_path, text, said):
    path = tmp_path / "metrics.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        files.add_json(path, {"a": 1})
    assert path.read_text() == text
