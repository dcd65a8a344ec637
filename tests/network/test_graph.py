"""What a network may be: values kept as given, and every refusal in words."""

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lava_ahp import Connection, Network, Neuron, Population, SpecError

EXACT = settings(max_examples=150, deadline=None)
SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)
RANGES = {
    "threshold": (0, 2**17 - 1),
    "current_decay": (0, 4096),
    "voltage_decay": (0, 4096),
    "ahp_decay": (0, 4096),
    "ahp_weight": (0, 2**17 - 1),
    "bias": (-(4096 << 7), 4095 << 7),
    "input_exponent": (-6, 7),
}


@pytest.mark.parametrize("name", RANGES)
def test_parameter_range(name):
    low, high = RANGES[name]
    for value in (low, high):
        assert getattr(Neuron(**{"threshold": 1, name: value}), name) == value
    for value in (low - 1, high + 1):
        with pytest.raises(SpecError) as caught:
            Neuron(**{"threshold": 1, name: np.array([low, value, high])})
        assert str(caught.value) == f"neuron {name}: found {value}, allowed {low}..{high}"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"threshold": 1.5}, "neuron threshold: expected integers, found float64 1.5; round them first"),
        ({"threshold": np.nan}, "neuron threshold: expected integers, found float64 nan"),
        ({"threshold": 1e300}, "neuron threshold: expected integers, found float64 1.e+300"),
        ({"threshold": True}, "neuron threshold: expected integers, found bool"),
        ({"threshold": "7"}, "neuron threshold: expected integers, found <U1"),
        ({"threshold": None}, "neuron threshold: expected integers, found object"),
        ({"threshold": [[1], [1, 2]]}, "neuron threshold: expected integers, found rows of different lengths"),
        ({"threshold": [[1]]}, "expected one value or one per neuron, found shape (1, 1)"),
        ({"threshold": np.zeros(0, int)}, "expected one value or one per neuron, found shape (0,)"),
        ({"threshold": [1, 2], "ahp_weight": [1, 2, 3]}, "differ in length: {'threshold': 2, 'ahp_weight': 3}"),
        ({"threshold": 1, "bias": 4097}, "4097 is not a 13-bit mantissa shifted left by 0..7"),
    ],
)
def test_bad_neuron(parameters, message):
    with pytest.raises(SpecError) as caught:
        Neuron(**parameters)
    assert message in str(caught.value)


def test_whole_floats_are_integers():
    neuron = Neuron(threshold=np.array([1.0, 2.0], dtype=np.float32), ahp_weight=3.0)
    assert neuron.threshold.dtype == np.int64
    assert neuron.ahp_weight == 3


def test_neuron_keeps_its_own_values():
    given_values = np.array([1, 2])
    neuron = Neuron(threshold=given_values)
    given_values[0] = 9
    assert neuron.threshold.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        neuron.threshold[0] = 9


def test_neuron_equality_sees_through_sharing():
    assert Neuron(threshold=[5, 5]) == Neuron(threshold=5)
    assert Neuron(threshold=[5, 6]) != Neuron(threshold=5)
    assert Neuron(threshold=[5, 5]) != Neuron(threshold=[5, 5, 5])
    assert Neuron(threshold=5, bias=1) != Neuron(threshold=5)
    assert Neuron(threshold=5) != 5


def test_neuron_facts():
    assert Neuron(threshold=1).size is None
    assert Neuron(threshold=1, ahp_weight=[0, 1, 0]).size == 3
    assert Neuron(threshold=1, ahp_weight=[0, 1, 0]).has_ahp
    assert not Neuron(threshold=1).has_ahp
    expanded = Population("cell", 3, Neuron(threshold=7, bias=[1, 2, 3])).parameters()
    assert expanded["threshold"].tolist() == [7, 7, 7]
    assert expanded["bias"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a b", 1), "population name: found 'a b'"),
        (("", 1), "population name: found ''"),
        ((3, 1), "population name: found 3"),
        (("a", 0), "population a: size 0, allowed 1..16777216"),
        (("a", 1.0), "population a: size 1.0"),
        (("a", True), "population a: size True"),
        (("a", 2**24 + 1), "population a: size 16777217"),
        (
            ("a", 2, Neuron(threshold=[1, 2, 3])),
            "population a: found parameters for 3 neurons, allowed 2",
        ),
    ],
)
def test_bad_population(arguments, message):
    with pytest.raises(SpecError) as caught:
        Population(*arguments)
    assert message in str(caught.value)


def test_input_has_no_parameters():
    with pytest.raises(SpecError, match="population a is an input"):
        Population("a", 1).parameters()


@EXACT
@given(st.data())
def test_connection_keeps_weights_and_delays(data):
    shape = data.draw(SHAPES)
    weights = data.draw(hnp.arrays(np.int64, shape, elements=st.sampled_from([-255, -2, 0, 0, 3, 255])))
    delays = data.draw(hnp.arrays(np.int64, shape, elements=st.integers(1, 63)))
    dense = Connection("a", "b", weights, exponent=2, delay=delays)
    np.testing.assert_array_equal(dense.dense(), weights)
    np.testing.assert_array_equal(dense.dense_delays(), np.where(weights, delays, 1))
    assert dense.synapses == np.count_nonzero(weights)
    assert list(zip(dense.sources, dense.targets, strict=True)) == [tuple(x) for x in np.argwhere(weights.T)]
    negative, positive = (weights < 0).any(), (weights > 0).any()
    assert dense.needs_sign_split == bool(negative and positive and (weights % 2).any())
    for make in (scipy.sparse.csr_matrix, scipy.sparse.coo_array):
        assert Connection("a", "b", make(weights), exponent=2, delay=make(delays)) == dense
    other = Connection("a", "b", weights, exponent=2, delay=63)
    assert (other == dense) == bool((dense.delays == 63).all())


