"""Words that stand for one another: sentences, question and answer of a story stay consistent."""

import json

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.errors import DataError
from lava_ahp.tasks.babi.exchanging import exchange

from support.babi_files import write

PEOPLE, PLACES = ["anna", "clara", "henry", "oscar"], ["attic", "cellar", "garage", "library", "pantry", "workshop"]
GROUPS = [PEOPLE, PLACES]


@pytest.fixture(scope="module", name="data")
def fixture_data(tmp_path_factory):
    return write(tmp_path_factory.mktemp("babi"), (1, 6))


def load(data, **settings):
    return tasks.load_task("babi", data, settings=settings)


def rng(seed=0):
    return np.random.default_rng(seed)


def told(task, story):
    """The texts of a story, from the first sentence to the question."""
    texts = [[task.encoder.vocabulary[word] for word in row if word >= 0] for row in story]
    return [text for text in texts if text]


def place_by_story(task, story):
    """Where the person of the question last went."""
    *sentences, question = told(task, story)
    return next(text[-1] for text in reversed(sentences) if text[0] == question[-1])


def replacements(before, after):
    """What each word became; the test fails where one became two different ones."""
    became = {}
    for text, again in zip(before, after, strict=True):
        for word, other in zip(text, again, strict=True):
            assert became.setdefault(word, other) == other
    return became


def test_answers_follow_from_the_stories_in_other_words(data):
    task = load(data, exchange=GROUPS)
    stories, labels = task.drawn("train", rng())
    assert (stories.dtype, labels.dtype) == (np.int16, np.int64)
    assert stories.shape == task.signals["train"].shape
    assert [task.class_names[label] for label in labels] == [place_by_story(task, story) for story in stories]
    assert np.mean(labels != task.labels["train"]) > 0.5


def test_exchanged_stories_are_shuffled_too(data):
    plain, shuffled = (load(data, exchange=GROUPS, shuffle=shuffle) for shuffle in (False, True))
    (stories, labels), (others, same_labels) = plain.drawn("train", rng()), shuffled.drawn("train", rng())
    assert np.array_equal(labels, same_labels)
    assert not np.array_equal(stories, others)
    for story, other in zip(stories, others, strict=True):
        assert sorted(story.tolist()) == sorted(other.tolist())


def test_words_are_exchanged_consistently_within_their_groups(data):
    task = load(data, exchange=GROUPS)
    stories, labels = task.drawn("train", rng())
    found = set()
    for before, after, label, again in zip(task.signals["train"], stories, task.labels["train"], labels, strict=True):
        became = replacements(told(task, before), told(task, after))
        assert len(set(became.values())) == len(became)
        assert became[task.class_names[label]] == task.class_names[again]
        for word, other in became.items():
            assert other in next((group for group in GROUPS if word in group), [word])
        found.update(became.items())
    every = {(one, other) for group in GROUPS for one in group for other in group}
    assert {pair for pair in found if pair[0] in PEOPLE + PLACES} == every


def test_training_alone_exchanges_and_a_seed_gives_the_same_again(data):
    task = load(data, exchange=GROUPS)
    (one, answers), (same, same_answers), (other, _) = (task.drawn("train", rng(seed)) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert np.array_equal(answers, same_answers)
    assert not np.array_equal(one, other)
    assert task.drawn("train")[0] is task.signals["train"]
    plain = load(data)
    assert (plain.rewrite, plain.varies, task.varies) == (None, False, True)
    for split in tasks.SPLITS:
        assert np.array_equal(task.signals[split], plain.signals[split])
        assert np.array_equal(task.labels[split], plain.labels[split])
    drawn = task.training(rng())
    assert np.array_equal(drawn.labels, answers)
    assert np.array_equal(drawn.events.sources, task.encoder.encode(one).sources)


def test_only_words_of_the_answer_that_are_in_a_group_change():
    found = exchange([["anna", "henry"]], ["anna", "henry", "ran"], ["anna", "anna,n", "henry", "henry,n", "n"])
    stories = np.tile(np.int16([[[-1, -1], [0, 2]]]), (50, 1, 1))
    for label, allowed in ((0, {0, 2}), (1, {1, 3}), (4, {4})):
        after, labels = found(stories, np.full(50, label), rng())
        assert set(labels.tolist()) == allowed
        assert (after[:, 0] == -1).all()
        if label < 4:
            assert np.array_equal(after[:, 1, 0] == 0, labels == label)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            [["anna", "zzz"]],
            "config task.exchange: found 'zzz', allowed words of the stories, in lower case; leave it",
        ),
        ([["Anna", "henry"]], "config task.exchange: found 'Anna', .*; did you mean anna?"),
        ([["anna", "henry"], ["henry", "oscar"]], "config task.exchange: found henry twice, allowed each word once"),
        ([["anna", "anna"]], "config task.exchange: found anna twice, .*; leave one out"),
        (
            [["anna", "attic"]],
            "config task.exchange: found anna and attic in a group, which makes anna of the answer attic; allowed "
            "words that make answers of answers, anna is none; take one of the two out of the group",
        ),
        ([["anna"]], "config task.exchange.0: found .*at least 2 items"),
        (["anna", "henry"], "config task.exchange.0: found 'anna'; allowed a list"),
    ],
)
def test_wrong_groups_are_refused(data, groups, message):
    with pytest.raises(DataError, match=message):
        load(data, exchange=groups)


def test_the_setting_is_kept(data):
    task = load(data, exchange=GROUPS)
    assert json.loads(json.dumps(task.describe()))["settings"]["exchange"] == GROUPS
