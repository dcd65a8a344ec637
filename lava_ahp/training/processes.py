"""Training in several processes with Lightning's DDP, over gloo on CPUs and NCCL on GPUs.

On one node, Lightning runs the command line again for every further process.  Under SLURM, ``srun`` starts all of them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.strategies import DDPStrategy

from lava_ahp.errors import BackendUnavailable, DataError, LavaAHPError

#: Seconds to wait for the exit code of a process that closed its connection.
_ENDING_S = 3.0


def is_main() -> bool:
    """Whether this is the main process, the only one that writes files and reports progress."""
    return getattr(rank_zero_only, "rank", 0) == 0 and os.environ.get("NODE_RANK", "0") == "0"


def options(device: str, devices: int, nodes: int) -> dict[str, Any]:
    """Arguments of Lightning's trainer.

    Args:
        device: ``cpu``, ``cuda`` or ``auto``, which takes GPUs if there are any.
        devices: processes per node, each with its own GPU or its share of the CPU cores.
        nodes: number of computers.

    Raises:
        BackendUnavailable: missing GPUs.
        DataError: numbers that differ from those of SLURM.
    """
    gpus = torch.cuda.device_count()
    if device == "cuda" and gpus == 0:
        raise BackendUnavailable("device: found cuda, torch finds no GPU; use --device cpu or auto")
    on_gpu = device == "cuda" or (device == "auto" and gpus > 0)
    if on_gpu and devices > gpus:
        raise BackendUnavailable(
            f"devices: found {devices}, allowed up to {gpus}, the GPUs that torch finds; use fewer, or --device cpu"
        )
    return {
        "accelerator": "gpu" if on_gpu else "cpu",
        "devices": devices,
        "num_nodes": nodes,
        # Buffers are equal in all processes: they follow from the seed and from the common gradients.
        "strategy": DDPStrategy(broadcast_buffers=False) if devices * nodes > 1 else "auto",
        "plugins": _slurm(devices, nodes),
    }


def _slurm(devices: int, nodes: int) -> list[SLURMEnvironment]:
    """Lightning's SLURM environment, if SLURM started this process."""
    if not SLURMEnvironment.detect():
        return []
    try:
        # Lightning would requeue a job from the middle of an epoch; --resume restarts the epoch.
        found = SLURMEnvironment(auto_requeue=False)
        found.validate_settings(devices, nodes)
    except (RuntimeError, ValueError):
        tasks, on = os.environ.get("SLURM_NTASKS"), os.environ.get("SLURM_NNODES", "1")
        raise DataError(
            f"SLURM: found {tasks} tasks on {on} nodes, requested --devices {devices} --num-nodes {nodes}; "
            "start with srun, --ntasks-per-node equal to --devices and --nodes equal to --num-nodes"
        ) from None
    return [found]


def check_address(trainer: pl.Trainer) -> None:
    """Check that several nodes know the address of the first; otherwise they would wait for half an hour.

    Raises:
        DataError: several nodes without that address.
    """
    environment = getattr(trainer.strategy, "cluster_environment", None)
    if isinstance(environment, LightningEnvironment) and trainer.num_nodes > 1 and "MASTER_ADDR" not in os.environ:
        raise DataError(
            f"num-nodes: found {trainer.num_nodes} without SLURM; use srun, or set MASTER_ADDR, MASTER_PORT and "
            "NODE_RANK and start the command on every node"
        )


@contextmanager
def ending_together(trainer: pl.Trainer) -> Iterator[None]:
    """End the processes that this one started if it fails or is interrupted.

    Raises:
        BackendUnavailable: another process ended and closed its connection.
    """
    try:
        yield
    except BaseException as error:
        launcher = trainer.strategy.launcher
        others: list[subprocess.Popen[bytes]] = getattr(launcher, "procs", [])
        ended = None
        if isinstance(error, RuntimeError) and not isinstance(error, LavaAHPError):
            ended = _first_ended(others)
        if launcher is not None:
            launcher.kill(signal.SIGKILL)
        if ended is not None:
            rank, code = ended
            raise BackendUnavailable(
                f"process {rank} of {trainer.world_size}: ended with exit code {code}; "
                "completed epochs are saved, continue with train --resume"
            ) from None
        raise


def _first_ended(others: list[subprocess.Popen[bytes]]) -> tuple[int, int] | None:
    """Rank and exit code of a process that has failed."""
    until = time.monotonic() + _ENDING_S
    while others and time.monotonic() < until:
        for rank, other in enumerate(others, 1):
            code = other.poll()
            if code:
                return rank, code
        time.sleep(0.05)
    return None


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt on Ctrl-C; Lightning would exit instead and leave the signal ignored."""
    try:
        yield
    except SystemExit as end:
        if not isinstance(end.__context__, KeyboardInterrupt):
            raise
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if is_main():
            raise KeyboardInterrupt from None
        raise SystemExit(128 + signal.SIGINT) from None


def end_at_sigterm(*_: Any) -> None:
    """From now on, SIGTERM ends this process at once; completed epochs are saved.

    Lightning would first let the processes agree, which may block, and then report success.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(*_: Any) -> None:
    raise SystemExit(128 + signal.SIGTERM)
