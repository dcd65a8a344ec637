"""Targets: labels placed on readout steps, answers, losses and scores against loops and scikit-learn."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lava_ahp.errors import DataError
from lava_ahp.network import SLAYER_UNIT, classify
from lava_ahp.targets import UNLABELLED, ClassOfSample, ClassOfStep, Terms, Value, read
from lava_ahp.targets.value import VOLTAGE


@st.composite
def series(draw):
    """A target, lengths of samples, and labels ``(sample, time)``."""
    target = ClassOfStep(draw(st.integers(0, 6)), draw(st.integers(1, 4)))
    lengths = np.array(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    labels = rng.integers(-1, 3, size=(len(lengths), lengths.max() + draw(st.integers(0, 2))))
    labels[np.arange(labels.shape[1]) >= lengths[:, None]] = UNLABELLED
    return target, lengths, labels


def steps_of(target, lengths):
    return (lengths - 1) * target.stretch + 1 + target.shift


class TestClassOfStep:
    @settings(deadline=None)
    @given(series(), st.integers(0, 5))
    def test_the_answer_to_a_step_is_read_so_many_steps_later(self, case, more):
        target, lengths, labels = case
        steps = steps_of(target, lengths)
        window = int(steps.max()) + more
        placed = target.for_training(labels, steps, window)
        expected = np.full((len(lengths), window), UNLABELLED)
        for k, length in enumerate(lengths):
            for t in range(length):
                # Samples end together: the last step of each is the last of the window.
                expected[k, window - steps[k] + t * target.stretch + target.shift] = labels[k, t]
        assert np.array_equal(placed, expected)
        readout = np.eye(3, dtype=np.int32)[np.maximum(placed, 0)]
        answers = target.answers(readout, steps)
        assert answers.shape == (len(lengths), lengths.max())
        inside = np.arange(lengths.max()) < lengths[:, None]
        assert np.array_equal(answers != UNLABELLED, inside)
        assert np.array_equal(answers[inside], np.maximum(labels[:, : lengths.max()], 0)[inside])

    @settings(deadline=None)
    @given(series())
    def test_loss_and_score_count_labelled_steps_alone(self, case):
        torch = pytest.importorskip("torch")
        target, lengths, labels = case
        steps = steps_of(target, lengths)
        window = int(steps.max())
        rng = np.random.default_rng(5)
        readout = rng.normal(size=(len(lengths), 3, window)).astype(np.float32)
        weights = np.array([1.0, 2.0, 0.5], np.float32)
        placed = target.for_training(labels, steps, window)
        sums = target.sums(torch.from_numpy(readout), torch.from_numpy(placed), Terms(torch.from_numpy(weights), 2.0))
        loss = count = right = 0
        for k, t in np.argwhere(placed >= 0):
            logits, label = 2 * readout[k, :, t].astype(float), placed[k, t]
            loss += weights[label] * (np.log(np.exp(logits).sum()) - logits[label])
            count += 1
            right += logits.argmax() == label
        assert float(sums.loss) == pytest.approx(loss, rel=1e-5, abs=1e-6)
        assert (float(sums.weight), float(sums.gain), float(sums.potential)) == (count, right, count)
        # The answers that evaluation reads from the same readout score the same.
        scores = target.scores(labels, target.answers(readout.transpose(0, 2, 1), steps), ["a", "b", "c"])
        assert (scores.correct, scores.answers) == (right, count)

    def test_scores_are_over_labelled_steps_as_scikit_learn_has_them(self):
        metrics = pytest.importorskip("sklearn.metrics")
        labels = np.array([[0, 1, 1, -1], [2, -1, 0, 0]])
        found = np.array([[0, 1, 0, 2], [2, 2, 0, 1]])
        scores = ClassOfStep(1).scores(labels, found, ["a", "b", "c"])
        known = labels >= 0
        result = scores.to_json()
        assert result["labelled_steps"] == 6
        assert result["accuracy"] == pytest.approx(4 / 6)
        assert result["balanced_accuracy"] == pytest.approx(
            metrics.balanced_accuracy_score(labels[known], found[known])
        )
        assert result["mean_f1"] == pytest.approx(metrics.f1_score(labels[known], found[known], average="macro"))
        assert scores.examples()[0][0] == 0
        assert scores.summary() == "4 of 6 labelled steps right, 66.67 %"
        assert ClassOfStep(1).to_json(labels)[0] == [0, 1, 1, None]

    def test_batches_of_different_lengths_are_joined(self):
        target = ClassOfStep(2)
        parts = [np.array([[0, 1]]), np.array([[1, 1, 0]])]
        assert target.stacked(parts).tolist() == [[0, 1, -1], [1, 1, 0]]


class TestValue:
    LABELS = np.random.default_rng(3).normal([100, -2], [20, 0.1], size=(50, 2))

    def test_values_come_out_in_the_unit_they_came_in(self):
        target = Value.fit(self.LABELS, "y")
        deviations = target.for_training(self.LABELS, np.full(50, 9), 4)
        assert np.allclose(deviations.mean(axis=0), 0, atol=1e-5)
        assert np.allclose(deviations.std(axis=0), 1, atol=1e-5)
        voltages = np.rint(deviations[:, None, :].repeat(4, axis=1) * VOLTAGE * SLAYER_UNIT).astype(np.int32)
        assert np.allclose(target.answers(voltages, np.full(50, 9)), self.LABELS, rtol=1e-3, atol=1e-3)

    def test_the_score_of_training_is_the_r2_of_the_training_samples(self):
        torch, metrics = pytest.importorskip("torch"), pytest.importorskip("sklearn.metrics")
        target = Value.fit(self.LABELS, "y")
        readout = torch.from_numpy(np.random.default_rng(4).normal(0, VOLTAGE, size=(50, 2, 6)).astype(np.float32))
        labels = torch.from_numpy(target.for_training(self.LABELS, np.full(50, 6), 6))
        sums = target.sums(readout, labels, Terms())
        scores = target.scores(self.LABELS, target.answers(readout.numpy().transpose(0, 2, 1), np.full(50, 6)), "ab")
        r2 = metrics.r2_score(scores.labels, scores.predictions)
        assert scores.r2 == pytest.approx(r2)
        assert float(sums.gain / sums.potential) == pytest.approx(r2, abs=1e-4)
        assert float(sums.loss / sums.weight) == pytest.approx(1 - r2, abs=1e-4)
        result, row = scores.to_json(), scores.rows()[1]
        assert row["rmse"] == pytest.approx(np.sqrt(((scores.predictions - scores.labels)[:, 1] ** 2).mean()))
        assert row["mae"] == pytest.approx(np.abs((scores.predictions - scores.labels)[:, 1]).mean())
        assert row["mean_rmse"] == pytest.approx(self.LABELS[:, 1].std())
        assert (result["mean_r2"], scores.accuracy) == (pytest.approx(0), None)

    def test_labels_that_do_not_vary_have_no_r2(self):
        target = Value((1.0,), (0.5,))
        scores = target.scores(np.array([[2.0]]), np.array([[2.5]]), ["value"])
        assert scores.to_json()["r2"] is None
        assert "unknown" in scores.summary()
        json.dumps(scores.metrics(), allow_nan=False)

    def test_a_value_that_does_not_vary_is_refused(self):
        with pytest.raises(
            DataError, match=r"y: found 3 in all training samples \(value 0\), allowed a value that varies"
        ):
            Value.fit(np.full((5, 1), 3.0), "y")


class TestClassOfSample:
    def test_answers_are_those_of_classify(self):
        readout = np.random.default_rng(0).integers(-9, 9, size=(20, 3, 4)).astype(np.int32)
        assert np.array_equal(ClassOfSample().answers(readout, np.full(20, 3)), classify(readout))


class TestDescription:
    @pytest.mark.parametrize("target", [ClassOfStep(3, 2), Value((1.0, 2.0), (0.5, 0.25))])
    def test_it_comes_back_from_json(self, target):
        assert read(json.loads(json.dumps(target.describe()))) == target

    def test_files_without_one_are_of_classes(self):
        assert (read(None), ClassOfSample().describe()) == (ClassOfSample(), {})

    @pytest.mark.parametrize(
        "found, message",
        [
            ([], "allowed a table with kind and parameters"),
            ({"kind": "rank"}, "kind: found 'rank', allowed steps, value; update lava-ahp"),
            ({"kind": "steps", "shift": 1}, "allowed kind, shift, stretch"),
            ({"kind": "steps", "shift": -1, "stretch": 1}, r"shift: found -1, allowed 0\.\.65535"),
            ({"kind": "steps", "shift": True, "stretch": 1}, "shift: found True"),
            ({"kind": "value", "offset": [1.0], "scale": [0.0]}, "scale: found .* allowed 1 numbers above 0"),
            ({"kind": "value", "offset": [1.0, 2.0], "scale": [1.0]}, "scale: found"),
            ({"kind": "value", "offset": ["1"], "scale": [1.0]}, "offset: found .* allowed finite numbers"),
        ],
    )
    def test_another_is_refused(self, found, message):
        with pytest.raises(DataError, match=message):
            read(found)
