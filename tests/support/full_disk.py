"""A full disk, as far as a test can make one without being root."""

import resource
from contextlib import contextmanager


@contextmanager
def limited_size(size):
    """No file of this process may grow beyond ``size`` bytes; Python ignores the signal, so that writing fails."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
