"""Where the description of a network's task differs from the exported one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from lava_ahp.errors import brief, shorten

#: Stands for a field that one of the two does not have; JSON has no such value.
_MISSING = object()


@dataclass(frozen=True)
class TaskAltered:
    """A field of the task that differs from the exported one.

    Attributes:
        field: path of the field, for example ``encoder.thresholds[0][3]``.
        found: its value in the network, as text; None where it is missing.
        exported: its value in the record, as text; None where it is missing.
    """

    field: str
    found: str | None
    exported: str | None

    def __str__(self) -> str:
        exported = "without it" if self.exported is None else f"with {self.exported}"
        return f"the task's {self.field} is {self.found or 'missing'}, exported {exported}"


def compare_tasks(exported: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[int, TaskAltered | None]:
    """Compare two descriptions field by field.

    Args:
        exported: JSON values, as recorded.
        found: JSON values, as the network has them.

    Returns:
        The number of compared fields, and the first one that differs.
    """
    count = 0
    for field, then, now in _leaves(exported, found):
        count += 1
        if not _equal(then, now):
            return count, TaskAltered(brief(field), _shown(now), _shown(then))
    return count, None


def _leaves(exported: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """Pairs of values that are not both objects or both lists, in order, with their paths.

    The loop keeps its own stack, so that deep nesting in a file cannot exhaust Python's.
    """
    stack: list[tuple[str, Any, Any]] = [("", exported, found)]
    while stack:
        field, then, now = stack.pop()
        if isinstance(then, Mapping) and isinstance(now, Mapping):
            pairs = [(key, then.get(key, _MISSING), now.get(key, _MISSING)) for key in dict.fromkeys([*then, *now])]
            stack += [(f"{field}.{brief(key)}".lstrip("."), a, b) for key, a, b in reversed(pairs)]
        elif isinstance(then, list) and isinstance(now, list):
            both = list(enumerate(zip_longest(then, now, fillvalue=_MISSING)))
            stack += [(f"{field}[{k}]", a, b) for k, (a, b) in reversed(both)]
        else:
            yield field, then, now


def _equal(then: Any, now: Any) -> bool:
    """Whether two leaves are equal: 1 is neither 1.0 nor True, and NaN equals itself."""
    return type(then) is type(now) and bool(then == now or (then != then and now != now))


def _shown(value: Any) -> str | None:
    return None if value is _MISSING else shorten(value)
