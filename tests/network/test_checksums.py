"""Checksums notice every change and locate a single one exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp.network import fixedpoint as fx
from lava_ahp.network.checksums import SUMS, checksum, locate, state_checksums

LIMIT = fx.STATE_MAX + 1
STATE = st.integers(-LIMIT, LIMIT)
SIZES = st.sampled_from([1, 2, 3, 10, 240, 4096])
EXACT = settings(max_examples=200, deadline=None)


def signed(value):
    """Modulo 2**64, as a signed integer."""
    return (value + 2**63) % 2**64 - 2**63


@st.composite
def states(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return rng.integers(-LIMIT, LIMIT, draw(SIZES), endpoint=True)


@EXACT
@given(states())
def test_the_sums_are_those_of_python_integers(values):
    expected = [
        signed(sum((i + 1) ** power * int(x) for i, x in enumerate(values.astype(object)))) for power in range(SUMS)
    ]
    assert checksum(values).tolist() == expected


@EXACT
@given(states(), st.data())
def test_a_single_changed_value_is_located_exactly(values, data):
    neuron = data.draw(st.integers(0, len(values) - 1))
    changed = values.copy()
    changed[neuron] = data.draw(STATE.filter(lambda x: x != values[neuron]))
    change = locate(checksum(values), checksum(changed), len(values))
    assert change == (neuron, changed[neuron] - values[neuron])


@EXACT
@given(states().filter(lambda x: len(x) > 1), st.data())
def test_two_or_three_changed_values_show_and_two_are_never_taken_for_one(values, data):
    neurons = data.draw(st.lists(st.integers(0, len(values) - 1), min_size=2, max_size=3, unique=True))
    changed = values.copy()
    for neuron in neurons:
        # Small changes are the ones most likely to cancel.
        changed[neuron] += data.draw(st.integers(-3, 3).filter(bool))
    before, after = checksum(values), checksum(changed)
    assert not np.array_equal(before, after)
    if len(neurons) == 2:
        assert locate(before, after, len(values)) is None


@EXACT
@given(states(), st.integers(0, 2**32 - 1))
def test_any_number_of_random_changes_shows(values, seed):
    rng = np.random.default_rng(seed)
    changed = values + rng.integers(1, 5, len(values)) * (rng.random(len(values)) < rng.random())
    changed[rng.integers(len(values))] += 7
    assert not np.array_equal(checksum(values), checksum(changed))


@pytest.mark.parametrize("value", [-LIMIT, LIMIT])
def test_a_million_extreme_values_wrap_around_as_they_should(value):
    size = 2**20
    values = np.full(size, value)
    powers = (size, size * (size + 1) // 2, size * (size + 1) * (2 * size + 1) // 6)
    assert abs(value * powers[2]) > 2**63
    assert checksum(values).tolist() == [signed(value * power) for power in powers]
    for neuron in (0, size // 2, size - 1):
        changed = values.copy()
        changed[neuron] = -value
        assert locate(checksum(values), checksum(changed), size) == (neuron, -2 * value)


def test_narrow_integers_do_not_overflow():
    values = np.full((2, 3, 5000), LIMIT, dtype=np.int32)
    np.testing.assert_array_equal(checksum(values), checksum(values.astype(np.int64)))
    assert checksum(values).shape == (2, 3, SUMS)


def test_a_neuron_beyond_the_population_is_no_location():
    before, after = np.zeros(SUMS, np.int64), checksum(np.eye(6, dtype=int)[5])
    assert locate(before, after, 6) == (5, 1)
    assert locate(before, after, 5) is None


def test_every_state_of_every_population_has_its_own_checksum():
    rng = np.random.default_rng(0)
    values = {name: {key: rng.integers(-9, 9, (2, 4, 3)) for key in "uav"} for name in ("a", "b")}
    found = state_checksums(values)
    assert {name: set(inner) for name, inner in found.items()} == {name: set("uav") for name in values}
    np.testing.assert_array_equal(found["b"]["v"][1, 2], checksum(values["b"]["v"][1, 2]))
