"""One target per reader: seeds, ways to damage them, and what reads the result."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import random
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lava_ahp.errors import LavaAHPError

from fuzz import hdf5, mutation, series

Mutator = Callable[[bytes, random.Random], bytes]
#: One folder for all inputs of this process, in memory where the system has such a folder.
_FOLDER = tempfile.TemporaryDirectory(prefix="lava-ahp-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None)


@dataclass(frozen=True)
class Target:
    """A reader under test.

    Attributes:
        read: reads the file at a path.
        file: name of the file.
        seeds: makes valid files to start from.
        mutators: ways to damage a file; one is chosen at random for each input.
    """

    read: Callable[[Path], object]
    file: str
    seeds: Callable[[], list[bytes]]
    mutators: tuple[Mutator, ...]

    def one(self, data: bytes) -> None:
        """Read one input: it must succeed, or fail with an expected error of two short lines."""
        path = Path(_FOLDER.name) / self.file
        path.write_bytes(data)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.read(path)
        except LavaAHPError as error:
            text = str(error)
            assert len(text.splitlines()) <= 2, f"an error of several lines: {text!r}"
            assert len(text) < 1200, f"an error of {len(text)} characters"
            assert text.isprintable(), f"an error that cannot be printed: {text!r}"

    def damaged(self, seed: bytes, rng: random.Random) -> bytes:
        """A damaged seed."""
        return rng.choice(self.mutators)(seed, rng)


def _network(path: Path) -> None:
    from lava_ahp import netx
    from lava_ahp.tasks.base import Described

    network = netx.read(path)
    repr(network)
    json.dumps(dict(network.task)), json.dumps(dict(network.provenance), indent=2)
    with contextlib.suppress(LavaAHPError):
        Described.read(network.task)
    netx.layer_count(path)
    netx.read_golden(path)


@functools.cache
def _networks() -> list[bytes]:
    from dataclasses import replace

    from lava_ahp import netx
    from lava_ahp.network import Connection, Network, fingerprints

    from support.netx_cases import golden_of, tiny, write_v1

    chain = tiny()
    back = Connection("readout", "hidden", np.ones((4, 2), int), exponent=2, delay=np.array([[1, 2]] * 4))
    graph = Network(chain.populations, (*chain.connections, back), chain.output)
    wide = Network(
        chain.populations, (Connection("input", "hidden", 2 * np.ones((4, 3), int)), *chain.connections[1:]), "readout"
    )
    shared = Network(chain.populations, (*graph.connections, graph.connections[1]), chain.output)
    files = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "f.net"
        for network, golden in (
            (chain, golden_of(chain)),
            (graph, golden_of(graph)),
            (wide, None),
            (shared, golden_of(shared)),
        ):
            netx.write(network, path, golden=golden)
            files.append(path.read_bytes())
        write_v1(chain, path, replace(golden_of(chain), fingerprints=fingerprints(chain)))
        files.append(path.read_bytes())
    return files


def _toml(path: Path) -> None:
    from lava_ahp.profiler.hardware import load_hardware
    from lava_ahp.training.config import TrainConfig

    for read in (TrainConfig.read, lambda p: TrainConfig.make("digits", file=p), lambda p: load_hardware(str(p))):
        with contextlib.suppress(LavaAHPError):
            read(path)
    TrainConfig.read(path)


@functools.cache
def _tomls() -> list[bytes]:
    import tomli_w

    from lava_ahp.profiler import hardware
    from lava_ahp.training.config import TrainConfig

    config = tomli_w.dumps(TrainConfig.make("digits").model_dump(mode="json")).encode()
    return [config, (hardware.folder() / "loihi2.toml").read_bytes()]


def _json(path: Path) -> None:
    from lava_ahp import files
    from lava_ahp.profiler import measurement
    from lava_ahp.tasks.base import Described

    with contextlib.suppress(LavaAHPError):
        measurement.read(str(path))
    values = files.read_json(path)
    json.dumps(values, indent=2)
    Described.read(values)


@functools.cache
def _jsons() -> list[bytes]:
    from lava_ahp.profiler import measurement

    task = {
        "name": "timeseries",
        "encoder": {"name": "level_crossing", "thresholds": [[0.0, 1.0]], "cue_steps": 3},
        "window": 3,
        "class_names": ["a", "b"],
    }
    return [*(path.read_bytes() for path in sorted(measurement.folder().glob("*.json"))), json.dumps(task).encode()]


def _model(path: Path) -> None:
    from lava_ahp.training.checkpoint import read_model

    read_model(path)


@functools.cache
def _models() -> list[bytes]:
    from lava_ahp.encoders import StoryCode
    from lava_ahp.models import AHPConfig, LSTMConfig, RelationalConfig
    from lava_ahp.training.checkpoint import save_model

    files = []
    with tempfile.TemporaryDirectory() as folder:
        code = StoryCode(("a", "b"), sentences=2, words=2, steps_per_word=1, relay_steps=1, tail=7)
        for config in (AHPConfig(hidden=(4,)), LSTMConfig(hidden=3), RelationalConfig(encoder=3, g=(2,), f=(2,))):
            save_model(config.build(3, 2, encoder=code), Path(folder) / "m.safetensors")
            files.append((Path(folder) / "m.safetensors").read_bytes())
    return files


def _resume(path: Path) -> None:
    from lava_ahp.training.record import read_resume

    read_resume(path)


@functools.cache
def _states() -> list[bytes]:
    import torch

    state = {"epoch": 1, "global_step": 2, "pytorch-lightning_version": "2.4", "state_dict": {"w": torch.ones(3)}}
    state |= {"optimizer_states": [{}], "lr_schedulers": [], "loops": {}, "callbacks": {"Record": {"history": []}}}
    packed = io.BytesIO()
    torch.save(state, packed)
    return [packed.getvalue()]


def _idx(path: Path) -> None:
    from lava_ahp.tasks.idx import read_idx

    read_idx(path.parent, path.name.removesuffix(".gz"), (-1, 4, 4))


def _idx_seeds() -> list[bytes]:
    header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (2, 4, 4))
    return [header + bytes(range(32))]


def _indices(path: Path) -> None:
    from lava_ahp.workflow.indices import read_indices

    read_indices(path)


def _npy_seeds() -> list[bytes]:
    packed = io.BytesIO()
    np.save(packed, np.arange(9))
    return [packed.getvalue()]


def _story(path: Path) -> None:
    from lava_ahp.files.parsing import read_text
    from lava_ahp.tasks.babi.parsing import parse
    from lava_ahp.tasks.babi.stories import MAX_BYTES

    parse(read_text(path, MAX_BYTES), str(path))


def _told(path: Path) -> None:
    from lava_ahp.encoders import StoryCode
    from lava_ahp.files.parsing import read_text
    from lava_ahp.tasks.babi import numbering
    from lava_ahp.tasks.babi.told import MAX_BYTES, told

    words = ("anna", "attic", "cellar", "henry", "is", "ran", "the", "to", "where")
    code = StoryCode(words, sentences=4, words=5, steps_per_word=1, relay_steps=1, tail=1)
    numbering.signals([told(read_text(path, MAX_BYTES), "Where is Anna?", code)], code)


def _stories() -> list[bytes]:
    from lava_ahp.tasks.babi import generator

    return [generator.generate(task, {"train": 20})["train"].encode() for task in generator.TASKS]


def _gzipped() -> list[bytes]:
    import gzip

    return [gzip.compress(seed) for seed in _idx_seeds()]


_BLIND = (mutation.blind,)

TARGETS = {
    "hdf5-structure": Target(_network, "f.net", _networks, (hdf5.structure,)),
    "hdf5-bytes": Target(_network, "f.net", _networks, _BLIND),
    "npz": Target(series.read, "f.npz", series.archives, (mutation.blind, mutation.in_zip)),
    "ts": Target(series.read, "f.ts", series.ts_seeds, _BLIND),
    "wav": Target(series.read_wav, "f.wav", series.wav_seeds, _BLIND),
    "events": Target(series.read_events, "f.h5", series.events_seeds, _BLIND),
    "toml": Target(_toml, "f.toml", _tomls, _BLIND),
    "json": Target(_json, "f.json", _jsons, _BLIND),
    "safetensors": Target(_model, "f.safetensors", _models, (mutation.blind, mutation.in_safetensors)),
    "resume": Target(_resume, "resume.ckpt", _states, (mutation.blind, mutation.in_zip)),
    "idx": Target(_idx, "f", _idx_seeds, _BLIND),
    "idx-gzip": Target(_idx, "f.gz", _gzipped, (mutation.blind, mutation.in_gzip)),
    "indices-npy": Target(_indices, "f.npy", _npy_seeds, _BLIND),
    "babi": Target(_story, "qa1_train.txt", _stories, _BLIND),
    "babi-told": Target(
        _told,
        "story.txt",
        lambda: [b"Anna ran to the attic.\nHenry ran to the cellar.\n", b"1 Anna ran to the attic.\n"],
        _BLIND,
    ),
    "indices-text": Target(_indices, "f.txt", lambda: [b"0, 1\n2 3\n"], _BLIND),
}
