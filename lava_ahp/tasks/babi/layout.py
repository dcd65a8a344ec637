"""Where the publisher's files of a task are: in the folder that the user gives, or in one of its known subfolders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from lava_ahp.errors import DataError
from lava_ahp.files.parsing import parsing

#: Subfolders of the publisher's archives, those with 10,000 training questions per task first.
LARGE, SMALL = ("en-valid-10k", "en-10k"), ("en-valid", "en")
#: Training questions up to which the smaller sets suffice.
SMALL_SIZE = 1000

_FILE = re.compile(r"qa(\d{1,2})(?:_[a-z-]+)??_(train|valid|test)(_1k)?\.txt")


@dataclass(frozen=True)
class Files:
    """The files of a task.

    Attributes:
        train: the training split.
        validation: the validation split; None where the publisher has none.
        test: the test split.
        stands_in: whether ``train`` is the small training file, for want of the large one.
    """

    train: Path
    validation: Path | None
    test: Path
    stands_in: bool


def find(data: Path, size: int) -> dict[int, Files]:
    """The files of every task that a folder holds completely.

    Two layouts are known: ``qa1_train.txt``, ``qa1_valid.txt``, ``qa1_test.txt``, and that of ``tasks_1-20_v1-2``, with
    ``qa1_single-supporting-fact_train.txt`` and no validation split.  Where a task has no training file but
    ``qaN_train_1k.txt``, this one stands in.

    Args:
        data: the folder of the files, or the one above it, or above ``tasks_1-20_v1-2``.
        size: training questions wanted per task; up to 1,000, the folders of the small sets come first.

    Returns:
        The files by number of the task, in ascending order.

    Raises:
        DataError: no folder, or none with files of a task, or two files for the same split.
    """
    names = (*SMALL, *LARGE) if size <= SMALL_SIZE else (*LARGE, *SMALL)
    roots = (data, data / "tasks_1-20_v1-2")
    for folder in (data, *(root / name for root in roots for name in names)):
        found = _in_folder(folder) if folder.is_dir() else {}
        if found:
            return found
    what = "the directory of bAbI's files, qa1_train.txt, qa1_test.txt and so on (from their publisher)"
    raise DataError(f"task babi: needs --data DIR, {what}; found none in {data}")


def _in_folder(folder: Path) -> dict[int, Files]:
    with parsing(str(folder), "cannot be read", "check its permissions"):
        names = sorted(path.name for path in folder.iterdir())
    by_task: dict[int, dict[str, str]] = {}
    for name in names:
        match = _FILE.fullmatch(name)
        if match is None:
            continue
        split = match[2] + (match[3] or "")
        first = by_task.setdefault(int(match[1]), {}).setdefault(split, name)
        if first != name:
            raise DataError(f"{folder}: found {first} and {name}, allowed one of them; move the other away")
    found = {}
    for task, files in sorted(by_task.items()):
        train = files.get("train", files.get("train_1k"))
        if train is None or "test" not in files:
            continue
        validation = folder / files["valid"] if "valid" in files else None
        found[task] = Files(folder / train, validation, folder / files["test"], "train" not in files)
    return found
