"""Pictures of the profile page, as SVG text, drawn from the JSON of ``profile --json``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lava_ahp.report.drawing import ACCENT, BAD, GOOD, GREEN, INK, SOFT, largest, literal, panels, svg

_PARTS = {"neurocore_dynamic": ACCENT, "neurocore_static": "#8fb8ca", "host_io": SOFT}
_LABELS = {
    "neurocore_dynamic": "neurocores, dynamic",
    "neurocore_static": "neurocores, static",
    "host_io": "host I/O",
}
#: Colour and marker of modelled, measured and published figures.
_MARKS = {"modelled": (ACCENT, "o"), "measured": (INK, "s"), "published": ("#9aa7b5", "D")}
_LINES = (INK, "#9aa7b5", "#7a5195", "#5b8c5a", "#b3261e")
#: Populations in the picture of activity.
_MOST_BARS = 24
#: Populations named in the picture of a core.
_MOST_LINES = 4


def _chips(summary: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    """``(name, kind, row)`` of every chip, modelled and measured."""
    found = [(row["name"], "modelled", row) for row in summary["hardware"]]
    return found + [(row["name"], "measured", row) for row in summary["chip"]]


def energy_split(summary: Mapping[str, Any]) -> str:
    """Energy per sample of every chip, by part; a thin line shows the range of static power."""
    chips = _chips(summary)[::-1]
    drawing, axes = panels(10, 0.9 + 0.5 * len(chips))
    for place, (_, _, row) in enumerate(chips):
        left = 0.0
        for name, colour in _PARTS.items():
            width = 1e6 * row["energy_j"][name]
            axes.barh(place, width, left=left, color=colour, height=0.6, label=_LABELS[name] if place == 0 else None)
            left += width
        band = row.get("static_band_j")
        if band is not None:
            shift = {level: left + 1e6 * (band[level] - band["typical"]) for level in ("low", "high")}
            axes.plot([shift["low"], shift["high"]], [place, place], color=INK, linewidth=1, marker="|", markersize=7)
    axes.set_yticks(range(len(chips)), [literal(f"{name} ({kind})") for name, kind, _ in chips])
    axes.set(xlabel="µJ per sample; the thin line is the range of static power")
    axes.set_xlim(left=0)
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="lower right", bbox_to_anchor=(1, 1))
    return svg(drawing, "Energy per sample of every chip, by part")


def side_by_side(summary: Mapping[str, Any]) -> str | None:
    """Energy per sample, latency and energy-delay product of chips and baselines, on logarithmic axes.

    None for a single chip, beside which there is nothing.
    """
    rows = [
        (name, kind, row["energy_j"]["total"], row["latency_s"], row["edp_js"]) for name, kind, row in _chips(summary)
    ]
    rows += [
        (f"{row['name']}, batch {row['batch']}", row["kind"], row["energy_j"], row["latency_s"], row["edp_js"])
        for row in summary["baseline"]
    ]
    if len(rows) < 2:
        return None
    rows = rows[::-1]
    drawing, axes = panels(10, 0.9 + 0.27 * len(rows), columns=3, sharey=True)
    titles = ("energy per sample (J)", "latency (s; of the whole batch)", "energy x latency (J s)")
    for column, title in enumerate(titles):
        panel = axes[column]
        for place, (_, kind, *values) in enumerate(rows):
            colour, mark = _MARKS[kind]
            if values[column] is not None:
                panel.plot(values[column], place, mark, color=colour, markersize=6)
            else:
                panel.annotate(
                    "not measured",
                    (0.02, place),
                    xycoords=("axes fraction", "data"),
                    size=7,
                    va="center",
                    color="#5c6b7e",
                )
        panel.set_xscale("log")
        _decades(panel)
        panel.set_title(title)
        panel.grid(axis="both", color="#dfe5ec", linewidth=0.6)
        panel.set_axisbelow(True)
    axes[0].set_yticks(range(len(rows)), [literal(row[0]) for row in rows])
    axes[0].set_ylim(-0.6, len(rows) - 0.4)
    return svg(drawing, "Energy per sample, latency and energy-delay product of chips and baselines")


def _decades(panel: Any) -> None:
    """Ticks at powers of ten only, two at least, so that their labels never overlap."""
    from matplotlib.ticker import LogLocator, NullFormatter

    low, high = panel.get_xlim()
    panel.set_xlim(
        min(low, 10 ** math.floor(math.log10(low * 1.3))), max(high, 10 ** math.ceil(math.log10(high / 1.3)))
    )
    panel.xaxis.set_major_locator(LogLocator(base=10, numticks=6))
    panel.xaxis.set_minor_formatter(NullFormatter())


def energy_over_batch(summary: Mapping[str, Any]) -> str | None:
    """Energy per sample over the batch size of the baselines, with chips as horizontal lines.

    A cross marks the batch size from which on a baseline takes less energy than a chip.  None where no baseline has an
    energy at two batch sizes, since there is no line then.
    """
    lines: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for row in summary["baseline"]:
        if row["energy_j"] is not None:
            lines.setdefault((row["name"], row["kind"]), []).append((row["batch"], row["energy_j"]))
    if all(len(points) < 2 for points in lines.values()):
        return None
    chips = _chips(summary)
    # The legend stands below, a name in each row, so that the plot keeps its width on a narrow screen.
    drawing, axes = panels(7.5, 3.6 + 0.2 * (len(lines) + len(chips)))
    for ((name, kind), points), colour in zip(lines.items(), _LINES * len(lines), strict=False):
        points.sort()
        line = "-" if kind == "measured" else ":"
        label = literal(name) + f" ({kind})"
        axes.plot(*zip(*points, strict=True), line, marker="o", markersize=5, color=colour, label=label)
    for k, (name, kind, row) in enumerate(chips):
        colour = (ACCENT, SOFT, GOOD, GREEN, INK)[k % 5]
        energy, band = row["energy_j"]["total"], row.get("static_band_j")
        axes.axhline(energy, color=colour, linewidth=1.4, linestyle="--", label=literal(name) + f" ({kind})")
        if band is not None:
            low, high = (energy + band[level] - band["typical"] for level in ("low", "high"))
            axes.axhspan(low, high, color=colour, alpha=0.1, linewidth=0)
    energies = {(name, kind): row["energy_j"]["total"] for name, kind, row in chips}
    for crossing in summary["crossings"]:
        if crossing["batch"] is not None:
            energy = energies[crossing["chip"], crossing["chip_kind"]]
            axes.plot(crossing["batch"], energy, "X", color=BAD, markersize=9, zorder=4)
            axes.annotate(
                f"batch {crossing['batch']:.0f}", (crossing["batch"], energy), (4, 6), textcoords="offset points",
                size=9, color=BAD,
            )  # fmt: skip
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    sizes = sorted({batch for points in lines.values() for batch, _ in points})
    axes.set_xticks(sizes, [f"{size}" for size in sizes])
    axes.set(xlabel="batch size of the baseline", ylabel="J per sample")
    axes.grid(color="#dfe5ec", linewidth=0.6)
    axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.16))
    return svg(drawing, "Energy per sample over the batch size of the baselines, with chips as horizontal lines")


def activity(populations: Sequence[Mapping[str, Any]]) -> str:
    """Share of neurons that spike and share of active updates, by population; of many, those that spike most."""
    shown = [populations[k] for k in largest([row["rate"] for row in populations], _MOST_BARS)]
    drawing, (rate, active) = panels(10, 0.9 + 0.32 * len(shown), columns=2)
    if len(shown) < len(populations):
        drawing.suptitle(f"the {len(shown)} of {len(populations)} populations that spike most", size=9)
    rows = shown[::-1]
    rate.barh([literal(row["name"]) for row in rows], [100 * row["rate"] for row in rows], color=INK, height=0.6)
    rate.set(title="neurons that spike", xlabel="% per step")
    updated = [row for row in rows if "updates" in row]
    shares = [100 * row["active_updates"] / row["updates"] for row in updated]
    active.barh([literal(row["name"]) for row in updated], shares, color=ACCENT, height=0.6)
    active.set(title="active updates (spike or arriving operation)", xlabel="% of updates", xlim=(0, 100))
    return svg(drawing, "Share of neurons that spike and of active updates, by population")


def tile_columns(cores: Sequence[Mapping[str, Any]]) -> int:
    """Number of tile columns that a placement uses."""
    return 1 + max(int(core["tile"][0]) for core in cores)


def placement(cores: Sequence[Mapping[str, Any]]) -> str:
    """Cores in use, by tile, with the populations on them; a darker core is fuller."""
    tiles: dict[tuple[int, int], list[Mapping[str, Any]]] = {}
    for core in cores:
        tiles.setdefault(tuple(core["tile"]), []).append(core)
    columns, rows = tile_columns(cores), 1 + max(y for _, y in tiles)
    most = max(core["compartments"] for core in cores)
    few = len(cores) <= 16
    size = min(2.4, 10 / columns)
    drawing, axes = panels(size * columns, size * rows * 0.7)
    for (x, y), held in tiles.items():
        axes.add_patch(_box(x, y, 0.94, 0.94, "#f6f8fa", "#9aa7b5"))
        for k, core in enumerate(held):
            # Two columns of cores in a tile: four fill it, as on the chip, and more are drawn below it.
            cx, cy = x + 0.03 + 0.45 * (k % 2), y + 0.03 + 0.45 * (k // 2)
            box = _box(cx, cy, 0.42, 0.42, ACCENT, "white")
            box.set_alpha(0.15 + 0.45 * core["compartments"] / most)
            axes.add_patch(box)
            if few:
                lines = [f"{literal(name)} {n}" for name, n in core["neurons"].items()]
                more = [f"{len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
                text = "\n".join([*lines[:_MOST_LINES], *more])
                axes.text(cx + 0.21, cy + 0.21, text, ha="center", va="center", size=6, color=INK)
    axes.set(xlim=(-0.02, columns), ylim=(rows, -0.02), xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    return svg(drawing, "Cores of the chip in use, by tile")


def _box(x: float, y: float, width: float, height: float, colour: str, edge: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=colour, edgecolor=edge, linewidth=0.8)
