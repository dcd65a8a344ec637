"""Reads TOML and JSON files into checked models; errors name the file, the key, the value and what is allowed."""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lava_ahp.errors import DataError
from lava_ahp.parsing import brief, parsing, read_values

Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model]) -> Model:
    """A ``.toml`` or ``.json`` file as a model.

    Raises:
        DataError: a file that cannot be read or parsed, or a key or value that is not allowed.
    """
    return validate(read_values(path), model, str(path))


def validate(values: Any, model: type[Model], where: str) -> Model:
    """Plain values as a model.

    Raises:
        DataError: a missing or unknown key, or a value that is not allowed.
    """
    with parsing(where, "cannot be checked", "correct its values"):
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise DataError(_explain(error, model, where)) from None


def _explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """The first error of pydantic in one line: object, found, allowed."""
    first = error.errors(include_url=False)[0]
    path = [brief(str(part)) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return f"{where}: {key}: unknown key, allowed {', '.join(_keys(model, path[:-1]))}"
    if first["type"] == "missing":
        return f"{where}: {key}: missing; add it"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if isinstance(first["input"], dict) else f"found {brief(repr(first['input']))}; "
    return f"{where}: {key + ': ' if key else ''}{found}{message[0].lower()}{message[1:]}"


def _keys(model: type[BaseModel], path: list[str]) -> list[str]:
    """Keys that are allowed at a path."""
    for part in path:
        field = model.model_fields.get(part)
        inner = _model_in(field.annotation) if field is not None else None
        # A list index or the name of a table entry selects no other model.
        model = inner or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := _model_in(part))), None)
