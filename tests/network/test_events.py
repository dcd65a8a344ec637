"""Every accepted form of spikes gives the same events, and every other form is refused in words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lava_ahp import Events, SpecError
from lava_ahp.network import Labelled, as_events, concatenate

DENSE = hnp.arrays(bool, hnp.array_shapes(min_dims=3, max_dims=3, max_side=6))
EXACT = settings(max_examples=150, deadline=None)


def _same(a, b):
    assert a.channels == b.channels
    for name in ("steps", "offsets", "times", "sources"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
        assert getattr(a, name).dtype == getattr(b, name).dtype


@EXACT
@given(DENSE)
def test_dense_there_and_back(dense):
    events = Events.from_dense(dense)
    np.testing.assert_array_equal(events.to_dense(), dense)
    assert len(events) == len(dense)


@EXACT
@given(DENSE, st.randoms(use_true_random=False))
def test_lists_in_any_order_with_repeats(dense, random):
    lists = []
    for sample in dense:
        events = np.argwhere(sample).tolist() * 2
        random.shuffle(events)
        lists.append(events)
    _same(Events.from_lists(lists, dense.shape[2], dense.shape[1]), Events.from_dense(dense))


@EXACT
@given(DENSE, st.data())
def test_select_and_concatenate(dense, data):
    events = Events.from_dense(dense)
    index = data.draw(st.lists(st.integers(0, len(dense) - 1), min_size=1, max_size=5))
    np.testing.assert_array_equal(events.select(index).to_dense(), dense[index])
    _same(concatenate([events.select(k) for k in range(len(dense))]), events)


def test_select_by_mask():
    events = Events.from_lists([[(0, 0)], [(1, 0)], [(2, 0)]], 1, 3)
    mask = np.array([True, False, True])
    assert events.select(mask).times.tolist() == [0, 2]
    labelled = Labelled(events, np.array([7, 8, 9]))
    assert labelled.select(mask).labels.tolist() == [7, 9]
    assert labelled.select([2, 0]).labels.tolist() == [9, 7]
    assert len(labelled.select(1)) == 1


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.float32])
def test_zeros_and_ones_of_any_type(dtype):
    dense = np.zeros((2, 3, 4), dtype=dtype)
    dense[1, 2, 3] = 1
    events = as_events(dense, 4)
    assert (events.times.tolist(), events.sources.tolist()) == ([2], [3])


def test_torch_tensor():
    import torch

    dense = np.random.default_rng(0).random((2, 5, 3)) < 0.5
    _same(as_events(torch.from_numpy(dense).float().requires_grad_()), Events.from_dense(dense))


def test_lists_of_different_lengths():
    events = as_events([np.array([[4, 1]]), []], 2, steps=[5, 2])
    assert events.steps.tolist() == [5, 2]
    assert events.to_dense().shape == (2, 5, 2)
    assert as_events(events, 2) is events


ONE = {"steps": [3], "offsets": [0, 1], "times": [0], "sources": [0]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channels": 0}, "events: 0 channels, allowed 1 or more"),
        ({"steps": [], "offsets": [0], "times": [], "sources": []}, "no samples, allowed 1 or more"),
        ({"steps": [0]}, "a sample of 0 steps, allowed 1.."),
        ({"steps": [2**31]}, "allowed 1..2147483647"),
        ({"offsets": [0]}, "offsets must ascend from 0"),
        ({"offsets": [1, 1]}, "offsets must ascend from 0"),
        ({"steps": [3, 3], "offsets": [0, 1, 0]}, "offsets must ascend from 0"),
        ({"times": []}, "0 times, 1 channels, offsets end at 1"),
        ({"sources": [2]}, "channel 2, allowed 0..1"),
        ({"sources": [-1]}, "channel -1, allowed 0..1"),
        ({"times": [3]}, "sample 0 has a spike at step 3, allowed 0..2"),
        ({"times": [-1]}, "sample 0 has a spike at step -1, allowed 0..2"),
        ({"offsets": [0, 2], "times": [1, 0], "sources": [0, 0]}, "not sorted by time and channel, or repeated"),
        ({"offsets": [0, 2], "times": [1, 1], "sources": [1, 1]}, "not sorted by time and channel, or repeated"),
    ],
)
def test_bad_events(change, message):
    fields = {"channels": 2} | ONE | change
    types = {"steps": np.int64, "offsets": np.int64, "times": np.int32, "sources": np.int32}
    arrays = {name: np.array(fields[name], dtype=dtype) for name, dtype in types.items()}
    with pytest.raises(SpecError) as caught:
        Events(fields["channels"], **arrays)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Events.from_dense(np.zeros((2, 3))), "found shape (2, 3), allowed (sample, time, channel)"),
        (lambda: Events.from_dense(np.zeros((0, 3, 1))), "found shape (0, 3, 1)"),
        (lambda: Events.from_dense(np.full((1, 1, 1), "x")), "found <U1, allowed boolean"),
        (lambda: Events.from_dense(np.full((1, 1, 1), 2)), "found the value 2, allowed 0 and 1"),
        (lambda: Events.from_dense(np.full((1, 1, 1), np.nan)), "found the value nan, allowed 0 and 1"),
        (lambda: Events.from_dense(np.full((1, 1, 1), 0.5)), "found the value 0.5, allowed 0 and 1"),
        (lambda: Events.from_lists([[(0, 0.5)]], 1, 2), "events of sample 0: expected integers"),
        (
            lambda: Events.from_lists([[], [(0, 0, 0)]], 1, 2),
            "events of sample 1: found shape (1, 3)",
        ),
        (lambda: Events.from_lists([[(0, 0), (1,)]], 1, 2), "rows of different lengths"),
        (lambda: Events.from_lists([[(0, -1)]], 1, 2), "found -1..0, allowed times and channels from 0"),
        (lambda: Events.from_lists([[(2**31, 0)]], 1, 2), "found 0..2147483648"),
        (
            lambda: Events.from_lists([[(0, 0)]], 1, [1, 2]),
            "found shape (2,), allowed one or 1",
        ),
        (lambda: Events.from_lists([[(0, 0)]], 1, 1.5), "steps of a list of samples: expected integers"),
        (lambda: Events.from_lists([], 1, 1), "no samples"),
        (lambda: as_events([[(0, 0)]], 1), "pass steps="),
        (lambda: as_events([[(0, 0)]], steps=3), "pass steps="),
        (lambda: as_events(np.zeros((1, 2, 3)), 4), "3 channels, the network's input has 4"),
        (lambda: as_events(None), "found shape ()"),
        (lambda: Events.from_lists([[]], 1, 1).select(1), "samples: found 1..1, allowed 0..0"),
        (lambda: Events.from_lists([[]], 1, 1).select([0.5]), "samples: expected integers"),
        (lambda: Events.from_lists([[]], 1, 1).select([True, False]), "samples: expected integers"),
        (lambda: Events.from_lists([[]], 1, 1).select([]), "no samples"),
        (
            lambda: Labelled(Events.from_lists([[]], 1, 1), np.array([1, 2])),
            "labels: found 2, allowed 1, one per sample",
        ),
        (lambda: concatenate([]), "batches of [] channels"),
        (
            lambda: concatenate([Events.from_lists([[]], c, 1) for c in (1, 2)]),
            "batches of [1, 2] channels, allowed one number",
        ),
    ],
)
def test_refused(call, message):
    with pytest.raises(SpecError) as caught:
        call()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_blocks_of_the_check_do_not_show(monkeypatch):
    monkeypatch.setattr("lava_ahp.network.events._BLOCK", 3)
    times, sources = np.array([0, 0, 1, 2, 0, 3], np.int32), np.array([0, 1, 0, 0, 1, 0], np.int32)
    steps, offsets = np.array([3, 4]), np.array([0, 4, 6])
    assert len(Events(2, steps, offsets, times, sources)) == 2
    for place in range(6):
        for array, value in ((times, 9), (sources, 2)):
            wrong = array.copy()
            wrong[place] = value
            with pytest.raises(SpecError):
                Events(2, steps, offsets, *((wrong, sources) if array is times else (times, wrong)))
    for place in (1, 2, 3, 5):
        repeated_times, repeated_sources = times.copy(), sources.copy()
        repeated_times[place], repeated_sources[place] = times[place - 1], sources[place - 1]
        with pytest.raises(SpecError, match="not sorted"):
            Events(2, steps, offsets, repeated_times, repeated_sources)
