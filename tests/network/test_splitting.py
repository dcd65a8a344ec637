"""Whole numbers as sums of weights of eight bits."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lava_ahp.network.splitting import by_exponent, of_one_sign


@given(arrays(np.int64, (3, 4), elements=st.integers(-254 * 2**7, 254 * 2**7)))
def test_the_weights_add_up_to_the_values(values):
    found = list(by_exponent(values))
    assert (
        sum((mantissa << exponent for exponent, mantissa in found), np.zeros_like(values)).tolist() == values.tolist()
    )
    exponents = [exponent for exponent, _ in found]
    assert exponents == sorted(set(exponents))
    assert all(0 <= exponent <= 7 and 0 < np.abs(mantissa).max() <= 254 for exponent, mantissa in found)


@given(arrays(np.int64, 6, elements=st.integers(-254, 254)))
def test_odd_weights_of_both_signs_are_apart(weights):
    parts = list(of_one_sign(weights))
    assert sum(parts, np.zeros(6, int)).tolist() == (weights != 0).tolist()
    for part in parts:
        of_both = (weights[part] > 0).any() and (weights[part] < 0).any()
        assert not of_both or not (weights[part] % 2).any()
