#!/usr/bin/env python3
"""Builds wheel and sdist and tries the wheel in a clean environment of every supported Python.

Each environment gets what the package index resolves to at this time, not the lock: first a plain install, which must
read and simulate, then the extra `train`, which must train, export, run, verify and report.  Pythons are looked for on
PATH and under pyenv; uv fetches those that are missing where it can.  The first time fetches some gigabytes of torch.

    smoke.py [VERSION...]    for example smoke.py 3.12
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORK = ROOT / "runs" / "smoke"
VERSIONS = ("3.10", "3.11", "3.12", "3.13")
#: Of the wheel; the sdist has them too, at their place in the repository.
IN_WHEEL = (
    "lava_ahp/py.typed",
    "lava_ahp/report/templates/page.html.j2",
    "lava_ahp/hw_profiles/loihi2.toml",
    "lava_ahp/loihi2/bundle_files/README.md",
)
IN_SDIST = ("lava_ahp/py.typed", "hw_profiles/loihi2.toml", "tests/oracle.py", "docs/numerics.md", "Makefile")
SECONDS_TO_IMPORT = 0.2

IMPORT = """
import sys, time
start = time.perf_counter()
import lava_ahp
print(time.perf_counter() - start)
heavy = {"torch", "lava", "lightning", "numba", "numpy"} & set(sys.modules)
sys.exit(f"import lava_ahp imports {sorted(heavy)}" if heavy else 0)
"""

CORE = """
import numpy as np
from lava_ahp import Connection, Network, Neuron, Population, netx
from lava_ahp.simulator import simulate

cell = Neuron(threshold=100, voltage_decay=400, ahp_decay=64, ahp_weight=1000)
populations = (Population("input", 1), Population("cell", 1, cell))
network = Network(populations, (Connection("input", "cell", [[60]]),), "cell")
netx.write(network, "core.net")
trace = simulate(netx.read("core.net"), np.ones((1, 100, 1)), rasters=["cell"])
intervals = np.diff(np.flatnonzero(trace.spikes["cell"])).tolist()
assert intervals == [3, 4, 8, 15, 20, 19, 20], intervals
"""


class Failed(Exception):
    """What did not work, with the output of the command."""


def call(*command: object, cwd: Path = ROOT, timeout: int = 900) -> str:
    """Run a command outside this checkout's environment and return its output."""
    outside = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=outside, timeout=timeout, text=True, check=False,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-40:])
        raise Failed(f"{' '.join(map(str, command))}\nexit code {done.returncode}\n{tail}")
    return done.stdout


def find_uv() -> str:
    """uv from PATH, or the one that set-up installed."""
    private = ROOT / ".venv-tools" / "bin" / "uv"
    found = shutil.which("uv") or (str(private) if private.exists() else None)
    if found is None:
        raise Failed("found no uv; make setup installs one")
    return found


def find_python(uv: str, version: str) -> str | None:
    """A Python of that version that really runs: a pyenv shim is on PATH for every version and runs for few."""
    name = f"python{version}"
    pyenv = sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/{name}")))
    for candidate in (name, *pyenv, os.path.join(sys.base_prefix, "bin", name)):
        if shutil.which(candidate) and not subprocess.run([candidate, "-c", ""], capture_output=True).returncode:
            return candidate
    try:
        call(uv, "python", "install", "--quiet", version, timeout=120)
    except (Failed, subprocess.TimeoutExpired):
        return None
    return version


def build(uv: str) -> Path:
    """Build the sdist, and from it the wheel; the wheel is returned."""
    call(uv, "build", "--quiet", "--out-dir", WORK / "dist")
    (wheel,) = (WORK / "dist").glob("*.whl")
    (sdist,) = (WORK / "dist").glob("*.tar.gz")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    with tarfile.open(sdist) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    missing = [*(set(IN_WHEEL) - set(names)), *(set(IN_SDIST) - shipped)]
    if missing:
        raise Failed(f"{wheel.name} or {sdist.name} lacks {', '.join(sorted(missing))}")
    if relative := re.findall(r"\]\((?!https?:)[^)]*\)", text):
        raise Failed(f"README on a package index: links that lead nowhere: {relative}")
    return wheel


def smoke(uv: str, version: str, python: str, wheel: Path) -> str:
    """Try the wheel in a new environment of one Python and return a line about it."""
    start = time.monotonic()
    home = WORK / version
    home.mkdir()
    call(uv, "venv", "--quiet", "--python", python, home / "venv")
    binaries = home / "venv" / "bin"

    def install(what: object) -> None:
        call(uv, "pip", "install", "--quiet", "--python", binaries / "python", what)

    def run(name: str, *arguments: object) -> str:
        return call(binaries / name, *arguments, cwd=home)

    # Lava is there on Python 3.10 alone. With it come torch and training, without any extra.
    with_lava = version == "3.10"
    install(wheel)
    seconds = min(float(run("python", "-c", IMPORT)) for _ in range(3))
    if seconds > SECONDS_TO_IMPORT:
        raise Failed(f"import lava_ahp takes {seconds:.2f} s, allowed {SECONDS_TO_IMPORT} s")
    run("python", "-c", CORE)
    run("lava-ahp", "verify", "core.net")
    if not with_lava:
        install(f"lava-ahp[train] @ {wheel.as_uri()}")
    installed = time.monotonic() - start

    run("lava-ahp", "--help")
    run("lava-ahp", "doctor")
    backend = "loihi2sim" if with_lava else "fast"
    run("lava-ahp", "deploy", "--task", "digits", "--backend", backend, "--samples", 8,
        "--set", "training.epochs=2", "--out", "run")  # fmt: skip
    if not (home / "run" / "report.html").exists():
        raise Failed(f"python {version}: deploy wrote no report.html")
    checks = run("lava-ahp", "verify", "run/network.net")
    if with_lava and "loihi2sim" not in checks:
        raise Failed(f"python {version}: verify did not run Lava\n{checks}")

    packages = run("python", "-c", "import numpy, torch; print('numpy', numpy.__version__, 'torch', torch.__version__)")
    shutil.rmtree(home / "venv")
    total = time.monotonic() - start
    times = f"import {1000 * seconds:.0f} ms, installed in {installed:.0f} s, all in {total:.0f} s"
    return f"python {version}  passed: {times}, {packages.strip()}"


def main(versions: list[str]) -> int:
    """Try the given versions, two at a time, and return the exit code."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    uv = find_uv()
    wheel = build(uv)
    pythons = {version: find_python(uv, version) for version in versions}
    failures = 0
    with ThreadPoolExecutor(2) as pool:
        tried = {v: pool.submit(smoke, uv, v, python, wheel) for v, python in pythons.items() if python}
        for version in versions:
            if version not in tried:
                print(f"python {version}  left out: not on this machine, and uv could not fetch it", flush=True)
                continue
            try:
                print(tried[version].result(), flush=True)
            except (Failed, subprocess.TimeoutExpired) as problem:
                failures += 1
                print(f"python {version}  failed: {problem}", flush=True)
    print(f"wheel: {len(tried) - failures} of {len(tried)} Pythons passed")
    return 1 if failures or not tried else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:] or list(VERSIONS)))
    except Failed as problem:
        sys.exit(f"smoke: {problem}")
