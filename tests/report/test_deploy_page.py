"""The page about a deployment: what it shows, and that it leaves out what does not apply."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from lava_ahp.report import deploy_figures, deploy_page, sample_figures
from lava_ahp.report.answers import answers, class_table
from lava_ahp.report.html import fill

from support.pages import neuron, page_report, sample


def pictures(page):
    return [ElementTree.fromstring(text) for text in re.findall(r"<svg.*?</svg>", page, flags=re.S)]


def title(picture):
    return picture.find("{*}title").text


def texts(picture):
    return ["".join(node.itertext()) for node in picture.iter("{http://www.w3.org/2000/svg}text")]


def test_every_picture_says_in_words_what_it_shows():
    wrong = replace(sample(), title="A wrong answer: test sample 9", label=1)
    report = page_report(samples=[sample(neurons=[neuron(), neuron("hidden 3", 100.0)]), wrong])
    found = pictures(deploy_page.render(report))
    assert [title(picture).partition(":")[0] for picture in found] == [
        "Confusion matrix",
        "hidden 0",
        "hidden 3",
        "A right answer",
        "A wrong answer",
        "Training and validation loss over epochs",
        "Validation accuracy over epochs",
        "Firing rate over epochs",
        "Histogram of the AHP time constants of 3 neurons, 50 to 200 steps",
    ]
    assert {picture.get("role") for picture in found} == {"img"}
    assert all(picture.findall(".//{*}path") for picture in found)


def test_a_network_without_ahp_neurons_words_and_misses_leaves_no_empty_picture():
    words = sample(signal=None, kinds={}, time_constants={})
    page = deploy_page.render(page_report(samples=[words], time_constants=np.full(4, np.nan), cost_notes=["too large"]))
    assert len(pictures(page)) == 5
    assert "too large" in page
    for absent in ("What AHP neurons do", "time constant", "A wrong answer", "nan"):
        assert absent not in page


def test_neurons_are_in_the_order_of_their_time_constants():
    picture = sample_figures.raster(sample(), ["a", "b"], 3)
    shown = texts(ElementTree.fromstring(picture))
    assert [text for text in shown if text in ("none", "50", "100", "200")] == ["none", "50", "100", "200"]
    for text in ("signal", "(mV)", "rises", "cue", "AHP time constant", "class found, the true one"):
        assert text in shown


def test_a_wrong_sample_shows_both_classes():
    shown = texts(ElementTree.fromstring(sample_figures.raster(sample(label=1), ["a", "b"], 3)))
    assert {"class found", "true class"} <= set(shown)


def test_of_many_classes_only_two_readouts_have_names():
    names = [f"class{k}" for k in range(30)]
    many = sample(readout=np.tile(np.arange(30, dtype=np.int32), (12, 1)), label=4)
    shown = texts(ElementTree.fromstring(sample_figures.raster(many, names, 3)))
    assert [text for text in shown if text in names] == ["class4", "class29"]


def test_states_have_a_threshold_and_a_time_constant():
    shown = texts(ElementTree.fromstring(sample_figures.states(neuron())))
    for text in ("current u", "AHP current a", "voltage v", "hidden 0: AHP 30 steps, 3 spikes"):
        assert text in shown
    assert any(text.startswith("threshold") for text in shown)
    assert "no AHP" in sample_figures.states(neuron(time_constant=np.nan))


def test_the_histogram_tells_of_currents_that_never_decay():
    assert "1 more never decay" in sample_figures.time_constants(np.array([50.0, 50.0, np.inf, np.nan]))
    assert sample_figures.time_constants(np.array([np.inf, np.nan])) is None


def test_confusion_is_by_share_of_a_row():
    picture = deploy_figures.confusion(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1]), ["a", "b", "c"])
    shown = texts(ElementTree.fromstring(picture))
    assert [text for text in shown if text.isdigit()] == ["67", "33", "100"]


def test_many_classes_have_neither_numbers_nor_names():
    labels = np.arange(60)
    names = [f"class{k}" for k in labels]
    assert "class7" not in deploy_figures.confusion(labels, labels, names)


def test_the_validation_loss_is_drawn_where_it_is_known():
    row = {"epoch": 1, "loss": 1.0, "accuracy": 0.5, "rate": 0.1}
    assert "Validation loss" not in deploy_figures.training_curves([row])[0]
    assert "Validation loss" in deploy_figures.training_curves([{**row, "validation_loss": 2.0}])[0]


def test_of_many_classes_the_table_shows_the_worst():
    rows = [{"class": f"c{k}", "samples": 1, "recall": None, "precision": 0.5, "f1": k / 40} for k in range(40)]
    shown, note = class_table(rows)
    assert note == "The 30 of 40 classes with the lowest F1."
    assert shown[29] == {"class": "c29", "samples": 1, "recall": "none", "precision": "50.0 %", "F1": "72.5 %"}
    assert len(shown) == 30


@pytest.mark.parametrize(
    "value, shown", [(9999, "9999"), (19173, "19,173"), (0.7166666666, "0.7167"), (123456.7, "123,457"), (True, "True")]
)
def test_numbers_are_rounded_and_grouped(value, shown):
    report = page_report(provenance={"x": value})
    page = fill("deploy.html.j2", report=report, answers=answers(report.scores), constants=None, neurons=[], rasters=[],
                curves=[])  # fmt: skip
    assert f"<dt>x</dt><dd>{shown}</dd>" in page


def test_colours_are_those_of_the_page_light_and_dark():
    page = deploy_page.render(page_report())
    assert "prefers-color-scheme: dark" in page
    drawn = re.findall(r"<svg.*?</svg>", page, flags=re.S)
    used = set(re.findall(r"var\(--(\w+)\)", "".join(drawn)))
    assert {"ink", "accent", "warm"} <= used
    dark = page[page.index("prefers-color-scheme: dark") :]
    assert not {name for name in used if f"--{name}:" not in dark}
    assert "#000000" not in "".join(drawn)
