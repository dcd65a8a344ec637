"""What the documentation shows is what the code does: every Python block runs, every command exists."""

import doctest
import re
import shlex

import click
import pytest

from lava_ahp.cli import main

from support.paths import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page, language="python"):
    """Line number and text of the blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start()].count("\n") + 1, m[2]) for m in BLOCK.finditer(text) if m[1] == language]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: p.name)
def test_python_blocks_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    runner = doctest.DocTestRunner()
    for line, text in blocks(page):
        if ">>>" in text:
            found = doctest.DocTestParser().get_doctest(text, names, page.name, str(page), line)
            report = []
            runner.run(found, out=report.append, clear_globs=False)
            names = found.globs
            assert runner.failures == 0, "".join(report)
        else:
            exec(compile("\n" * line + text, str(page), "exec"), names)


def test_numerics_page_is_among_them():
    assert len(blocks(ROOT / "docs" / "numerics.md")) >= 15


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "sh")], ids=lambda p: p.name)
def test_shell_commands_exist(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for line, text in blocks(page, "sh"):
        for command in text.replace("\\\n", " ").splitlines():
            words = shlex.split(command, comments=True)
            where = f"{page.name}:{line}: {command}"
            if words[:1] == ["make"]:
                assert set(words[1:]) <= targets, where
            elif words[:1] == ["lava-ahp"]:
                _check_options(words[1:], where)


def _check_options(words, where):
    command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        assert words[0] in command.commands, where
        command, *words = command.commands[words[0]], *words[1:]
    options = {w.partition("=")[0] for w in words if w.startswith("-")}
    allowed = {"--help", "-h"}.union(*(p.opts for p in command.params if isinstance(p, click.Option)))
    assert options <= allowed, where
