"""Calls as a manifest shows them."""

import numpy as np

from lava_ahp import tasks
from lava_ahp.workflow.calls import as_typed


def test_tasks_appear_by_name_and_arrays_by_shape(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(40, 9, 1)), np.arange(40) % 2
    task = tasks.from_arrays(x, y, name="mine")
    call = as_typed("train", task, out=tmp_path / "run", settings={"training.epochs": 2}, resume=False)
    assert call == f"lava_ahp.train(<task mine>, out='{tmp_path}/run', settings={{'training.epochs': 2}})"
    assert as_typed("train", x, [0, 1], model=None) == "lava_ahp.train(<array (40, 9, 1)>, <array (2,)>)"
