"""Project files: the lock, the version, set-up, and what works where torch and Lava are not."""

import re
import subprocess
import sys
from importlib import metadata

import pytest
import tomli
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import lava_ahp

from support.paths import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _requirements(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def test_lock_is_plain_pins_without_addresses():
    for line in LOCK:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*( ; [^:/@]+)?", line), line


def test_lock_satisfies_the_project():
    locked = dict(line.partition(" ;")[0].split("==") for line in LOCK)
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    overrides = {canonicalize_name(r.name): r for r in _requirements(ROOT / "overrides.txt")}
    for requirement in map(Requirement, wanted):
        if requirement.marker is None or requirement.marker.evaluate({"python_version": "3.10"}):
            name = canonicalize_name(requirement.name)
            assert locked[name] in requirement.specifier, requirement
            assert locked[name] in overrides.get(name, requirement).specifier, overrides.get(name)


def test_one_version():
    assert metadata.version("lava-ahp") == lava_ahp.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", lava_ahp.__version__)


WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Absent())
"""


def _python(code, absent=(), cwd=None):
    code = WITHOUT.format(absent=tuple(absent)) + code
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False, cwd=cwd
    )


CORE = """
import numpy as np
from lava_ahp import Connection, Network, Neuron, Population, backends, dynamics, encoders, netx, proof

populations = (Population("input", 1), Population("cell", 1, Neuron(threshold=10)))
network = Network(populations, (Connection("input", "cell", [[11]]),), "cell")
netx.write(network, "core.net")
assert netx.read("core.net") == network
print(dynamics.run(network, np.ones((1, 3, 1))).counts["cell"].tolist())
"""


def test_core_works_without_torch_lava_and_numba(tmp_path):
    done = _python(CORE, ["torch", "torchvision", "lava", "lightning", "safetensors", "numba"], cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("[[2]]\n", 0), done.stderr


@pytest.mark.parametrize("module", ["lava_ahp", "lava_ahp.netx", "lava_ahp.dynamics", "lava_ahp.cli"])
def test_light_imports_stay_light(module):
    heavy = ["torch", "lava", "lightning", "numba", "matplotlib", "sklearn", "scipy"]
    code = f"import {module}\nprint(sorted(set({heavy!r}) & set(sys.modules)))"
    done = _python(code)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_absence_is_simulated():
    assert _python("import numpy", ["torch"]).returncode == 0
    assert "No module named 'torch'" in _python("import torch", ["torch"]).stderr
