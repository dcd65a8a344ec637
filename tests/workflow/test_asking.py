"""Questions about stories of one's own."""

import json

import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import netx
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.tasks import load_task

from support.stories import CODE, relational

STORY = ["a b c", "B c d!", "1 e f"]


@pytest.fixture(scope="module")
def network():
    task = {"name": "babi", "encoder": CODE.to_json(), "window": 5, "class_names": ["u", "v", "w", "x"]}
    return relational().network(task=task)


def test_the_answer_is_the_largest_readout(network):
    found = lava_ahp.ask(network, STORY, "a f?")
    assert sorted(found.readouts) == ["u", "v", "w", "x"]
    assert found.answer == next(iter(found.readouts))
    assert list(found.readouts.values()) == sorted(found.readouts.values(), reverse=True)
    rows = [[-1, 0, 1, 2], [-1, 1, 2, 3], [-1, -1, 4, 5], [-1, -1, 0, 5]]
    trace = lava_ahp.simulate(network, CODE.encode([rows]), readout_steps=5)
    sums = trace.readout[0].astype(int).sum(axis=0)
    assert found.readouts == {name: total / 5 for name, total in zip("uvwx", sums, strict=True)}


def test_a_file_and_the_command_line_say_the_same(network, tmp_path):
    netx.write(network, tmp_path / "qa.net")
    (tmp_path / "story.txt").write_text("\n".join(STORY) + "\n\n")
    arguments = ["ask", str(tmp_path / "qa.net"), str(tmp_path / "story.txt"), "a f?", "--json", "-"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == lava_ahp.ask(network, STORY, "a f?").to_json()
    plain = CliRunner().invoke(main, arguments[:-2])
    assert plain.stdout.splitlines()[0] in "uvwx"


@pytest.mark.parametrize(
    ("story", "question", "said"),
    [
        (["a b"], "a zebra?", "found the word 'zebra'"),
        (["a b c d e"], "a?", "found 5 words, 'a b c d e', allowed 4"),
        (["a"] * 4, "a?", "found 4 sentences, allowed 3"),
        (["", "  "], "a?", "found no sentence"),
        (["a"], "?", "question: found '[?]', allowed one word or more"),
    ],
)
def test_what_it_cannot_answer(network, story, question, said):
    with pytest.raises(DataError, match=said):
        lava_ahp.ask(network, story, question)


def test_another_network_is_refused():
    task = load_task("digits").describe()
    network = lava_ahp.Network(
        (lava_ahp.Population("input", 1), lava_ahp.Population("out", 1, lava_ahp.Neuron(threshold=1))),
        (lava_ahp.Connection("input", "out", [[2]]),),
        "out",
        task=task,
    )
    with pytest.raises(DataError, match="not trained on stories"):
        lava_ahp.ask(network, STORY, "a?")
