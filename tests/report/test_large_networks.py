"""Pages and tables of networks with hundreds of populations stay short: copies are one row, pictures show a few."""

import warnings

import numpy as np

from lava_ahp.network.summary import connection_row, grouped, population_row, summarise
from lava_ahp.report import profile_figures, sample_figures
from lava_ahp.report.network_terminal import show_network

from support.pages import sample
from support.relational import SMALL, relational_network


def test_copies_are_one_row_of_a_long_table(capsys):
    network = relational_network(4, SMALL, 0)
    rows = [population_row(p) for p in network.populations]
    found = grouped(rows)
    names = [row["population"] for row in found]
    assert "sentence0 and 3 more" in names
    assert sum(1 + int(name.split()[-2]) if " more" in name else 1 for name in names) == len(rows)
    assert len(grouped([connection_row(c) for c in network.connections])) < len(network.connections) / 2
    show_network(summarise(network), "large")
    assert "sentence0 and 3 more" in capsys.readouterr().out
    assert "sentence0 and 3 more" in network._repr_html_()


def test_a_short_table_shows_every_row():
    rows = [{"population": f"hidden{k}", "neurons": 3} for k in range(12)]
    assert grouped(rows) == rows
    assert grouped([*rows, {"population": "more", "neurons": 3}]) == [
        {"population": "hidden0 and 12 more", "neurons": 3}
    ]


def test_pictures_show_the_populations_that_spike_most():
    rasters = {f"p{k}": np.arange(20)[:, None] < np.full(4, k) for k in range(20)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = sample_figures.raster(sample(spikes=rasters, readout=np.zeros((20, 2), np.int32)), ["a", "b"], 3)
        rows = [{"name": f"p{k}", "rate": k / 200, "updates": 9, "active_updates": 1} for k in range(100)]
        bars = profile_figures.activity(rows)
    assert "the 8 of 19 populations with the most spikes" in picture
    assert ">p19" in picture
    assert ">p11" not in picture
    assert "the 24 of 100 populations that spike most" in bars
    assert ">p99<" in bars
    assert ">p75<" not in bars


def test_equal_rates_push_nothing_out_that_spikes_more():
    rows = [{"name": f"p{k}", "rate": 0.9 if k == 49 else 0.1} for k in range(50)]
    assert ">p49<" in profile_figures.activity(rows)
