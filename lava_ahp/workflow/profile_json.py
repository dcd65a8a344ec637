"""The JSON of ``profile --json``: counts, estimates, ratios and crossing points."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lava_ahp.profiler import Estimate, spread
from lava_ahp.profiler.measurement import Baseline, BaselineRow, ChipRun
from lava_ahp.profiler.neurobench import metrics
from lava_ahp.report.profile_rows import score

if TYPE_CHECKING:
    from lava_ahp.workflow.profiling import Profile


def to_json(profile: Profile) -> dict[str, Any]:
    """The keys of ``profile --json``: joules, seconds and J s per sample, means unless they say otherwise."""
    return {
        "network": network(profile),
        "activity": activity(profile),
        "hardware": [estimate(e) for e in profile.estimates],
        "chip": [chip(run) for run in profile.chips],
        "baseline": [row for b in profile.baselines for row in baseline(b)],
        "ratios": list(ratios(profile)),
        "crossings": list(crossings(profile)),
        "standing": standing(profile),
    }


def network(profile: Profile) -> dict[str, Any]:
    """File, sizes and scores."""
    net = profile.network
    return {
        "file": profile.name,
        "task": profile.task,
        "neurons": net.neurons,
        "synapses": net.synapses,
        "accuracy": profile.accuracy,
        "accuracy_of": profile.scores_of,
        "score": None if profile.scores is None else {"name": profile.scores.label, "value": profile.scores.main},
        "samples": len(profile.stimulus.events),
        "stimulus": profile.stimulus.text,
    }


def activity(profile: Profile) -> dict[str, Any]:
    """Exact counts per sample, and NeuroBench's metrics."""
    counts, net = profile.activity, profile.network
    return {
        "steps": float(counts.steps.mean()),
        "spikes": spread(sum(counts.spikes[p.name] for p in net)),  # type: ignore[arg-type]
        "synops": spread(sum(counts.synops, 0 * counts.steps)),
        "populations": list(populations(profile)),
        "connections": [
            {"name": c.name, "synapses": c.synapses, "synops": float(n.mean())}
            for c, n in zip(net.connections, counts.synops, strict=True)
        ],
        "neurobench": metrics(net, counts),
    }


def populations(profile: Profile) -> Iterator[dict[str, Any]]:
    """Spikes and updates of each population per sample."""
    counts = profile.activity
    steps = float(counts.steps.mean())
    for p in profile.network.populations:
        spikes = float(counts.spikes[p.name].mean())
        row = {"name": p.name, "neurons": p.size, "spikes": spikes, "rate": spikes / (steps * p.size)}
        if not p.is_input:
            row["updates"] = float(counts.updates[p.name].mean())
            row["active_updates"] = float(counts.active_updates[p.name].mean())
        yield row


def estimate(found: Estimate) -> dict[str, Any]:
    """One chip, modelled."""
    hardware, placement = found.hardware, found.placement
    energy = found.energy_j()
    return {
        "name": hardware.name,
        "title": hardware.title,
        "warning": hardware.warning,
        "energy_j": {name: float(values.mean()) for name, values in energy.items()},
        "host_apart": hardware.host.power_w is not None,
        "static_band_j": {level: float(found.static_j(level).mean()) for level in ("low", "typical", "high")},
        "latency_s": float(found.latency_s.mean()),
        "edp_js": float(found.edp_js.mean()),
        "cores": len(placement.cores),
        "chips": placement.chips,
        "spread": {
            "energy_j": spread(energy["total"]),
            "neurocore_dynamic_j": spread(energy["neurocore_dynamic"]),
            "latency_s": spread(found.latency_s),
            "edp_js": spread(found.edp_js),
        },
        "step_s": {name: float((values / found.steps).mean()) for name, values in found.time_s.items()},
        "bound": found.bound,
        "operations": {name: float(values.mean()) for name, values in found.counts.items()},
        "operation_j": {name: float(values.mean()) for name, values in found.operation_j.items()},
        "unpriced": found.unpriced,
        "placement": [
            {
                "chip": core.chip,
                "tile": list(core.tile),
                "neurons": {s.population: s.stop - s.start for s in core.slices},
                "compartments": core.compartments,
                "synapse_bytes": core.synapse_bytes,
                "axons_in": core.axons_in,
                "axons_out": core.axons_out,
            }
            for core in placement.cores
        ],
        "unchecked_limits": list(placement.unchecked),
        "provenance": hardware.provenance(),
    }


def chip(run: ChipRun) -> dict[str, Any]:
    """One chip, measured."""
    return {
        **run.model_dump(mode="json", exclude={"what", "power"}),
        "energy_j": run.energy_j,
        "latency_s": run.latency_s,
        "edp_js": run.edp_js,
    }


def baseline(found: Baseline) -> Iterator[dict[str, Any]]:
    """One entry per batch size."""
    for row in found.rows:
        yield {
            "name": found.name,
            "model": found.model,
            "device": found.device,
            "kind": found.kind,
            "batch": row.batch,
            "latency_s": row.latency_s,
            "energy_j": row.energy_j,
            "dynamic_j": row.dynamic_j,
            "edp_js": row.edp_js,
            "idle_w": row.idle_w,
            "method": row.method,
            "source": found.source,
            "accuracy": None if found.accuracy is None else found.accuracy.model_dump(),
            "machine": dict(found.machine),
            "versions": dict(found.versions),
            "date": found.date,
        }


