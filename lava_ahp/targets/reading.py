"""A target from what a network file keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lava_ahp.errors import DataError, shorten
from lava_ahp.targets.base import Target
from lava_ahp.targets.class_of_sample import ClassOfSample
from lava_ahp.targets.class_of_step import ClassOfStep
from lava_ahp.targets.value import Value

#: By kind, the class and the parameters that a file keeps.
_KINDS: dict[str, tuple[type[Target], tuple[str, ...]]] = {
    ClassOfStep.kind: (ClassOfStep, ("shift", "stretch")),
    Value.kind: (Value, ("offset", "scale")),
}


def read(description: Any) -> Target:
    """From :meth:`Target.describe`; None, as in files that mention no target, is the class of a sample.

    Raises:
        DataError: another kind, or parameters that are missing, unknown or out of range.
    """
    if description is None:
        return ClassOfSample()
    where = "network task target"
    if not isinstance(description, Mapping):
        raise DataError(f"{where}: found {shorten(description)}, allowed a table with kind and parameters")
    kind = description.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise DataError(f"{where} kind: found {shorten(kind)}, allowed {', '.join(_KINDS)}; update lava-ahp")
    made, names = _KINDS[kind]
    if set(description) != {"kind", *names}:
        raise DataError(f"{where}: found {shorten(', '.join(map(str, description)))}, allowed kind, {', '.join(names)}")
    return made(**{name: description[name] for name in names})
