"""JSON files that several steps add to."""

import pytest

from lava_ahp import jsonfile
from lava_ahp.errors import DataError


def test_later_values_take_the_place_of_earlier_ones(tmp_path):
    path = tmp_path / "metrics.json"
    assert jsonfile.read(path) == {}
    jsonfile.add(path, {"a": 1, "b": 2})
    jsonfile.add(path, {"b": 3})
    assert jsonfile.read(path) == {"a": 1, "b": 3}


@pytest.mark.parametrize(("text", "said"), [("{", "not JSON"), ("[1]", "found list, allowed an object")])
def test_what_is_no_object_is_left_as_it_is(tmp_path, text, said):
    path = tmp_path / "metrics.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        jsonfile.add(path, {"a": 1})
    assert path.read_text() == text
