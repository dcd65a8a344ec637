"""The page about energy and latency, drawn from the JSON of a profile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lava_ahp.report import energy_figures as figures
from lava_ahp.report.page import fill
from lava_ahp.report.units import joules, js, scaled, seconds, times

_TERMS = ("neurocore_dynamic", "neurocore_static", "host_io", "total")


def render(summary: Mapping[str, Any], command: str) -> str:
    """The page as HTML, with its pictures inside.

    Args:
        summary: the JSON of ``profile --json``, which holds everything that the page shows.
        command: what the user typed.
    """
    chips = summary["hardware"]
    tables = {
        "chips": [chip_row(row) for row in (*chips, *summary["chip"])],
        "steps": [_step(chip) for chip in chips],
        "baselines": [_baseline(row) for row in summary["baseline"]],
        "ratios": [_ratio(row) for row in summary["ratios"]],
        "operations": [_operation(name, chips) for name in chips[0]["operations"]],
        "unpriced": [
            {"chip": chip["name"], **row, "per_sample": f"{row['per_sample']:,.0f}"}
            for chip in chips
            for row in chip["unpriced"]
        ],
        "spread": [row for chip in chips for row in _spread(chip)],
        "populations": [_population(row) for row in summary["activity"]["populations"]],
        "connections": [_connection(row) for row in summary["activity"]["connections"]],
        "neurobench": [_neurobench(summary["activity"]["neurobench"])],
        "accuracy": list(_accuracy(summary)),
    }
    return fill(
        "profile.html.j2",
        title=f"{summary['network']['file']}: energy and latency",
        command=command,
        headline=list(_headline(summary)),
        warnings=[(chip["name"], chip["warning"]) for chip in chips if chip["warning"]],
        tables=tables,
        crossings=[sentence(row) for row in summary["crossings"]],
        standing=summary["standing"],
        provenance=dict(_provenance(summary)),
        split=figures.energy_split(summary),
        beside=figures.side_by_side(summary),
        batches=figures.energy_over_batch(summary),
        activity=figures.activity(summary["activity"]["populations"]),
        placements=[
            (chip["name"], figures.placement(chip["placement"]), 230 * figures.tile_columns(chip["placement"]))
            for chip in chips
        ],
    )


def sentence(crossing: Mapping[str, Any]) -> str:
    """Where two lines of energy over batch size cross."""
    chip, baseline, batch = crossing["chip"], crossing["baseline"], crossing["batch"]
    if batch is not None:
        return f"{chip} takes less energy per sample than {baseline} below batch {batch:.0f}, more from there on."
    less, more = (chip, baseline) if crossing["cheaper"] == "chip" else (baseline, chip)
    return f"{less} takes less energy per sample than {more} at every batch up to {crossing['largest_batch']}."


def _headline(summary: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    chip, network = summary["hardware"][0], summary["network"]
    if network["accuracy"] is not None:
        yield "accuracy", f"{100 * network['accuracy']:.1f} %", network["stimulus"]
    yield "energy per sample", joules(chip["energy_j"]["total"]), f"{chip['name']}, modelled"
    dynamic = chip["energy_j"]["neurocore_dynamic"]
    yield "of which neurocores, dynamic", joules(dynamic), f"{100 * dynamic / chip['energy_j']['total']:.0f} % of all"
    yield "latency", seconds(chip["latency_s"]), f"{summary['activity']['steps']:.0f} steps, bound by {chip['bound']}"
    cores = f"{chip['cores']} core{'s' * (chip['cores'] != 1)}"
    yield "takes", cores, f"on {chip['chips']} chip{'s' * (chip['chips'] != 1)}, {network['neurons']} neurons"


def chip_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A chip's row of a table, modelled or measured, from the JSON."""
    energy = {name.replace("_", " "): joules(row["energy_j"][name]) for name in _TERMS}
    band = row.get("static_band_j")
    if band is not None:
        energy["neurocore static"] += f" ({joules(band['low'])} to {joules(band['high'])})"
    place = {"cores": row.get("cores", "not known"), "chips": row["chips"]}
    return {"chip": row["name"], "kind": row.get("kind", "modelled"), **energy, "latency": seconds(row["latency_s"]),
            "EDP": js(row["edp_js"]), **place}  # fmt: skip


def _step(chip: Mapping[str, Any]) -> dict[str, Any]:
    parts = {name: seconds(value) for name, value in chip["step_s"].items()}
    return {"chip": chip["name"], **parts, "step": seconds(sum(chip["step_s"].values())), "bound by": chip["bound"]}


