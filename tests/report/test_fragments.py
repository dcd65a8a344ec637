"""Short summaries for notebooks, and the samples that an accuracy is of."""

import copy
import re

import pytest

from lava_ahp.report import deploy_page, profile_page, profile_rows

CHIP = {
    "name": "loihi2",
    "warning": "Do not quote.",
    "energy_j": {"neurocore_dynamic": 1e-6, "neurocore_static": 2e-6, "host_io": 3e-6, "total": 6e-6},
    "latency_s": 1.5e-3,
    "edp_js": 9e-9,
    "cores": 1,
    "chips": 1,
}
RUN = {**{key: CHIP[key] for key in ("energy_j", "latency_s", "edp_js", "chips")}, "name": "probe", "kind": "measured",
       "accuracy": None}  # fmt: skip
SUMMARY = {
    "network": {"file": "a.net", "neurons": 30, "synapses": 900, "accuracy": 0.975, "samples": 200,
                "stimulus": "the first 200 of 450 test samples of digits"},
    "hardware": [CHIP],
    "chip": [RUN],
    "baseline": [],
}  # fmt: skip


def cells(html):
    return [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)][1:]


def test_a_profile_in_a_notebook():
    html = profile_page.fragment(SUMMARY)
    assert cells(html) == [
        ["loihi2", "modelled", "6\u00a0µJ", "1.5\u00a0ms", "9\u00a0nJs"],
        ["probe", "measured", "6\u00a0µJ", "1.5\u00a0ms", "9\u00a0nJs"],
    ]
    assert "<b>a.net</b>: 30 neurons, 900 synapses; accuracy 97.50 % of the first 200 of 450 test samples" in html
    assert "Do not quote." in html
    assert not re.search(r"<(html|style|script|link|img)", html)


def test_the_energy_of_a_host_that_is_not_known_apart_is_no_zero():
    whole = {**CHIP, "energy_j": {**CHIP["energy_j"], "host_io": 0.0}}
    assert profile_rows.chip_row({**whole, "host_apart": False})["host io"] == "in the others"
    assert profile_rows.chip_row({**whole, "host_apart": True})["host io"] == "0\u00a0J"
    assert profile_rows.chip_row(RUN)["host io"] == "3\u00a0µJ"


def test_without_labels_there_is_no_accuracy():
    unlabelled = copy.deepcopy(SUMMARY)
    unlabelled["network"]["accuracy"] = None
    assert "accuracy" not in profile_page.fragment(unlabelled)
    row = next(profile_rows.accuracy_rows(unlabelled))
    assert (row["accuracy"], row["samples"]) == ("not known", "")


def test_an_accuracy_of_other_samples_says_so():
    whole = copy.deepcopy(SUMMARY)
    whole["network"] |= {"accuracy": 0.96, "accuracy_of": "all 450 test samples of digits"}
    html = profile_page.fragment(whole)
    assert "accuracy 96.00 % of all 450 test samples of digits" in html
    assert "Means per sample over the first 200 of 450 test samples of digits." in html
    row = next(profile_rows.accuracy_rows(whole))
    assert (row["accuracy"], row["samples"]) == ("96.00 %", "all 450 test samples of digits")


@pytest.mark.parametrize("exact, colour", [(True, "#1d7a4c"), (False, "#b3261e")])
def test_a_deployment_in_a_notebook(exact, colour):
    verdict = (exact, "Every value is equal." if exact else "Not equal.")
    html = deploy_page.fragment(title="digits", scores="accuracy 90.00 %", verdict=verdict, chips=[CHIP], notes=["so"])
    assert "<b>digits</b>: accuracy 90.00 %" in html
    assert verdict[1] in html
    assert colour in html
    assert cells(html) == [["loihi2", "modelled", "6\u00a0µJ", "1.5\u00a0ms", "9\u00a0nJs"]]


def test_a_network_that_fits_no_chip():
    html = deploy_page.fragment(title="big", scores="", verdict=(True, ""), chips=[], notes=["too large"])
    assert "<table" not in html
    assert "<p>too large</p>" in html
