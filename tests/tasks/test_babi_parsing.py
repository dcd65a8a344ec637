"""The lines of bAbI files: what they say, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lava_ahp.errors import DataError
from lava_ahp.tasks.babi import parsing
from lava_ahp.tasks.babi.parsing import Question, parse, words

TEXT = """\
1 Anna walked to the attic.
2 Henry ran to the cellar.
3 Where is Anna? \tattic\t1
4 Anna ran to the cellar.
5 Where is Anna?\tcellar\t4
1 Oscar took the map, and the lamp.
2 What is Oscar carrying?\tmap,Lamp\t1
"""


def test_questions_with_the_story_so_far():
    first, second, third = parse(TEXT, "qa.txt")
    anna, henry = ("anna", "walked", "to", "the", "attic"), ("henry", "ran", "to", "the", "cellar")
    assert first == Question((anna, henry), ("where", "is", "anna"), "attic", 0, 2, "qa.txt line 3")
    assert second.sentences == (anna, henry, ("anna", "ran", "to", "the", "cellar"))
    assert (second.answer, second.story, second.told) == ("cellar", 0, 3)
    assert third.sentences == (("oscar", "took", "the", "map", "and", "the", "lamp"),)
    assert (third.answer, third.story, third.told) == ("map,lamp", 1, 1)


def test_the_last_sentences_are_kept():
    lines = [f"{k} Word{k} is here." for k in range(1, 26)] + ["26 Where is word3?\tgone"]
    (found,) = parse("\n".join(lines), "qa.txt")
    assert found.told == 25
    assert [sentence[0] for sentence in found.sentences] == [f"word{k}" for k in range(6, 26)]


def test_line_ends_and_empty_lines_do_not_matter():
    expected = parse(TEXT, "qa.txt")
    assert parse(TEXT.replace("\n", "\r\n"), "qa.txt") == expected
    assert [q.answer for q in parse("\n" + TEXT.replace("\n", "\n\n"), "qa.txt")] == [q.answer for q in expected]


def test_punctuation_is_dropped_and_words_are_lower_case():
    assert words('Where, "then", is O\'Neill (the well-known)?') == (
        "where", "then", "is", "o'neill", "the", "well-known",
    )  # fmt: skip
    assert words(" .?! ") == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Anna is here.", r"found 'Anna is here\.', allowed an ID and a text, as in 1 Anna walked"),
        ("2", "found '2', allowed an ID and a text"),
        ("2 ", "found '2', allowed an ID"),
        ("-2 Anna is here.", "found .* allowed an ID"),
        ("² Anna is here.", "found .* allowed an ID"),
        ("2\tAnna is here.", "found .* allowed an ID"),
        ("3 Anna is here.", "found ID 3, allowed 2, the next line, or 1, a new story"),
        ("0 Anna is here.", "found ID 0, allowed 2"),
        ("9" * 900 + " Anna is here.", "found ID an integer of 2990 bits, allowed 2"),
        ("2 Anna \x00 is here.", r"found '2 Anna \\x00 is here\.' with control characters, allowed text"),
        ("2 " + "a" * 1000, "found 1002 characters, allowed 1000"),
        ("2 " + "a " * 12, r"found a sentence of 12 words, 'a a .*', allowed 1\.\.11"),
        ("2 ...", r"found a sentence of 0 words, '\.\.\.', allowed 1\.\.11"),
        ("2 " + "a" * 65, "found the word 'aaa.*', allowed 64 characters"),
        ("2 Where is Anna?\t", "found the answer '', allowed one word, or several with commas"),
        ("2 Where is Anna?\t" + "a," * 200 + "a", "found the answer 'a,a,a.*, of up to"),
        ("2 Where is Anna?\ta,,b", "found the answer 'a,,b', allowed"),
        ("2 Where is Anna?\tattic\t1\t1", "found 3 tabs, allowed one or two: question, answer, IDs"),
        ("2 Where is Anna?\tattic\t2", r"found the supporting ID '2', allowed 1\.\.1, lines of the story"),
        ("2 Where is Anna?\tattic\tx", "found the supporting ID 'x'"),
        ("2 Where is Anna?\tattic\t0", "found the supporting ID '0'"),
        ("2 " + "a " * 12 + "?\tattic", r"found a question of 12 words"),
        ("2 ?\tattic", "found a question of 0 words"),
        ("1 Where is Anna?\tattic", "found a question, allowed after one sentence or more"),
    ],
)
def test_a_bad_line_is_named(line, message):
    with pytest.raises(DataError, match=f"^qa.txt line 2: {message}") as caught:
        parse(f"1 Anna is here.\n{line}\n", "qa.txt")
    assert len(str(caught.value)) < 300
    assert str(caught.value).isprintable()


def test_a_file_begins_with_a_story():
    with pytest.raises(DataError, match=r"^qa.txt line 1: found ID 2, allowed 1, a new story$"):
        parse("2 Anna is here.\n", "qa.txt")


@pytest.mark.parametrize("text", ["", "\n\n", "1 Anna is here.\n"])
def test_a_file_has_a_question(text):
    with pytest.raises(DataError, match=r"^qa.txt: found no question, allowed one or more"):
        parse(text, "qa.txt")


def test_the_number_of_lines_is_limited(monkeypatch):
    monkeypatch.setattr(parsing, "MAX_LINES", 5)
    with pytest.raises(DataError, match=r"^qa.txt: found 8 lines, allowed 5"):
        parse(TEXT, "qa.txt")


@given(st.text(st.sampled_from("1234 \t\n\r.?,ab\x00é\u2028"), max_size=60))
def test_any_text_is_questions_or_one_line_of_error(text):
    found, said = [], ""
    try:
        found = parse(text, "qa.txt")
    except DataError as error:
        said = str(error)
    assert said.isprintable()
    assert bool(found) != bool(said)
    assert all(question.sentences and question.words and question.answer for question in found)
