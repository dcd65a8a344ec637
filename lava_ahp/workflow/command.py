"""The command that the user typed."""

from __future__ import annotations

import shlex
import sys


def typed() -> str:
    """``lava-ahp ...``, as it can be typed again."""
    return shlex.join(["lava-ahp", *sys.argv[1:]])
