"""Export a trained run, run it, prove it, price it, and write the report."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lava_ahp import tasks
from lava_ahp.files import write_text
from lava_ahp.network import Activity, Network
from lava_ahp.network.summary import connection_row, population_row
from lava_ahp.profiler import Hardware
from lava_ahp.proof import Altered, Check, Difference, compare
from lava_ahp.report import Report, render
from lava_ahp.workflow.costs import Costs, price
from lava_ahp.workflow.evaluate import Counting, Evaluation, evaluate
from lava_ahp.workflow.export import describe, export, load_for_export
from lava_ahp.workflow.runs import Run, sha256


@dataclass(frozen=True, eq=False)
class Deployment:
    """What a deployed run came to.

    Attributes:
        run: its folder.
        network: what was exported.
        whole: the test split in the simulator.
        proof: some samples of it in the backend asked for.
        checks: comparisons with the training forward.
        costs: what it would cost on chips.
    """

    run: Run
    network: Network
    whole: Evaluation
    proof: Evaluation
    checks: tuple[Check, ...]
    costs: Costs

    @property
    def exact(self) -> bool:
        """Whether the engines computed what the training forward computes."""
        return all(check.passed for check in self.checks)

    @property
    def first_difference(self) -> Difference | Altered | None:
        """The first difference of the first comparison that failed."""
        return next((check.difference for check in self.checks if not check.passed), None)

    def lines(self) -> Iterator[str]:
        """The summary for the terminal."""
        whole, proof = self.whole, self.proof
        yield f"network      {_shape(self.network)}"
        held_out = f"{len(whole.labels)} held-out samples (8-bit weights, {whole.backend})"
        yield f"accuracy     {100 * whole.accuracy:.2f} % of {held_out}"
        agree = "equal to the training forward, bit for bit" if self.exact else "NOT equal to the training forward"
        yield f"{proof.backend:12} {proof.correct} of {len(proof.labels)} right; spikes and readouts {agree}"
        yield f"activity     {_activity_line(self.network, whole.trace.activity)}"
        yield from self.costs.lines(self.run.profile_page)
        yield f"report       {self.run.report}"


def deploy(
    task: tasks.Task,
    run: Run,
    *,
    backend: str,
    samples: int,
    hardware: Sequence[Hardware],
    command: str,
    counting: Counting,
) -> Deployment:
    """Export the best network of a run, run the test split and write ``network.net``, metrics, profile and report.

    Args:
        task: what the run was trained for.
        run: its folder.
        backend: where the samples that prove the export run.
        samples: how many; all of the split if it has fewer.
        hardware: chips to estimate energy and latency on, the first one for the summary.
        command: what the user typed.
        counting: shows progress.
    """
    network = export(run, task, run.network, command=command)
    total = task.size("test")
    with counting("test set, fast", total) as advance:
        whole = evaluate(network, task, backend="fast", progress=advance)
    everything = list(network.names)
    count = min(samples, total)
    with counting(f"proof, {backend}", count) as advance:
        proof = evaluate(
            network, task, backend=backend, samples=count, progress=advance, rasters=everything, readout_steps=None
        )
    _, forward = load_for_export(run, task)
    batch = task.split("test", proof.indices)
    trained = forward(batch.events).trace
    fast = evaluate(network, task, backend="fast", samples=count, rasters=everything, readout_steps=None)
    checks = tuple(
        compare(f"training forward = {other.backend}", trained, other.trace, ("training", other.backend), network)
        for other in ([proof, fast] if backend != "fast" else [proof])
    )
    costs = price(network, task, run, hardware, command=command, counting=counting)
    result = Deployment(run, network, whole, proof, checks, costs)
    run.add_metrics(_metrics(result))
    describe(run, run.network, command=command)
    write_text(run.report, render(_report(result, task, command)))
    return result


def _metrics(result: Deployment) -> dict[str, Any]:
    whole, proof = result.whole, result.proof
    return {
        "tested_weights": sha256(result.run.model),
        "test_accuracy": whole.accuracy,
        "test_samples": len(whole.labels),
        "proof": {
            "backend": proof.backend,
            "samples": len(proof.labels),
            "accuracy": proof.accuracy,
            "bit_exact": result.exact,
            "seconds": proof.seconds,
        },
        "neurons": result.network.neurons,
        "synapses": result.network.synapses,
        **_per_sample(result.network, whole.trace.activity),
    }


def _per_sample(network: Network, activity: Activity | None) -> dict[str, float]:
    if activity is None:
        return {}
    spikes = sum(activity.spikes[p.name].mean() for p in network)
    updates = sum(activity.updates[p.name].mean() for p in network if p.name != network.output)
    hidden = sum(activity.spikes[p.name].mean() for p in network if p.name != network.output)
    return {
        "input_spikes_per_sample": float(activity.spikes[network.input.name].mean()),
        "spikes_per_sample": float(spikes),
        "synops_per_sample": float(sum(synops.mean() for synops in activity.synops)),
        "steps_per_sample": float(activity.steps.mean()),
        "firing_rate": float(hidden / updates) if updates else 0.0,
    }


def _activity_line(network: Network, activity: Activity | None) -> str:
    counts = _per_sample(network, activity)
    return (
        f"per sample {counts['steps_per_sample']:.0f} steps, {counts['spikes_per_sample']:.0f} spikes, "
        f"{counts['synops_per_sample']:.0f} synaptic operations; "
        f"{100 * counts['firing_rate']:.1f} % of hidden neurons per step"
    )


def _shape(network: Network) -> str:
    sizes = "-".join(str(p.size) for p in network.populations)
    ahp = sum(population_row(p)["ahp"] for p in network)
    synapses = network.synapses
    return f"{sizes} neurons, {ahp} of them AHP, {synapses} synapses of 8 bit"


def _report(result: Deployment, task: tasks.Task, command: str) -> Report:
    network, whole, proof = result.network, result.whole, result.proof
    counts = _per_sample(network, whole.trace.activity)
    example = _first_right(proof)
    inputs = task.split("test", proof.indices[[example]]).events.to_dense()[0]
    names = task.class_names
    rate = f"{100 * counts['firing_rate']:.1f} % of hidden neurons per step"
    label, found = (names[int(x[example])] for x in (proof.labels, proof.predictions))
    count = f"{len(proof.labels)} test samples ran in {proof.backend}"
    verdict = (
        f"What was trained is what ran: {count}, and every spike of every neuron and every readout voltage of every "
        "step equals the training forward."
        if result.exact
        else f"Not the same: {count}, and they differ from the training forward. {result.first_difference}"
    )
    return Report(
        title=f"{task.name}: {100 * whole.accuracy:.1f} % of {len(whole.labels)} held-out samples",
        headline=[
            (
                "test accuracy",
                f"{100 * whole.accuracy:.1f} %",
                f"{whole.correct} of {len(whole.labels)}, 8-bit weights",
            ),
            ("neurons", f"{network.neurons}", _shape(network)),
            ("steps per sample", f"{counts['steps_per_sample']:.0f}", f"the last {task.readout_steps} are read out"),
            (
                "spikes per sample",
                f"{counts['spikes_per_sample']:.0f}",
                rate,
            ),
            ("synaptic operations", f"{counts['synops_per_sample']:,.0f}", "per sample, exact count"),
        ],
        costs=result.costs.rows(),
        cost_notes=result.costs.notes(),
        verdict=(result.exact, verdict),
        history=_history(result.run),
        labels=whole.labels,
        predictions=whole.predictions,
        class_names=names,
        example={network.input.name: inputs, **{n: r[example] for n, r in proof.trace.spikes.items()}},
        example_title=f"Test sample {proof.indices[example]}: a {label}, read as {found}",
        readout=proof.trace.readout[example],
        readout_steps=task.readout_steps,
        populations=[population_row(p) for p in network.populations],
        connections=[connection_row(c) for c in network.connections],
        checks=[
            {
                "comparison": check.name,
                "result": "equal" if check.passed else str(check.difference),
                "samples": check.samples,
                "steps": check.steps,
                "values": f"{check.values:,}",
            }
            for check in result.checks
        ],
        provenance=_flat(network.provenance),
        command=command,
    )


def _history(run: Run) -> list[dict[str, float]]:
    """Rows of the training curve, from ``history.csv``."""
    with run.history.open(newline="", encoding="utf-8") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    return [{**row, "accuracy": row["validation_accuracy"]} for row in rows]


def _first_right(evaluation: Evaluation) -> int:
    return int(np.argmax(evaluation.predictions == evaluation.labels))


def _flat(values: Any, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{key} "))
        else:
            flat[f"{prefix}{key}"] = value
    return flat
