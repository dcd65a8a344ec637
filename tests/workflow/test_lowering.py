"""AHP networks to LIF networks: scale, accuracy, golden samples, provenance."""

import numpy as np
import pytest

import lava_ahp
from lava_ahp import netx
from lava_ahp.errors import DataError, DataWarning, SpecError
from lava_ahp.loihi2.headroom import ROOM
from lava_ahp.loihi2.pairing import pair
from lava_ahp.network import Connection, Network
from lava_ahp.simulator import simulate
from lava_ahp.tasks import digits
from lava_ahp.workflow.encoding import encode

from support.adaptive import of_digits, recurrent
from support.proof_cases import record


@pytest.fixture(scope="module")
def network():
    return of_digits(np.random.default_rng(0))


@pytest.fixture(scope="module")
def lowered(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("lower") / "source.net"
    netx.write(network, path)
    out = path.with_name("lif.net")
    return lava_ahp.lower(path, out, samples=40, groups=4), out


def test_accuracy_is_that_of_both_networks(network, lowered):
    before, after = lowered[0].accuracy
    assert before == lava_ahp.evaluate(network, samples=40).accuracy
    assert after == lava_ahp.evaluate(lowered[0].network, samples=40).accuracy


def test_scale_is_the_largest_with_room(network, lowered):
    found = lowered[0]
    events = encode(digits.load(), "test", 40).events

    def share(scale):
        lif = pair(network, scale=scale, groups=4).network
        return np.abs(simulate(lif, events, states=["hidden"]).states["hidden"]["u"].astype(np.int64)).max() / 2**23

    assert found.share == share(found.scale) <= ROOM
    assert found.scale >= 1
    assert share(found.scale + 1) > ROOM


def test_file_carries_its_own_proof(lowered):
    result, out = lowered
    written = lava_ahp.read(out)
    golden = lava_ahp.read_golden(out, written)
    assert written == result.network
    assert len(golden.events) == 1
    assert golden.labels is not None
    check = lava_ahp.verify(out, engines=["fast"])
    assert check.passed
    assert check.task_covered


def test_file_says_where_it_comes_from(lowered):
    _, out = lowered
    provenance = lava_ahp.read(out).provenance
    assert provenance["lowered"]["construction"] == "paired synapses"
    assert provenance["lowered"]["groups"] == {"hidden": 4, "readout": 1}
    assert provenance["lowered_from"]["file"] == "source.net"
    assert provenance["lowered"]["golden"] == "computed by the simulator fast"


def test_golden_inputs_are_those_of_the_source(tmp_path):
    rng = np.random.default_rng(1)
    network = recurrent(rng)
    golden = record(network, lava_ahp.Events.from_dense(rng.random((2, 30, 4)) < 0.2))
    netx.write(network, tmp_path / "a.net", golden=golden)
    result = lava_ahp.lower(tmp_path / "a.net", tmp_path / "b.net")
    assert result.accuracy is None
    assert result.samples == "2 golden samples inside the file"
    found = lava_ahp.read_golden(tmp_path / "b.net", result.network)
    np.testing.assert_array_equal(found.events.times, golden.events.times)
    assert lava_ahp.verify(tmp_path / "b.net", engines=["fast"]).passed


def test_lowering_twice_changes_nothing(lowered):
    again = lava_ahp.lower(lowered[0].network, samples=5)
    assert again.network.populations == lowered[0].network.populations
    assert again.network.connections == lowered[0].network.connections


def test_neither_data_nor_golden_samples(tmp_path):
    netx.write(recurrent(np.random.default_rng(2)), tmp_path / "a.net")
    with pytest.raises(DataError, match="names no task"):
        lava_ahp.lower(tmp_path / "a.net")


def test_a_current_without_room_is_refused(network):
    strong = Network(
        network.populations,
        (
            Connection("input", "hidden", np.full(network.connections[0].shape, 254), exponent=7),
            *network.connections[1:],
        ),
        network.output,
        task=network.task,
    )
    with pytest.raises(SpecError, match=r"u reaches \d+ % of 2\^23 at scale 0, allowed 75 %; use a smaller lag"):
        lava_ahp.lower(strong, samples=3)
    with pytest.warns(DataWarning, match="use a smaller scale"):
        lava_ahp.lower(strong, samples=3, scale=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "loihi3"}, "target: found 'loihi3', allowed loihi2-stock"),
        ({"lag": 0}, "lag: found 0, allowed 1 or more"),
        ({"scale": -1}, "scale: found -1, allowed 0 or more"),
        ({"groups": 0}, "groups: found 0, allowed 1 or more"),
    ],
)
def test_settings_out_of_range(network, options, message):
    with pytest.raises(SpecError, match=message):
        lava_ahp.lower(network, **options)
