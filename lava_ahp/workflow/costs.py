"""What a deployed network would cost on chips: the profile in its run folder, and what its summaries say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lava_ahp import files
from lava_ahp.errors import SpecError
from lava_ahp.files import write_text
from lava_ahp.network import Network
from lava_ahp.profiler import Hardware
from lava_ahp.report import profile_page
from lava_ahp.report.units import joules, seconds
from lava_ahp.tasks import Task
from lava_ahp.workflow import comparison, profile
from lava_ahp.workflow.evaluate import Counting
from lava_ahp.workflow.runs import Run


@dataclass(frozen=True, eq=False)
class Costs:
    """Energy and latency on chips, modelled.

    Attributes:
        chips: a chip's part of ``profile --json`` each; none where the network does not fit one of them.
        refusal: which limit it exceeds then, else None.
    """

    chips: Sequence[dict[str, Any]]
    refusal: str | None = None

    def lines(self, where: Path) -> Iterator[str]:
        """The first chip for the terminal; ``where`` is the page that has all of it."""
        if self.refusal is not None:
            yield f"energy       not modelled: {self.refusal}"
            return
        chip = self.chips[0]
        cost = f"{joules(chip['energy_j']['total'])} and {seconds(chip['latency_s'])}"
        yield f"energy       {cost} per sample on {chip['name']}, modelled: {where}"
        if chip["warning"]:
            yield f"             {chip['warning']}"

    def rows(self) -> list[dict[str, Any]]:
        """A table of the chips."""
        return [profile_page.chip_row(chip) for chip in self.chips]

    def notes(self) -> list[str]:
        """What is to be said of it."""
        if self.refusal is not None:
            return [self.refusal]
        return [f"{chip['name']}: {chip['warning']}" for chip in self.chips if chip["warning"]]


def price(
    network: Network, task: Task, run: Run, hardware: Sequence[Hardware], *, command: str, counting: Counting
) -> Costs:
    """Run test samples, and write the run's profile as JSON and as a page.

    Args:
        network: the exported one.
        task: what it was trained for.
        run: its folder.
        hardware: chips.
        command: what the user typed.
        counting: shows progress.
    """
    found = profile.of_task(task)
    try:
        with counting("profile", len(found.events)) as advance:
            counted = profile.profile(network, run.network, found, hardware, progress=advance)
    except SpecError as error:
        for stale in (run.profile, run.profile_page):
            stale.unlink(missing_ok=True)
        return Costs((), str(error))
    result = profile.beside(counted, ())
    summary = comparison.to_json(result)
    files.write_json(run.profile, summary)
    write_text(run.profile_page, profile_page.render(summary, command))
    return Costs(summary["hardware"])
