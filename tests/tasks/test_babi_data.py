"""The publisher's files of all 20 tasks."""

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.tasks import SPLITS
from lava_ahp.tasks.babi import numbering, stories

from support.paths import SHARED

BABI = SHARED / "babi"
pytestmark = pytest.mark.skipif(not BABI.is_dir(), reason=f"bAbI is not at {BABI}")

EVERY = tuple(range(1, 21))
#: Stories of the training, validation and test split.
STORIES = {
    **dict.fromkeys(EVERY, (1800, 200, 200)), 3: (200, 200, 200), 4: (9000, 1000, 1000), 15: (2250, 250, 250),
    16: (9000, 1000, 1000), 17: (1125, 125, 125), 18: (1781, 197, 199), 19: (9000, 1000, 1000), 20: (840, 93, 93),
}  # fmt: skip
#: Questions, where they are not 9,000, 1,000 and 1,000.
QUESTIONS = {**dict.fromkeys(EVERY, (9000, 1000, 1000)), 3: (1000,) * 3, 18: (8996, 1004, 1000), 20: (9002, 998, 1000)}
#: Questions after more than 20 sentences.
LONG = {
    **dict.fromkeys(EVERY, (0, 0, 0)), 2: (1941, 239, 189), 3: (821, 844, 847), 5: (3314, 347, 361), 6: (3, 0, 0),
    7: (209, 24, 18), 8: (233, 40, 20),
}  # fmt: skip
#: Words of the longest sentence or question.
LONGEST = dict(enumerate([6, 6, 7, 7, 7, 6, 6, 6, 7, 9, 8, 8, 8, 8, 5, 4, 11, 9, 10, 7], start=1))


@pytest.fixture(scope="module", name="found")
def fixture_found():
    return stories.from_files(BABI, EVERY, 10_000)


@pytest.mark.parametrize("number", EVERY)
def test_counts(found, number):
    splits = found[number].splits
    assert tuple(splits[split][-1].story + 1 for split in SPLITS) == STORIES[number]
    assert tuple(len(splits[split]) for split in SPLITS) == QUESTIONS[number]
    assert tuple(sum(question.told > 20 for question in splits[split]) for split in SPLITS) == LONG[number]
    texts = {text for split in SPLITS for question in splits[split] for text in (*question.sentences, question.words)}
    assert max(map(len, texts)) == LONGEST[number]


def test_training_has_every_word_and_answer(found):
    for task in found.values():
        for collect in (numbering.vocabulary, numbering.answers):
            trained = set(collect(task.splits["train"]))
            assert trained.issuperset(collect([*task.splits["validation"], *task.splits["test"]]))


def test_lists_of_task_8_follow_from_the_story(found):
    """They are in the order in which the person first took the things."""
    lists = 0
    for question in (question for split in found[8].splits.values() for question in split):
        answer = question.answer.split(",")
        if len(answer) == 1 or question.told > 20:
            continue
        lists += 1
        person = question.words[2]
        taken = [
            thing
            for sentence in question.sentences
            for thing in sentence
            if sentence[0] == person
            and thing in answer
            and not {"got", "took", "grabbed", "picked"}.isdisjoint(sentence)
        ]
        assert list(dict.fromkeys(taken)) == answer
    assert lists == 678


def test_only_task_3_needs_its_small_file(found):
    assert {number: task.notes for number, task in found.items() if task.notes} == {
        3: ("data: task 3 has no large training file, qa3_train_1k.txt stands in for it",)
    }


def test_all_tasks_at_once():
    task = tasks.load_task("babi", BABI, settings={"tasks": list(EVERY), "size": 1000})
    code = task.encoder
    assert (code.sentences, code.words, len(code.vocabulary), task.classes, task.steps) == (20, 11, 145, 59, 52)
    assert np.bincount(task.groups["train"]).tolist() == [1000] * 20
    assert task.signals["train"].shape == (20_000, 21, 11)
    assert not any("stands in" in note for note in task.notes)
    labels = np.array(task.class_names)[task.labels["test"]]
    lists = set(labels[task.groups["test"] == EVERY.index(19)].tolist())
    assert len(lists) == 12
    assert all(len(name.split(",")) == 2 for name in lists)
