"""What the documentation shows is what the code does: every Python block runs, every command exists."""

import doctest
import inspect
import pkgutil
import re
import shlex
from dataclasses import fields

import click
import pytest

import lava_ahp
from lava_ahp import Neuron, errors
from lava_ahp.cli import main
from lava_ahp.netx._layout import PARAMETER_OF_KEY

from support.paths import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "netx_exports/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"(?<![\w./])(?:lava_ahp|tests|docs|scripts|hw_profiles|netx_exports)/[\w./-]*")


def blocks(page, language="python"):
    """Line number and text of the blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    return [(text[: m.start()].count("\n") + 1, m[2]) for m in BLOCK.finditer(text) if m[1] == language]


# The README's examples train and run in Lava: tests/test_public.py runs them.
@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p) and p.name != "README.md"], ids=lambda p: p.name)
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


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_named_paths_exist(page):
    for path in PATH.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / path.rstrip(".")).exists(), f"{page.name}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_named_objects_exist(page):
    for name in re.findall(r"\blava_ahp(?:\.[A-Za-z]\w*){2,}", page.read_text(encoding="utf-8")):
        if (ROOT / name.replace(".", "/")).with_suffix(".py").exists():
            continue
        try:
            pkgutil.resolve_name(name)
        except ImportError as error:
            # Lava and lava-dl exist for Python 3.10 alone.
            missing = (error.name or "").partition(".")[0]
            if missing == "lava_ahp":
                pytest.fail(f"{page.name}: {name}: {error}")
        except AttributeError as error:
            pytest.fail(f"{page.name}: {name}: {error}")


def names_of_parameters():
    """Rows of the table of names in docs/numerics.md: the names in backticks, by column."""
    text = (ROOT / "docs" / "numerics.md").read_text(encoding="utf-8")
    lines = text[text.index("| quantity | equations above |") :].partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [[re.findall(r"`([^`]*)`", cell) for cell in row] for row in cells[2:]]


def test_table_of_names_has_every_parameter_and_file_key():
    rows = names_of_parameters()
    assert {row[2][0] for row in rows} == {item.name for item in fields(Neuron)}
    assert {row[4][0]: row[2][0] for row in rows if row[2] != ["bias"]} == PARAMETER_OF_KEY


def test_table_of_names_has_the_names_of_training():
    neuron = pytest.importorskip("lava_ahp.slayer.neuron")
    named = {row[3][0] for row in names_of_parameters() if row[3]}
    assert named == {*neuron.LEARNABLE, "input_exponent"}
    assert named <= set(inspect.signature(neuron.Neuron).parameters)


def test_table_of_names_has_the_names_of_the_process():
    pytest.importorskip("lava.magma")
    from lava_ahp.process import AHP

    named = {name for row in names_of_parameters() for name in re.findall(r"[a-z]\w+", row[5][0])}
    states = {"shape", "u", "v", "a", "reset_interval", "reset_offset", "name", "log_config", "kwargs"}
    assert named == set(inspect.signature(AHP.__init__).parameters) - states - {"self"}


def test_the_page_of_the_public_face_has_every_name():
    shown = re.findall(r"^::: lava_ahp\.(\w+)$", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert "errors" in shown
    assert set(lava_ahp.__all__) - set(shown) == {name for name in lava_ahp.__all__ if hasattr(errors, name)}


def test_readme_has_no_relative_links():
    links = re.findall(r"\]\(([^)]*)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert all(link.startswith("https://") for link in links), "a package index shows the README without the repository"
