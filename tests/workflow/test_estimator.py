"""The scikit-learn estimator: scikit-learn's own checks, real series, and the way on to a deployment."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from lava_ahp import Classifier

#: Checks that do not apply, by name.
DO_NOT_APPLY = {
    "check_estimator_sparse_array": "series are dense",
    "check_estimator_sparse_matrix": "series are dense",
    "check_estimator_sparse_tag": "series are dense",
    "check_classifiers_train": "its blobs have two features, which a series of two steps cannot keep apart",
    "check_methods_subset_invariance": "",
    "check_methods_sample_order_invariance": "",
    "check_fit2d_1feature": "",
}


def small():
    return Classifier(epochs=2, hidden=[8])


def ramps(samples=60, steps=20, seed=0):
    rng = np.random.default_rng(seed)
    y = np.where(np.arange(samples) % 2, "up", "down")
    x = np.where(y == "up", 1, -1)[:, None] * np.linspace(-1, 1, steps) + rng.normal(0, 0.3, (samples, steps))
    return x, y


@pytest.mark.parametrize("check", list(estimator_checks_generator(small())), ids=lambda c: c[1].func.__name__)
def test_scikit_learn(check):
    estimator, run = check
    run(estimator)
