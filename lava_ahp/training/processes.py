"""Training in several processes by Lightning's own means: DDP, over gloo on CPUs and NCCL on GPUs.

On one node Lightning starts the command line once more for every further process; under SLURM ``srun`` starts them all.
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
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.plugins.environments import LightningEnvironment, SLURMEnvironment
from lightning.pytorch.strategies import DDPStrategy

from lava_ahp.errors import BackendUnavailable, DataError, LavaAHPError

#: Seconds in which a process that broke the connection should have ended.
_ENDING_S = 3.0


def is_main() -> bool:
    """Whether this process speaks for the run: it alone writes files and tells the progress."""
    return getattr(rank_zero_only, "rank", 0) == 0 and os.environ.get("NODE_RANK", "0") == "0"


def options(device: str, devices: int, nodes: int) -> dict[str, Any]:
    """What Lightning's trainer wants to know.

    Args:
        device: ``cpu``, ``cuda`` or ``auto``, which takes GPUs where there are any.
        devices: processes per node, each with a GPU of its own or its share of the cores.
        nodes: computers.

    Raises:
        BackendUnavailable: fewer GPUs than that.
        DataError: other numbers than SLURM has.
    """
    gpus = torch.cuda.device_count()
    if device == "cuda" and gpus == 0:
        raise BackendUnavailable("device cuda: torch finds no GPU; use --device cpu or auto")
    on_gpu = device == "cuda" or (device == "auto" and gpus > 0)
    if on_gpu and devices > gpus:
        raise BackendUnavailable(f"devices: found {devices}, torch finds {gpus} GPUs; ask for fewer, or --device cpu")
    return {
        "accelerator": "gpu" if on_gpu else "cpu",
        "devices": devices,
        "num_nodes": nodes,
        # Buffers are the same everywhere: they follow from the seed and from gradients that all have.
        "strategy": DDPStrategy(broadcast_buffers=False) if devices * nodes > 1 else "auto",
        "plugins": _slurm(devices, nodes),
    }


def _slurm(devices: int, nodes: int) -> list[SLURMEnvironment]:
    """SLURM's view of the processes, where it started this one."""
    if not SLURMEnvironment.detect():
        return []
    try:
        # Lightning would requeue a job from the middle of an epoch; --resume goes on from its beginning.
        found = SLURMEnvironment(auto_requeue=False)
        found.validate_settings(devices, nodes)
    except (RuntimeError, ValueError):
        tasks, on = os.environ.get("SLURM_NTASKS"), os.environ.get("SLURM_NNODES", "1")
        raise DataError(
            f"SLURM: {tasks} tasks on {on} nodes, asked for --devices {devices} --num-nodes {nodes}; "
            "start with srun, --ntasks-per-node as many as devices and --nodes as many as nodes"
        ) from None
    return [found]


def check_address(trainer: pl.Trainer) -> None:
    """Nodes that nobody has told of one another would wait for half an hour.

    Raises:
        DataError: several nodes, and no address of the first.
    """
    environment = getattr(trainer.strategy, "cluster_environment", None)
    if isinstance(environment, LightningEnvironment) and trainer.num_nodes > 1 and "MASTER_ADDR" not in os.environ:
        raise DataError(
            f"num-nodes: found {trainer.num_nodes} without SLURM; use srun, or set MASTER_ADDR, MASTER_PORT and "
            "NODE_RANK and start the command on every node"
        )


@contextmanager
def ending_together(trainer: pl.Trainer) -> Iterator[None]:
    """Where one process fails or is interrupted, those that it started end too, and the first says why.

    Raises:
        BackendUnavailable: another process has ended, which breaks the connection.
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
                f"process {rank} of {trainer.world_size} has ended with code {code}; what was saved is kept, "
                "train --resume goes on from it"
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
    """Ctrl-C as Python has it: Lightning would turn it into an exit and leave the signal ignored."""
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
    """From now on SIGTERM ends this process at once; what is behind is saved.

    Lightning would have the processes agree first, in which they may wait for one another, and then report success.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _terminate)


def _terminate(*_: Any) -> None:
    raise SystemExit(128 + signal.SIGTERM)
