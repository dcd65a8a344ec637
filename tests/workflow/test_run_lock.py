"""One process at a time writes a run folder, and the second one says who does."""

import errno
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from lava_ahp import DataError, Run, export
from lava_ahp.cli import main
from lava_ahp.files import locking
from lava_ahp.workflow.run_lock import writing

HOLD = """
import sys
from pathlib import Path
from lava_ahp import Run
from lava_ahp.workflow.run_lock import writing

with writing(Run(Path(sys.argv[1])), "lava-ahp train --out here"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """A run folder that another process writes, and that process."""
    folder = tmp_path / "run"
    command = [sys.executable, "-c", HOLD, folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield folder, process
        process.kill()


def names_its_holder(message, process):
    return f"in use by 'lava-ahp train --out here' (process {process.pid} on " in message


@pytest.mark.parametrize("command", ["train", "deploy"])
def test_the_second_command_says_who_writes_the_folder(held, command):
    folder, process = held
    before = os.listdir(folder)
    result = CliRunner().invoke(main, [command, "--task", "digits", "--out", str(folder)])
    assert result.exit_code == 2, result.output
    assert names_its_holder(result.stderr, process)
    assert len(result.stderr.splitlines()) == 1
    assert os.listdir(folder) == before


def test_export_into_the_folder_is_refused_and_elsewhere_is_not(held, tmp_path, monkeypatch):
    from lava_ahp.workflow import exporting

    folder, process = held
    monkeypatch.setattr(exporting, "task_of_run", lambda run, data: SomeTask)
    monkeypatch.setattr(exporting, "load_for_export", lambda run, task: exporting.Exportable(None, None))
    monkeypatch.setattr(exporting, "encode", lambda *_: None)
    written = []
    monkeypatch.setattr(exporting, "write_network", lambda found, batch, out: written.append(out))
    monkeypatch.setattr(exporting, "describe", lambda *_, **__: None)
    with pytest.raises(DataError) as raised:
        export(folder)
    assert names_its_holder(str(raised.value), process)
    export(folder, tmp_path / "elsewhere.net")
    assert written == [tmp_path / "elsewhere.net"]


class SomeTask:
    @staticmethod
    def size(split):
        return 1


@pytest.mark.parametrize("signal", ["kill", "terminate"])
def test_the_lock_ends_with_its_process(held, signal):
    folder, process = held
    getattr(process, signal)()
    process.wait()
    assert (folder / ".lock").exists()
    with writing(Run(folder), "the next one"):
        holder = json.loads((folder / ".lock").read_text())
        assert (holder["pid"], holder["command"]) == (os.getpid(), "the next one")
    assert os.listdir(folder) == []


def test_two_writers_in_one_process_exclude_each_other(tmp_path):
    (tmp_path / "kept").touch()
    with writing(Run(tmp_path), "one"):
        with pytest.raises(DataError, match="in use by 'one'"), writing(Run(tmp_path), "two"):
            pass
        with pytest.raises(DataError, match="in use by 'one'"), writing(Run(tmp_path), "three"):
            pass
    assert os.listdir(tmp_path) == ["kept"]


def test_a_folder_that_stays_empty_is_removed(tmp_path):
    with writing(Run(tmp_path / "new"), "one"):
        assert (tmp_path / "new" / ".lock").is_file()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("where", ["file system", "platform"])
def test_without_locks_it_says_so_and_goes_on(tmp_path, monkeypatch, where):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    if where == "platform":
        monkeypatch.setattr(locking, "fcntl", None)
    else:
        monkeypatch.setattr(locking.fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match="this file system has no locks"), writing(Run(tmp_path), "one"):
        pass
    assert os.listdir(tmp_path) == []
