"""The report of a deployment: its figures and samples, put into the page."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lava_ahp.network.summary import connection_row, grouped, population_row
from lava_ahp.network.time_constants import ahp_time_constants
from lava_ahp.report import deploy_page
from lava_ahp.workflow.counts import shape
from lava_ahp.workflow.deployment_samples import telling_samples
from lava_ahp.workflow.runs import Run

if TYPE_CHECKING:
    from lava_ahp.tasks import Task
    from lava_ahp.workflow.deployment import Deployment


def render(result: Deployment, command: str) -> str:
    """The page as HTML.

    Args:
        result: what it is about.
        command: what the user typed.
    """
    network, whole, counts = result.network, result.whole, result.counts
    task, scores = whole.batch.task, whole.scores
    rate = f"{100 * counts['firing_rate']:.1f} % of hidden neurons per step"
    return deploy_page.render(
        deploy_page.Report(
            title=f"{task.name}: {scores.title()} of {len(whole.labels)} held-out samples",
            headline=[
                *scores.cards(),
                ("neurons", f"{network.neurons:,}", shape(network)),
                (
                    "steps per sample",
                    f"{counts['steps_per_sample']:,.0f}",
                    f"{_range(whole.batch.events.steps)}{_read_out(task)}",
                ),
                ("spikes per sample", f"{counts['spikes_per_sample']:,.0f}", rate),
                ("synaptic operations", f"{counts['synops_per_sample']:,.0f}", "per sample, exact count"),
            ],
            costs=result.costs.rows(),
            cost_notes=result.costs.notes(),
            verdict=(result.exact, verdict(result)),
            history=_history(result.run),
            scores=scores,
            class_names=task.class_names,
            samples=telling_samples(network, whole),
            time_constants=np.concatenate([ahp_time_constants(p) for p in network]),
            readout_steps=task.readout_steps,
            populations=grouped([population_row(p) for p in network.populations]),
            connections=grouped([connection_row(c) for c in network.connections]),
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
    )


def fragment(result: Deployment) -> str:
    """A short summary as HTML for a notebook cell."""
    scores = result.whole.scores
    return deploy_page.fragment(
        title=result.whole.batch.task.name,
        scores=f"{scores.label} {scores.held_out()} held-out samples",
        verdict=(result.exact, verdict(result)),
        chips=result.costs.chips,
        notes=result.costs.notes(),
    )


def verdict(result: Deployment) -> str:
    """Whether the network that ran is the network that was trained, in a sentence or two."""
    count = f"{len(result.proof.labels)} test samples ran in {result.proof.backend}"
    left_out = "" if result.left_out is None else f" The proof in Lava was left out: {result.left_out}."
    if result.exact:
        return (
            f"What was trained is what ran: {count}, and every spike of every neuron and every readout voltage of "
            f"every step equals the training forward pass.{left_out}"
        )
    return f"Not the same: {count}, and they differ from the training forward pass. {result.first_difference}{left_out}"


def _history(run: Run) -> list[dict[str, float]]:
    """Rows of the training curve, from ``history.csv``."""
    with run.history.open(newline="", encoding="utf-8") as file:
        rows = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    # The name of the score is that of its column.
    return [{**row, "accuracy": row.get("validation_accuracy", row.get("validation_r2", np.nan))} for row in rows]


def _read_out(task: Task) -> str:
    """Which steps are read out."""
    return "every step is read out" if task.target.every_step else f"the last {task.readout_steps} are read out"


def _range(steps: npt.NDArray[np.int64]) -> str:
    """The range of steps where samples differ in length."""
    return "" if steps.min() == steps.max() else f"{steps.min()} to {steps.max()}, of which "


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{key} "))
        else:
            flat[f"{prefix}{key}"] = value
    return flat
