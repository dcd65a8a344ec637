"""The layer table of the design, enforced; and proof that the check can fail."""

import ast
from pathlib import Path

import pytest

import lava_ahp

from layers import TABLE, markdown, violations
from support.paths import ROOT as REPOSITORY

ROOT = Path(lava_ahp.__file__).parent


def test_package_keeps_to_its_layers():
    found = violations(ROOT)
    assert not found, "\n".join(found)


def test_check_saw_the_package():
    modules = {name for row in TABLE for name in row.modules}
    assert {"network", "dynamics", "slayer", "process", "simulator"} <= modules
    assert len(list(ROOT.rglob("*.py"))) >= 20


def test_no_module_stands_in_two_rows():
    names = [name for row in TABLE for name in row.modules]
    assert sorted(set(names)) == sorted(names)


def test_contributing_shows_the_table():
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert f"\n\n{markdown()}\n" in text, "replace its table by what `python tests/layers.py` prints"


def test_few_files_stand_at_the_root():
    assert len(list(ROOT.glob("*.py"))) <= 8


def test_files_stay_short():
    files = [path for folder in ("lava_ahp", "tests", "scripts") for path in (REPOSITORY / folder).rglob("*.py")]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert not {path: count for path, count in lines.items() if count > 300}


def test_no_package_exports_the_name_of_a_submodule():
    """``from package import name`` would give either, depending on what was imported before.

    Exempt are packages that export nothing but modules: their ``__getattr__`` returns a ``ModuleType``.
    """
    hidden = []
    for package in (path.parent for path in ROOT.rglob("__init__.py")):
        submodules = {p.stem for p in package.glob("*.py")} | {p.parent.name for p in package.glob("*/__init__.py")}
        hidden += [f"{package.name}.{name}" for name in _exports(package / "__init__.py") if name in submodules]
    assert not hidden


def _exports(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    if "ModuleType" in [ast.unparse(n.returns) for n in body if getattr(n, "name", "") == "__getattr__" and n.returns]:
        return []
    for node in body:
        if isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["__all__"]:
            return ast.literal_eval(node.value)
    return []


@pytest.mark.parametrize(
    ("path", "source", "complaint"),
    [
        ("files.py", "from lava_ahp.network import Network", "files (layer 0) imports network (layer 1)"),
        ("network/graph.py", "from lava_ahp import Network", "network (layer 1) imports __init__ (layer 6)"),
        ("network/graph.py", "import torch", "network imports torch, allowed matplotlib, numpy"),
        ("network/graph.py", "def f():\n    import torch", "network imports torch, allowed matplotlib, numpy"),
        ("errors.py", "from . import files", "errors (layer 0) imports files (layer 0)"),
        ("dynamics.py", "from lava_ahp import netx", "dynamics (layer 2) imports netx (layer 2)"),
        ("dynamics.py", "import importlib\nimportlib.import_module('numba')", "dynamics imports numba"),
        ("netx.py", "import scipy.sparse", "netx imports scipy"),
        ("simulator/run.py", "from lava_ahp.process import AHP", "simulator (layer 3) imports process (layer 3)"),
        ("simulator/run.py", "from ..slayer import block", "simulator (layer 3) imports slayer (layer 3)"),
        ("slayer/block.py", "from lava_ahp.models import classifier", "slayer (layer 3) imports models (layer 3)"),
        ("models/net.py", "from lava_ahp.training import loop", "models (layer 3) imports training (layer 3)"),
        ("process/models.py", "import torch", "process imports torch"),
        ("tasks/digits.py", "from lava_ahp.cli import main", "tasks (layer 4) imports cli (layer 7)"),
        ("backends.py", "from lava_ahp.proof import verify", "backends (layer 4) imports proof (layer 4)"),
        ("cli/main.py", "import torch", "cli imports torch when it is itself imported"),
        ("cli/main.py", "from lava_ahp import simulator", "cli imports simulator when it is itself imported"),
        ("extra.py", "", "extra stands in no row"),
        ("__init__.py", "import numpy", "__init__ imports numpy when it is itself imported"),
    ],
)
def test_check_can_fail(tmp_path, path, source, complaint):
    _tree(tmp_path)
    (tmp_path / path).write_text(source)
    found = violations(tmp_path)
    assert len(found) == 1, found
    assert found[0].startswith(path)
    assert complaint in found[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("network/graph.py", "from lava_ahp.network.events import Events\nimport json\nimport numpy as np"),
        ("dynamics.py", "from lava_ahp.network import fixedpoint\nfrom lava_ahp.network import Trace"),
        ("workflow/versions.py", "from lava_ahp import __version__"),
        ("__init__.py", "def f():\n    from lava_ahp import workflow"),
        ("models/net.py", "from lava_ahp.slayer import block\nfrom . import other\nimport torch"),
        ("training/loop.py", "from ..models import net\nimport lightning"),
        ("proof.py", "def f():\n    from lava_ahp import backends, process"),
        (
            "cli/main.py",
            "import click\nfrom lava_ahp.errors import SpecError\ndef f():\n    import torch, lava_ahp.training",
        ),
        (
            "cli/main.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lava_ahp.network import Network",
        ),
    ],
)
def test_check_lets_the_allowed_pass(tmp_path, path, source):
    _tree(tmp_path)
    (tmp_path / path).write_text(source)
    assert violations(tmp_path) == []


def _tree(root):
    for row in TABLE:
        for name in row.modules:
            (root / name).mkdir() if row.layer == 3 or name in ("network", "tasks", "workflow", "cli") else (
                root / f"{name}.py"
            ).touch()
