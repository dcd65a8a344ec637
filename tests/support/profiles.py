"""A hardware profile whose prices suit counting by hand."""

from lava_ahp.profiler import OPERATIONS
from lava_ahp.profiler.hardware import Hardware

#: Prime numbers, so that a miscount of one operation cannot be cancelled by another.
PRICES = dict(zip(OPERATIONS, (2, 3, 5, 7, 11, 13, 17, 19, 23, 29), strict=True))


def made(name="made", unpriced=(), storage=(1, 2), host_us=1, **limits):
    """A profile: operations cost :data:`PRICES` in pJ and ns, the barrier 100 to 200 ns, a chip 1 mW static."""

    def quantity(value, unit):
        return {"value": value, "unit": unit, "source": "test", "kind": "derived"}

    sizes = {
        "cores_per_chip": 4,
        "cores_per_tile": 1,
        "tiles_per_row": 2,
        "compartments_per_core": 1024,
        "synapse_memory_per_core": 131072,
        "axons_in_per_core": 4096,
        "axons_out_per_core": 4096,
        **limits,
    }
    prices = {name: value for name, value in PRICES.items() if name not in unpriced}
    return Hardware.model_validate(
        {
            "name": name,
            "title": "made",
            "sources": {"test": "made for a test"},
            "limits": {
                key: quantity(value, "B" if "memory" in key else "1")
                for key, value in sizes.items()
                if value is not None
            },
            "storage": {
                "compartments_per_neuron": quantity(storage[0], "1"),
                "compartments_per_ahp_neuron": quantity(storage[1], "1"),
                "weight": quantity(8, "bit"),
                "target_index": quantity(10, "bit"),
            },
            "energy": {name: quantity(value, "pJ") for name, value in prices.items()},
            "time": {
                **{name: quantity(value, "ns") for name, value in prices.items()},
                "barrier_one_tile": quantity(100, "ns"),
                "barrier_full_mesh": quantity(200, "ns"),
            },
            "static": {"low": quantity(1, "mW"), "typical": quantity(1, "mW"), "high": quantity(3, "mW")},
            "host": {
                "step_time": quantity(host_us, "us"),
                "power_dynamic": quantity(10, "mW"),
                "power_static": quantity(1, "mW"),
            },
        }
    )
