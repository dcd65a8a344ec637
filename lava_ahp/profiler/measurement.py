"""Files of measurements on real devices: runs on chips, baselines on this or another machine, published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lava_ahp.errors import DataError, shorten
from lava_ahp.files import write_text
from lava_ahp.files.parsing import read_values
from lava_ahp.profiler import hardware
from lava_ahp.settings import Table, validate

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


class Accuracy(Table):
    """Share of correct answers, ``0..1``, and the number of samples."""

    value: float = Field(ge=0, le=1)
    samples: int = Field(ge=1)


class ChipPower(Table):
    """Power by the probes, in W: neurocores and host, dynamic and static."""

    neurocore_dynamic_w: NotNegative
    neurocore_static_w: NotNegative
    host_dynamic_w: NotNegative
    host_static_w: NotNegative


class ChipRun(Table):
    """A run of a network on a real chip.

    Attributes:
        what: ``"chip"``.
        name: its name in reports.
        device: board and chip.
        network: what ran.
        task: name of the task.
        chips: number of chips.
        steps_per_sample: mean number of time steps per sample.
        step_time_s: seconds per step, from the time probe.
        power: from the power probes, in a separate run, since the time probe disturbs power.
        accuracy: None where it was not measured.
        source: paper, or who measured when and with which software.
        kind: always measured.
        host_apart: whether the probes tell the host's power apart; where not, it is in the neurocores'.
        date: day of the measurement; None for published figures.
        versions: versions of packages, by name.
        equal: whether all outputs were those expected; None where they were not compared.
        lags: steps that the adapters between Python and neurocores add.
        probes: every figure of the probes, as they give it.
        energy_unit: the unit of the probes' energies, found by comparing them with power times time.
    """

    what: Literal["chip"]
    name: str
    device: str
    network: str
    task: str
    chips: int = Field(ge=1)
    steps_per_sample: float = Field(gt=0)
    step_time_s: Positive
    power: ChipPower
    accuracy: Accuracy | None = None
    source: str = Field(min_length=1)
    kind: Literal["measured"] = "measured"
    host_apart: bool = True
    date: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    equal: bool | None = None
    lags: dict[str, int] = Field(default_factory=dict)
    probes: dict[str, float] = Field(default_factory=dict)
    energy_unit: str | None = None

    @property
    def latency_s(self) -> float:
        """Seconds per sample."""
        return self.steps_per_sample * self.step_time_s

    @property
    def energy_j(self) -> dict[str, float]:
        """J per sample, in the terms of an estimate and their ``total``."""
        power = self.power
        terms = {
            "neurocore_dynamic": power.neurocore_dynamic_w,
            "neurocore_static": power.neurocore_static_w,
            "host_io": power.host_dynamic_w + power.host_static_w,
        }
        joules = {name: watts * self.latency_s for name, watts in terms.items()}
        return {**joules, "total": sum(joules.values())}

    @property
    def edp_js(self) -> float:
        """Energy times latency, in J s per sample."""
        return self.energy_j["total"] * self.latency_s


class BaselineRow(Table):
    """A measurement at one batch size.

    Attributes:
        batch: samples per batch.
        latency_s: seconds from the start of the batch to its end.
        energy_j: J per sample, idle power included; None where energy was not measured.
        idle_w: power of the idle device before the run, in W; None where it was not measured.
        method: how latency and energy were obtained.
        repeats: batches that were timed; None for published figures.
    """

    batch: int = Field(ge=1)
    latency_s: Positive
    energy_j: Positive | None = None
    idle_w: NotNegative | None = None
    method: str
    repeats: int | None = Field(default=None, ge=1)

    @property
    def dynamic_j(self) -> float | None:
        """J per sample above idle; None where energy or idle power is not known."""
        if self.energy_j is None or self.idle_w is None:
            return None
        return self.energy_j - self.idle_w * self.latency_s / self.batch

    @property
    def edp_js(self) -> float | None:
        """Energy per sample times latency of the batch, in J s; None where energy is not known."""
        return None if self.energy_j is None else self.energy_j * self.latency_s


class Baseline(Table):
    """A conventional network on a conventional device.

    Attributes:
        what: ``"baseline"``.
        name: its name in reports.
        model: what ran, for example ``LSTM-128``.
        task: name of the task.
        steps: time steps per sample.
        device: GPU or CPU.
        accuracy: None where it was not measured.
        rows: one for each batch size.
        source: paper, or the command that measured.
        kind: ``measured`` by the author of the file, or ``published``.
        machine: operating system, processor, driver, by name.
        versions: versions of packages, by name.
        date: day of the measurement; None for published figures.
    """

    what: Literal["baseline"]
    name: str
    model: str
    task: str
    steps: int = Field(ge=1)
    device: str
    accuracy: Accuracy | None = None
    rows: tuple[BaselineRow, ...] = Field(min_length=1, strict=False)
    source: str = Field(min_length=1)
    kind: Literal["measured", "published"]
    machine: dict[str, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    date: str | None = None


_MODELS: dict[str, type[ChipRun] | type[Baseline]] = {"chip": ChipRun, "baseline": Baseline}

#: What a bundle writes where it measured nothing, and why.
_UNMEASURED = {
    "simulation": "a run in Lava's simulation, which measures no chip; run the bundle where one is, without --sim",
    "comparison": "a run whose outputs were compared and whose probes failed; run the bundle again",
}


def folder() -> Path:
    """Folder of the shipped measurements."""
    return hardware.folder() / "measured"


def names() -> list[str]:
    """Names of the shipped measurements."""
    return sorted(path.stem for path in folder().glob("*.json"))


def read(name: str) -> ChipRun | Baseline:
    """A measurement by its name, or from a ``.json`` file.

    Args:
        name: one of :func:`names`, or the path of a ``.json`` file.

    Raises:
        DataError: an unknown name, or a file with a missing or unknown key or a value out of range, or one of a run
            that measured nothing.
    """
    if not name.endswith(".json"):
        if name not in names():
            raise DataError(
                f"measurement: found {shorten(name)}, allowed {', '.join(names())}, or the path of a .json file"
            )
        return read(str(folder() / f"{name}.json"))
    values = read_values(name)
    what = values.get("what") if isinstance(values, dict) else None
    if isinstance(what, str) and what in _UNMEASURED:
        raise DataError(f"{name}: found {_UNMEASURED[what]}")
    if not isinstance(what, str) or what not in _MODELS:
        raise DataError(f"{name}: what: found {shorten(what)}, allowed {', '.join(_MODELS)}")
    return validate(values, _MODELS[what], f"{name}:")


def write(measurement: ChipRun | Baseline, path: Path) -> None:
    """Write a measurement to a file, atomically."""
    write_text(path, measurement.model_dump_json(indent=2) + "\n")


def published(task: str) -> list[Baseline]:
    """Shipped baselines of a task that were published."""
    found = [read(name) for name in names()]
    return [b for b in found if isinstance(b, Baseline) and b.kind == "published" and b.task == task]
