"""Files are written atomically."""

import os

import pytest

from lava_ahp import files
from lava_ahp.errors import DataError
from lava_ahp.files import replacing, write_text


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.json"
    write_text(path, "old")

    def fail_half_way():
        with replacing(path) as temporary:
            temporary.write_text("half of the n")
            raise RuntimeError("full disk")

    with pytest.raises(RuntimeError, match="full disk"):
        fail_half_way()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["result.json"]


def test_success_replaces_with_the_usual_permissions(tmp_path):
    path = tmp_path / "new" / "result.json"
    write_text(path, "new")
    assert path.read_text() == "new"
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_later_values_take_the_place_of_earlier_ones(tmp_path):
    path = tmp_path / "metrics.json"
    assert files.read_json(path) == {}
    files.add_json(path, {"a": 1, "b": 2})
    files.add_json(path, {"b": 3})
    assert files.read_json(path) == {"a": 1, "b": 3}


@pytest.mark.parametrize(("text", "said"), [("{", "not JSON"), ("[1]", "found list, allowed an object")])
def test_what_is_no_object_is_left_as_it_is(tmp_path, text, said):
    path = tmp_path / "metrics.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        files.add_json(path, {"a": 1})
    assert path.read_text() == text
