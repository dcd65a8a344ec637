"""Neurons and signals that the report of a deployment shows."""

import numpy as np

from lava_ahp.encoders import LevelCrossing, StoryCode, ThresholdCrossing
from lava_ahp.network import Neuron, Population
from lava_ahp.network.time_constants import ahp_time_constants
from lava_ahp.workflow.deployment_samples import signal, telling


def raster(*counts):
    return np.arange(10)[:, None] < np.array(counts)


def test_time_constants_by_hand():
    # 1 - 1024 / 4096 = 0.75 per step, and a current that never decays, and a neuron without one.
    neuron = Neuron(100, ahp_decay=np.array([1024, 0, 1024]), ahp_weight=np.array([5, 5, 0]))
    found = ahp_time_constants(Population("hidden", 3, neuron))
    np.testing.assert_allclose(found, [1 / np.log(4 / 3), np.inf, np.nan])
    assert np.isnan(ahp_time_constants(Population("input", 2))).all()


def test_each_third_of_time_constants_gives_the_neuron_that_spikes_most():
    spikes = {"one": raster(1, 5, 0, 2), "two": raster(3, 4, 9)}
    constants = {"one": np.array([10.0, 20.0, 15.0, 90.0]), "two": np.array([40.0, 50.0, np.nan])}
    # In order: one 0, one 1 and two 0, two 1, one 3; the cuts are after the first and the third.
    assert telling(spikes, constants) == [("one", 0), ("one", 1), ("two", 1)]


def test_without_ahp_neurons_others_are_taken_and_without_spikes_none():
    nothing = {"one": np.full(2, np.nan)}
    assert telling({"one": raster(0, 3)}, nothing) == [("one", 1)]
    assert telling({"one": raster(0, 0)}, nothing) == []


def test_signals_in_the_order_and_at_the_steps_in_which_they_are_encoded():
    one = signal(ThresholdCrossing(thresholds=4, maximum=9, cue_steps=2, order=(2, 0, 1)), np.array([1, 2, 3]))
    assert one.values[:, 0].tolist() == [3, 1, 2]
    assert one.times.tolist() == [0, 1, 2]
    series = np.array([[0.0, 10.0], [2.0, 30.0], [np.nan, np.nan]])
    two = signal(LevelCrossing(((0.0, 1.0), (10.0, 20.0)), cue_steps=3, stretch=5), series)
    assert two.values.tolist() == [[0, 0], [2, 2]]
    assert two.times.tolist() == [0, 5]
    assert two.unit
    story = StoryCode(("go", "home"), sentences=1, words=2, steps_per_word=3, relay_steps=1, tail=2)
    assert signal(story, np.zeros((2, 2), int)) is None


def test_kinds_name_every_channel_once():
    story = StoryCode(("go", "home"), sentences=3, words=2, steps_per_word=3, relay_steps=1, tail=2)
    levels = LevelCrossing(((0.0, 1.0), (10.0, 20.0)), cue_steps=3, bands=True, ticks=4)
    for encoder in (story, levels, ThresholdCrossing(thresholds=5, maximum=9, cue_steps=1)):
        channels = [channel for kind in encoder.kinds().values() for channel in kind]
        assert sorted(channels) == list(range(encoder.channels))


def test_kinds_are_those_of_the_spikes():
    encoder = LevelCrossing(((0.5,),), cue_steps=1, bands=True, ticks=1, tick_steps=9)
    spikes = encoder.encode(np.array([[[1.0], [0.0]]])).to_dense()[0]
    when = {kind: np.flatnonzero(spikes[:, list(channels)].any(axis=1)).tolist()
            for kind, channels in encoder.kinds().items()}  # fmt: skip
    assert when == {"rises": [0], "falls": [1], "band": [0, 1], "time": [0, 1], "cue": [2]}
