"""What goes wrong in a way that a user can mend; the command line turns each into an exit code."""

from __future__ import annotations


class LavaAHPError(Exception):
    """Base of every expected error: its text names object, observed, allowed and, where known, the fix."""


class SpecError(LavaAHPError, ValueError):
    """A network, population, connection or stimulus that the arithmetic does not allow."""


class NetFormatError(LavaAHPError, ValueError):
    """A file that is no network file of ours or of lava-dl, or that is damaged."""


class DataError(LavaAHPError, ValueError):
    """Data, labels or a configuration that a task cannot use."""


class BackendUnavailable(LavaAHPError, RuntimeError):
    """A backend or a device that is not there; the text says what is missing."""
