"""A small lowered network for the tests of what runs on Loihi 2, and commands in environments of their own."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np

from lava_ahp import backends, netx
from lava_ahp.loihi2.pairing import pair
from lava_ahp.network import Connection, Events, Golden, Network, Neuron, Population, fingerprints

from support.paths import ROOT, TESTS

STAND_IN = TESTS / "support" / "lava_loihi_stand_in"


def small_network(bias=0):
    """Eight AHP neurons in two groups, lowered: nine processes of synapses and three of neurons."""
    rng = np.random.default_rng(3)
    hidden = Neuron(threshold=60, current_decay=4096, voltage_decay=np.repeat([300, 900], 4), ahp_decay=90,
                    ahp_weight=2000, bias=bias)  # fmt: skip
    source = Network(
        (
            Population("input", 3),
            Population("hidden", 8, hidden),
            Population("readout", 2, Neuron(threshold=131071, current_decay=1365, voltage_decay=205)),
        ),
        (
            Connection("input", "hidden", 2 * rng.integers(5, 60, (8, 3))),
            Connection("hidden", "readout", 2 * rng.integers(-60, 60, (2, 8))),
        ),
        "readout",
        task={"name": "small", "window": 4},
    )
    return pair(source, scale=0, groups=2).network


def small_samples(samples=2, steps=12):
    spikes = np.random.default_rng(5).random((samples, steps, 3)) < 0.5
    return Events.from_dense(spikes)


def small_file(path, bias=0, **task):
    """The network in a file with two golden samples, of class 0 and 1."""
    network, events = small_network(bias), small_samples()
    network = replace(network, task={**network.task, **task})
    trace = backends.get("fast")(network, events, rasters=network.names, states=network.names)
    golden = Golden(events, trace, labels=np.array([0, 1]), fingerprints=fingerprints(network), task=network.task)
    netx.write(network, path, golden=golden.summed())
    return path


def unpack(archive):
    """The folder of an unpacked bundle."""
    with zipfile.ZipFile(archive) as zipped:
        zipped.extractall(archive.parent)
    return archive.with_suffix("")


#: Lets a Python find nothing of some packages.
WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent} or name.startswith("lava.lib"):
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Absent())
"""


def run_bundle(folder, *arguments, stand_in=False, environment=(), path=None):
    """``python run.py`` where lava_ahp, torch and lava-dl cannot be imported."""
    start = WITHOUT.format(absent=("lava_ahp", "torch", "torchvision")) + (
        f"import runpy; sys.argv = ['run.py', *{[str(a) for a in arguments]!r}]; sys.path.insert(0, '.'); "
        "runpy.run_path('run.py', run_name='__main__')"
    )
    return call([sys.executable, "-c", start], folder, stand_in, environment, path)


def run_ahp(*arguments, stand_in=True, environment=(), path=None, cwd=ROOT):
    """``lava-ahp`` in a process of its own."""
    return call([sys.executable, "-m", "lava_ahp", *map(str, arguments)], cwd, stand_in, environment, path)


def call(command, cwd, stand_in=False, environment=(), path=None):
    kept = {k: v for k, v in os.environ.items() if k not in ("PARTITION", "BOARD", "NXSDKHOST", "LOIHI_GEN")}
    found = {**kept, **dict(environment), "PYTHONPATH": os.pathsep.join([str(STAND_IN)] * stand_in + [str(ROOT)])}
    if path is not None:
        found["PATH"] = f"{path}{os.pathsep}{kept['PATH']}"
    return subprocess.run(command, cwd=cwd, env=found, capture_output=True, text=True, timeout=400, check=False)


def sinfo(folder, partition="oheogulch", board="ncl-og-01", end="\\n"):
    """A folder with a ``sinfo`` that knows one partition and one board; ``end`` is the end of what it prints."""
    folder.mkdir(exist_ok=True)
    tool = folder / "sinfo"
    tool.write_text(
        f"""#!/bin/sh
case "$1 $2 $3" in
  "--noheader --partition {partition}" | "--noheader --nodes {board}") echo "{partition} up inf 1 idle {board}" ;;
  --noheader*) ;;
  -N*) printf "NODELIST NODES PARTITION STATE\\n{board} 1 {partition} idle{end}" ;;
  *) printf "PARTITION AVAIL TIMELIMIT NODES STATE NODELIST\\n{partition} up infinite 1 idle {board}{end}" ;;
esac
"""
    )
    tool.chmod(0o755)
    return folder
