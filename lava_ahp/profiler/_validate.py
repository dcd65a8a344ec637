"""Reads TOML and JSON files into checked models; errors name the file, the key, the value and what is allowed."""

from __future__ import annotations

import json
import sys
import typing
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lava_ahp.errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Model = TypeVar("Model", bound=BaseModel)

#: Profiles and measurements are small; a larger file is something else.
_MAX_BYTES = 2**22


def read(path: Path, model: type[Model]) -> Model:
    """A ``.toml`` or ``.json`` file as a model.

    Raises:
        DataError: a file that cannot be read or parsed, or a key or value that is not allowed.
    """
    return validate(parse(path), model, str(path))


def parse(path: Path) -> Any:
    """A ``.toml`` or ``.json`` file as plain values.

    Raises:
        DataError: a file that cannot be read or parsed.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{path}: found {path.stat().st_size} bytes, allowed {_MAX_BYTES}")
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: not UTF-8 text") from None
    try:
        return json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: not {'JSON' if path.suffix == '.json' else 'TOML'} ({error})") from None


def validate(values: Any, model: type[Model], where: str) -> Model:
    """Plain values as a model.

    Raises:
        DataError: a missing or unknown key, or a value that is not allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise DataError(_explain(error, model, where)) from None


def _explain(error: ValidationError, model: type[BaseModel], where: str) -> str:
    """The first error of pydantic in one line: object, found, allowed."""
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    key = ".".join(path)
    if first["type"] == "extra_forbidden":
        return f"{where}: {key}: unknown key, allowed {', '.join(_keys(model, path[:-1]))}"
    if first["type"] == "missing":
        return f"{where}: {key}: missing; add it"
    message = first["msg"].removeprefix("Value error, ")
    found = "" if isinstance(first["input"], dict) else f"found {first['input']!r}; "
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
