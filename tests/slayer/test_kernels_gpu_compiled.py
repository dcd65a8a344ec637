"""Triton compiles the kernels for GPUs, which the interpreter does not show.  It needs no GPU for that."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("triton", reason="Triton is not installed: pip install triton")


COMPILED = """
import sys
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from lava_ahp.slayer.kernels import _chunk, _pair_triton, _triton, pairs_gpu
types = dict(
    drive="*fp32", grad_out="*fp32", slopes="*fp32", recurrent="*bf16", grad_spikes="*fp32", factors="*fp32",
    sums="*fp64", carried="*fp32", grad_drive="*fp32", out="*fp32",
    sample_stride="i32", neuron_stride="i32", time_stride="i32",
    past="*i32", later="*fp32", constants="*i32", before="*i32", after="*i32", voltages="*i32", history="*i32",
    samples="i32", neurons="i32", steps="i32",
    left="*fp32", right="*fp32", i="*i64", j="*i64", story="*i64", weights="*bf16", counts="*i32", total="*i64",
    grad_counts="*fp32", grad_total="*fp32", pairs="i32",
)
def compiled(kernel, capability, size, absent, **shape):
    fixed = dict.fromkeys(absent) | dict(operand=tl.bfloat16, rows=_chunk.ROWS, size=size) | shape
    signature = {name: "constexpr" if name in fixed else types[name] for name in kernel.arg_names}
    constants = {(i,): fixed[name] for i, name in enumerate(kernel.arg_names) if name in fixed}
    aligned = {(i,): [["tt.divisibility", 16]] for i, name in enumerate(kernel.arg_names) if signature[name][0] == "*"}
    options = dict(num_warps=size // 16, num_stages=1)
    source = ASTSource(kernel, signature, constants, aligned)
    done = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    assert done.asm["cubin"]
    limit = {80: 163, 86: 99, 90: 227}[capability] * 2**10
    assert done.metadata.shared <= limit, (size, capability, done.metadata.shared)
    return done
for kernel, capability, size, absent in (
    (_triton.backward, 90, 256, ("grad_spikes", "slopes", "sums", "history", "later")),
    (_triton.forward, 86, 128, ()),
    (_triton.forward, 90, 256, ("past", "history")),
    (_triton.backward, 90, 256, ("grad_spikes", "slopes")),
    (_triton.backward, 80, 64, ("recurrent",)),
):
    done = compiled(kernel, capability, size, absent, readout=False, lag=3)
    if "recurrent" not in absent:
        assert done.metadata.shared <= _chunk._shared_by(size), (size, done.metadata.shared)
        assert "mma.sync" in done.asm["ptx"]
for kernel, capability, layers, size, absent in (
    (_pair_triton.forward, 86, 2, 128, ("voltages",)),
    (_pair_triton.forward, 90, 4, 128, ("counts", "total")),
    (_pair_triton.backward, 80, 4, 128, ()),
    (_pair_triton.backward, 90, 2, 256, ()),
    (_pair_triton.forward, 80, 1, 256, ("voltages",)),
):
    done = compiled(kernel, capability, size, absent, layers=layers)
    assert done.metadata.shared <= pairs_gpu._shared_by(layers, size), (layers, size, done.metadata.shared)
    assert ("mma.sync" in done.asm["ptx"]) == (layers > 1)
"""


def test_compiles_without_a_gpu(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    command = [sys.executable, "-c", COMPILED]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment | {"TRITON_CACHE_DIR": str(tmp_path)}
    )
    assert done.returncode == 0, done.stderr
