"""``make fuzz``: every target in a process of its own, with limits of time and memory.

Where atheris is installed, it chooses the inputs by the code that they reach; elsewhere a seed determines them.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import random
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

#: Limits of one input, in seconds of processor time, and of one process.
MAX_SECONDS, MAX_BYTES = 20, 2 * 2**30
#: Seconds beyond its share after which a process that waits for something is ended.
_GRACE = 300


def main() -> int:
    """Run all targets and print a table; exit 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="time for all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one target")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="folder for inputs that fail")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        guided = importlib.util.find_spec("atheris") is not None
        (_guided if guided else _seeded)(options)
        return 0
    from fuzz.targets import TARGETS

    names = [options.only] if options.only else list(TARGETS)
    print(f"{'target':16} {'inputs':>9} {'failures':>9} {'slowest s':>10} {'peak MiB':>9}", flush=True)
    failed = inputs = 0
    for name in names:
        command = [sys.executable, "-m", "fuzz", "--child", "--only", name, "--seed", str(options.seed)]
        share = options.seconds / len(names)
        command += ["--seconds", str(share), "--keep", str(options.keep)]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=share + _GRACE)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"{name:16} {_ended(error)}; its input is in {options.keep}", flush=True)
            failed += 1
            continue
        row = done.stdout.splitlines()[-1]
        print(row, flush=True)
        inputs += int(row.split()[1])
        failed += int(row.split()[2])
    print(f"{'all':16} {inputs:9}")
    return int(failed > 0)


def _ended(error: subprocess.CalledProcessError | subprocess.TimeoutExpired) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"did not end within {error.timeout:.0f} s"
    if error.returncode == -signal.SIGPROF:
        return f"took more than {MAX_SECONDS} s of processor time for one input"
    return f"ended with {error.returncode}"


def _seeded(options: argparse.Namespace) -> None:
    from fuzz.targets import TARGETS

    target, name = TARGETS[options.only], options.only
    seeds = target.seeds()
    for seed in seeds:
        target.one(seed)
    # What exceeds this is a MemoryError, and what it then takes is measured.
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MAX_BYTES, 2 * MAX_BYTES))
    options.keep.mkdir(parents=True, exist_ok=True)
    current = options.keep / f"{name}.current"
    # Its default action also ends a parser that never returns to Python.  Processor time, as machines may be busy.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    inputs = failures = 0
    slowest = 0.0
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        rng = random.Random(f"{name} {options.seed} {inputs}")
        data = target.damaged(rng.choice(seeds), rng)
        current.write_bytes(data)
        signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
        start = time.process_time()
        try:
            target.one(data)
        except Exception:
            failures += 1
            (options.keep / f"{name}.{inputs}").write_bytes(data)
            (options.keep / f"{name}.{inputs}.txt").write_text(traceback.format_exc())
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        slowest = max(slowest, time.process_time() - start)
        inputs += 1
        if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 > MAX_BYTES:
            raise SystemExit(f"{name}: input {inputs - 1} took more than {MAX_BYTES} bytes of memory")
    current.unlink()
    _print_row(name, inputs, failures, slowest)


def _print_row(name: str, inputs: int, failures: int, slowest: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{name:16} {inputs:9} {failures:9} {slowest:10.2f} {peak:9}", flush=True)


def _guided(options: argparse.Namespace) -> None:
    import atheris

    with atheris.instrument_imports(include=["lava_ahp"]):
        from fuzz.targets import TARGETS

        target, name = TARGETS[options.only], options.only
        seeds = target.seeds()
        for seed in seeds:
            target.one(seed)
    corpus = options.keep / f"{name}.corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for k, seed in enumerate(seeds):
        (corpus / f"seed{k}").write_bytes(seed)
    inputs, slowest = 0, 0.0

    def one(data: bytes) -> None:
        nonlocal inputs, slowest
        start = time.process_time()
        target.one(data)
        slowest = max(slowest, time.process_time() - start)
        inputs += 1
        if time.monotonic() > end:
            # libFuzzer ends the process without returning here, so it is ended here, with the row.
            _print_row(name, inputs, 0, slowest)
            os._exit(0)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)
        try:
            changed = target.damaged(data, rng) if rng.random() < 0.5 else atheris.Mutate(data, max_size)
        except Exception:  # a mutator that needs a valid container, and an input that no longer is one
            changed = target.damaged(rng.choice(seeds), rng)
        return changed[:max_size]

    limits = [f"-timeout={MAX_SECONDS}", f"-rss_limit_mb={MAX_BYTES // 2**20}", "-max_len=1048576"]
    limits += [f"-artifact_prefix={options.keep}/{name}."]
    end = time.monotonic() + options.seconds
    atheris.Setup([sys.argv[0], *limits, f"-seed={options.seed + 1}", str(corpus)], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
