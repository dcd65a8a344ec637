"""What came of lowering a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lava_ahp.loihi2.headroom import ROOM
from lava_ahp.loihi2.pairing import Paired
from lava_ahp.network import Network
from lava_ahp.workflow.runs import Run


@dataclass(frozen=True, eq=False, repr=False)
class Lowering:
    """A network of LIF neurons, and what it cost to get there.

    Attributes:
        network: the result; its populations have the names and sizes of the source's.
        target: what it was lowered to.
        scale: ``k``: weights and thresholds of AHP neurons count ``2**k`` times.
        paired: the network with lag, groups and what was clamped.
        share: the largest magnitude of ``u`` on the samples, as a share of 2**23.
        samples: where these samples come from, in words.
        accuracy: share of the samples that the source and the result get right, ``0..1``; None without data of a task.
        synops: mean synaptic operations per sample of the source and of the result.
        untrained: share of the samples that were right before fine-tuning; None without either.
        run: the run of the fine-tuning, or None.
    """

    network: Network
    target: str
    scale: int
    paired: Paired
    share: float
    samples: str
    accuracy: tuple[float, float] | None
    synops: tuple[float, float]
    untrained: float | None = None
    run: Run | None = None

    def lines(self) -> Iterator[str]:
        """The result for a terminal."""
        found = self.paired
        lags = ", ".join(f"{name} {lag}" for name, lag in found.lag.items()) or "no AHP neurons"
        yield f"{self.target}: {self.network.neurons} LIF neurons, {self.network.synapses} synapses"
        yield f"lag in steps: {lags}; scale 2^{self.scale}"
        yield f"u reaches {100 * self.share:.1f} % of 2^23 on {self.samples}; allowed {100 * ROOM:.0f} %"
        for name, count in found.groups.items():
            of = f", of {found.distinct[name]} before" if found.distinct[name] != count else ""
            yield f"{name}: {count} LIF process{'es' * (count > 1)}{of}"
        if found.clamped:
            yield f"{found.clamped} weights of -256 became -254: +256 does not exist"
        if found.decays:
            yield f"{found.decays} decays changed by 1: the chip has current_decay 1..4096, voltage_decay 0..4095"
        before, after = self.synops
        yield f"synaptic operations per sample: {after:,.0f}, {after / max(before, 1):.2f} times those before"
        if self.accuracy is not None:
            before, after = (100 * share for share in self.accuracy)
            untrained = "" if self.untrained is None else f", without fine-tuning {100 * self.untrained:.2f} %"
            yield f"accuracy: {after:.2f} %, before {before:.2f} %{untrained}"

    def to_json(self) -> dict[str, Any]:
        """The keys of ``lower --json``."""
        accuracy = self.accuracy or (None, None)
        return {
            **self.settings(),
            "neurons": self.network.neurons,
            "synapses": self.network.synapses,
            "accuracy_before": accuracy[0],
            "accuracy_after": accuracy[1],
            "accuracy_untrained": self.untrained,
            "synops_before": self.synops[0],
            "synops_after": self.synops[1],
        }

    def settings(self) -> dict[str, Any]:
        """What was done, as JSON values; the file keeps it."""
        return {
            "target": self.target,
            "construction": "paired synapses",
            "scale": self.scale,
            "lag": dict(self.paired.lag),
            "groups": dict(self.paired.groups),
            "distinct": dict(self.paired.distinct),
            "clamped_weights": self.paired.clamped,
            "changed_decays": self.paired.decays,
            "current_share": self.share,
            "samples": self.samples,
        }

    def __repr__(self) -> str:
        return "\n".join(self.lines())
