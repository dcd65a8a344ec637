"""Errors that a user can fix.  The command line turns each into an exit code."""

from __future__ import annotations


class LavaAHPError(Exception):
    """Base of every expected error.  Its text names the object, what was found, what is allowed, and the fix."""


class SpecError(LavaAHPError, ValueError):
    """A network, population, connection, stimulus or trace that is not valid."""


class NetFormatError(LavaAHPError, ValueError):
    """A file that is damaged, or not a network file of lava-ahp or lava-dl."""


class DataError(LavaAHPError, ValueError):
    """Data, labels or a configuration that a task cannot use."""


class DataWarning(UserWarning):
    """Data that can be used, but are probably not what was meant."""


class BackendUnavailable(LavaAHPError, RuntimeError):
    """A backend or device that is not available.  The text says what is missing."""
