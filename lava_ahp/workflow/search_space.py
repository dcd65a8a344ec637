"""What a sweep varies: settings, each with a range or with choices."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lava_ahp.errors import DataError, brief, shorten
from lava_ahp.files.parsing import MAX_TOML, parse_toml, read_text

if TYPE_CHECKING:
    from optuna import Trial

_RANGE = re.compile(r"(?P<log>log:)?(?P<low>\S+?)\.\.(?P<high>\S+)")
_FORM = "KEY=LOW..HIGH, KEY=log:LOW..HIGH or KEY=[A, B, C]; for example training.learning_rate=log:1e-3..3e-2"


@dataclass(frozen=True)
class Range:
    """Numbers between two bounds, both of them included.

    Attributes:
        low: the lower bound.
        high: the upper bound.
        log: whether the logarithm of the value is drawn evenly, not the value.
    """

    low: int | float
    high: int | float
    log: bool = False

    def draw(self, trial: Trial, key: str) -> int | float:
        """The value that the sampler of a study chooses: an integer if both bounds are."""
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(key, self.low, self.high, log=self.log)
        return trial.suggest_float(key, self.low, self.high, log=self.log)

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values that must all be allowed for the setting."""
        return (self.low, self.high)

    def __str__(self) -> str:
        return f"{'log:' * self.log}{self.low}..{self.high}"


@dataclass(frozen=True)
class Choice:
    """Any of some values.

    Attributes:
        values: values of JSON, two or more.
    """

    values: tuple[Any, ...]

    def draw(self, trial: Trial, key: str) -> Any:
        """The value that the sampler of a study chooses."""
        # The storage of a study takes no lists: a list is kept as its JSON.
        names = [json.dumps(value) if isinstance(value, list) else value for value in self.values]
        return self.values[names.index(trial.suggest_categorical(key, names))]

    @property
    def ends(self) -> tuple[Any, ...]:
        """Values that must all be allowed for the setting."""
        return self.values

    def __str__(self) -> str:
        return json.dumps(list(self.values))


Space = dict[str, "Range | Choice"]


def read_space(file: Path | None, varied: Mapping[str, Any] | Iterable[str]) -> Space:
    """A search space from a file and from single entries, which replace those of the file.

    Args:
        file: a TOML file with one table, ``[vary]``, or None.
        varied: ``{"training.learning_rate": "log:1e-3..3e-2"}``, or texts ``KEY=...`` as on the command line.

    Raises:
        DataError: a file or an entry that is not valid, or a space without entries.
    """
    space: Space = {}
    if file is not None:
        table = parse_toml(read_text(file, MAX_TOML), str(file))
        if set(table) != {"vary"} or not isinstance(table["vary"], Mapping):
            raise DataError(f"{file}: found {', '.join(map(brief, table)) or 'nothing'}, allowed one table [vary]")
        space.update({key: _entry(key, value) for key, value in _flat(table["vary"])})
    entries = varied.items() if isinstance(varied, Mapping) else [_parse(text) for text in varied]
    space.update({key: _entry(key, value) for key, value in entries})
    if not space:
        raise DataError(f"search space: found nothing to vary; give --vary {_FORM}, or --space FILE.toml")
    return space


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """``section.key`` and value; TOML takes ``a.b = 1`` as a table, unless the key is in quotes."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _parse(text: str) -> tuple[str, Any]:
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value:
        raise DataError(f"vary: found {shorten(text)}, allowed {_FORM}")
    if value.startswith("["):
        return key, parse_toml(f"value = {value}", f"vary {brief(key)}")["value"]
    return key, value


def _entry(key: str, value: Any) -> Range | Choice:
    where = f"vary {brief(key)}"
    if key.count(".") != 1 or not all(key.split(".")):
        raise DataError(f"{where}: allowed section.key, for example training.learning_rate")
    if key == "task.name" or key == "model.kind":
        raise DataError(f"{where}: allowed other settings; make one sweep for each task and kind of model")
    if isinstance(value, (list, tuple)):
        values = tuple(value)
        if len(values) < 2 or any(values.count(v) > 1 for v in values) or not all(map(_is_plain, values)):
            raise DataError(f"{where}: found {shorten(list(values))}, allowed two or more different values")
        return Choice(values)
    found = _RANGE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise DataError(f"{where}: found {shorten(value)}, allowed {_FORM}")
    low, high = (_number(found[end], where) for end in ("low", "high"))
    if low >= high or (found["log"] and low <= 0):
        least = "0 < LOW < HIGH" if found["log"] else "LOW < HIGH"
        raise DataError(f"{where}: found {shorten(value)}, allowed {least}")
    return Range(low, high, bool(found["log"]))


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, (bool, int, str)) or (isinstance(value, float) and math.isfinite(value))


def _number(text: str, where: str) -> int | float:
    for kind in (int, float):
        try:
            number = kind(text)
            if math.isfinite(number):
                return number
        except (ValueError, OverflowError):
            continue
    raise DataError(f"{where}: found {shorten(text)}, allowed a finite number")
