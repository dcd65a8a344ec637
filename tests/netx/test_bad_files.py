"""Files that are damaged, hostile or newer: one clear error each, within bounded memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tracemalloc
import zlib
from dataclasses import replace

import h5py
import numpy as np
import pytest

from lava_ahp import netx
from lava_ahp.errors import NetFormatError
from lava_ahp.network import Connection, Network, fingerprints

from support.netx_cases import golden_of, tiny, write_v1


def graph() -> Network:
    network = tiny()
    back = Connection("readout", "hidden", np.ones((4, 2), int), exponent=2, delay=np.array([[1, 2]] * 4))
    return Network(network.populations, (*network.connections, back), network.output)


@pytest.fixture
def graph_file(tmp_path):
    netx.write(graph(), tmp_path / "g.net", golden=golden_of(graph()))
    return tmp_path / "g.net"


def put(key, value, **kwargs):
    def change(file):
        if key in file:
            del file[key]
        file.create_dataset(key, data=value, **kwargs)

    return change


def drop(key):
    return lambda file: file.__delitem__(key)


def group(key):
    def change(file):
        if key in file:
            del file[key]
        file.create_group(key)

    return change


def link(key, target):
    def change(file):
        del file[key]
        file[key] = target

    return change


def dataset(key, shape, dtype="i2", **kwargs):
    """A dataset that declares a shape and stores nothing."""

    def change(file):
        if key in file:
            del file[key]
        file.create_dataset(key, shape=shape, dtype=dtype, **kwargs)

    return change


def soft(target):
    return h5py.SoftLink(target)


CHAIN = [
    (put("lava_ahp/version", 4), "/lava_ahp/version: found 4, this lava-ahp reads up to 3; update lava-ahp"),
    (lambda file: newer(file), "/lava_ahp/version: found 4, this lava-ahp reads up to 3; update lava-ahp"),
    (put("lava_ahp/version", 0), "/lava_ahp/version: found 0"),
    (put("lava_ahp/version", "1"), "/lava_ahp/version: found type"),
    (drop("lava_ahp/version"), "/lava_ahp/version: missing"),
    (drop("layer"), "missing|not supported"),
    (group("surprise"), "key surprise is not supported, allowed lava_ahp, layer, simulation"),
    (put("lava_ahp/surprise", 1), "/lava_ahp: key surprise is not supported"),
    (put("layer/1/surprise", 1), "/layer/1: key surprise is not supported"),
    (put("layer/1/neuron/weight_exp", 1), "/layer/1/neuron: key weight_exp is not supported"),
    (drop("layer/1/weight"), "/layer/1/weight: missing"),
    (drop("layer/1/neuron/ahpDecay"), "/layer/1/neuron/ahpDecay: missing"),
    (drop("layer/1"), "/layer: found members 0, 2, allowed 0 to 1 without a gap"),
    (put("layer/7/type", "dense"), "/layer: found members 0, 1, 2, 7, allowed 0 to 3"),
    (put("layer/1/type", "conv"), "/layer/1/type: found conv, allowed input, flatten, dense, dense_rec"),
    (put("layer/1/type", "input"), "/layer/1/type: found input as layer 1"),
    (put("layer/1/type", 5), "/layer/1/type: found type int64"),
    (put("layer/1/type", b"\xff\xfe"), "/layer/1/type: "),
    (group("layer/1/weight"), "/layer/1/weight: found a group, allowed a dataset"),
    (put("layer/1/neuron", 3), "/layer/1/neuron: found a dataset, allowed a group"),
    (put("layer/1/neuron/type", "SDNN"), "/layer/1/neuron/type: found SDNN, allowed CUBA, LOIHI, AHP"),
    (put("layer/1/weight", np.full((4, 3), 256)), "/layer/1/weight: found 256, allowed -256..255"),
    (put("layer/1/weight", np.full((4, 3), 0.5)), "/layer/1/weight: found 0.5, allowed integers"),
    (put("layer/1/weight", np.full((4, 3), np.nan)), "/layer/1/weight: found nan"),
    (put("layer/1/weight", np.full((4, 3), np.inf)), "/layer/1/weight: found inf"),
    (put("layer/1/weight", np.full((4, 3), 1j)), "/layer/1/weight: found type complex128"),
    (put("layer/1/weight", np.zeros((4, 2), int)), r"/layer/1/weight: found shape \(4, 2\), allowed shape \(4, 3\)"),
    (put("layer/1/weight", np.array([[-256, 1, 1]] * 4)), "odd weights"),
    (put("layer/1/weight", h5py.Empty("i2")), "/layer/1/weight: found shape None"),
    (put("layer/1/shape", np.array([5])), "/layer/1/outFeatures: found 4, allowed 5"),
    (put("layer/1/shape", np.array([2**24, 2**24])), "/layer/1/shape: found 281474976710656 neurons"),
    (put("layer/1/inFeatures", 9), "/layer/1/inFeatures: found 9, allowed 3"),
    (put("layer/1/delay", 63), "/layer/1/delay: found 63, allowed 0..62"),
    (put("layer/1/delay", np.zeros(7, int)), "/layer/1/delay: found shape"),
    (put("layer/1/bias", np.array([0, 0, 0, 10**6])), "/layer/1/bias: found 1000000"),
    (put("layer/1/neuron/vThMant", 2**17), "/layer/1/neuron/vThMant: found 131072, allowed 0..131071"),
    (put("layer/1/neuron/vThMant", 2**18 - 1), "/layer/1/neuron/vThMant: found 262143, allowed 0..131071"),
    (put("layer/2/neuron/vThMant", 2**17), "/layer/2/neuron/vThMant: found 131072, allowed 0..131071"),
    (put("layer/1/neuron/iDecay", 4097), "/layer/1/neuron/iDecay: found 4097"),
    (put("layer/1/neuron/iDecay", [1, 2]), "/layer/1/neuron/iDecay: found shape"),
    (put("layer/1/neuron/iDecay", np.uint64(2**64 - 1)), "found 18446744073709551615"),
    (put("layer/1/neuron/refDelay", 2), "refDelay: found 2, allowed 1"),
    (put("layer/2/neuron/gradedSpike", True), "gradedSpike: found 1, allowed 0"),
    (put("layer/2/neuron/messageBits", 8), "messageBits: found 8, allowed 0"),
    (put("lava_ahp/chain", "[]"), "/lava_ahp/chain: found list, allowed a JSON object"),
    (put("lava_ahp/chain", "{"), "/lava_ahp/chain: not JSON"),
    (put("lava_ahp/chain", "{}"), "/lava_ahp/chain: found keys"),
    (put("lava_ahp/task", "[" * 100_000), "/lava_ahp/task: not JSON"),
    (put("lava_ahp/task", "x" * (2**20 + 1)), "/lava_ahp/task: found 1048577 bytes of text"),
    (put("lava_ahp/task", np.array(b"x" * (2**20 + 1))), "/lava_ahp/task: found 1048577 bytes of text"),
    (put("lava_ahp/chain", '{"layers":["input","a"],"populations":[],"connections":[],"output":"a"}'),
     "/layer: found 2 dense layers, allowed 1"),
    (put("lava_ahp/chain", '{"layers":["input","a","a"],"populations":[],"connections":[],"output":"a"}'), "different"),
    (put("lava_ahp/chain", '{"layers":["input","a","b"],"populations":[3],"connections":[],"output":"a"}'), "each of"),
    (put("lava_ahp/chain", '{"layers":["input","a","b"],"populations":3,"connections":[],"output":"a"}'), "lists of"),
    (put("lava_ahp/chain", '{"layers":["input","a","b/c"],"populations":[],"connections":[],"output":"a"}'), "'b/c'"),
    (link("layer/1/weight", soft("/layer/2/weight")), "/layer/1/weight: found a soft or external link"),
    (link("layer", soft("/lava_ahp")), "/layer: found a soft or external link"),
    (link("layer/1/weight", h5py.ExternalLink("other.h5", "/weight")), "weight: found a soft or external link"),
    (dataset("layer/1/weight", (4, 3), "i2", external=[("elsewhere.bin", 0, 24)]), "stored in another file"),
    (dataset("layer/1/weight", (4, 3)), "24 bytes declared, 0 stored"),
    (dataset("layer/1/weight", (4, 3), chunks=(2, 3), compression="gzip"), "24 bytes declared, 0 stored"),
    (dataset("layer/1/weight", (4, 3), "i2", chunks=(2, 3), scaleoffset=9), "HDF5 filter 6"),
    (put("layer/1/weight", np.zeros((4, 3), [("x", "i4")])), "/layer/1/weight: found type"),
]  # fmt: skip

GRAPH = [
    (group("layer"), "key graph is not supported"),
    (drop("lava_ahp/graph"), "missing"),
    (put("lava_ahp/graph/output", "nobody"), "network output: found 'nobody'"),
    (put("lava_ahp/graph/output", "input"), "network output: found 'input'"),
    (put("lava_ahp/graph/populations/1/name", "input"), "found input, allowed a different name"),
    (put("lava_ahp/graph/populations/1/name", "../x"), "graph/populations/1: population name"),
    (put("lava_ahp/graph/populations/1/size", 0), "graph/populations/1/size: found 0"),
    (put("lava_ahp/graph/populations/1/size", 2**24), "populations/1/size: found 16777219 neurons so far"),
    (put("lava_ahp/graph/populations/0/stateBias", 1), "stateBias: found a bias of an input"),
    (put("lava_ahp/graph/populations/1/stateBias", 4097), "not a 13-bit mantissa"),
    (group("lava_ahp/graph/connections/9"), "/connections: found members 0, 1, 2, 3, 9"),
    (put("lava_ahp/graph/connections/2/target", "input"), "input is the input and receives nothing"),
    (put("lava_ahp/graph/connections/0/target", "nobody"), "found nobody, allowed a population"),
    (put("lava_ahp/graph/connections/3/exponent", 8), "exponent: found 8, allowed 0..7"),
    (put("lava_ahp/graph/connections/3/values", np.zeros(8, int)), "values: found zeros"),
    (put("lava_ahp/graph/connections/3/values", np.ones((2, 4), int)), "values: found shape"),
    (put("lava_ahp/graph/connections/3/targets", np.full(8, 4)), "targets: found 4, allowed 0..3"),
    (put("lava_ahp/graph/connections/3/targets", np.array([0, 1, 3, 2, 0, 1, 2, 3])), "ascending within a source"),
    (put("lava_ahp/graph/connections/3/targets", np.array([0, 1, 2, 2, 0, 1, 2, 3])), "ascending within a source"),
    (put("lava_ahp/graph/connections/3/indptr", np.array([0, 9, 8])), "indptr: found 9"),
    (put("lava_ahp/graph/connections/3/indptr", np.array([0, 8, 7])), "indptr: found offsets"),
    (put("lava_ahp/graph/connections/3/indptr", np.array([1, 4, 8])), "indptr: found offsets"),
    (put("lava_ahp/graph/connections/3/delay", 63), "delay: found 63, allowed 0..62"),
]  # fmt: skip

GOLDEN = [
    (put("lava_ahp/golden/steps", np.array([6, 2**30])), "rasters of|shape"),
    (put("lava_ahp/golden/steps", np.array([6, 5])), "spike at step 5|golden/readout|outside"),
    (put("lava_ahp/golden/steps", np.zeros(0, int)), "/golden/steps: found shape"),
    (put("lava_ahp/golden/readout", np.zeros((2, 6, 3), int)), "/golden/readout: found shape"),
    (put("lava_ahp/golden/readout", np.full((2, 6, 2), 2**23)), "/golden/readout: found 8388608"),
    (put("lava_ahp/golden/labels", np.zeros(3, int)), "/golden/labels: found shape"),
    (put("lava_ahp/golden/surprise", 1), "/golden: key surprise"),
]  # fmt: skip

GOLDEN_V1 = [
    *GOLDEN,
    (drop("lava_ahp/golden/spikes/hidden"), "/golden/spikes/hidden: missing"),
    (group("lava_ahp/golden/spikes/nobody"), "/golden/spikes: key nobody"),
    (put("lava_ahp/golden/spikes/input/neurons", np.full(36, 3)), "/golden/spikes/input/neurons: found 3"),
    (put("lava_ahp/golden/spikes/input/times", np.zeros(36, int)), "not sorted"),
    (put("lava_ahp/golden/spikes/input/offsets", np.array([0, 1, 2])), "/golden/spikes/input"),
    (drop("lava_ahp/golden/states/hidden/a"), "/golden/states/hidden/a: missing"),
    (group("lava_ahp/golden/states/input"), "/golden/states: key input"),
    (put("lava_ahp/golden/states/hidden/v", np.zeros((2, 6, 9), int)), "/golden/states/hidden/v: found shape"),
    (put("lava_ahp/golden/states/hidden/a", np.full((2, 6, 4), 2**23)), "/golden/states/hidden/a: found 8388608"),
    (put("lava_ahp/golden/fingerprints/hidden", np.zeros(3, int)), "/golden/fingerprints/hidden: found shape"),
    (group("lava_ahp/golden/events"), "/golden: key events"),
]  # fmt: skip

GOLDEN_V2 = [
    *GOLDEN,
    (drop("lava_ahp/golden/events"), "/golden/events: missing"),
    (drop("lava_ahp/golden/events/times"), "/golden/events/times: missing"),
    (put("lava_ahp/golden/events/neurons", np.full(36, 9)), "/golden/events/neurons: found"),
    (put("lava_ahp/golden/events/offsets", np.array([0, 1, 2])), "/golden/events: events: "),
    (drop("lava_ahp/golden/sums/a"), "/golden/sums/a: missing"),
    (put("lava_ahp/golden/sums/s", 1), "/golden/sums: key s"),
    (put("lava_ahp/golden/sums/v", np.zeros((2, 6, 2, 2), int)), "/golden/sums/v: found shape"),
    (put("lava_ahp/golden/sums/v", np.zeros((2, 6, 3, 3), int)), "/golden/sums/v: found shape"),
    (put("lava_ahp/golden/sums/v", np.full((2, 6, 2, 3), np.uint64(2**63))), "/golden/sums/v: found 92233720"),
    (put("lava_ahp/golden/fingerprints", np.zeros(7, int)), "/golden/fingerprints: found shape"),
    (group("lava_ahp/golden/spikes"), "/golden: key spikes"),
]  # fmt: skip


def newer(file):
    put("lava_ahp/version", 4)(file)
    file.create_group("something/new")


def refused(reader, path, change, message):
    with h5py.File(path, "a") as file:
        change(file)
    with pytest.raises(NetFormatError, match=message) as caught:
        reader(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert len(text.splitlines()) == 1
    assert len(text) < 800


@pytest.mark.parametrize("change, message", CHAIN)
def test_bad_chains_are_refused_by_name(chain_file, change, message):
    refused(netx.read, chain_file, change, message)


@pytest.mark.parametrize("change, message", GRAPH)
def test_bad_graphs_are_refused_by_name(graph_file, change, message):
    refused(netx.read, graph_file, change, message)


@pytest.mark.parametrize("change, message", GOLDEN_V2)
def test_bad_golden_samples_are_refused_by_name(chain_file, change, message):
    refused(netx.read_golden, chain_file, change, message)


@pytest.mark.parametrize("change, message", GOLDEN_V1)
def test_bad_golden_samples_of_version_1_are_refused_by_name(tmp_path, change, message):
    golden = replace(golden_of(tiny()), fingerprints=fingerprints(tiny()))
    write_v1(tiny(), tmp_path / "f.net", golden)
    refused(netx.read_golden, tmp_path / "f.net", change, message)


def foreign_name(file):
    h5py.h5g.create(file["layer/1"].id, b"\xff\xfe")


def inflating(file):
    """A chunk that inflates to 64 MiB, in a dataset of 24 bytes."""
    del file["layer/1/weight"]
    dataset = file.create_dataset("layer/1/weight", (4, 3), "i2", chunks=(4, 3), compression="gzip")
    dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(2**26)))


@pytest.mark.parametrize(
    "change, message",
    [
        (foreign_name, "/layer/1: found a member named"),
        (inflating, "/layer/1/weight: found a chunk that inflates"),
        (dataset("lava_ahp/task", (1,), "S8", chunks=(2**24,), maxshape=(None,)), "lava_ahp/task: "),
        (dataset("layer/1/neuron/vThMant", (1,), "i4", chunks=(2**25,), maxshape=(None,)), "vThMant: "),
        (put("layer/1/weight", np.zeros((4, 3)), chunks=(2**20, 8), maxshape=(None, None)), "weight: found chunks of"),
        (put("lava_ahp/task", '{"seed":' + "9" * 5000 + "}"), "/lava_ahp/task: not JSON"),
        (put("lava_ahp/task", '{"a":' + "[" * 200 + "]" * 200 + "}"), "nested more than 100 levels"),
        (put("lava_ahp/chain", '{"layers":["' + "x" * 10**5 + '"]}'), "/lava_ahp/chain: found keys"),
    ],
)
def test_what_would_exhaust_memory_is_refused_before_it_is_read(chain_file, change, message):
    tracemalloc.start()
    refused(netx.read, chain_file, change, message)
    assert tracemalloc.get_traced_memory()[1] < 2**27
    tracemalloc.stop()


def test_a_name_that_points_nowhere_is_refused_in_every_group(chain_file):
    """Found by flipping bytes: such a name made ``key in group`` raise."""
    whole = chain_file.read_bytes()
    nodes = [m.start() for m in re.finditer(b"SNOD", whole)]
    assert len(nodes) > 8
    for at in nodes:
        damaged = bytearray(whole)
        damaged[at + 8 : at + 16] = (2**40).to_bytes(8, "little")
        chain_file.write_bytes(damaged)
        with pytest.raises(NetFormatError):
            netx.read_golden(chain_file)


@pytest.mark.parametrize(
    "change",
    [
        dataset("layer/1/weight", (10**6, 10**6)),
        dataset("layer/1/weight", (10**6, 10**6), chunks=(1000, 1000), compression="gzip"),
        dataset("layer/1/weight", (8000, 8000), chunks=(8000, 8000), compression="gzip"),
        dataset("layer/1/delay", (2**40,), "u1", chunks=(2**16,)),
        put("layer/1/weight", np.zeros((2**11, 2**13), "i1"), compression="gzip"),
        put("lava_ahp/task", np.array(b"x" * 2**26)),
    ],
)
def test_absurd_sizes_are_refused_before_memory_is_taken(chain_file, change):
    with h5py.File(chain_file, "a") as file:
        change(file)
    tracemalloc.start()
    try:
        with pytest.raises(NetFormatError):
            netx.read(chain_file)
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_a_large_raster_is_refused_before_memory_is_taken(chain_file):
    with h5py.File(chain_file, "a") as file:
        put("lava_ahp/golden/steps", np.array([6, 2**31 - 1]))(file)
    with pytest.raises(NetFormatError, match="rasters of"):
        netx.read_golden(chain_file)


FUZZ = """
import sys
import numpy as np
from lava_ahp import netx
from lava_ahp.errors import LavaAHPError

source, scratch, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
whole = np.fromfile(source, np.uint8)
rng = np.random.default_rng(seed)
for k in range(400):
    damaged = whole[: rng.integers(1, len(whole))] if k % 4 == 0 else whole.copy()
    at = rng.integers(0, len(damaged), rng.choice([1, 3, 30]))
    damaged[at] = rng.integers(0, 256, len(at)) if k % 2 else damaged[at] ^ (1 << rng.integers(0, 8, len(at)))
    damaged.tofile(scratch)
    for read in (netx.read, netx.read_golden):
        try:
            read(scratch)
        except LavaAHPError as error:
            assert str(error).startswith(scratch), error
print("done")
"""


@pytest.mark.parametrize("make", [tiny, graph])
def test_damaged_bytes_give_our_errors_or_a_network(tmp_path, make):
    """In a process of its own: a fault of the HDF5 library must fail this test, not end the run."""
    netx.write(make(), tmp_path / "f.net", golden=golden_of(make()))
    command = [sys.executable, "-c", textwrap.dedent(FUZZ), str(tmp_path / "f.net"), str(tmp_path / "x.net"), "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=os.environ, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "done"), done.stderr[-2000:]
