"""Networks and traces print as a line, as an HTML table, and as a picture."""

from dataclasses import replace

import numpy as np
import pytest

from lava_ahp import Connection, Network, Neuron, Population, SpecError, dynamics
from lava_ahp.network.tables import MAX_ROWS, html_table


@pytest.fixture(scope="module")
def network():
    populations = (
        Population("input", 3),
        Population("hidden", 4, Neuron(60, ahp_weight=900)),
        Population("readout", 2, Neuron(131071)),
    )
    connections = (
        Connection("input", "hidden", np.full((4, 3), 40)),
        Connection("hidden", "readout", np.full((2, 4), 20)),
    )
    return Network(populations, connections, "readout", {"name": "<digits>"})


@pytest.fixture(scope="module")
def trace(network):
    spikes = np.random.default_rng(0).random((2, 12, 3)) < 0.5
    return dynamics.run(network, [np.argwhere(spikes[0]), np.argwhere(spikes[1, :7])], steps=[12, 7])


def test_a_network_prints_as_one_line(network):
    assert repr(network) == (
        "Network(3 input channels, 6 neurons in 2 populations, 20 synapses, output readout, task <digits>)"
    )
    assert repr(replace(network, task={})).endswith("output readout)")
    assert network == replace(network)


def test_a_network_in_a_notebook_is_two_escaped_tables(network):
    page = network._repr_html_()
    assert page.count("<table>") == 2
    assert "task &lt;digits&gt;" in page
    assert "<td>input -&gt; hidden</td><td>12</td><td>1.000</td>" in page


def test_long_tables_are_cut():
    page = html_table("<caption>", [{"k": k} for k in range(MAX_ROWS + 3)])
    assert "&lt;caption&gt;" in page
    assert f"<td>{MAX_ROWS - 1}</td>" in page
    assert f"<td>{MAX_ROWS}</td>" not in page
    assert "and 3 more" in page
    assert html_table("none", []) == "<table><caption>none</caption></table>"


def test_a_trace_prints_samples_steps_and_rates(trace):
    rate = 100 * trace.counts["hidden"].sum() / (19 * 4)
    assert repr(trace) == (
        "Trace(2 samples of 7..12 steps, readout of 12 steps, rasters of 2 and states of 2 populations; "
        f"spikes per neuron and step: hidden {rate:.1f} %, readout 0.0 %)"
    )
    assert "<td>hidden</td><td>4</td>" in trace._repr_html_()


def test_a_plot_shows_rasters_states_and_readout(trace):
    figure = trace.plot(sample=1)
    labels = [axis.get_ylabel() for axis in figure.axes]
    assert labels == [
        "hidden\nneuron", "hidden\ncurrent u", "hidden\nAHP current a", "hidden\nvoltage v",
        "readout\nneuron", "readout\ncurrent u", "readout\nAHP current a", "readout\nvoltage v", "readout v",
    ]  # fmt: skip
    times, neurons = figure.axes[0].lines[0].get_data()
    np.testing.assert_array_equal(np.argwhere(trace.spikes["hidden"][1]), np.stack([times, neurons], axis=1))
    drawn = figure.axes[-1].lines[0]
    assert drawn.get_xdata().tolist() == list(range(7))
    np.testing.assert_array_equal(drawn.get_ydata(), trace.readout[1, 5:, 0])
    figure.canvas.draw()


def test_a_plot_shows_what_there_is(trace):
    bare = replace(trace, spikes={}, states={}, readout=trace.readout[:, -1:])
    figure = bare.plot()
    assert len(figure.axes) == 1
    assert figure.axes[0].lines[0].get_xdata().tolist() == [11]
    assert len(trace.plot(populations=["readout"]).axes) == 5
    with pytest.raises(SpecError, match=r"found sample 2, allowed 0\.\.1"):
        trace.plot(sample=2)
    with pytest.raises(SpecError, match=r"nothing was recorded of 'nobody', only of \['hidden', 'readout'\]"):
        trace.plot(populations=["nobody"])
