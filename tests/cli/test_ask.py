"""``lava-ahp ask`` as a stranger meets it."""

import json

import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import netx
from lava_ahp.cli import main

from support import asking
from support.asking import QUESTION, STORY


def invoke(*arguments, **options):
    return CliRunner().invoke(main, ["ask", *map(str, arguments)], **options)


@pytest.fixture(name="files", scope="module")
def fixture_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    netx.write(asking.network(), folder / "network.net")
    (folder / "story.txt").write_text("\n".join(STORY) + "\n")
    return folder, folder / "story.txt"


def test_it_prints_the_best_answers(files):
    network, story = files
    answer = lava_ahp.ask(network, STORY, QUESTION)
    result = invoke(network, story, QUESTION)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == list(answer.lines())
    one = invoke(network / "network.net", story, QUESTION, "--top", 1)
    assert one.output.splitlines() == list(answer.lines(1))


def test_stdin_json_and_page(files, tmp_path):
    network, story = files
    result = invoke(network, "-", QUESTION, "--json", "-", "--html", tmp_path / "a.html", input=story.read_text())
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        **lava_ahp.ask(network, STORY, QUESTION).to_json(), "network": "network.net"
    }  # fmt: skip
    page = (tmp_path / "a.html").read_text()
    assert "lava-ahp ask" in page
    shown = invoke(network, story, QUESTION, "--json", tmp_path / "a.json", "--html", tmp_path / "a.html")
    assert shown.output.splitlines()[-1] == f"report  {tmp_path / 'a.html'}"
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(result.stdout)


@pytest.mark.parametrize(
    "story, question, message",
    [
        (b"Anna walked to the attc.", QUESTION, "story line 1: found the word 'attc'"),
        (b"", QUESTION, "story: found no sentence"),
        (b"\xff\xfe", QUESTION, "not UTF-8 text"),
        (b"a" * (2**18 + 1), QUESTION, "allowed 262144"),
        ("\n".join(STORY).encode(), "", "question: found ''"),
    ],
)
@pytest.mark.parametrize("from_stdin", [False, True])
def test_what_does_not_fit_is_one_line_and_exit_code_2(files, tmp_path, story, question, message, from_stdin):
    path = tmp_path / "story.txt"
    path.write_bytes(story)
    result = invoke(files[0], "-" if from_stdin else path, question, input=story)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_backends_files_and_outputs(files, tmp_path):
    network, story = files
    assert invoke(network, story, QUESTION, "--backend", "loihi2").exit_code == 3
    assert invoke(network, tmp_path / "none.txt", QUESTION).exit_code == 2
    assert invoke(tmp_path, story, QUESTION).exit_code == 2
    before = story.read_bytes()
    for outputs in (["--json", story], ["--html", network / "network.net"], ["--html", "same", "--json", "same"]):
        result = invoke(network, story, QUESTION, *outputs)
        assert (result.exit_code, "choose another file" in result.stderr) == (2, True), result.output
    assert story.read_bytes() == before
