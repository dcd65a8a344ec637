"""The elementary operations against the scalar oracle, Lava's own formulas, and worked cases."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lava_ahp.network import fixedpoint as fx

import oracle

EXACT = settings(max_examples=300, deadline=None)
HALF = 2**23
STATES = st.one_of(st.integers(-HALF, HALF), st.sampled_from([-HALF, -HALF + 1, -1, 0, 1, HALF - 1, HALF]))
DECAYS = st.one_of(st.integers(0, 4096), st.sampled_from([0, 1, 4095, 4096]))
# A drive of up to 2**30 meets a decayed current of up to 2**23.
SUMS = st.one_of(st.integers(-(2**30) - HALF, 2**30 + HALF), st.integers(-4, 4).map(lambda k: HALF + k))


@EXACT
@given(STATES, DECAYS)
def test_decay_is_the_oracles(x, d):
    assert fx.decay(x, d) == oracle._decay(x, d)


@EXACT
@given(STATES, DECAYS)
def test_decay_is_lavas(x, d):
    # AbstractPyLifModelFixed.subthr_dynamics of lava-nc 0.10.0, with du + ds_offset = d.
    product = np.int64(x) * (4096 - d)
    assert fx.decay(x, d) == np.sign(product) * np.right_shift(np.abs(product), 12)


@EXACT
@given(STATES, DECAYS)
def test_decay_is_odd_and_never_grows(x, d):
    assert fx.decay(-x, d) == -fx.decay(x, d)
    assert abs(int(fx.decay(x, d))) <= abs(x)


@pytest.mark.parametrize(
    ("x", "d", "expected"),
    [
        (-1, 1, 0),
        (1, 1, 0),
        (-3, 2048, -1),
        (3, 2048, 1),
        (100, 0, 100),
        (-100, 4096, 0),
        (4096, 1, 4095),
        (-4097, 1, -4095),
    ],
)
def test_decay_rounds_toward_zero(x, d, expected):
    assert fx.decay(x, d) == expected


def test_decay_promotes_narrow_arrays():
    # An int32 product would overflow: 2**23 * 4095 needs 35 bits.
    x = np.array([HALF - 1, -HALF + 1], dtype=np.int32)
    expected = ((HALF - 1) * 4095) >> 12
    np.testing.assert_array_equal(fx.decay(x, np.int16(1)), [expected, -expected])
    assert fx.decay(x, 1).dtype == np.int64


@EXACT
@given(SUMS)
@example(HALF)
@example(-HALF)
def test_wrap_is_the_oracles(x):
    assert fx.wrap(x) == oracle._wrap(x)
    assert -HALF < int(fx.wrap(x)) <= HALF
    assert (int(fx.wrap(x)) - x) % 2**24 == 0


@EXACT
@given(st.integers(-3 * HALF + 1, 3 * HALF))
@example(-3 * HALF + 1)
@example(3 * HALF)
@example(-HALF)
@example(HALF)
def test_wrap_is_lavas_within_one_turn(x):
    assert fx.wrap(x) == _lava_wrap(x)


def _lava_wrap(x):
    # AbstractPyLifModelFixed.subthr_dynamics of lava-nc 0.10.0.
    current = np.array([x], dtype=np.int32)
    wrapped = np.where(current > HALF, current - 2 * HALF, current)
    return np.where(wrapped <= -HALF, current + 2 * HALF, wrapped)[0]


def test_lava_wraps_once_only():
    # Stated in docs/numerics.md: where one step brings more than a turn, Lava's LIF leaves the 24-bit range.
    assert _lava_wrap(3 * HALF + 1) == HALF + 1
    assert fx.wrap(3 * HALF + 1) == -HALF + 1


@EXACT
@given(SUMS)
def test_saturate_is_the_oracles(x):
    assert fx.saturate(x) == oracle._clip(x)


BIASES = st.one_of(
    st.integers(-(2**20), 2**20),
    st.builds(lambda m, e: m << e, st.integers(-4096, 4095), st.integers(0, 7)),
)


@EXACT
@given(BIASES)
@example(-(4096 << 7))
@example(4095 << 7)
@example((4095 << 7) + 128)
@example(4097)
def test_split_bias(bias):
    representable = {e for e in range(8) if bias % 2**e == 0 and -4096 <= bias >> e <= 4095}
    split = fx.split_bias(bias)
    if not representable:
        assert split is None
        return
    (mantissa,), (exponent,) = split
    assert mantissa << exponent == bias
    assert exponent == min(representable)


def test_split_bias_takes_arrays_whole_or_not_at_all():
    mantissa, exponent = fx.split_bias([0, -5, 8192, -(4096 << 7)])
    np.testing.assert_array_equal(mantissa, [0, -5, 2048, -4096])
    np.testing.assert_array_equal(exponent, [0, 0, 2, 7])
    assert fx.split_bias([0, 4097]) is None