def test_sparse_repeats_add_up_and_zeros_are_no_synapses():
    weights = scipy.sparse.coo_matrix(([3, 4, 5, -5], ([0, 0, 1, 1], [0, 0, 1, 1])), shape=(2, 2))
    connection = Connection("a", "b", weights)
    assert connection.dense().tolist() == [[7, 0], [0, 0]]
    assert connection.synapses == 1


@pytest.mark.parametrize(
    ("weights", "options", "message"),
    [
        ([[1.5]], {}, "connection a -> b weights: expected integers, found float64"),
        ([[1], [1, 2]], {}, "connection a -> b weights: expected integers, found rows of different lengths"),
        ([1, 2], {}, "connection a -> b weights: found shape (2,), allowed (target, source)"),
        ([[256]], {}, "connection a -> b weights: found 256..256, allowed -256..255"),
        ([[-258, 2]], {}, "connection a -> b weights: found -258..2, allowed -256..255"),
        ([[-256, 3]], {}, "found -256 and odd weights; allowed -255..255, or -256..254 if all are even"),
        ([[1]], {"exponent": 8}, "connection a -> b exponent: found 8, allowed 0..7"),
        ([[1]], {"exponent": -1}, "connection a -> b exponent: found -1, allowed 0..7"),
        ([[1]], {"exponent": [1]}, "connection a -> b exponent: found [1], allowed 0..7"),
        ([[1]], {"delay": 0}, "connection a -> b delay: found 0..0, allowed 1..63 steps"),
        ([[1]], {"delay": 64}, "connection a -> b delay: found 64..64, allowed 1..63 steps"),
        ([[1]], {"delay": [[1, 1]]}, "connection a -> b delay: found shape (1, 2), allowed one value or (1, 1)"),
    ],
)
def test_bad_connection(weights, options, message):
    with pytest.raises(SpecError) as caught:
        Connection("a", "b", weights, **options)
    assert message in str(caught.value)


CELL = Neuron(threshold=1)
INPUT, OUT = Population("input", 2), Population("out", 1, CELL)


@pytest.mark.parametrize(
    ("populations", "connections", "output", "message"),
    [
        ((INPUT, OUT, OUT), (), "out", "population names ['input', 'out', 'out'] repeat"),
        ((OUT,), (), "out", "input populations [], allowed exactly one"),
        ((INPUT, Population("more", 1), OUT), (), "out", "input populations ['input', 'more'], allowed exactly one"),
        ((INPUT, OUT), (), "elsewhere", "network output: found 'elsewhere', allowed ['out']"),
        ((INPUT, OUT), (), "input", "network output: found 'input', allowed ['out']"),
        ((INPUT, OUT), (Connection("x", "out", [[1]]),), "out", "connection x -> out: no population 'x'"),
        ((INPUT, OUT), (Connection("out", "y", [[1]]),), "out", "connection out -> y: no population 'y'"),
        ((INPUT, OUT), (Connection("out", "input", [[1], [1]]),), "out", "input is the input and receives nothing"),
        (
            (INPUT, OUT),
            (Connection("input", "out", [[1], [1]]),),
            "out",
            "connection input -> out: weights (2, 1), allowed (1, 2) (target, source)",
        ),
    ],
)
def test_bad_network(populations, connections, output, message):
    with pytest.raises(SpecError) as caught:
        Network(populations, connections, output)
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [object(), float("nan"), b"bytes"])
@pytest.mark.parametrize("name", ["task", "provenance"])
def test_what_goes_into_the_file_must_be_json(name, value):
    with pytest.raises(SpecError, match=f"network {name}: not JSON"):
        Network((INPUT, OUT), (), "out", **{name: {"key": value}})


def test_drive_is_bounded():
    # 128 * 2**7 * 2**(6 + 7) = 2**27 for each channel, whatever its sign: eight make 2**30.
    def build(channels):
        weights = np.where(np.arange(channels) % 2, 128, -128)[None]
        cell = Population("cell", 1, Neuron(threshold=1, input_exponent=7))
        return Network(
            (Population("input", channels), cell), (Connection("input", "cell", weights, exponent=7),), output="cell"
        )

    assert build(8).worst_case_drive("cell") == 2**30
    with pytest.raises(SpecError) as caught:
        build(9)
    assert "population cell: its synapses could bring 1207959552 in one step, allowed 1073741824" in str(caught.value)


def test_network_facts():
    network = Network(
        (INPUT, OUT),
        (Connection("input", "out", [[1, 2]], delay=[[1, 9]]), Connection("out", "out", [[4]], exponent=1)),
        "out",
        task={"name": "digits", "list": (1, 2)},
    )
    assert network.input is INPUT
    assert list(network) == [OUT]
    assert network["out"] is OUT
    assert [c.name for c in network.incoming("out")] == ["input -> out", "out -> out"]
    assert network.max_delay == 9
    assert network.worst_case_drive("out") == (1 + 2 + 4 * 2) * 64
    assert network.task == {"name": "digits", "list": [1, 2]}
    with pytest.raises(TypeError):
        network.task["name"] = "other"
    with pytest.raises(SpecError, match="no population 'nowhere', there are"):
        network["nowhere"]
    assert Network((INPUT, OUT), (), "out").max_delay == 1
