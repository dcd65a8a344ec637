"""Neurons into groups of equal constants."""

import numpy as np
import pytest

from lava_ahp.loihi2.headroom import ROOM, current_share
from lava_ahp.network.grouping import Constants, grouped


def constants(rng, size):
    return Constants(rng.integers(1, 400, size), rng.integers(100, 1200, size), np.repeat([837, 400], size // 2))


def test_few_constants_stay_as_they_are():
    found = constants(np.random.default_rng(0), 20)
    assert grouped(found, found.distinct) is found


@pytest.mark.parametrize("groups", [1, 2, 5, 16])
def test_groups_are_as_many_as_allowed_and_lie_within_their_members(groups):
    before = constants(np.random.default_rng(1), 200)
    after = grouped(before, groups)
    assert after.distinct <= groups
    for key in Constants._fields:
        own, old = getattr(after, key), getattr(before, key)
        for value in np.unique(np.stack(after), axis=1).T:
            members = np.all(value == np.stack(after).T, axis=1)
            assert old[members].min() <= own[members][0] <= old[members].max()


def test_more_groups_are_closer():
    before = constants(np.random.default_rng(2), 200)

    def error(groups):
        after = grouped(before, groups)
        return sum(np.abs(np.log(x) - np.log(y)).sum() for x, y in zip(after, before, strict=True))

    errors = [error(groups) for groups in (2, 8, 32, 128)]
    assert errors == sorted(errors, reverse=True)


def test_clear_groups_are_found_and_it_is_the_same_each_time():
    rng = np.random.default_rng(3)
    centre = np.array([[5, 200, 100], [300, 200, 100], [5, 2000, 100], [5, 200, 800]])
    member = rng.integers(0, 4, 100)
    values = np.maximum(1, centre[member] * rng.uniform(0.97, 1.03, (100, 3))).astype(np.int64)
    after = grouped(Constants(*values.T), 4)
    assert after.distinct == 4
    assert all(len(np.unique(np.stack(after)[:, member == k], axis=1).T) == 1 for k in range(4))
    np.testing.assert_array_equal(np.stack(after), np.stack(grouped(Constants(*values.T), 4)))


def test_share_of_the_current():
    u = np.array([[[0], [2**22], [-(2**21)]]])
    assert current_share(u, np.array([4096])) == 0.5
    assert current_share(0 * u, np.array([1])) == 0


def test_a_current_that_wraps_is_seen():
    # 0.9 of 2**23 decays by nothing, and another 0.3 takes it beyond the end.
    before, arrives = int(0.9 * 2**23), int(0.3 * 2**23)
    u = np.array([[[before], [before + arrives - 2**24]]])
    assert current_share(u, np.array([0])) == pytest.approx(1.2, abs=1e-6)


def test_room_holds_the_quench():
    assert ROOM + 255 * 2**7 * 64 / 2**23 < 1
