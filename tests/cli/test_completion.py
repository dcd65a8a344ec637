"""Completion in the shell, as docs/completion.md sets it up."""

import re

import pytest
from click.testing import CliRunner

from lava_ahp.cli import main

from support.paths import ROOT

PAGE = (ROOT / "docs" / "completion.md").read_text(encoding="utf-8")


def complete(instruction, **words):
    environment = {"_LAVA_AHP_COMPLETE": instruction, **words}
    return CliRunner().invoke(main, prog_name="lava-ahp", env=environment).output


@pytest.mark.parametrize(
    "line, found",
    [
        ("lava-ahp pro", ["profile"]),
        ("lava-ahp run --ba", ["--backend"]),
        ("lava-ahp train --device c", ["cpu", "cuda"]),
    ],
)
def test_commands_options_and_choices_are_completed(line, found):
    words = line.split()
    shown = complete("bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert [row.partition(",")[2] for row in shown.splitlines()] == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_page_names_the_script_of_every_shell(shell):
    assert len(re.findall(rf"^    _LAVA_AHP_COMPLETE={shell}_source lava-ahp > ", PAGE, re.MULTILINE)) == 1


@pytest.mark.parametrize("shell", ["zsh", "fish"])  # bash is asked for its version first
def test_there_is_a_script_for(shell):
    assert "_lava_ahp_completion" in complete(f"{shell}_source")
