"""Generated stories: the same everywhere, without repeats, and right by a solver that reads nothing but the text."""

import hashlib
import itertools

import pytest

from lava_ahp import tasks
from lava_ahp.tasks.babi import generator
from lava_ahp.tasks.babi.generator.draw import Draw

SIZES = {"train": 600, "validation": 60, "test": 61}
PLURALS = {"badgers": "badger", "foxes": "fox", "geese": "goose", "hares": "hare"}


def stories(text):
    """Each story as a list of (sentence, answer), with None for what is no question."""
    found = []
    for line in text.splitlines():
        number, content = line.split(" ", 1)
        if number == "1":
            found.append([])
        assert int(number) == len(found[-1]) + 1
        sentence, _, rest = content.partition("\t")
        found[-1].append((sentence, rest.split("\t")[0] or None))
    return found


def solve(sentences, question):
    """The answer, from sentences in their order."""
    place, kind, feared = {}, {}, {}
    for words in (sentence.rstrip(".").split() for sentence in sentences):
        if "to" in words:
            place[words[0]] = words[-1]
        elif "fear" in words:
            feared[PLURALS[words[0].lower()]] = PLURALS[words[-1]]
        elif words[1:3] == ["is", "a"]:
            kind[words[0]] = words[-1]
    asked = question.rstrip("?").split()
    if asked[0] == "Where":
        return place[asked[2]]
    if asked[0] == "Is":
        return "yes" if place[asked[1]] == asked[-1] else "no"
    return feared[kind[asked[2]]]


@pytest.mark.parametrize("task", generator.TASKS)
def test_answers_are_right(task):
    texts = generator.generate(task, SIZES)
    for split, text in texts.items():
        asked = 0
        for story in stories(text):
            for k, (sentence, answer) in enumerate(story):
                if answer is not None:
                    asked += 1
                    told = [earlier for earlier, its_answer in story[:k] if its_answer is None]
                    assert answer == solve(told, sentence)
        assert asked == SIZES[split]


@pytest.mark.parametrize("task", generator.TASKS)
def test_an_answer_follows_from_the_supporting_sentences(task):
    for story in generator.generate(task, {"train": 200})["train"].replace("\n1 ", "\n\n1 ").split("\n\n"):
        lines = story.splitlines()
        for line in lines:
            if "\t" in line:
                question, answer, support = line.split(" ", 1)[1].split("\t")
                told = [lines[int(k) - 1].split(" ", 1)[1] for k in support.split()]
                assert solve(told, question) == answer


@pytest.mark.parametrize("task", generator.TASKS)
def test_no_story_is_in_two_splits_or_twice_in_one(task):
    found = [
        tuple(sentence for sentence, _ in story)
        for text in generator.generate(task, SIZES).values()
        for story in stories(text)
    ]
    # The last story of a split may be cut: no story may begin with it either.
    ordered = sorted(found)
    assert all(later[: len(earlier)] != earlier for earlier, later in itertools.pairwise(ordered))


@pytest.mark.parametrize(
    ("task", "digest"),
    [(1, "528c7e1eaff069eb"), (6, "5b4660002f33e2bb"), (15, "5966420b4d00ab97")],
)
def test_stories_are_the_same_on_every_machine(task, digest):
    text = "".join(generator.generate(task, SIZES).values())
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("task", generator.TASKS)
def test_answers_are_balanced(task):
    text = generator.generate(task, {"train": 5000})["train"]
    answers = [answer for story in stories(text) for _, answer in story if answer is not None]
    counts = [answers.count(answer) for answer in set(answers)]
    assert max(counts) < 1.2 * min(counts)


def test_fewer_questions_are_the_first_of_more():
    few, many = (generator.generate(6, {"train": size})["train"] for size in (33, 100))
    assert many.startswith(few)


@pytest.mark.parametrize("numbers", [[1], [6], [15], [1, 6, 15]])
def test_even_few_questions_show_every_word_and_answer(numbers):
    task = tasks.load_task("babi", settings={"tasks": numbers, "size": 100})
    assert task.notes == ()
    assert {split: task.size(split) for split in tasks.SPLITS} == {
        "train": 100 * len(numbers), "validation": 10 * len(numbers), "test": 10 * len(numbers),
    }  # fmt: skip


def test_draws():
    draw = Draw(3)
    assert sorted(draw.shuffled(range(20))) == list(range(20))
    assert {draw.one("abc") for _ in range(50)} == set("abc")
    assert not any(draw.chance(0) for _ in range(50))
    assert [Draw(3).shuffled(range(5)) for _ in range(2)] == [Draw(3).shuffled(range(5))] * 2
