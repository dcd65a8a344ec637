"""Backends say what is missing; none is chosen silently."""

import pytest

from lava_ahp import backends
from lava_ahp.errors import BackendUnavailable


@pytest.mark.parametrize("name", ["fast", "loihi2sim", "loihi2stock"])
def test_the_engines_of_this_environment_are_ready(name):
    assert name in backends.BACKENDS
    assert callable(backends.get(name))


def test_an_unknown_backend_names_those_there_are():
    with pytest.raises(BackendUnavailable, match="found 'gpu', allowed fast, loihi2sim, loihi2stock, loihi2"):
        backends.get("gpu")


@pytest.mark.parametrize(
    "name, package, message",
    [
        ("fast", "numba", "backend fast: numba is not installed; pip install numba"),
        ("loihi2sim", "lava", "backend loihi2sim: lava-nc is not installed .*Lava needs 3.10"),
        ("loihi2stock", "lava", "backend loihi2stock: lava-nc is not installed .*Lava needs 3.10"),
        ("loihi2", "lava", "backend loihi2: lava-nc is not installed .*Lava needs 3.10"),
    ],
)
def test_a_missing_package_is_named(monkeypatch, name, package, message):
    real = backends.find_spec
    monkeypatch.setattr(backends, "find_spec", lambda x: None if x.split(".")[0] == package else real(x))
    with pytest.raises(BackendUnavailable, match=message):
        backends.get(name)


def test_without_lava_loihi_it_is_said_how_to_get_it():
    message = "backend loihi2: Intel's extension lava-loihi is not installed; .*ask inrc_interest@intel.com"
    with pytest.raises(BackendUnavailable, match=message):
        backends.get("loihi2")
