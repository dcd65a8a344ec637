"""A few hundred damaged inputs for each reader; ``make fuzz`` runs many more."""

import random
import time

import pytest

from fuzz.targets import TARGETS

INPUTS = {"hdf5-structure": 60, "hdf5-bytes": 100}


@pytest.mark.parametrize("name", TARGETS)
def test_a_damaged_input_is_read_or_refused(name):
    target = TARGETS[name]
    seeds = target.seeds()
    for seed in seeds:
        target.one(seed)
    for number in range(INPUTS.get(name, 200)):
        rng = random.Random(f"{name} test {number}")
        start = time.monotonic()
        target.one(target.damaged(rng.choice(seeds), rng))
        assert time.monotonic() - start < 20
