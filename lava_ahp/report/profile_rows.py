"""Table rows and sentences of a profile, as text, from the JSON of ``profile --json``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lava_ahp.report.units import joules, js, scaled, seconds, times

TERMS = ("neurocore_dynamic", "neurocore_static", "host_io", "total")


def score(network: Mapping[str, Any]) -> tuple[str, str] | None:
    """Name and value of the score, ``("accuracy", "96.00 %")``; None where labels are not known."""
    if network["accuracy"] is not None:
        return "accuracy", f"{100 * network['accuracy']:.2f} %"
    found = network.get("score")
    return None if found is None else (found["name"], found["value"])


def accuracy_of(network: Mapping[str, Any]) -> str:
    """The samples that the accuracy is of: ``accuracy_of``, or else the samples of the profile, ``stimulus``."""
    return str(network.get("accuracy_of") or network["stimulus"])


def crossing_sentence(crossing: Mapping[str, Any]) -> str:
    """Whether a chip or a baseline takes less energy, and from which batch size on."""
    chip, baseline, batch = crossing["chip"], crossing["baseline"], crossing["batch"]
    if batch is not None:
        less = f"{chip} takes less energy per sample than {baseline} below batch {batch:.0f}"
        return f"{less}, and more from batch {batch:.0f} on."
    less, more = (chip, baseline) if crossing["cheaper"] == "chip" else (baseline, chip)
    return f"{less} takes less energy per sample than {more} at every batch size up to {crossing['largest_batch']}."


def energy_term(row: Mapping[str, Any], name: str) -> str:
    """One of :data:`TERMS` of a chip, modelled or measured; in words where the host's is not known apart."""
    if name == "host_io" and not row.get("host_apart", True):
        return "in the others"
    return joules(row["energy_j"][name])


def chip_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A chip, modelled or measured: energy by term, latency, energy-delay product, cores and chips."""
    energy = {name.replace("_", " "): energy_term(row, name) for name in TERMS}
    band = row.get("static_band_j")
    if band is not None:
        energy["neurocore static"] += f" ({joules(band['low'])} to {joules(band['high'])})"
    return {
        "chip": row["name"],
        "kind": row.get("kind", "modelled"),
        **energy,
        "latency": seconds(row["latency_s"]),
        "EDP": js(row["edp_js"]),
        "cores": row.get("cores", "not known"),
        "chips": row["chips"],
    }


def measured_sentence(row: Mapping[str, Any]) -> str:
    """Where, when and with what a chip was measured."""
    facts = [row["device"], *([row["date"]] if row["date"] else []), *(f"{k} {v}" for k, v in row["versions"].items())]
    wrong = "; its outputs were DIFFERENT from those expected" if row["equal"] is False else ""
    return f"* {row['name']}: measured on {', '.join(facts)}{wrong}"


def small_chip_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A chip, modelled or measured: energy, latency and energy-delay product."""
    return {
        "chip": row["name"],
        "kind": row.get("kind", "modelled"),
        "energy": joules(row["energy_j"]["total"]),
        "latency": seconds(row["latency_s"]),
        "EDP": js(row["edp_js"]),
    }


def step_row(chip: Mapping[str, Any]) -> dict[str, Any]:
    """Time of a step by part."""
    parts = {name: seconds(value) for name, value in chip["step_s"].items()}
    return {"chip": chip["name"], **parts, "step": seconds(sum(chip["step_s"].values())), "bound by": chip["bound"]}


def baseline_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A baseline at one batch size."""
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
        "method": row["method"],
    }


def ratio_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A baseline at one batch size, relative to a chip."""
    return {
        "network": f"{row['baseline']} ({row['baseline_kind']})",
        "batch": row["batch"],
        "chip": f"{row['chip']} ({row['chip_kind']})",
        "energy": times(row["energy"]),
        "latency": times(row["latency"]),
        "EDP": times(row["edp"]),
    }


