"""Readers of series, called as the task does, and their errors."""

import pytest

from lava_ahp.errors import DataError
from lava_ahp.tasks.sources import Settings, read_series


def read(path, **settings):
    return read_series(path, Settings(**settings))


def refused(path, message, **settings):
    with pytest.raises(DataError, match=message) as raised:
        read(path, **settings)
    assert len(str(raised.value).splitlines()) <= 2
    assert path.name in str(raised.value)
