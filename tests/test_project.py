"""Project files: the lock, the version, the package's contents, and what works without torch and Lava."""

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

#: One entry per package, with its hashes.
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8").replace(" \\\n    ", " ").splitlines()
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _requirements(path):
    lines = (line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def test_lock_is_pins_with_hashes_and_without_addresses():
    for line in LOCK:
        pin = r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*( ; [^:/@]+)?"
        assert re.fullmatch(pin + r"( --hash=sha256:[0-9a-f]{64})+", line), line


def test_lock_satisfies_the_project():
    locked = dict(line.split()[0].split("==") for line in LOCK)
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
    assert f"\nversion: {lava_ahp.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {lava_ahp.__version__} - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE)


PYTHONS = ["3.10", "3.11", "3.12", "3.13"]


def _wanted(requirements, python):
    """Name and bounds of what a Python version installs."""
    parsed = map(Requirement, requirements)
    return {r.name: r.specifier for r in parsed if not r.marker or r.marker.evaluate({"python_version": python})}


def test_classifiers_name_the_pythons():
    prefix = "Programming Language :: Python :: "
    assert [c.removeprefix(prefix) for c in PROJECT["project"]["classifiers"] if c.startswith(prefix)] == PYTHONS
    assert f"VERSIONS = {tuple(PYTHONS)}".replace("'", '"') in (ROOT / "scripts" / "smoke.py").read_text(
        encoding="utf-8"
    )


@pytest.mark.parametrize("python", PYTHONS)
def test_training_is_plain_on_python_310_and_an_extra_elsewhere(python):
    plain = _wanted(PROJECT["project"]["dependencies"], python)
    train = _wanted(PROJECT["project"]["optional-dependencies"]["train"], python)
    assert "torch" in train
    assert {name: plain[name] for name in train if name in plain} == (train if python == "3.10" else {})
    assert {"lava-nc", "lava-dl"} & set(plain) == ({"lava-nc", "lava-dl"} if python == "3.10" else set())


def test_extra_gpu_takes_the_triton_of_every_torch():
    """torch pins the Triton that it was built with: 2.3.1 for the torch 2.3.1 that lava-dl asks for."""
    locked = next(line.split()[0].partition("==")[2] for line in LOCK if line.startswith("triton=="))
    wanted = _wanted(PROJECT["project"]["optional-dependencies"]["gpu"], "3.10")
    assert "lava-ahp" in wanted
    assert "2.3.1" in wanted["triton"]
    assert locked in wanted["triton"]


def test_package_says_that_it_is_typed():
    assert (ROOT / "lava_ahp" / "py.typed").exists()


def test_sdist_names_everything_at_the_top():
    hatch = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, timeout=20, check=False, cwd=ROOT)
    if tracked.returncode:
        pytest.skip("no git checkout")
    top = {line.partition("/")[0] for line in tracked.stdout.splitlines()}
    assert top - {"pyproject.toml", "LICENSE", ".gitignore"} == {path.removeprefix("/") for path in hatch}


def test_readme_reads_on_a_package_index():
    (rule,) = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.sub(rule["pattern"], rule["replacement"], readme)
    assert not re.findall(r"\]\((?!https?:)", shown)
    assert re.sub(rule["pattern"], rule["replacement"], "see [`docs/`](docs/index.md) and [x](https://doi.org/x)") == (
        "see `docs/` and [x](https://doi.org/x)"
    )


def test_make_quick_names_tests_that_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (paths,) = re.findall(r"^QUICK := ((?:.*\\\n)*.*)$", makefile, re.MULTILINE)
    named = [word for word in paths.split() if word != "\\"]
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


def test_make_docs_counts_warnings():
    """MkDocs counts the warnings that it shows, so that it passes over broken links if it is strict and quiet."""
    (command,) = re.findall(r"mkdocs build.*", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert "--strict" in command
    assert not {"--quiet", "-q"} & set(command.split())


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
