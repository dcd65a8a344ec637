"""Files that are damaged or newer: one clear error each."""

from __future__ import annotations

from dataclasses import replace

import h5py
import numpy as np
import pytest

from lava_ahp import netx
from lava_ahp.network import fingerprints

from support.hdf5_changes import dataset, drop, group, link, put, refused, soft
from support.netx_cases import golden_of, graph, tiny, write_v1


@pytest.fixture
def graph_file(tmp_path):
    netx.write(graph(), tmp_path / "g.net", golden=golden_of(graph()))
    return tmp_path / "g.net"


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
