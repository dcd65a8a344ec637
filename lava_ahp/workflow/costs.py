"""Energy and latency of a deployed network on chips: the profile in its run folder, and its summaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lava_ahp.network import Network
from lava_ahp.profiler import Hardware
from lava_ahp.report import profile_rows
from lava_ahp.report.progress import Reporter
from lava_ahp.report.units import joules, seconds
from lava_ahp.workflow.evaluation import Evaluation
from lava_ahp.workflow.profiling import compared, count, fitted
from lava_ahp.workflow.runs import Run
from lava_ahp.workflow.stimulus import DEFAULT_SAMPLES, Stimulus


@dataclass(frozen=True, eq=False)
class Costs:
    """Energy and latency on chips, modelled.

    Attributes:
        chips: the entries ``hardware`` of ``profile --json``, of the chips that the network fits.
        refusals: the limit that it exceeds on each of the others.
    """

    chips: Sequence[dict[str, Any]]
    refusals: Sequence[str] = ()

    def lines(self, where: Path) -> Iterator[str]:
        """The first chip for the terminal, and what does not fit; ``where`` is the page with the whole profile."""
        for refusal in self.refusals:
            yield f"energy       not modelled: {refusal}"
        if not self.chips:
            return
        chip = self.chips[0]
        cost = f"{joules(chip['energy_j']['total'])} and {seconds(chip['latency_s'])}"
        yield f"energy       {cost} per sample on {chip['name']}, modelled: {where}"
        if chip["warning"]:
            yield f"             {chip['warning']}"

    def rows(self) -> list[dict[str, Any]]:
        """A table of the chips."""
        return [profile_rows.chip_row(chip) for chip in self.chips]

    def notes(self) -> list[str]:
        """Warnings of the chips, and why others are missing."""
        return [*self.refusals, *(f"{chip['name']}: {chip['warning']}" for chip in self.chips if chip["warning"])]


def price(
    network: Network,
    whole: Evaluation,
    run: Run,
    hardware: Sequence[Hardware],
    *,
    command: str,
    report: Reporter,
) -> Costs:
    """Profile the first test samples, and write the profile of the run as JSON and as a page.

    Args:
        network: the exported one.
        whole: its evaluation over the whole test split.
        run: its folder.
        hardware: chips.
        command: what the user typed.
        report: shows progress.
    """
    fitting, refusals = fitted(network, hardware)
    if not fitting:
        for stale in (run.profile, run.profile_page):
            stale.unlink(missing_ok=True)
        return Costs((), refusals)
    batch = whole.batch.part(0, min(DEFAULT_SAMPLES, len(whole.batch)))
    found = Stimulus.of(batch, f"the first {len(batch)} of {len(whole.batch)} test samples of {batch.task.name}")
    with report.counting("profile", len(batch)) as advance:
        counted = count(network, run.network.name, found, fitting, evaluation=whole, progress=advance)
    profile = replace(compared(counted, ()), command=command)
    profile.save(json_path=run.profile, html_path=run.profile_page)
    return Costs(profile.to_json()["hardware"], refusals)
