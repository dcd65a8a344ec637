"""Files are there whole or not at all."""

import os

import pytest

from lava_ahp.atomic import replacing, write_text


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
