"""Limits and costs of a chip, from one TOML file per chip; every figure has a source and a kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field, model_validator

from lava_ahp.errors import DataError, cut, shorten
from lava_ahp.profiler import _validate
from lava_ahp.profiler.quantity import Bits, Bytes, Count, Energy, Power, Quantity, Time
from lava_ahp.settings import Table

#: Operations that are counted; docs/profiling.md says when each one counts.
OPERATIONS = {
    "update_inactive": "compartment update in which nothing arrived and nothing spiked",
    "update_active": "compartment update in which a synaptic operation arrived or the neuron spiked",
    "synop_dense": "synaptic operation from a list stored dense",
    "synop_sparse": "synaptic operation from a list stored sparse",
    "spike": "spike generated",
    "message_out": "spike message sent by a neurocore, one for every destination core",
    "message_in": "spike message received by a neurocore",
    "hop_east_west": "message over one tile border, east or west",
    "hop_north_south": "message over one tile border, north or south",
    "chip_link": "message over one chip border",
}


class Limits(Table):
    """Limits of a chip.  None: no figure is published, so the limit is not checked, and the report says so."""

    cores_per_chip: Count
    cores_per_tile: Count
    tiles_per_row: Count
    compartments_per_core: Count
    synapse_memory_per_core: Bytes
    axons_in_per_core: Count | None = None
    axons_out_per_core: Count | None = None
    chips: Count | None = None


class Storage(Table):
    """What a neuron and a synapse occupy."""

    compartments_per_neuron: Count
    compartments_per_ahp_neuron: Count
    weight: Bits
    target_index: Bits


class EnergyPrices(Table):
    """Energy of each operation; None where no figure is published."""

    update_inactive: Energy | None = None
    update_active: Energy | None = None
    synop_dense: Energy | None = None
    synop_sparse: Energy | None = None
    spike: Energy | None = None
    message_out: Energy | None = None
    message_in: Energy | None = None
    hop_east_west: Energy | None = None
    hop_north_south: Energy | None = None
    chip_link: Energy | None = None


class TimePrices(Table):
    """Time of each operation on its core, and of the barrier that ends a step; None where no figure is published."""

    update_inactive: Time | None = None
    update_active: Time | None = None
    synop_dense: Time | None = None
    synop_sparse: Time | None = None
    spike: Time | None = None
    message_out: Time | None = None
    message_in: Time | None = None
    hop_east_west: Time | None = None
    hop_north_south: Time | None = None
    chip_link: Time | None = None
    barrier_one_tile: Time
    barrier_full_mesh: Time


class StaticPower(Table):
    """Static power of the neurocores of one chip, as a range."""

    low: Power
    typical: Power
    high: Power

    @model_validator(mode="after")
    def _ascending(self) -> StaticPower:
        if not self.low.si <= self.typical.si <= self.high.si:
            found = ", ".join(f"{power.si:g}" for power in (self.low, self.typical, self.high))
            raise ValueError(f"found low, typical and high of {found} W, allowed ascending ones")
        return self


class Host(Table):
    """The embedded processors that send in spikes and read out results, per chip.

    The powers are None where no figure is published that tells them from those of the neurocores.  The energies and the
    static power of the profile then contain them.
    """

    step_time: Time
    power_dynamic: Power | None = None
    power_static: Power | None = None

    @model_validator(mode="after")
    def _both_powers_or_none(self) -> Host:
        if (self.power_dynamic is None) != (self.power_static is None):
            found = "power_dynamic" if self.power_static is None else "power_static"
            raise ValueError(f"found {found} alone, allowed both power_dynamic and power_static, or neither")
        return self

    @property
    def power_w(self) -> float | None:
        """Power in W, dynamic and static; None where it is not told from that of the neurocores."""
        if self.power_dynamic is None or self.power_static is None:
            return None
        return self.power_dynamic.si + self.power_static.si


class Hardware(Table):
    """The profile of one chip.

    Attributes:
        name: its name for ``--hardware``.
        title: its name in reports.
        warning: caveat that is shown with every figure; empty for none.
        sources: full text of each source, by the key that figures refer to.
        limits: what fits on a core and on a chip.
        storage: what a neuron and a synapse occupy.
        energy: energy of each operation.
        time: time of each operation and of the barrier.
        static: static power of the neurocores.
        host: the embedded processors.
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    title: str
    warning: str = ""
    sources: dict[str, str]
    limits: Limits
    storage: Storage
    energy: EnergyPrices
    time: TimePrices
    static: StaticPower
    host: Host

    @model_validator(mode="after")
    def _sources_are_there(self) -> Hardware:
        for key, quantity in self.constants():
            if quantity.source not in self.sources:
                allowed = cut(", ".join(self.sources), 200) or "none"
                raise ValueError(f"{key}.source: found {shorten(quantity.source)}, allowed {allowed}")
        return self

    def constants(self) -> Iterator[tuple[str, Quantity]]:
        """Every figure as ``(table.key, quantity)``."""
        for name, _ in type(self).model_fields.items():
            table = getattr(self, name)
            if isinstance(table, Table):
                for key in type(table).model_fields:
                    if isinstance(quantity := getattr(table, key), Quantity):
                        yield f"{name}.{key}", quantity

    def provenance(self) -> list[dict[str, str | float]]:
        """Every figure with value, unit, kind and the full text of its source."""
        return [
            {"constant": key, "value": q.value, "unit": q.unit, "kind": q.kind, "source": self.sources[q.source]}
            for key, q in self.constants()
        ]


def folder() -> Path:
    """Folder of the shipped profiles: inside an installed package, or next to the package in a source tree."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "hw_profiles"
    return installed if installed.is_dir() else package.parent / "hw_profiles"


def hardware_names() -> list[str]:
    """Names of the shipped profiles."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def load_hardware(name: str) -> Hardware:
    """A profile by its name, or from a file.

    Args:
        name: one of :func:`hardware_names`, or the path of a ``.toml`` file.

    Raises:
        DataError: an unknown name, or a file with a missing or unknown key, a wrong unit, or a value out of range.
    """
    if not name.endswith(".toml"):
        if name not in hardware_names():
            raise DataError(
                f"hardware: found {shorten(name)}, allowed {', '.join(hardware_names())}, or the path of a .toml file"
            )
        return _validate.read(folder() / f"{name}.toml", Hardware)
    return _validate.read(Path(name), Hardware)
