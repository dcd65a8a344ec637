"""scikit-learn's 8x8 handwritten digits, pixel by pixel: shipped inside that package, no download.

Source: E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning Repository, 1998.
"""

from __future__ import annotations

import numpy as np

from lava_ahp.encoders import ThresholdCrossing
from lava_ahp.tasks.base import PixelTask

NAME = "digits"
DESCRIPTION = "8x8 handwritten digits, pixel by pixel (inside scikit-learn, no download)"
CUE_STEPS = 12
#: Every class is cut in the same proportions; the seed is part of the task.
SPLIT_SEED, TEST_SHARE, VALIDATION_SHARE = 20220421, 0.25, 0.1


def load() -> PixelTask:
    """1797 images in fixed, stratified splits of about 65, 10 and 25 %."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    labels = data.target.astype(np.int64)
    rest, test = train_test_split(
        np.arange(len(labels)), test_size=TEST_SHARE, stratify=labels, random_state=SPLIT_SEED
    )
    train, validation = train_test_split(
        rest, test_size=VALIDATION_SHARE / (1 - TEST_SHARE), stratify=labels[rest], random_state=SPLIT_SEED
    )
    index = {"train": train, "validation": validation, "test": test}
    images = data.images.astype(np.uint8)
    return PixelTask(
        name=NAME,
        images={split: images[k] for split, k in index.items()},
        labels={split: labels[k] for split, k in index.items()},
        encoder=ThresholdCrossing(thresholds=17, maximum=16, cue_steps=CUE_STEPS),
        window=CUE_STEPS,
        class_names=tuple(str(c) for c in range(10)),
        max_shift=1,
        max_noise=2,
    )
