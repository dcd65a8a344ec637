"""Hostile text in arguments and files is one or two harmless lines on the terminal."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from lava_ahp.cli import main
from lava_ahp.errors import SpecError

from support.hostile import HOSTILE, NAME, check_lines, fixture_folder, fixture_network, profile_arguments  # noqa: F401


@pytest.mark.parametrize(
    "arguments",
    [
        ["inspect", "FILE.json"],
        ["verify", "FILE.toml"],
        ["verify", HOSTILE],
        ["run", "FILE.net"],
        ["run", "FILE.net", "--task", HOSTILE],
        ["profile", "FILE.net", "--hardware", HOSTILE],
        ["profile", "FILE.net", "--hardware", "FILE.json"],
        ["profile", "FILE.net", "--hardware", "missing-FILE.toml"],
        ["profile", "FILE.net", "--measured", HOSTILE],
        ["train", "--task", "digits", "--out", "out", "--config", "FOLDER/config.toml"],
        ["train", "--task", "digits", "--out", "out", "--set", f"training.{HOSTILE}=1"],
        ["train", "--task", "digits", "--out", "out", "--set", f"training.epochs={HOSTILE}"],
        [HOSTILE],
        ["inspect", f"--{HOSTILE}"],
        ["ask", "FILE.net", "FILE.json", HOSTILE],
    ],
    ids=range(15),
)
def test_a_message_is_a_line_or_two(folder, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = {"FILE": str(folder / NAME), "FOLDER": str(folder)}
    for word, place in places.items():
        arguments = [argument.replace(word, place) for argument in arguments]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    check_lines(result.output)
    if result.stderr.startswith("lava-ahp: "):
        assert result.stderr.count("\n") <= 2
    assert "everything is equal\n" not in result.output


def test_inspect(folder):
    result = CliRunner().invoke(main, ["inspect", str(folder / f"{NAME}.net")])
    assert result.exit_code == 0
    check_lines(result.output)


def test_a_long_message_is_cut(monkeypatch):
    def fail(*_, **__):
        raise SpecError("x" * 10**6)

    monkeypatch.setattr("lava_ahp.netx.read", fail)
    result = CliRunner().invoke(main, ["inspect", __file__])
    assert result.exit_code == 2
    assert len(result.output) < 2100


@pytest.mark.parametrize("command", ["profile", "inspect"])
def test_a_terminal_of_ascii(folder, command):
    arguments = profile_arguments(folder) if command == "profile" else ["inspect", str(folder / f"{NAME}.net")]
    done = subprocess.run(
        [sys.executable, "-m", "lava_ahp", *arguments],
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path), "LC_ALL": "C"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    check_lines(done.stdout.decode("ascii"))
    assert command != "profile" or b" uJ" in done.stdout
