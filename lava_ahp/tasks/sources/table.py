"""Series in a table, a ``.csv`` or a ``.parquet`` file, read through pandas.

With a column ``sample`` there is one row per time step: the rows with one value of ``sample`` are one sample, in the
order of ``time`` if there is such a column, else of the file.  Without it there is one row per sample of one channel,
and the columns are its steps.  ``label`` holds the class (of each sample, or of each step), or the value, and ``split``
optionally the split; all other columns are numbers.
"""

from __future__ import annotations

import csv
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lava_ahp.errors import BackendUnavailable, DataError, shorten
from lava_ahp.files.parsing import check_file, open_file, parsing
from lava_ahp.formats.npy import MAX_VALUES
from lava_ahp.tasks.lengths import padded
from lava_ahp.tasks.series import MAX_STEPS
from lava_ahp.tasks.sources.arrays import Arrays

SAMPLE, TIME, LABEL, SPLIT = "sample", "time", "label", "split"

_MAX_BYTES = 2**31
#: Columns, and bytes of the line that names them.
_MAX_COLUMNS, _MAX_HEADER = MAX_STEPS + 4, 2**23
#: What stands for a missing number.
_MISSING = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "?"]


def read_series(path: Path, target: str = "auto") -> Arrays:
    """Series from a table.

    Args:
        path: the file; its ending says which of the two formats it has.
        target: what a network is asked for; with ``steps``, each row has its own label, or none in an empty cell.

    Raises:
        DataError: a file that is missing, damaged or too large, or a table of other columns.
        BackendUnavailable: pandas is not installed, or for ``.parquet`` pyarrow.
    """
    frame = (_read_csv if path.suffix.lower() == ".csv" else _read_parquet)(path)
    columns = [str(name) for name in frame.columns]
    frame.columns = columns
    _check_names(columns, path)
    values = [name for name in columns if name not in (SAMPLE, TIME, LABEL, SPLIT)]
    _check_columns(columns, values, path)
    numbers = _numbers(frame, values, path)
    if len(numbers) == 0:
        raise DataError(f"{path}: found no rows, allowed one or more")
    per_step = target == "steps"
    if per_step and SAMPLE not in columns:
        raise DataError(
            f"{path}: found no column {SAMPLE}, allowed one with a class for every step; each row is a step"
        )
    labels = _optional(frame[LABEL]) if per_step else _text(frame[LABEL], LABEL, path)
    split = _text(frame[SPLIT], SPLIT, path) if SPLIT in columns else None
    if SAMPLE not in columns:
        return Arrays(numbers[:, :, None], _whole(labels), split, source=str(path))
    return _by_step(frame, numbers, labels, split, path, per_step)


def _by_step(frame: Any, numbers: npt.NDArray[Any], labels: Any, split: Any, path: Path, per_step: bool) -> Arrays:
    """Samples from rows of steps, with one label each or one in each row."""
    names = _text(frame[SAMPLE], SAMPLE, path)
    _, first, member = np.unique(names, return_index=True, return_inverse=True)
    # Samples in the order of the file.
    member = np.argsort(np.argsort(first))[member]
    time = _numbers(frame, [TIME], path)[:, 0] if TIME in frame else np.arange(len(names))
    order = np.lexsort((time, member))
    member, time, numbers = member[order], time[order], numbers[order]
    same = member[1:] == member[:-1]
    again = np.flatnonzero(same & ~(time[1:] > time[:-1]))
    if again.size:
        where = f"sample {shorten(str(names[order[again[0]]]))}"
        raise DataError(f"{path} time: {where}: found {time[again[0] + 1]:g} twice or missing, allowed each time once")
    starts = np.flatnonzero(np.concatenate([[True], ~same]))
    for what, column in ((LABEL, None if per_step else labels), (SPLIT, split)):
        if column is not None:
            ordered = column[order]
            changed = np.flatnonzero(same & (ordered[1:] != ordered[:-1]))
            if changed.size:
                k = changed[0]
                raise DataError(
                    f"{path} {what}: sample {shorten(str(names[order[k]]))}: found {shorten(str(ordered[k]))} and "
                    f"{shorten(str(ordered[k + 1]))}, allowed one in all rows of a sample"
                    + ("; for a class at every step, --set task.target=steps" if what == LABEL else "")
                )
    samples = np.split(numbers, starts[1:])
    heads = order[starts]
    of_steps = np.split(labels[order], starts[1:])
    longest = max(map(len, samples))
    return Arrays(
        padded(samples, str(path)),
        np.array([[*row, *[""] * (longest - len(row))] for row in of_steps]) if per_step else _whole(labels[heads]),
        None if split is None else split[heads],
        lengths=np.array([len(sample) for sample in samples]),
        source=str(path),
    )


