"""Names in files are untrusted: markup, escapes and formulas in them are shown as they are, everywhere."""

import html.parser
import io
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp.cli import main
from lava_ahp.errors import printable
from lava_ahp.network.summary import summarise
from lava_ahp.network.tables import html_table
from lava_ahp.proof import Verification
from lava_ahp.report import deploy_figures, deploy_page, profile_figures, profile_page, sample_figures
from lava_ahp.report.drawing import literal as in_picture
from lava_ahp.report.drawing import panels, svg
from lava_ahp.report.network_terminal import show_network
from lava_ahp.report.profile_terminal import show_profile
from lava_ahp.report.progress import Terminal
from lava_ahp.report.terminal import echo, literal
from lava_ahp.targets import ClassScores
from lava_ahp.workflow.costs import Costs

from support.hostile import (  # noqa: F401
    HOSTILE,
    NAME,
    NASTY,
    TEXT,
    check_lines,
    fixture_folder,
    fixture_network,
    profile_arguments,
)
from support.pages import neuron, page_report, sample
from support.paths import SHARED


class _Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")], attrs


def check_html(text):
    """A page without scripts, and without characters that HTML, XML and UTF-8 do not have."""
    text.encode("utf-8")
    assert not {c for c in text if not (c.isprintable() or c in "\n\t\u00a0")}
    tags = _Tags()
    tags.feed(text)
    assert not tags.found & {"script", "fast", "high"}
    assert text.count("<svg") == text.count("</svg>")


@pytest.fixture(name="summary", scope="module")
def fixture_summary(folder):
    """The JSON of a profile in which every text that may come from a file is hostile."""
    page, path = folder / f"{NAME}.html", folder / "profile.json"
    result = CliRunner().invoke(main, [*profile_arguments(folder), "--html", str(page), "--json", str(path)])
    assert result.exit_code == 0, result.output
    check_lines(result.output)
    check_html(page.read_text(encoding="utf-8"))
    summary = json.loads(path.read_text(encoding="ascii"))
    summary["network"] |= {"file": HOSTILE, "stimulus": HOSTILE, "accuracy": 0.25, "accuracy_of": HOSTILE}
    summary["hardware"][0] |= {"name": HOSTILE, "warning": HOSTILE}
    for crossing in summary["crossings"]:
        crossing["chip"] = HOSTILE
    return summary


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_a_line_on_the_terminal(name, capsys, monkeypatch):
    echo(name)
    echo(f"lava-ahp: {name}", err=True)
    Terminal().say(name)
    shown = capsys.readouterr()
    for text in (shown.out, *shown.err.splitlines(keepends=True)):
        check_lines(text)
        assert text.count("\n") == 1
    assert literal(name).plain == printable(name)
    assert literal(name).spans == []
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    echo(name + "22.1\u00a0µJ")
    assert stream.buffer.getvalue().endswith(b"22.1 uJ\n")


@pytest.mark.parametrize("name", NASTY.values(), ids=NASTY)
def test_a_name_in_pictures_and_tables(name):
    figure, axes = panels(4, 3)
    axes.plot([1, 2], label=in_picture(name))
    axes.set(title=in_picture(name), xlabel=in_picture(name))
    axes.set_yticks([1, 2], [in_picture(name), "other"])
    assert len(axes.legend().get_texts()) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = svg(figure, name)
    check_html(picture)
    if name in (NASTY["markup"], NASTY["words"]):
        assert name in picture
    check_html(html_table(name, [{name: name}]))
    row = {"chip": name, "energy": name}
    check_html(deploy_page.fragment(title=name, scores=name, verdict=(True, name), chips=[], notes=[name]))
    check_html(html_table(name, [row] * 2))


