"""The page about energy and latency: its contents, what is folded, and that it leaves out what would be empty."""

import re

import numpy as np
import pytest
from report.test_hostile_names import check_html

from lava_ahp import Connection, Events, Network, Neuron, Population
from lava_ahp.profiler.measurement import Baseline
from lava_ahp.report import profile_figures, profile_page
from lava_ahp.workflow.profiling import compared, count, load_chips
from lava_ahp.workflow.stimulus import Stimulus

from support.browser import needs_chromium, opened


def baseline(*energies):
    """A baseline at batch 1, 8, 64, ... with these energies per sample; None where none was measured."""
    rows = [{"batch": 8**k, "latency_s": 0.01, "energy_j": e, "method": "made"} for k, e in enumerate(energies)]
    return Baseline(
        what="baseline", name="board, LSTM", model="LSTM", task="toy", steps=5, device="board", rows=rows,
        source="made", kind="measured",
    )  # fmt: skip


def summary(*baselines, chips=("loihi1-davies2018", "loihi2")):
    """The JSON of a profile of one neuron."""
    cell = Population("cell", 1, Neuron(threshold=10))
    network = Network((Population("input", 1), cell), (Connection("input", "cell", [[11]]),), "cell", {"name": "toy"})
    found = Stimulus(Events.from_dense(np.ones((2, 5, 1), bool)), None, 1, "two samples", None)
    return compared(count(network, "toy.net", found, load_chips(chips)), baselines).to_json()


def page(*baselines, **options):
    return profile_page.render(summary(*baselines, **options), "lava-ahp profile")


def anchors(text):
    """The anchors that the contents name, each of which has to exist, once."""
    (contents,) = re.findall(r"<nav.*?</nav>", text, re.DOTALL)
    found = re.findall(r'href="#(\w+)"', contents)
    assert [name for name in re.findall(r'id="(\w+)"', text) if name in found] == found
    return found


def test_the_contents_name_every_section_in_its_order():
    text = page(baseline(1.0, 1e-12))
    assert anchors(text) == list(profile_page._SECTIONS)
    check_html(text)


def test_details_are_folded_and_their_anchors_inside():
    text = page(baseline(1.0, 1e-12))
    folded = re.findall(r'<details><summary>[^<]+</summary><div id="(\w+)">', text)
    assert folded == list(profile_page._SECTIONS)[4:]


@pytest.mark.parametrize(
    "baselines, absent",
    [
        ([], {"batches", "baselines", "ratios"}),
        ([baseline(None, None)], {"batches"}),
        ([baseline(1.0, None)], {"batches"}),
    ],
)
def test_what_would_be_empty_is_left_out(baselines, absent):
    text = page(*baselines)
    assert set(profile_page._SECTIONS) - set(anchors(text)) == absent
    assert "<ul></ul>" not in text


def test_one_chip_alone_is_compared_with_nothing():
    assert {"beside", "batches"}.isdisjoint(anchors(page(chips=("loihi2",))))


def test_the_curve_marks_the_batch_from_which_on_the_baseline_wins():
    found = summary(baseline(1.0, 1e-3, 1e-12))
    (batch,) = {f"{row['batch']:.0f}" for row in found["crossings"] if row["chip"] == "loihi2"}
    picture = profile_figures.energy_over_batch(found)
    for text in ("board, LSTM (measured)", "loihi2 (modelled)", f"batch {batch}", "1", "8", "64"):
        assert f">{text}</text>" in picture
    assert "takes less energy per sample than board, LSTM below batch" in profile_page.render(found, "")


def test_a_curve_without_a_crossing_marks_none():
    assert ">batch 1<" not in profile_figures.energy_over_batch(summary(baseline(2.0, 1.0)))


@needs_chromium
def test_a_link_of_the_contents_opens_what_is_folded(tmp_path):
    (tmp_path / "page.html").write_text(
        page().replace("</body>", "<script>location.hash = '#steps'; setTimeout(() => document.title = "
                       "document.querySelectorAll('details[open]').length + ' open', 200)</script></body>")
    )  # fmt: skip
    done = opened(tmp_path / "page.html", tmp_path / "profile", "--dump-dom", "--virtual-time-budget=2000")
    assert "<title>1 open</title>" in done.stdout
