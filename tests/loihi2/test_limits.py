"""Limits of the chip: what is observed, what is allowed, what to do."""

import numpy as np
import pytest

import lava_ahp
from lava_ahp import netx
from lava_ahp.errors import SpecError
from lava_ahp.loihi2.pairing import pair
from lava_ahp.network import Connection, Events, Network, Neuron, Population
from lava_ahp.workflow import inspection

from support.adaptive import recurrent
from support.profiles import made
from support.proof_cases import record


def of(network, **options):
    return {limit.limit: limit for limit in lava_ahp.check_limits(network, **options).limits}


def one_layer(weights=((2,),), exponent=0, delay=1, **neuron):
    weights = np.array(weights)
    size, inputs = weights.shape
    return Network(
        (Population("input", inputs), Population("p", size, Neuron(**{"threshold": 5, **neuron}))),
        (Connection("input", "p", weights, exponent=exponent, delay=delay),),
        "p",
    )


@pytest.mark.parametrize(
    ("network", "limit", "observed", "fix"),
    [
        (one_layer(ahp_weight=3), "AHP neurons", "1", "lava-ahp lower F.net -o G.net"),
        (one_layer(current_decay=0), "current decay", "0..0", "lava-ahp lower"),
        (one_layer(voltage_decay=4096), "voltage decay", "4096..4096", "lava-ahp lower"),
        (one_layer(input_exponent=2), "neurons with an input_exponent", "1", "lava-ahp lower"),
        (one_layer([[1, -3]]), "weights", "-3..1, odd ones of both signs", "lava-ahp lower"),
    ],
)
def test_what_is_exceeded_is_named_with_its_fix(network, limit, observed, fix):
    report = lava_ahp.check_limits(network)
    assert [x.limit for x in report.exceeded] == [limit]
    found = report.exceeded[0]
    assert (found.observed, found.where in ("p", "input -> p")) == (observed, True)
    assert found.fix.startswith(fix)
    assert f"1 of {sum(x.known for x in report.limits)} known limits of loihi2 exceeded: {limit}" in report.verdict
    # What the fix promises: afterwards nothing is exceeded.
    if not network["p"].neuron.has_ahp or network["p"].parameters()["current_decay"].all():
        assert not lava_ahp.check_limits(pair(network, scale=0).network).exceeded


@pytest.mark.parametrize(
    ("network", "limit", "observed"),
    [
        (one_layer(threshold=131071), "threshold", "131071..131071"),
        (one_layer(bias=-4096 * 128), "bias", "-524288..-524288"),
        (one_layer(exponent=7), "weight exponent", "7"),
        (one_layer(delay=63), "synaptic delay beyond the first step", "62"),
        (one_layer([[-256, 254]]), "weights", "-256..254"),
        (one_layer([[1, 3]]), "weights", "1..3"),
    ],
)
def test_the_ends_of_a_range_are_within(network, limit, observed):
    found = of(network)[limit]
    assert (found.observed, found.exceeded, found.fix) == (observed, False, "")


def test_reset_interval_follows_from_the_samples():
    network = pair(recurrent(np.random.default_rng(0)), scale=0, lag=3).network
    events = Events.from_lists([np.zeros((0, 2), int)], 4, 28)
    assert of(network, events=events)["reset interval"].observed == "64, for 28 steps and 6 of guard"
    assert not of(network)["reset interval"].known


def test_golden_samples_tell_the_steps(tmp_path):
    network = recurrent(np.random.default_rng(0))
    path = tmp_path / "a.net"
    netx.write(network, path, golden=record(network, Events.from_dense(np.ones((1, 100, 4), bool))))
    assert of(path)["reset interval"].observed == "128, for 100 steps and 3 of guard"


def test_cores_come_from_the_placement(monkeypatch):
    network = one_layer(np.full((12, 3), 2))
    found = of(network)
    assert found["neurons on a core"].observed == "12"
    assert found["neurons on a core"].allowed == "8192"
    assert found["axons into a core"].allowed == "not published"
    assert not found["axons into a core"].known
    monkeypatch.setattr(inspection, "load_hardware", lambda name: made(compartments_per_core=2))
    found = of(network)
    assert (found["cores"].observed, found["cores"].allowed, found["cores"].exceeded) == ("6", "4 on a chip", True)
    assert found["cores"].fix == "use a board of 2 chips, or a smaller network"
    assert found["axons into a core"].known
    monkeypatch.setattr(inspection, "load_hardware", lambda name: made(synapse_memory_per_core=2))
    refused = of(network)["placement"]
    assert refused.exceeded
    assert "neuron p[0] takes 3 bytes of synapse memory, allowed 2" in refused.observed


def test_another_target_is_refused():
    with pytest.raises(SpecError, match="target: found 'loihi3', allowed loihi2"):
        lava_ahp.check_limits(one_layer(), "loihi3")