def test_a_network_in_the_terminal(network, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    show_network(summarise(network), f"{HOSTILE}.net")
    shown = capsys.readouterr().out
    check_lines(shown)
    assert f"{printable(HOSTILE)}.net\n" in shown
    assert f"provenance {printable(HOSTILE)}: {printable(HOSTILE)}\n" in shown
    assert "input -> hidden" in shown
    check_lines(repr(network))


def test_a_profile_in_the_terminal(summary, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    show_profile(summary)
    shown, name = capsys.readouterr().out, printable(HOSTILE)
    check_lines(shown)
    assert f"network      {name}: 6 neurons" in shown
    assert f"accuracy     25.00 % of {name}\n" in shown
    assert f"{name}: {name}\n" in shown
    assert f"{printable(TEXT)} / loihi2" in shown
    assert f"takes less energy per sample than {printable(TEXT)}" in shown


@pytest.mark.parametrize("text", ["$x^2$", "$", "a$b$c", r"\$x$", "$$", r"$\frac$"])
def test_a_dollar_sign_begins_no_formula(text):
    figure, axes = panels(2, 1)
    axes.set_xlabel(in_picture(text))
    assert f">{text}</text>" in svg(figure, text)


@pytest.mark.parametrize("name", [NASTY["long"], HOSTILE, NASTY["formula"]])
def test_pictures_of_both_pages(summary, name):
    changed = json.loads(json.dumps(summary).replace(json.dumps(HOSTILE), json.dumps(name)))
    labels = np.array([0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pictures = [
            profile_figures.energy_split(changed),
            profile_figures.side_by_side(changed),
            profile_figures.energy_over_batch(changed),
            profile_figures.activity([{"name": name, "rate": 0.1, "updates": 2, "active_updates": 1}]),
            profile_figures.placement([{"tile": [0, 0], "compartments": 1, "neurons": {name: 1}}]),
            deploy_figures.confusion(labels, np.array([0, 0]), [name, "other"]),
            sample_figures.raster(sample(title=name, name=name, kinds={name: range(1)}), [name, "other"], 2),
            sample_figures.states(neuron(name)),
        ]
    for picture in pictures:
        check_html(picture)
        assert name[:10].strip() in picture


def test_pages_and_fragments(summary):
    hostile = sample(title=HOSTILE, kinds={HOSTILE: range(1)}, neurons=[neuron(HOSTILE)])
    report = page_report(
        title=HOSTILE, headline=[(HOSTILE, HOSTILE, HOSTILE)], verdict=(False, HOSTILE), class_names=[HOSTILE, "other"],
        scores=ClassScores(np.array([0]), np.array([0]), [HOSTILE, "other"]), samples=[hostile],
        populations=[{HOSTILE: HOSTILE}], connections=[{HOSTILE: HOSTILE}], checks=[{HOSTILE: HOSTILE}],
        costs=[{HOSTILE: HOSTILE}], cost_notes=[HOSTILE], provenance={HOSTILE: HOSTILE}, command=HOSTILE,
    )  # fmt: skip
    fragment = deploy_page.fragment(
        title=HOSTILE, scores=HOSTILE, verdict=(True, HOSTILE), chips=summary["hardware"], notes=[HOSTILE]
    )
    pages = (deploy_page.render(report), profile_page.render(summary, HOSTILE), profile_page.fragment(summary))
    for text in (fragment, *pages):
        check_html(text)
        assert "&lt;script&gt;" in text


def test_the_lines_of_results(summary, capsys):
    costs = Costs(summary["hardware"])
    found = Verification((), {HOSTILE: HOSTILE}, golden=False)
    for line in (*costs.lines(Path(HOSTILE)), *Costs((), (HOSTILE,)).lines(Path(HOSTILE)), *found.lines()):
        echo(line)
    check_lines(capsys.readouterr().out)


def test_class_names_with_markup():
    path = SHARED / "cases" / "markup.npz"
    if not path.exists():
        pytest.skip(f"{path} is absent")
    with np.load(path) as arrays:
        names = sorted(set(arrays["y"].astype(str).tolist()))
    labels = np.arange(len(names))
    check_html(deploy_figures.confusion(labels, labels, names))
    assert [literal(name).plain for name in names] == names
