"""Files that would exhaust memory or break the HDF5 library: refused, or read, within bounded memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tracemalloc
import zlib

import h5py
import numpy as np
import pytest

from lava_ahp import netx
from lava_ahp.errors import NetFormatError

from support.hdf5_changes import dataset, put, refused
from support.netx_cases import golden_of, graph, tiny


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