def operation_row(name: str, chips: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One operation, counted and priced, with a column for each chip."""
    cells: dict[str, Any] = {"per sample": name.replace("_", " ")}
    for chip in chips:
        spent, count = chip["operation_j"].get(name), chip["operations"][name]
        cost = "" if count == 0 else ", no price" if spent is None else f" = {joules(spent)}"
        cells[chip["name"]] = f"{count:,.0f}{cost}"
    return cells


def unpriced_rows(chip: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Operations that occurred but have no price."""
    for row in chip["unpriced"]:
        yield {
            "chip": chip["name"],
            "operation": row["operation"],
            "quantity": row["quantity"],
            "per sample": f"{row['per_sample']:,.0f}",
        }


def spread_rows(chip: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Spread of energy, latency and energy-delay product over samples."""
    shown = {
        "energy_j": ("energy", joules),
        "neurocore_dynamic_j": ("neurocores, dynamic", joules),
        "latency_s": ("latency", seconds),
        "edp_js": ("EDP", js),
    }
    for name, (text, unit) in shown.items():
        figures = {key: unit(value) for key, value in chip["spread"][name].items()}
        yield {"chip": chip["name"], "quantity": text, **figures}


def population_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Activity of a population per sample."""
    active = "" if "updates" not in row else f"{100 * row['active_updates'] / row['updates']:.1f} %"
    return {
        "population": row["name"],
        "neurons": row["neurons"],
        "spikes": f"{row['spikes']:,.1f}",
        "spiking": f"{100 * row['rate']:.2f} %",
        "active": active,
    }


def connection_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Activity of a connection per sample."""
    return {"connection": row["name"], "synapses": f"{row['synapses']:,}", "operations": f"{row['synops']:,.0f}"}


def neurobench_row(found: Mapping[str, float]) -> dict[str, str]:
    """NeuroBench's metrics."""
    return {
        "footprint": f"{found['footprint_bytes']:,.0f} bytes",
        "connection sparsity": f"{found['connection_sparsity']:.4f}",
        "activation sparsity": f"{found['activation_sparsity']:.4f}",
        "effective MACs": f"{found['effective_macs']:,.0f}",
        "effective ACs": f"{found['effective_acs']:,.0f}",
        "dense": f"{found['dense_operations']:,.0f}",
    }


def accuracy_rows(summary: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Accuracy of the network, the measured chips and the baselines, each with its samples."""
    network = summary["network"]
    found = score(network)
    name, text = found or ("accuracy", "not known")
    of = "" if found is None else accuracy_of(network)
    shown = text if name == "accuracy" else f"{name} {text}"
    yield {"network": network["file"], "kind": "measured, 8-bit weights", "accuracy": shown, "samples": of}
    for kind, name, accuracy in [
        *(("measured by others", run["name"], run["accuracy"]) for run in summary["chip"]),
        *((row["kind"], f"{row['name']} ({row['model']})", row["accuracy"]) for row in _networks(summary)),
    ]:
        text = "not known" if accuracy is None else f"{100 * accuracy['value']:.2f} %"
        of = "" if accuracy is None else f"{accuracy['samples']} samples"
        yield {"network": name, "kind": kind, "accuracy": text, "samples": of}


def provenance_rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """``(name, rows)`` with the origin of the figures of every chip and baseline."""
    for chip in summary["hardware"]:
        yield chip["name"], chip["provenance"]
    for row in _networks(summary):
        facts = {key: row[key] for key in ("model", "device", "source")}
        facts |= {**row["machine"], **row["versions"], **({} if row["date"] is None else {"date": row["date"]})}
        yield row["name"], [{"about": key, "value": value} for key, value in facts.items()]
    for run in summary["chip"]:
        facts = {key: run[key] for key in ("device", "network", "source")} | run["versions"]
        facts |= {key: run[key] for key in ("date",) if run[key] is not None}
        if run["equal"] is not None:
            facts["outputs"] = "equal to those expected" if run["equal"] else "DIFFERENT from those expected"
        yield run["name"], [{"about": key, "value": value} for key, value in facts.items()]


def _networks(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """One entry per baseline, whatever the number of its batch sizes."""
    return list({row["name"]: row for row in summary["baseline"]}.values())
