"""Everything that comes from lava-loihi, Intel's extension of Lava, and the host that a run is sent to.

Members of Intel's research community (INRC) have lava-loihi.  The names here are those of public programs that use it.
Lava's own part of them, ``lava.utils.loihi`` and ``lava.utils.profiler``, is in lava-nc.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

#: How to get lava-loihi.
INRC = "members of Intel's research community get it; ask inrc_interest@intel.com"


class Missing(RuntimeError):
    """Something that a run on the chip needs and that is not there; the text says what, and what to do."""


def require() -> None:
    """Check that lava-loihi is there and can be imported.

    Raises:
        Missing: it is not; the error of an import that failed is the cause.
    """
    try:
        loihi = import_module("lava.utils.loihi")
    except ImportError as error:
        raise Missing("lava-nc is not installed, and needs Python 3.10; pip install lava-nc==0.10.0") from error
    if not loihi.is_installed():
        raise Missing(f"Intel's extension lava-loihi is not installed; {INRC}")
    for module in ("lava.proc.embedded_io", "lava.utils.loihi2_profiler_api"):
        try:
            import_module(module)
        except ImportError as error:
            raise Missing(
                f"lava-loihi is installed, but {module} cannot be imported ({type(error).__name__}: {error}); "
                "install the lava-loihi that belongs to lava-nc 0.10.0"
            ) from error


def connect(partition: str | None = None, board: str | None = None) -> str:
    """Choose the host of the chip, and describe it.

    The environment stands in for what is not given: ``PARTITION``, ``BOARD``, ``LOIHI_GEN``, and ``NXSDKHOST`` with
    ``HOST_BINARY`` for a board on the network without SLURM.

    Args:
        partition: of SLURM.
        board: name of its node.

    Raises:
        Missing: no lava-loihi, no SLURM, or no such partition or board; the cause is the original error.
    """
    require()
    loihi = import_module("lava.utils.loihi")
    # Lava clears both where its arguments are None.
    partition = partition or os.environ.get("PARTITION") or None
    board = board or os.environ.get("BOARD") or None
    address = os.environ.get("NXSDKHOST")
    try:
        generation = loihi.ChipGeneration(os.environ.get("LOIHI_GEN", loihi.ChipGeneration.N3B3.value))
        if address:
            binary = os.environ.get("HOST_BINARY")
            options = {"host_binary_path": binary} if binary else {}
            loihi.use_ethernet_host(address, loihi_gen=generation, **options)
        else:
            _use_slurm(loihi, partition, board, generation)
    except FileNotFoundError as error:
        raise Missing(
            f"{error.filename} is not on this machine; run where SLURM knows the boards, "
            "or set NXSDKHOST to the address of a board"
        ) from error
    except (ImportError, ValueError) as error:
        raise Missing(str(error)) from error
    named = {"host": address, "partition": partition, "board": board}
    return ", ".join([f"Loihi 2 ({generation.value})", *(f"{key} {value}" for key, value in named.items() if value)])


def _use_slurm(loihi: Any, partition: str | None, board: str | None, generation: Any) -> None:
    try:
        loihi.use_slurm_host(partition=partition, board=board, loihi_gen=generation)
    except IndexError:
        # lava-nc 0.10.0 stumbles over the empty end of what sinfo prints whenever it looks for a partition or a board.
        loihi.use_slurm_host(loihi_gen=generation)
        for name, value, option in (("PARTITION", partition, "--partition"), ("BOARD", board, "--nodes")):
            if value:
                listed = loihi.slurm.try_run_command(["sinfo", "--noheader", option, value])
                if not any(line.strip() for line in listed):
                    raise ValueError(f"SLURM knows no {name.lower()} {value}; sinfo -N lists them") from None
                os.environ[name] = value


def spikes_in(shape: tuple[int, ...]) -> Any:
    """A Process with the ports ``inp`` and ``out`` that takes spikes from Python to neurocores."""
    return import_module("lava.proc.embedded_io").spike.PyToNxAdapter(shape=shape, num_message_bits=0)


def spikes_out(shape: tuple[int, ...]) -> Any:
    """A Process with the ports ``inp`` and ``out`` that takes spikes from neurocores to Python."""
    return import_module("lava.proc.embedded_io").spike.NxToPyAdapter(shape=shape, num_message_bits=0)


def state_out(shape: tuple[int, ...]) -> Any:
    """A Process with ``connect_var`` and the port ``out`` that reads a variable of neurocores in every step."""
    return import_module("lava.proc.embedded_io").state.Read(shape=shape, interval=1, offset=0)


def profiler(config: Any) -> Any:
    """Lava's profiler for a run configuration, which must be a plain ``Loihi2HwCfg``: its exact type is looked up."""
    return import_module("lava.utils.profiler").Profiler.init(config)
