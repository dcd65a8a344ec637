"""One uninterrupted run of the toy task, which many tests compare with or start from."""

import shutil

import pytest

from support.toy_training import run


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Folder and history of the run; tests only read them."""
    out = tmp_path_factory.mktemp("whole")
    return out, run(out)


@pytest.fixture
def finished(whole, tmp_path):
    """A copy of its folder, to be changed."""
    return shutil.copytree(whole[0], tmp_path / "finished")
