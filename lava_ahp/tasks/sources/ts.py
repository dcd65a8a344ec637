"""Series in the ``.ts`` files of the UCR and UEA archives (www.timeseriesclassification.com).

After a header of lines that begin with ``@``, each line of the part ``@data`` is a sample: its channels, separated by
colons, each of them numbers separated by commas, and at the end its class, or its value.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import DataError, shorten
from lava_ahp.files.parsing import read_text
from lava_ahp.tasks.lengths import padded
from lava_ahp.tasks.series import MAX_CHANNELS, MAX_STEPS
from lava_ahp.tasks.sources.arrays import Arrays

_MAX_BYTES = 2**31
#: The archive marks a missing value by a question mark, some writers by NaN.
_MISSING = ("?", "nan")


def read_series(path: Path, target: str = "auto") -> Arrays:
    """Series of one file, or of the training and the test file of a data set.

    Args:
        path: NAME_TRAIN.ts or NAME_TEST.ts, beside which the other one is; a folder that holds both; or another ``.ts``
            file, which has no parts.
        target: what a network is asked for; ``value`` for the data sets with ``@targetLabel true``.

    Raises:
        DataError: a file that is missing or too large, or that is no such file.
    """
    parts = _parts(path)
    found = [(_File(file, target == "value"), split) for file, split in parts]
    names: dict[str, None] = {}
    for file, _ in found:
        names.update(dict.fromkeys(file.class_names))
    samples = [sample for file, _ in found for sample in file.samples]
    y = np.array([label for file, _ in found for label in file.labels])
    occurring = set(y.tolist())
    split = [part for file, part in found for _ in file.labels]
    return Arrays(
        padded(samples, str(path)),
        y,
        split=None if len(parts) == 1 and parts[0][1] == "" else np.array(split),
        lengths=np.array([len(sample) for sample in samples]),
        class_names=tuple(name for name in names if name in occurring),
        source=str(path),
        official=len(parts) == 2,
    )


def _parts(path: Path) -> list[tuple[Path, str]]:
    """The files of a data set with the part that each of them is."""
    if path.is_dir():
        files = sorted(path.glob("*_TRAIN.ts"))
        if len(files) != 1:
            raise DataError(
                f"{path}: found {len(files)} files NAME_TRAIN.ts, allowed one with NAME_TEST.ts; name the file"
            )
        path = files[0]
    for ending, other, split, rest in (("_TRAIN", "_TEST", "train", "test"), ("_TEST", "_TRAIN", "test", "train")):
        if path.stem.endswith(ending):
            beside = path.with_name(path.stem.removesuffix(ending) + other + path.suffix)
            if beside.is_file():
                return sorted([(path, split), (beside, rest)], key=lambda part: part[1] != "train")
            if split == "train":
                raise DataError(
                    f"{path}: {beside.name} is not beside it, which has the test samples; put it there, or rename the "
                    "file to NAME.ts to have it divided"
                )
            return [(path, split)]
    return [(path, "")]


class _File:
    """One file: its samples ``(time, channel)`` and their labels, which may be values."""

    def __init__(self, path: Path, valued: bool) -> None:
        self._where, self._valued = str(path), valued
        lines = read_text(path, _MAX_BYTES).splitlines()
        first = self._header(lines)
        self.samples: list[npt.NDArray[np.float64]] = []
        self.labels: list[str] = []
        for number, line in enumerate(lines[first:], first + 1):
            if line.strip() and not line.startswith("#"):
                self._add(line, f"{self._where} line {number}")
        if not self.samples:
            raise DataError(f"{self._where}: found no samples after @data, allowed one or more")

    def _header(self, lines: list[str]) -> int:
        """Read the header; the number of the first line after it."""
        self.class_names: tuple[str, ...] = ()
        self._channels = self._steps = 0
        for number, key, values in _declarations(lines):
            if key == "data":
                if not self.class_names and not self._valued:
                    raise DataError(f"{self._where}: found no @classLabel true with names, allowed classes; "
                                    "for a data set for regression, --set task.target=value")  # fmt: skip
                return number
            said = values[0].lower() if values else ""
            if key == "timestamps" and said == "true":
                raise DataError(f"{self._where}: found @timeStamps true, allowed false; give values at even steps")
            if key == "classlabel" and said == "true":
                self.class_names = tuple(values[1:])
            elif key in ("dimension", "dimensions"):
                self._channels = self._number(key, said, MAX_CHANNELS)
            elif key == "serieslength" and said != "0":
                self._steps = self._number(key, said, MAX_STEPS)
        raise DataError(f"{self._where}: found no line @data, allowed a .ts file of the UCR or UEA archive")

    def _number(self, key: str, said: str, most: int) -> int:
        if not (said.isascii() and said.isdigit() and len(said) < 12 and 1 <= int(said) <= most):
            raise DataError(f"{self._where} @{key}: found {shorten(said)}, allowed 1..{most}")
        return int(said)

    def _add(self, line: str, where: str) -> None:
        """Read a sample."""
        *channels, label = (field.strip() for field in line.strip().split(":"))
        if not self._valued and label not in self.class_names:
            raise DataError(
                f"{where}: found the class {shorten(label)}, @classLabel has {shorten(' '.join(self.class_names))}"
            )
        if len(channels) != (self._channels or len(channels)) or not 1 <= len(channels) <= MAX_CHANNELS:
            raise DataError(
                f"{where}: found {len(channels)} channels, allowed {self._channels or f'1..{MAX_CHANNELS}'}"
            )
        self._channels = len(channels)
        rows = [_values(channel, where) for channel in channels]
        steps = sorted({len(row) for row in rows})
        if len(steps) > 1:
            raise DataError(f"{where}: found channels of {steps[0]} and {steps[-1]} steps, allowed the same for all")
        if steps[0] != (self._steps or steps[0]) or steps[0] > MAX_STEPS:
            raise DataError(f"{where}: found {steps[0]} steps, allowed {self._steps or f'up to {MAX_STEPS}'}")
        self.samples.append(np.array(rows).T)
        self.labels.append(label)


def _declarations(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Every line of the header: number of the next line, key in lower case, values."""
    for number, line in enumerate(lines, 1):
        if line.startswith("@"):
            key, *values = line[1:].split() or [""]
            yield number, key.lower(), values


def _values(channel: str, where: str) -> list[float]:
    try:
        return [np.nan if text.strip().lower() in _MISSING else float(text) for text in channel.split(",")]
    except ValueError as error:
        raise DataError(f"{where}: found a value that is no number ({shorten(str(error))})") from None