def _pandas(path: Path) -> Any:
    try:
        import pandas
    except ModuleNotFoundError:
        raise BackendUnavailable(
            f"{path}: pandas is not installed, which reads tables; pip install 'lava-ahp[data]'"
        ) from None
    return pandas


def _read_csv(path: Path) -> Any:
    pandas = _pandas(path)
    with open_file(path, _MAX_BYTES) as file:
        line = file.readline(_MAX_HEADER + 1)
    fix = "write it with a first line of column names, with commas between them"
    with parsing(str(path), "its first line does not name columns", fix):
        if len(line) > _MAX_HEADER or line.count(b",") >= _MAX_COLUMNS:
            raise DataError(f"{path}: found {line.count(b',') + 1} columns or more, allowed {_MAX_COLUMNS}")
        names = next(csv.reader([line.decode("utf-8-sig")]))
    # Before pandas renames them.
    _check_names(names, path)
    text = [name for name in (SAMPLE, LABEL, SPLIT) if name in names]
    values = [name for name in names if name not in text]
    rows = MAX_VALUES // max(1, len(names))
    with parsing(str(path), "not a table of numbers", fix), warnings.catch_warnings():
        # Rows longer than the first line would be cut.
        warnings.simplefilter("error", pandas.errors.ParserWarning)
        frame = pandas.read_csv(
            path,
            dtype={**dict.fromkeys(text, str), **dict.fromkeys(values, np.float64)},
            keep_default_na=False,
            na_values=dict.fromkeys(values, _MISSING),
            index_col=False,
            nrows=rows + 1,
            encoding="utf-8-sig",
        )
    if len(frame) > rows:
        raise DataError(f"{path}: found more than {rows} rows of {len(names)} columns, allowed {MAX_VALUES} values")
    return frame


def _read_parquet(path: Path) -> Any:
    _pandas(path)
    try:
        from pyarrow.parquet import ParquetFile
    except ModuleNotFoundError:
        raise BackendUnavailable(
            f"{path}: pyarrow is not installed, which reads it; pip install 'lava-ahp[data]'"
        ) from None
    check_file(path, _MAX_BYTES)
    with parsing(str(path), "not a Parquet file, or damaged", "write it again"), ParquetFile(path) as file:
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if columns > _MAX_COLUMNS or rows * columns > MAX_VALUES:
            raise DataError(
                f"{path}: found {rows} rows of {columns} columns, allowed {_MAX_COLUMNS} columns, {MAX_VALUES} values"
            )
        return file.read().to_pandas()


def _check_columns(columns: list[str], values: list[str], path: Path) -> None:
    if LABEL not in columns:
        raise DataError(
            f"{path}: found no column {LABEL} among {shorten(', '.join(columns[:20]))}; rename that of the class"
        )
    if not values:
        raise DataError(f"{path}: found no columns of numbers beside {', '.join(columns)}, allowed one or more")


def _check_names(columns: list[str], path: Path) -> None:
    # Sorted, since counting each of many names would take its time.
    names = sorted(columns)
    for one, other in pairwise(names):
        if one == other:
            raise DataError(f"{path}: found the column {shorten(one)} twice, allowed each name once")


def _numbers(frame: Any, names: list[str], path: Path) -> npt.NDArray[np.float64]:
    for name in names:
        if frame[name].dtype.kind not in "biuf":
            raise DataError(f"{path} column {shorten(name)}: found {frame[name].dtype}, allowed numbers")
    found: npt.NDArray[np.float64] = frame[names].to_numpy(dtype=np.float64, na_value=np.nan)
    return found


def _text(column: Any, name: str, path: Path) -> npt.NDArray[Any]:
    """A column as text."""
    if column.isna().any() or (column.astype(str) == "").any():
        raise DataError(f"{path} {name}: found an empty cell, allowed a value in every row")
    if column.dtype.kind == "f" and (column == column.round()).all():
        column = column.astype(np.int64)
    return np.asarray(column.astype(str), dtype=np.str_)


def _optional(column: Any) -> npt.NDArray[Any]:
    """Labels as text, empty where there is none."""
    kept = column.where(column.notna(), "")
    if column.dtype.kind == "f":
        kept = kept.map(lambda x: x if x == "" or x != int(x) else int(x))
    return np.asarray(kept.astype(str), dtype=np.str_)


def _whole(labels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Labels as whole numbers where all of them are, so that 10 comes after 9."""
    names = np.unique(labels).tolist()
    try:
        numbers = {name: int(name) for name in names}
    except ValueError:
        return labels
    if any(str(number) != name or abs(number) >= 2**63 for name, number in numbers.items()):
        return labels
    return np.array([numbers[name] for name in labels.tolist()], dtype=np.int64)
