"""The plot of docs/ahp-neuron.md computes what `dynamics` computes."""

import json
import re

import numpy as np

from lava_ahp import Connection, Network, Neuron, Population, dynamics

from support.browser import needs_chromium, opened
from support.paths import ROOT

SCRIPT = ROOT / "docs" / "js" / "ahp-neuron.js"
STEPS = 300
#: Decays of current, voltage and AHP current, threshold, AHP weight; the last one saturates.
CASES = [(4096, 205, 14, 500, 427), (1300, 100, 3, 20, 9000), (4096, 0, 4096, 1, 0), (0, 2048, 1, 300, 131071)]


@needs_chromium
def test_states_of_the_page_are_those_of_dynamics(tmp_path):
    rng = np.random.default_rng(0)
    spikes = rng.random((STEPS, 2)) < 0.4
    weights = np.array([90, -60])
    arriving = np.concatenate([[0], spikes[:-1] @ weights])
    names = ("currentDecay", "voltageDecay", "ahpDecay", "threshold", "ahpWeight")
    neurons = [dict(zip(names, case, strict=True)) for case in CASES]
    page = tmp_path / "page.html"
    page.write_text(
        f"<pre></pre><script>{SCRIPT.read_text()}</script><script>document.querySelector('pre').textContent = "
        f"JSON.stringify({json.dumps(neurons)}.map((n) => ahpRun({arriving.tolist()}, n)));</script>"
    )
    found = json.loads(re.search("<pre>(.*?)</pre>", opened(page, tmp_path / "profile", "--dump-dom").stdout)[1])
    for (current, voltage, ahp, threshold, weight), states in zip(CASES, found, strict=True):
        neuron = Neuron(threshold, current, voltage, ahp, weight)
        network = Network(
            (Population("input", 2), Population("cell", 1, neuron)),
            (Connection("input", "cell", weights[None]),),
            output="cell",
        )
        trace = dynamics.run(network, spikes[None].astype(float))
        for key in "uav":
            np.testing.assert_array_equal(states[key], trace.states["cell"][key][0, :, 0], err_msg=key)
        np.testing.assert_array_equal(states["s"], trace.spikes["cell"][0, :, 0])
