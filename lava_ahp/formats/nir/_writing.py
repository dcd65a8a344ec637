"""Write a NIR file, atomically."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

from lava_ahp.errors import NetFormatError
from lava_ahp.files import write_bytes
from lava_ahp.formats.nir._types import library


def write_graph(graph: Any, path: str | os.PathLike[str]) -> None:
    """Write a ``nir.NIRGraph`` as ``nir.write`` does; an existing file stays until the new one is complete.

    Raises:
        BackendUnavailable: the package ``nir`` is missing.
        NetFormatError: the file cannot be written there.
    """
    content = io.BytesIO()
    library().write(content, graph)
    try:
        write_bytes(Path(path), content.getvalue())
    except OSError as error:
        raise NetFormatError(f"{path}: cannot be written ({error.strerror}); an existing file is unchanged") from None
