"""What is missing for a run on the chip is said, and the user's host is passed on."""

import os
import sys
from types import ModuleType

import pytest
from lava.utils import loihi

from lava_ahp import backends
from lava_ahp.errors import BackendUnavailable
from lava_ahp.loihi2.runner import vendor

from support.chip_bundles import sinfo


@pytest.fixture
def installed(monkeypatch):
    """lava-loihi as far as a look at it goes, and no host."""
    monkeypatch.setattr(loihi, "is_installed", lambda: True)
    for name in ("lava.proc.embedded_io", "lava.utils.loihi2_profiler_api"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for name in ("PARTITION", "BOARD", "NXSDKHOST", "HOST_BINARY", "LOIHI_GEN", "SLURM", "NOSLURM"):
        # Lava sets and removes these; both undo it.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture(params=["\\n", ""], ids=["as sinfo ends", "without an empty line"])
def slurm(request, installed, monkeypatch, tmp_path):
    tools = sinfo(tmp_path / "bin", "oheogulch", "ncl-og-01", end=request.param)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")


def test_without_lava_loihi():
    with pytest.raises(vendor.Missing, match=r"lava-loihi is not installed; .*inrc_interest@intel\.com"):
        vendor.connect()


def test_an_import_that_fails_is_the_cause(installed, monkeypatch):
    monkeypatch.setitem(sys.modules, "lava.proc.embedded_io", None)
    with pytest.raises(
        BackendUnavailable, match=r"lava\.proc\.embedded_io cannot be imported \(ModuleNotFoundErr"
    ) as e:
        backends.get("loihi2")
    assert isinstance(e.value.__cause__.__cause__, ImportError)
    assert len(str(e.value).splitlines()) <= 3


def test_without_slurm_it_is_said_what_to_do(installed, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(vendor.Missing, match=r"sinfo is not on this machine; run where SLURM.*NXSDKHOST") as e:
        vendor.connect()
    assert isinstance(e.value.__cause__, FileNotFoundError)


def test_partition_and_board_of_the_environment_are_passed_on(slurm, monkeypatch):
    monkeypatch.setenv("PARTITION", "oheogulch")
    monkeypatch.setenv("BOARD", "ncl-og-01")
    assert vendor.connect() == "Loihi 2 (N3B3), partition oheogulch, board ncl-og-01"
    assert (os.environ["PARTITION"], os.environ["BOARD"], os.environ["SLURM"]) == ("oheogulch", "ncl-og-01", "1")


def test_arguments_stand_before_the_environment(slurm, monkeypatch):
    monkeypatch.setenv("PARTITION", "another")
    monkeypatch.setenv("LOIHI_GEN", "N3C1")
    assert vendor.connect(partition="oheogulch") == "Loihi 2 (N3C1), partition oheogulch"
    assert (os.environ["PARTITION"], os.environ["LOIHI_GEN"]) == ("oheogulch", "N3C1")


def test_nothing_named_is_nothing_set(slurm, monkeypatch):
    monkeypatch.setenv("PARTITION", "")
    assert vendor.connect() == "Loihi 2 (N3B3)"
    assert "BOARD" not in os.environ


@pytest.mark.parametrize("name", ["partition", "board"])
def test_an_unknown_one_is_named(slurm, name):
    with pytest.raises(vendor.Missing, match=f"{name} nowhere"):
        vendor.connect(**{name: "nowhere"})


def test_an_unknown_generation(installed, monkeypatch):
    monkeypatch.setenv("LOIHI_GEN", "N9")
    with pytest.raises(vendor.Missing, match="'N9' is not a valid ChipGeneration"):
        vendor.connect()


def test_a_board_on_the_network(installed, monkeypatch):
    asked = []
    monkeypatch.setattr(loihi, "use_ethernet_host", lambda *a, **k: asked.append((a, k)))
    monkeypatch.setenv("NXSDKHOST", "10.0.0.7")
    monkeypatch.setenv("HOST_BINARY", "driver")
    assert vendor.connect() == "Loihi 2 (N3B3), host 10.0.0.7"
    assert asked == [(("10.0.0.7",), {"loihi_gen": loihi.ChipGeneration.N3B3, "host_binary_path": "driver"})]
