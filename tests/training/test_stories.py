"""Training on stories: the split, the calibration by the first batch, and a resumed run."""

import numpy as np
import pytest
import torch

from lava_ahp import training
from lava_ahp.errors import DataError
from lava_ahp.training import StorySplit, TrainConfig
from lava_ahp.training.batches import Part, of_epoch

from support.stories import CLASSES, CODE, CONFIG, random_stories
from support.toy_training import Stop, StopAt, same_run

TRAIN = StorySplit(random_stories(0, 40), np.random.default_rng(0).integers(0, CLASSES, 40), CODE)
VALIDATION = StorySplit(random_stories(1, 10), np.random.default_rng(1).integers(0, CLASSES, 10), CODE)


def config(**changed):
    settings = {"epochs": 3, "batch_size": 16, "learning_rate": 0.05, **changed}
    return TrainConfig.of({"task": {"name": "toy"}, "model": CONFIG.model_dump(mode="json"), "training": settings})


def fit(out, settings=None, **options):
    data = {"train": lambda rng: TRAIN, "validation": VALIDATION, "classes": CLASSES, "readout_steps": 5}
    return training.fit(settings or config(), out=out, device="cpu", encoder=CODE, **data, **options)


def test_a_split_gives_word_numbers_and_the_steps_of_the_encoder():
    part = TRAIN.select([3, 1])
    assert torch.equal(part.tensor(), torch.from_numpy(TRAIN.stories[[3, 1]]))
    assert (part.labels == TRAIN.labels[[3, 1]]).all()
    assert TRAIN.readouts == CODE.steps(4)
    assert TRAIN.channels == CODE.channels
    with pytest.raises(DataError, match="found 3 for 40 stories"):
        StorySplit(TRAIN.stories, np.zeros(3, np.int64), CODE)


def test_the_first_batch_of_the_run_sets_the_threshold(tmp_path):
    fit(tmp_path, config(epochs=1, learning_rate=1e-9))
    found = training.load_model(tmp_path)
    expected = CONFIG.build(CODE.channels, CLASSES, torch.Generator().manual_seed(0), CODE)
    read = next(iter(of_epoch(lambda rng: TRAIN, config().training, 0, Part()))).read
    expected.calibrate(lambda: read)
    assert torch.equal(found.blocks[0].neuron.threshold_raw, expected.blocks[0].neuron.threshold_raw)
    assert found.blocks[0].neuron.threshold != CONFIG.threshold


def test_weights_to_start_from_keep_their_threshold(tmp_path):
    first = CONFIG.build(CODE.channels, CLASSES, torch.Generator().manual_seed(5), CODE)
    fit(tmp_path, config(epochs=1), first=first)
    assert torch.equal(
        training.load_model(tmp_path).blocks[0].neuron.threshold_raw, first.blocks[0].neuron.threshold_raw
    )


def test_a_resumed_run_ends_with_the_same_weights(tmp_path):
    fit(tmp_path / "whole")
    with pytest.raises(Stop):
        fit(tmp_path / "parts", progress=StopAt(1))
    history = fit(tmp_path / "parts", resume=True)
    assert len(history) == 3
    assert 0 < history[-1].rate < 1
    assert history[-1].synops > 0
    same_run(tmp_path / "whole", tmp_path / "parts")