def totals(profile: Profile) -> Iterator[tuple[str, str, float, float, float]]:
    """``(name, kind, energy, latency, energy-delay product)`` of every chip, modelled and measured."""
    for e in profile.estimates:
        energy = float(e.energy_j()["total"].mean())
        yield e.hardware.name, "modelled", energy, float(e.latency_s.mean()), float(e.edp_js.mean())
    for run in profile.chips:
        yield run.name, "measured", run.energy_j["total"], run.latency_s, run.edp_js


def ratios(profile: Profile) -> Iterator[dict[str, Any]]:
    """How many times more a baseline takes than a chip; each holds for one batch size of the baseline.

    The chip takes one sample at a time.  Energy is per sample, latency that of the whole batch.
    """
    for name, kind, energy, latency, edp in totals(profile):
        for found, row in _rows(profile):
            known = row.energy_j is not None and row.edp_js is not None
            yield {
                "chip": name,
                "chip_kind": kind,
                "baseline": found.name,
                "baseline_kind": found.kind,
                "batch": row.batch,
                "energy": row.energy_j / energy if known else None,  # type: ignore[operator]
                "latency": row.latency_s / latency,
                "edp": row.edp_js / edp if known else None,  # type: ignore[operator]
            }


def _rows(profile: Profile) -> Iterator[tuple[Baseline, BaselineRow]]:
    for found in profile.baselines:
        for row in found.rows:
            yield found, row


def crossings(profile: Profile) -> Iterator[dict[str, Any]]:
    """The batch size from which on a baseline takes less energy per sample than a chip.

    Between two measured sizes it is interpolated on logarithmic axes; None where the lines do not cross within what was
    measured, and then ``cheaper`` says who takes less throughout.
    """
    for name, kind, energy, _, _ in totals(profile):
        for found in profile.baselines:
            points = sorted((row.batch, row.energy_j) for row in found.rows if row.energy_j is not None)
            if len(points) < 2:
                continue
            cheaper = "baseline" if points[0][1] <= energy else "chip"
            yield {
                "chip": name,
                "chip_kind": kind,
                "baseline": found.name,
                "batch": _crossing(points, energy),
                "cheaper": cheaper,
                "largest_batch": points[-1][0],
            }


def _crossing(points: list[tuple[int, float]], energy: float) -> float | None:
    for (b0, e0), (b1, e1) in pairwise(points):
        if e0 > energy >= e1:
            share = math.log(e0 / energy) / math.log(e0 / e1)
            return float(b0 * (b1 / b0) ** share)
    return None


def standing(profile: Profile) -> dict[str, list[str]]:
    """What is measured, what is modelled, and what is not known."""
    measured = [f"activity: every spike and synaptic operation counted over {profile.stimulus.text}, none estimated"]
    if (found := score(network(profile))) is not None:
        measured.append(f"{found[0]} of the network: {found[1]} of {profile.scores_of}")
    measured += [f"{run.name}: {run.source}" for run in profile.chips]
    measured += [f"{b.name} on {b.device}: {b.source}" for b in profile.baselines if b.kind == "measured"]
    measured += [
        f"{b.name}, as published, not repeated here: {b.source}" for b in profile.baselines if b.kind != "measured"
    ]
    modelled = [
        f"{e.hardware.name}: energy and latency, from the counts and the figures of {e.hardware.title}"
        + (f". {e.hardware.warning}" if e.hardware.warning else "")
        for e in profile.estimates
    ]
    for e in profile.estimates:
        share, host = float((e.time_s["host"] / e.latency_s).mean()), e.hardware.host.step_time
        source = e.hardware.sources[host.source]
        modelled.append(f"{e.hardware.name}: {100 * share:.0f} % of the latency is the host's ({host.kind}; {source})")
    if profile.estimates:
        modelled.append("placement: populations in order onto as few cores as hold them, not a vendor's own")
    return {"measured": measured, "modelled": modelled, "unknown": list(_unknown(profile))}


def _unknown(profile: Profile) -> Iterator[str]:
    for e in profile.estimates:
        names = sorted({f"{row['operation']} ({row['quantity']})" for row in e.unpriced})
        yield f"{e.hardware.name}: no published price for {', '.join(names)}; counted, but not included in any sum"
        low, high = (1e3 * getattr(e.hardware.static, level).si for level in ("low", "high"))
        yield f"{e.hardware.name}: static power; published figures lie between {low:.3g} and {high:.3g} mW per chip"
        if e.hardware.host.power_w is None:
            yield f"{e.hardware.name}: power of the host, published only together with that of the neurocores"
        if e.placement.unchecked:
            limits = ", ".join(e.placement.unchecked)
            yield f"{e.hardware.name}: limits without a published figure, not checked: {limits}"
    for b in profile.baselines:
        missing = [str(row.batch) for row in b.rows if row.energy_j is None]
        if missing:
            yield f"{b.name}: energy at batch {', '.join(missing)}: {b.rows[0].method}"
        if b.accuracy is None:
            yield f"{b.name}: accuracy"
    if not profile.baselines:
        yield "a conventional network: none measured here (--baseline lstm), none published for this task"
