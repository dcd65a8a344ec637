"""Stories and questions as somebody writes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_ahp.encoders import StoryCode
from lava_ahp.errors import DataError
from lava_ahp.tasks.babi import numbering, parsing
from lava_ahp.tasks.babi.told import MAX_STORY, told

WORDS = ("anna", "attic", "cellar", "henry", "is", "ran", "the", "to", "where")
CODE = StoryCode(WORDS, sentences=3, words=5, steps_per_word=2, relay_steps=3, tail=7)
STORY = "Anna ran to the attic.\nHenry ran to the cellar!\n"
SENTENCES = (("anna", "ran", "to", "the", "attic"), ("henry", "ran", "to", "the", "cellar"))
QUESTION = "Where is Anna?"


@pytest.mark.parametrize(
    "story",
    [
        STORY,
        "\ufeff" + STORY.replace("\n", "\r\n"),
        "\n\n  Anna ran to the attic  \n\nHENRY ran, to the cellar",
        STORY.splitlines(),
        tuple(STORY.splitlines()),
        iter(STORY.splitlines()),
        ["", *STORY.splitlines(), " "],
        "1 Anna ran to the attic.\n2 Henry ran to the cellar.",
        "3 Anna ran to the attic.\n4 Where is Anna?\tattic\t3\n12 Henry ran to the cellar.\n13 Where is Anna?\tattic",
        ["1 Anna ran to the attic.", "2 Henry ran to the cellar."],
    ],
)
def test_every_form_of_a_story(story):
    found = told(story, " Where is Anna? ", CODE)
    assert (found.sentences, found.words, found.answer) == (SENTENCES, ("where", "is", "anna"), "")
    assert numbering.signals([found], CODE)[0].tolist() == [
        [-1] * 5, [0, 5, 7, 6, 1], [3, 5, 7, 6, 2], [-1, -1, 8, 4, 0]
    ]  # fmt: skip


def test_a_file_of_the_task_is_read_as_the_task_reads_it():
    text = "1 Anna ran to the attic.\n2 Henry ran to the cellar.\n3 Where is Anna?\tattic\t1\n"
    question = parsing.parse(text, "file")[0]
    np.testing.assert_array_equal(
        numbering.signals([told(text, QUESTION, CODE)], CODE), numbering.signals([question], CODE)
    )


@pytest.mark.parametrize(
    "story, question, message",
    [
        ("", QUESTION, "story: found no sentence, allowed 1..3, one per line"),
        (" \n\n", QUESTION, "story: found no sentence"),
        ([], QUESTION, "story: found no sentence"),
        ("1 Where is Anna?\tattic\n", QUESTION, "story: found no sentence"),
        (STORY, "", "question: found '', allowed a question"),
        (STORY, " \n", "question: found ' .n', allowed a question"),
        (STORY, None, "question: found None, allowed a question"),
        (STORY, "?!", "question: found '.!', allowed one sentence"),
        (STORY, "Where is Anna? Where is Henry?", "question: found .*, allowed one sentence"),
        (STORY, "Where is\nAnna?", "question: found .* with control characters"),
        (STORY + "...", QUESTION, "story line 3: found '...', allowed one sentence, of one word or more"),
        ("Anna ran. Henry ran.", QUESTION, "story line 1: found 'Anna ran. Henry ran.', allowed one sentence"),
        ([*STORY.splitlines(), "Anna ran. Henry ran."], QUESTION, "story sentence 3: found .*, allowed one sentence"),
        (STORY + "Anna ran to the attc.", QUESTION, "story line 3: found the word 'attc' in 'anna ran to the attc', "
         "which is none of the 9 words that the network knows: anna, attic, .*where; did you mean attic.$"),
        (STORY, "Where is Xylophone?", "question: found the word 'xylophone' in .* to, where$"),
        (STORY, "where is anna where is anna", "question: found 6 words, 'where is .*', allowed 5 in a sentence"),
        (2 * STORY, QUESTION, "story: found 4 sentences, allowed 3, the slots of the network; leave out 1, for example "
         "the oldest up to 'anna ran to the attic'"),
        ("1 Anna ran.\nHenry ran.", QUESTION, "story line 2: found 'Henry ran.' without an ID"),
        ("1 Anna ran.\n1 Henry ran.", QUESTION, "story line 2: found ID 1 after 1, allowed one story"),
        ("Anna ran.\n2 Henry ran.", QUESTION, "story line 2: found the word '2'"),
        ("a" * (MAX_STORY + 1), QUESTION, f"story: found {MAX_STORY + 1} characters, allowed {MAX_STORY}"),
        (["a" * MAX_STORY, "b"], QUESTION, f"story: found {MAX_STORY + 1} characters"),
        ("a" * 1001, QUESTION, "story line 1: found 1001 characters, allowed 1000"),
        (STORY, "a" * 10**6, "question: found 1000000 characters, allowed 1000"),
        ("Anna\x1b[2J ran", QUESTION, "story line 1: found .* with control characters"),
        ([STORY, 3], QUESTION, "story: found 3, allowed sentences as text"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(story, question, message):
    with pytest.raises(DataError, match=message) as caught:
        told(story, question, CODE)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 600


@given(st.text(), st.text())
def test_any_text_is_read_or_refused_in_one_line(story, question):
    message = ""
    try:
        found = told(story, question, CODE)
    except DataError as error:
        message = str(error)
    else:
        assert numbering.signals([found], CODE).shape == (1, 4, 5)
    assert message.isprintable()
    assert len(message) < 600
