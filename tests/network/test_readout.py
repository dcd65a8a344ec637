"""Classes and means from voltages."""

import numpy as np
import pytest

from lava_ahp.errors import SpecError
from lava_ahp.network import classify, mean_voltages


def test_the_largest_sum_over_the_window_wins_and_ties_go_to_the_lowest():
    readout = np.array([[[5, 1, 9], [5, 9, 0]], [[3, 3, 1], [1, 1, 3]], [[-4, -1, -1], [0, 0, 0]]], np.int32)
    assert classify(readout).tolist() == [0, 0, 1]


def test_sums_beyond_32_bits_do_not_overflow():
    readout = np.full((1, 1000, 2), 2**23 - 1, np.int32)
    readout[0, 0, 0] -= 1
    assert classify(readout).tolist() == [1]


def test_another_shape_is_refused():
    with pytest.raises(SpecError, match=r"found shape \(3, 2\)"):
        classify(np.zeros((3, 2), np.int32))


def test_means_are_in_slayers_unit_and_exact():
    readout = np.array([[[4096, -8192], [0, 2**23 - 1]]], np.int32)
    assert mean_voltages(readout).tolist() == [[0.5, (2**23 - 1 - 8192) / 8192]]
    assert mean_voltages(np.full((1, 1000, 1), 2**23 - 1, np.int32)).tolist() == [[(2**23 - 1) / 4096]]
