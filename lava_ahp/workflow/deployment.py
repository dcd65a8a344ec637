"""From a task or arrays to a network that runs on a chip: train, export, run, prove, price, report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lava_ahp import backends, files
from lava_ahp.errors import BackendUnavailable, DataError, printable
from lava_ahp.network import Network
from lava_ahp.profiler import Hardware
from lava_ahp.proof import Check, Finding, compare
from lava_ahp.report.progress import Reporter, reporter
from lava_ahp.targets import Scores
from lava_ahp.workflow import deployment_report
from lava_ahp.workflow.calls import as_typed
from lava_ahp.workflow.costs import Costs, price
from lava_ahp.workflow.counts import per_sample, shape
from lava_ahp.workflow.encoding import Batch, encode
from lava_ahp.workflow.evaluation import Evaluation, joined, run_batch
from lava_ahp.workflow.exporting import Exportable, describe, load_for_export, write_network
from lava_ahp.workflow.planning import Settings, plan
from lava_ahp.workflow.profiling import DEFAULT_HARDWARE, Chip, load_chips
from lava_ahp.workflow.run_lock import writing
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.training_run import Device, train_plan

#: The backend that proves an export, and the one that runs the whole test split.
REFERENCE, FAST = "loihi2sim", "fast"


@dataclass(frozen=True, eq=False, repr=False)
class Deployment:
    """Result of a deployment.

    Attributes:
        run: its folder.
        network: the exported network.
        whole: the test split in the simulator.
        proof: some samples of it in the backend asked for.
        checks: comparisons with the training forward pass.
        costs: energy and latency on chips, modelled.
        left_out: why the proof in Lava was left out; None if it was not.
    """

    run: Run
    network: Network
    whole: Evaluation
    proof: Evaluation
    checks: tuple[Check, ...]
    costs: Costs
    left_out: str | None

    @property
    def exact(self) -> bool:
        """Whether the engines computed what the training forward pass computes."""
        return all(check.passed for check in self.checks)

    @property
    def first_difference(self) -> Finding | None:
        """The first difference of the first comparison that failed."""
        return next((check.difference for check in self.checks if not check.passed), None)

    @property
    def counts(self) -> dict[str, float]:
        """Mean counts per sample over the test split: steps, spikes, synaptic operations, firing rate."""
        activity = self.whole.trace.activity
        return {} if activity is None else per_sample(self.network, activity)

    @property
    def scores(self) -> Scores:
        """How good the answers are over the test split."""
        return self.whole.scores

    def lines(self) -> Iterator[str]:
        """The summary for a terminal."""
        whole, proof, counts = self.whole, self.proof, self.counts
        yield f"network      {shape(self.network)}"
        scores = whole.scores
        yield f"{scores.label:12} {scores.held_out()} held-out samples (8-bit weights, {whole.backend})"
        if scores.accuracy is None:
            yield f"errors       {scores.summary()}"
        agree = "equal to" if self.exact else "NOT equal to"
        right = proof.scores.short()
        exactly = ", bit for bit" if self.exact else ""
        yield f"{proof.backend:12} {right}; spikes and readouts {agree} the training forward pass{exactly}"
        if self.left_out is not None:
            yield f"{REFERENCE:12} the proof in Lava was left out: {self.left_out}"
        spikes, synops = counts["spikes_per_sample"], counts["synops_per_sample"]
        yield (
            f"activity     per sample {counts['steps_per_sample']:.0f} steps, {spikes:.0f} spikes, "
            f"{synops:.0f} synaptic operations; {100 * counts['firing_rate']:.1f} % of hidden neurons per step"
        )
        yield from self.costs.lines(self.run.profile_page)
        yield f"report       {self.run.report}"

    def __repr__(self) -> str:
        return "\n".join(map(printable, self.lines()))

    def _repr_html_(self) -> str:
        return deployment_report.fragment(self)


def deploy(
    task: Any,
    y: Any = None,
    *,
    out: str | os.PathLike[str],
    data: str | os.PathLike[str] | None = None,
    config: str | os.PathLike[str] | None = None,
    settings: Settings = (),
    backend: str | None = None,
    samples: int = 30,
    hardware: Sequence[Chip] = DEFAULT_HARDWARE,
    resume: bool = False,
    device: Device = "auto",
    command: str | None = None,
    progress: bool | Reporter = False,
) -> Deployment:
    """Train, export, run the test split, prove some samples in Lava, estimate energy, and write a report.

    Args:
        task: the name of a task, a :class:`lava_ahp.tasks.Task`, or an array ``(sample, time, channel)``.
        y: labels of every sample, by default classes ``(sample,)``, with an array.
        out: the run folder.
        data: directory or file of the task's data, with a name.
        config: TOML file that changes the task's defaults.
        settings: single values to change, ``{"training.epochs": 5}``.
        backend: where the samples of the proof run; None for Lava, or for the simulator if Lava is not installed,
            which the result then says.
        samples: how many samples are proved.
        hardware: chips to estimate energy and latency on; the first one is in the summary.
        resume: continue the run in the folder.
        device: where to train; ``auto`` takes a GPU if there is one.
        command: for manifests and reports; by default this call.
        progress: True shows progress on stderr.

    Raises:
        DataError: as for :func:`lava_ahp.train`.
        BackendUnavailable: the backend asked for is not installed.

    Example:
        >>> lava_ahp.deploy("digits", out="runs/demo")  # doctest: +SKIP
    """
    command = command or as_typed("deploy", task, y, out=out, data=data, settings=settings, backend=backend)
    report = reporter(progress)
    engine_for(backend)
    chips = load_chips(hardware)
    planned = plan(task, y, data, config=config, settings=settings)
    if planned.task.size("test") == 0:
        raise DataError(
            f"task {planned.task.name}: no test samples in its data, allowed 1 or more; deploy measures on them"
        )
    run = Run(Path(out))
    read = [h for h in hardware if not isinstance(h, Hardware)]
    files.check_outputs(
        {file.name: file for file in (*run.files, run.network)}, [data, None if resume else config, *read]
    )
    with writing(run, command):
        run = train_plan(planned, run, resume=resume, device=device, command=command, report=report)
        return deploy_run(run, backend=backend, samples=samples, hardware=chips, command=command, report=report)


def engine_for(backend: str | None, network: Network | None = None) -> tuple[str, str | None]:
    """The backend that proves an export, and why it is not Lava where the caller leaves it open.

    Args:
        backend: what the caller asks for; None for Lava, where it is installed and takes minutes at most.
        network: what will run, if it is known already.

    Raises:
        BackendUnavailable: the backend asked for is not installed.
    """
    backends.get(FAST)
    missing = None
    try:
        backends.get(REFERENCE)
    except BackendUnavailable as error:
        if backend == REFERENCE:
            raise
        missing = str(error).partition(": ")[2]
    if backend is None and missing is None and network is not None:
        missing = backends.too_slow(REFERENCE, network)
    engine = backend or (FAST if missing else REFERENCE)
    backends.get(engine)
    return engine, missing


def deploy_run(
    run: Run,
    *,
    backend: str | None,
    samples: int,
    hardware: Sequence[Hardware],
    command: str,
    report: Reporter,
) -> Deployment:
    """Deploy a trained run whose task is at hand and whose lock the caller holds; see :func:`deploy`."""
    assert run.data is not None
    batch = encode(run.data)
    found = load_for_export(run, run.data)
    engine, left_out = engine_for(backend, found.network)
    write_network(found, batch, run.network)
    proved = min(samples, len(batch))
    whole, fast = _run_all(found.network, batch, proved, report)
    if engine == FAST:
        proof = fast
    else:
        with report.counting(f"proof, {engine}", proved) as advance:
            proof = _recorded(found.network, batch.part(0, proved), engine, advance)
    checks = _compared(found, batch.part(0, proved), [proof] if proof is fast else [proof, fast])
    costs = price(found.network, whole, run, hardware, command=command, report=report)
    result = Deployment(run, found.network, whole, proof, checks, costs, left_out)
    run.add_metrics(_metrics(result))
    describe(run, run.network, command=command)
    files.write_text(run.report, deployment_report.render(result, command))
    return result


def _run_all(network: Network, batch: Batch, proved: int, report: Reporter) -> tuple[Evaluation, Evaluation]:
    """The whole batch in the simulator, and its first samples with everything that a proof compares."""
    with report.counting(f"test set, {FAST}", len(batch)) as advance:
        first = _recorded(network, batch.part(0, proved), FAST, advance)
        parts = [first]
        if proved < len(batch):
            parts.append(run_batch(network, batch.part(proved, len(batch)), FAST, progress=advance))
    return joined(batch, parts), first


def _recorded(network: Network, batch: Batch, backend: str, advance: Any) -> Evaluation:
    return run_batch(network, batch, backend, progress=advance, rasters=network.names, readout_steps=None)


def _compared(found: Exportable, batch: Batch, evaluations: Sequence[Evaluation]) -> tuple[Check, ...]:
    trained = found.forward(batch.events).trace
    return tuple(
        compare(
            f"training forward pass = {other.backend}",
            trained,
            other.trace,
            ("training", other.backend),
            found.network,
        )
        for other in evaluations
    )


def _metrics(result: Deployment) -> dict[str, Any]:
    whole, proof = result.whole, result.proof
    return {
        "tested_weights": files.sha256(result.run.model),
        **{f"test_{key}": value for key, value in whole.scores.metrics().items()},
        **({"test_accuracy_of_groups": whole.by_group} if whole.by_group else {}),
        "proof": {
            "backend": proof.backend,
            "samples": len(proof.labels),
            **proof.scores.to_json(),
            "bit_exact": result.exact,
            "seconds": proof.seconds,
        },
        "neurons": result.network.neurons,
        "synapses": result.network.synapses,
        **result.counts,
    }
