"""Scores by class against numbers computed by hand, and against scikit-learn."""

import json

import numpy as np
import pytest

from lava_ahp.targets.class_counts import ClassCounts


def test_scores_by_hand():
    # Of six samples of a, four are found; of two of b, one; d neither occurs nor is found, and c is found once.
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    found = np.array([0, 0, 0, 0, 1, 2, 1, 0])
    scores = ClassCounts.of(labels, found, ["a", "b", "c", "d"])
    assert scores.rows() == [
        {"class": "a", "samples": 6, "recall": 4 / 6, "precision": 4 / 5, "f1": 8 / 11},
        {"class": "b", "samples": 2, "recall": 1 / 2, "precision": 1 / 2, "f1": 1 / 2},
        {"class": "c", "samples": 0, "recall": None, "precision": 0.0, "f1": 0.0},
    ]
    assert scores.balanced_accuracy == pytest.approx((4 / 6 + 1 / 2) / 2)
    assert scores.mean_f1 == pytest.approx((8 / 11 + 1 / 2) / 3)
    json.dumps(scores.rows(), allow_nan=False)


def test_a_class_that_is_never_found_has_no_precision():
    row = ClassCounts.of(np.array([0, 1]), np.array([0, 0]), ["a", "b"]).rows()[1]
    assert (row["recall"], row["precision"], row["f1"]) == (0.0, None, 0.0)


def test_scores_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    labels = rng.choice(5, 300, p=[0.6, 0.2, 0.1, 0.07, 0.03])
    found = np.where(rng.random(300) < 0.6, labels, rng.integers(0, 5, 300))
    scores = ClassCounts.of(labels, found, list("abcde"))
    assert scores.balanced_accuracy == pytest.approx(metrics.balanced_accuracy_score(labels, found))
    assert scores.mean_f1 == pytest.approx(metrics.f1_score(labels, found, average="macro"))
    assert [row["f1"] for row in scores.rows()] == pytest.approx(metrics.f1_score(labels, found, average=None))
