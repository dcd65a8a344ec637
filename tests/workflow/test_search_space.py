"""Ranges and choices of a sweep, and errors in their descriptions."""

import pytest

from lava_ahp.errors import DataError
from lava_ahp.workflow.search_space import Choice, Range, read_space


class Highest:
    """Stands in for a trial: it draws the upper bound, or the last choice."""

    def suggest_int(self, key, low, high, log):
        return high

    def suggest_float(self, key, low, high, log):
        return float(high)

    def suggest_categorical(self, key, choices):
        assert all(isinstance(choice, (bool, int, float, str)) for choice in choices)
        return choices[-1]


@pytest.mark.parametrize(
    ("text", "entry", "drawn"),
    [
        ("training.learning_rate=log:1e-3..3e-2", Range(0.001, 0.03, True), 0.03),
        ("training.epochs=5..20", Range(5, 20), 20),
        ("training.warmup = 0..0.5", Range(0, 0.5), 0.5),
        ("training.rate_weight=.1...5", Range(0.1, 0.5), 0.5),
        ("model.hidden=[[64], [64, 32]]", Choice(([64], [64, 32])), [64, 32]),
        ('training.keep=["best", "last"]', Choice(("best", "last")), "last"),
    ],
)
def test_entries(text, entry, drawn):
    ((key, found),) = read_space(None, [text]).items()
    assert found == entry
    value = found.draw(Highest(), key)
    assert (value, type(value)) == (drawn, type(drawn))
    # What a study keeps of it can be typed again.
    assert read_space(None, {key: str(found)} if isinstance(found, Range) else [f"{key}={found}"]) == {key: found}


def test_single_entries_replace_those_of_the_file(tmp_path):
    file = tmp_path / "space.toml"
    file.write_text('[vary]\ntraining.warmup = "0..0.1"\n"training.epochs" = [5, 9]\n')
    assert read_space(file, {"training.epochs": "3..4"}) == {
        "training.warmup": Range(0, 0.1),
        "training.epochs": Range(3, 4),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training.epochs", "vary: found 'training.epochs', allowed KEY=LOW..HIGH"),
        ("training.epochs=", "allowed KEY=LOW..HIGH"),
        ("training.epochs=5", "vary training.epochs: found '5', allowed KEY=LOW"),
        ("epochs=1..5", "vary epochs: allowed section.key"),
        ("training.epochs=9..5", r"found '9\.\.5', allowed LOW < HIGH"),
        ("training.warmup=log:0..1", "allowed 0 < LOW < HIGH"),
        ("training.warmup=nan..1", "found 'nan', allowed a finite number"),
        (f"training.warmup=1..1{'0' * 400}", "allowed a finite number"),
        ("training.warmup=a..b", "found 'a', allowed a finite number"),
        ("training.epochs=[5]", r"found \[5\], allowed two or more different values"),
        ("training.epochs=[5, 5]", "two or more different values"),
        ("training.epochs=[5, {a = 1}]", "two or more different values"),
        ("training.epochs=[5, nan]", "two or more different values"),
        ("training.epochs=[5", "vary training.epochs"),
        ("task.name=['a', 'b']", "one sweep for each task and kind of model"),
    ],
)
def test_bad_entries_say_so(text, message):
    with pytest.raises(DataError, match=message):
        read_space(None, [text])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "found nothing, allowed one table"),
        ("vary = 3", "allowed one table"),
        ("[vary]\n[more]", "found vary, more"),
    ],
)
def test_bad_files_say_so(tmp_path, content, message):
    file = tmp_path / "space.toml"
    file.write_text(content)
    with pytest.raises(DataError, match=message):
        read_space(file, [])


def test_nothing_to_vary():
    with pytest.raises(DataError, match="search space: found nothing to vary; give --vary KEY=LOW"):
        read_space(None, [])
