"""Tables of settings and figures, checked; an error names the key, what was found and what is allowed."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from lava_ahp.errors import DataError, cut, nearest, printable, shorten

#: Characters of a key, and of a list of keys, in a message.
_KEY, _KEYS = 100, 600


class Table(BaseModel):
    """Base of every table: unknown keys are refused, and neither ``true`` nor ``"3"`` is a number.

    A field that is a tuple has ``strict=False``, since TOML and JSON have lists; its items are checked all the same.

    Attributes:
        GONE: keys of earlier versions, and what has become of them.
    """

    GONE: ClassVar[Mapping[str, str]] = {}

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


AnyTable = TypeVar("AnyTable", bound=Table)


def validate(values: Any, table: type[AnyTable], where: str, section: Sequence[str] = ()) -> AnyTable:
    """Plain values as a table.

    Args:
        values: by key, as TOML and JSON give them.
        table: what they must be.
        where: origin of the values, for messages.
        section: keys that lead to the values there.

    Raises:
        DataError: a missing or unknown key, or a value that is not allowed.
    """
    try:
        return table.model_validate(values)
    except ValidationError as error:
        raise DataError(_explain(error.errors()[0], table, where, section)) from None


def _explain(problem: Mapping[str, Any], table: type[BaseModel], where: str, section: Sequence[str]) -> str:
    """An error of pydantic in one line."""
    path = [str(part) for part in problem["loc"]]
    name = cut(printable(".".join([*section, *path])), _KEY)
    head = f"{where} {name}" if name else where.removesuffix(":")
    if problem["type"] == "extra_forbidden":
        found_in = _table_at(table, path[:-1])
        if (gone := getattr(found_in, "GONE", {}).get(path[-1])) is not None:
            return f"{head}: {gone}"
        keys = list(found_in.model_fields)
        guess = nearest(path[-1], keys)
        hint = "" if guess is None else f"; did you mean {'.'.join([*section, *path[:-1], guess])}?"
        return f"{head}: unknown key, allowed {', '.join(keys)}{hint}"
    if problem["type"] == "missing":
        return f"{head}: missing; add it"
    found, message = problem["input"], problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "tuple_type":
        field = _table_at(table, path[:-1]).model_fields.get(path[-1])
        message = f"allowed a list; write {_as_list(found, None if field is None else field.default)}"
    quoted = "" if isinstance(found, dict) else f"found {shorten(found)}; "
    return cut(f"{head}: {quoted}{message[0].lower()}{message[1:]}{_as_number(problem['type'], found)}", _KEYS)


def _as_list(found: Any, default: Any) -> str:
    """The value in a list; where that would be too short or too long, the default as an example."""
    if isinstance(default, tuple) and len(default) > 1:
        return f"for example {list(default)}"
    return f"[{shorten(found)}]"


def _as_number(kind: str, found: Any) -> str:
    """How to write what was surely meant, if it is a number in another form."""
    if isinstance(found, bool) or kind not in ("int_type", "float_type"):
        return ""
    try:
        number = float(found)
    except (TypeError, ValueError, OverflowError):
        return ""
    if kind == "int_type":
        return f"; write {int(number)}" if number.is_integer() and abs(number) < 1e15 else ""
    return f"; write {number!r}"


def _table_at(table: type[BaseModel], path: Sequence[str]) -> type[BaseModel]:
    """The table that a path of keys leads to; the position in a list, or the name of an entry, leads no further."""
    for part in path:
        field = table.model_fields.get(part)
        table = (_table_in(field.annotation) if field is not None else None) or table
    return table


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _table_in(part))), None)
