"""Distributions that add tasks, as an installer would leave them."""

import sys

import pytest

MODULE = """
import numpy as np
from lava_ahp import tasks

NAME = {name!r}
DESCRIPTION = "two moons"


def load(data, described):
    x, y = np.arange(60.0).reshape(6, 5, 2) % 7, [0, 1] * 3
    return tasks.from_arrays(x, y, name=NAME, split=["train", "train", "validation", "validation", "test", "test"],
                             described=described)
"""


@pytest.fixture(name="install")
def fixture_install(tmp_path, monkeypatch):
    """Makes a distribution importable: a module, and the metadata that an installer would write."""

    def install(distribution, task, module, source=None, obj=""):
        folder = tmp_path / distribution
        info = folder / f"{distribution}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[lava_ahp.tasks]\n{task} = {module}{obj}\n")
        (folder / f"{module}.py").write_text(MODULE.format(name=task) if source is None else source)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return install
