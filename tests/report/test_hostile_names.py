"""Names in files are untrusted: markup, escapes and formulas in them are printed as they are."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import dynamics, netx
from lava_ahp.cli import main
from lava_ahp.network import Connection, Golden, Network, Neuron, Population, stimuli
from lava_ahp.network.summary import summarise
from lava_ahp.report import deploy_figures, deploy_page, profile_figures, profile_page
from lava_ahp.report.drawing import literal as in_picture
from lava_ahp.report.drawing import panels, svg
from lava_ahp.report.network_terminal import show_network
from lava_ahp.report.profile_terminal import show_profile
from lava_ahp.report.terminal import literal

HOSTILE = "[/high][red]\x1b[2J\u202e $x^2$ <script>"
ON_TERMINAL = r"[/high][red]\x1b[2J\u202e $x^2$ <script>"
IN_HTML = "[/high][red]\x1b[2J\u202e $x^2$ &lt;script&gt;"


@pytest.fixture(name="network", scope="module")
def fixture_network():
    return Network(
        (
            Population("input", 3),
            Population("hidden", 4, Neuron(threshold=20, ahp_weight=10)),
            Population("readout", 2, Neuron(threshold=131071)),
        ),
        (
            Connection("input", "hidden", np.full((4, 3), 20)),
            Connection("hidden", "readout", np.full((2, 4), 20)),
        ),
        "readout",
        task={"name": "toy", "class_names": [HOSTILE, "other"]},
        provenance={HOSTILE: HOSTILE},
    )


@pytest.fixture(name="summary", scope="module")
def fixture_summary(network, tmp_path_factory):
    """The JSON of a profile in which every text that may come from a file is hostile."""
    folder = tmp_path_factory.mktemp("profile")
    events = stimuli.covering(network)
    netx.write(network, folder / "toy.net", golden=Golden(events, dynamics.run(network, events)))
    rows = [{"batch": b, "latency_s": 1e-3, "energy_j": 1 / b, "idle_w": 1, "method": HOSTILE} for b in (1, 8)]
    baseline = {"what": "baseline", "name": HOSTILE, "model": HOSTILE, "task": "toy", "steps": 9, "device": HOSTILE,
                "rows": rows, "source": HOSTILE, "kind": "measured", "accuracy": {"value": 0.5, "samples": 10},
                "machine": {HOSTILE: HOSTILE}}  # fmt: skip
    (folder / "made.json").write_text(json.dumps(baseline))
    arguments = ["profile", folder / "toy.net", "--measured", folder / "made.json", "--json", "-"]
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    summary["network"] |= {"file": HOSTILE, "stimulus": HOSTILE, "accuracy": 0.25, "accuracy_of": HOSTILE}
    summary["hardware"][0] |= {"name": HOSTILE, "warning": HOSTILE}
    for crossing in summary["crossings"]:
        crossing["chip"] = HOSTILE
    return summary


def test_terminal_text_is_literal():
    assert literal(HOSTILE).plain == ON_TERMINAL
    assert literal(HOSTILE).spans == []
    assert literal("22.1\u00a0µJ, 日本\n").plain == "22.1\u00a0µJ, 日本\\n"


def test_a_network_in_the_terminal(network, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    show_network(summarise(network), f"{HOSTILE}.net")
    shown = capsys.readouterr().out
    assert f"{ON_TERMINAL}.net\n" in shown
    assert f"provenance {ON_TERMINAL}: {ON_TERMINAL}\n" in shown
    assert "\x1b" not in shown
    assert "input -> hidden" in shown


def test_a_profile_in_the_terminal(summary, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    show_profile(summary)
    shown = capsys.readouterr().out
    assert f"network      {ON_TERMINAL}: 6 neurons" in shown
    assert f"accuracy     25.00 % of {ON_TERMINAL}\n" in shown
    assert f"{ON_TERMINAL}: {ON_TERMINAL}\n" in shown
    assert f"{ON_TERMINAL} / loihi2" in shown
    assert f"takes less energy per sample than {ON_TERMINAL}" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("text", ["$x^2$", "$", "a$b$c", r"\$x$", "$$", r"$\frac$"])
def test_a_dollar_sign_begins_no_formula(text):
    figure, axes = panels(2, 1)
    axes.set_xlabel(in_picture(text))
    assert f">{text}</text>" in svg(figure)


def test_pictures_of_both_pages(summary):
    pictures = [
        profile_figures.energy_split(summary),
        profile_figures.side_by_side(summary),
        profile_figures.energy_over_batch(summary),
        profile_figures.activity([{"name": HOSTILE, "rate": 0.1, "updates": 2, "active_updates": 1}]),
        profile_figures.placement([{"tile": [0, 0], "compartments": 1, "neurons": {HOSTILE: 1}}]),
        deploy_figures.confusion(np.array([0, 1]), np.array([0, 0]), [HOSTILE, "other"]),
        deploy_figures.raster({HOSTILE: np.ones((5, 2), bool)}, np.zeros((5, 2), np.int32), [HOSTILE, "other"], 2),
    ]
    for picture in pictures:
        assert "[/high][red]" in picture
        assert "$x^2$" in picture
        assert "<script" not in picture


def test_pages_and_fragments(summary):
    fragments = [
        profile_page.fragment(summary),
        deploy_page.fragment(title=HOSTILE, accuracy=0.5, samples=4, verdict=(True, HOSTILE),
                             chips=summary["hardware"], notes=[HOSTILE]),
    ]  # fmt: skip
    for text in (profile_page.render(summary, HOSTILE), *fragments):
        assert IN_HTML in text
        assert "<script" not in text