def _baseline(row: Mapping[str, Any]) -> dict[str, Any]:
    unknown = "not published" if row["kind"] == "published" else "not measured"

    def known(value: float | None) -> str:
        return unknown if value is None else joules(value)

    return {
        "network": row["name"],
        "kind": row["kind"],
        "batch": row["batch"],
        "latency": seconds(row["latency_s"]),
        "energy per sample": known(row["energy_j"]),
        "above idle": known(row["dynamic_j"]),
        "idle": unknown if row["idle_w"] is None else scaled(row["idle_w"], "W"),
        "how": row["method"],
    }


def _ratio(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {"network": f"{row['baseline']} ({row['baseline_kind']})", "batch": row["batch"]}
    chip = {"chip": f"{row['chip']} ({row['chip_kind']})"}
    return {**found, **chip, **{name: times(row[name]) for name in ("energy", "latency", "edp")}}


def _operation(name: str, chips: list[Mapping[str, Any]]) -> dict[str, Any]:
    cells: dict[str, Any] = {"per sample": name.replace("_", " ")}
    for chip in chips:
        spent, count = chip["operation_j"].get(name), chip["operations"][name]
        cost = "" if count == 0 else ", no price" if spent is None else f" = {joules(spent)}"
        cells[chip["name"]] = f"{count:,.0f}{cost}"
    return cells


def _spread(chip: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    shown = {
        "energy_j": ("energy", joules),
        "neurocore_dynamic_j": ("of neurocores, dynamic", joules),
        "latency_s": ("latency", seconds),
        "edp_js": ("EDP", js),
    }
    for name, (text, unit) in shown.items():
        yield {"chip": chip["name"], "what": text, **{key: unit(value) for key, value in chip["spread"][name].items()}}


def _population(row: Mapping[str, Any]) -> dict[str, Any]:
    active = "" if "updates" not in row else f"{100 * row['active_updates'] / row['updates']:.1f} %"
    return {
        "population": row["name"],
        "neurons": row["neurons"],
        "spikes": f"{row['spikes']:,.1f}",
        "spiking": f"{100 * row['rate']:.2f} %",
        "active": active,
    }


def _connection(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"connection": row["name"], "synapses": f"{row['synapses']:,}", "operations": f"{row['synops']:,.0f}"}


def _neurobench(found: Mapping[str, float]) -> dict[str, str]:
    return {
        "footprint": f"{found['footprint_bytes']:,.0f} bytes",
        "connection sparsity": f"{found['connection_sparsity']:.4f}",
        "activation sparsity": f"{found['activation_sparsity']:.4f}",
        "effective MACs": f"{found['effective_macs']:,.0f}",
        "effective ACs": f"{found['effective_acs']:,.0f}",
        "dense": f"{found['dense_operations']:,.0f}",
    }


def _networks(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One entry per baseline, whatever the number of its batch sizes."""
    return list({row["name"]: row for row in summary["baseline"]}.values())


def _accuracy(summary: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    network = summary["network"]
    found = "not known" if network["accuracy"] is None else f"{100 * network['accuracy']:.2f} %"
    kind = "measured, 8-bit weights"
    yield {"network": network["file"], "kind": kind, "accuracy": found, "of": network["stimulus"]}
    for kind, name, accuracy in [
        *(("measured by others", run["name"], run["accuracy"]) for run in summary["chip"]),
        *((row["kind"], f"{row['name']} ({row['model']})", row["accuracy"]) for row in _networks(summary)),
    ]:
        text = "not known" if accuracy is None else f"{100 * accuracy['value']:.2f} %"
        of = "" if accuracy is None else f"{accuracy['samples']} samples"
        yield {"network": name, "kind": kind, "accuracy": text, "of": of}


def _provenance(summary: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """By name, the rows of what is known of every figure's origin."""
    for chip in summary["hardware"]:
        yield chip["name"], chip["provenance"]
    for row in _networks(summary):
        facts = {key: row[key] for key in ("model", "device", "source")}
        facts |= {**row["machine"], **row["versions"], **({} if row["date"] is None else {"date": row["date"]})}
        yield row["name"], [{"about": key, "value": value} for key, value in facts.items()]
    for run in summary["chip"]:
        yield run["name"], [{"about": key, "value": run[key]} for key in ("device", "network", "source")]
