"""scikit-learn's 8x8 handwritten digits, pixel by pixel: shipped inside that package, no download.

Source: E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lava_ahp.encoders import ThresholdCrossing
from lava_ahp.errors import DataError
from lava_ahp.tasks.base import Described, Task
from lava_ahp.tasks.images import Jitter, pixels

NAME = "digits"
DESCRIPTION = "8x8 handwritten digits, pixel by pixel (inside scikit-learn, no download)"
ROWS, MAXIMUM, CUE_STEPS = 8, 16, 12
#: Every class is split in the same proportions; the seed is part of the task.
SPLIT_SEED, TEST_SHARE, VALIDATION_SHARE = 20220421, 0.25, 0.1


def load(data: Path | None = None, described: Described | None = None) -> Task:
    """1797 images in fixed, stratified splits of about 65, 10 and 25 %.

    Args:
        data: must be None.
        described: what a network file says of the task.

    Raises:
        DataError: data was given, but the task brings its own.
    """
    if data is not None:
        raise DataError("task digits: brings its own data; leave --data out")
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    labels = digits.target.astype(np.int64)
    rest, test = train_test_split(
        np.arange(len(labels)), test_size=TEST_SHARE, stratify=labels, random_state=SPLIT_SEED
    )
    train, validation = train_test_split(
        rest, test_size=VALIDATION_SHARE / (1 - TEST_SHARE), stratify=labels[rest], random_state=SPLIT_SEED
    )
    index = {"train": train, "validation": validation, "test": test}
    signals = pixels(digits.images.astype(np.uint8))
    described = described or Described()
    return Task(
        name=NAME,
        signals={split: signals[k] for split, k in index.items()},
        labels={split: labels[k] for split, k in index.items()},
        encoder=described.encoder or ThresholdCrossing(thresholds=17, maximum=MAXIMUM, cue_steps=CUE_STEPS),
        readout_steps=described.readout_steps or CUE_STEPS,
        class_names=tuple(str(c) for c in range(10)),
        augment=Jitter(shape=(ROWS, ROWS), maximum=MAXIMUM, shift=1, noise=2),
    )
