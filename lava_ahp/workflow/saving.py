"""Write a result as JSON and as a page."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Protocol

from lava_ahp import files


class Result(Protocol):
    """What can be written."""

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""

    def to_html(self) -> str:
        """The page."""


def save(result: Result, json_path: str | os.PathLike[str] | None, html_path: str | os.PathLike[str] | None) -> None:
    """Write the JSON, the page, or both.

    Raises:
        DataError: both are the same file.
    """
    files.check_outputs({"json_path": json_path, "html_path": html_path})
    if json_path is not None:
        files.write_text(Path(json_path), json.dumps(result.to_json(), indent=2) + "\n")
    if html_path is not None:
        files.write_text(Path(html_path), result.to_html())
