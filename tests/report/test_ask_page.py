"""The page about one question."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
from report.test_hostile_names import HOSTILE, NASTY, check_html, check_lines

import lava_ahp
from lava_ahp.encoders import StoryCode
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.report import ask_figures
from lava_ahp.report.ask_figures import Reading

from support import asking
from support.asking import QUESTION, STORY
from support.browser import needs_chromium, opened


@pytest.fixture(name="page", scope="module")
def fixture_page():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return lava_ahp.ask(asking.network(), STORY, QUESTION, command="lava-ahp ask").to_html()


def test_it_shows_words_pairs_and_answers(page):
    check_html(page)
    assert page.count("<svg") == 3
    found = lava_ahp.ask(asking.network(), STORY, QUESTION)
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)][1:]
    assert rows == [[each.answer, f"{each.voltage:.3f}", f"{100 * each.softmax:.1f} %"] for each in found.candidates]
    for text in (
        "<li>anna strolled over to the library</li>",
        ">strolled</text>",
        ">clara ran to the workshop  2</text>",
    ):
        assert text in page
    for value in found.pairs[np.triu_indices(3)]:
        assert not value or f">{value}</text>" in page
    assert f"{(found.pairs > 0).sum()} of 6" in page
    assert "<code>lava-ahp ask</code>" in page


def test_it_is_the_same_every_time(page):
    assert lava_ahp.ask(asking.network(), STORY, QUESTION, command="lava-ahp ask").to_html() == page


@needs_chromium
def test_it_opens_without_complaint_or_request(page, tmp_path):
    (tmp_path / "page.html").write_text(page)
    done = opened(tmp_path / "page.html", tmp_path / "profile", "--dump-dom")
    assert "CONSOLE" not in done.stderr
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "anna strolled over to the library" in done.stdout


def test_a_network_without_pairs_has_words_and_a_readout():
    code = StoryCode(("a", "b"), sentences=2, words=2, steps_per_word=1, relay_steps=1, tail=3)
    task = {"name": "babi", "encoder": code.to_json(), "window": 2, "class_names": ["only"]}
    network = Network(
        (Population("input", code.channels), Population("readout", 1, Neuron(131071))),
        (Connection("input", "readout", np.full((1, code.channels), 2)),),
        "readout",
        task,
    )
    found = lava_ahp.ask(network, "a b", "b")
    assert found.pairs.shape == (0, 0)
    assert (found.answer, found.candidates[0].softmax) == ("only", 1.0)
    page = found.to_html()
    check_html(page)
    assert page.count("<svg") == 1
    assert "runner-up" not in page


def test_names_in_the_network_are_shown_as_they_are():
    network = asking.network()
    names = [*list(NASTY.values())[:-1], HOSTILE][-asking.task().classes :]
    network = replace(network, task={**network.task, "name": HOSTILE, "class_names": names})
    found = lava_ahp.ask(network, STORY, QUESTION, command=HOSTILE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = found.to_html()
    check_html(page)
    check_html(found._repr_html_())
    check_lines(repr(found))
    assert all(len(line) < 200 for line in found.lines(9))
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("word", ["w" * 64, "$x_1$", "<b>", "_", "日本"])
def test_any_word_in_pictures(word):
    code = StoryCode((word,), sentences=1, words=3, steps_per_word=2, relay_steps=2, tail=4)
    spikes = np.zeros((code.steps(2), 5), bool)
    spikes[3:7] = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_html(ask_figures.reading([Reading("1", (word, word), spikes), Reading("?", (word,), spikes)], code))
        check_html(ask_figures.triangle(np.array([[3]]), [word]))
        check_html(ask_figures.readout(np.zeros((10, 2), np.int32), [word, "other"], 3, 4))


def test_very_many_spikes_take_a_bitmap():
    code = StoryCode(("a",), sentences=1, words=64, steps_per_word=8, relay_steps=2, tail=4)
    spikes = np.ones((code.steps(2), 200), bool)
    picture = ask_figures.reading([Reading("1", ("a",) * 64, spikes)], code)
    assert "<image" in picture
    assert len(picture) < 500_000
    voltages = np.random.default_rng(0).integers(-4096, 4096, (17_000, 1000), dtype=np.int32)
    assert len(ask_figures.readout(voltages, [str(k) for k in range(1000)], 100, 16_000)) < 500_000


@pytest.mark.parametrize("size", [1, 2, 25, 64])
def test_a_triangle_of_any_size(size):
    pairs = np.triu(np.full((size, size), 7))
    picture = ask_figures.triangle(pairs, ["a b"] * size)
    check_html(picture)
    assert picture.count(">7</text>") == (size * (size + 1) // 2 if size <= 24 else 1)


def test_labels_of_lines_keep_apart():
    assert ask_figures._apart([1.0, 1.0, 5.0, 0.9], 0.5) == [1.0, 0.5, 5.0, 0.0]
