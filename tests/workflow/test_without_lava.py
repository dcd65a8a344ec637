"""A machine without Lava: a deployment says once that the proof in Lava was left out, and how to get it."""

import numpy as np
import pytest

import lava_ahp
from lava_ahp import backends
from lava_ahp.errors import BackendUnavailable

REASON = "lava-nc is not installed (this is Python 3.12; Lava needs 3.10); pip install lava-nc==0.10.0"


@pytest.fixture(scope="module")
def arrays():
    rng, y = np.random.default_rng(0), np.arange(40) % 2
    return np.where(y, 1, -1)[:, None] * np.linspace(-1, 1, 20) + rng.normal(0, 0.3, (40, 20)), y


@pytest.fixture
def _no_lava(monkeypatch):
    def missing():
        raise BackendUnavailable(f"backend loihi2sim: {REASON}")

    monkeypatch.setitem(backends._FACTORIES, "loihi2sim", missing)


@pytest.mark.usefixtures("_no_lava")
def test_the_simulator_proves_and_the_result_says_what_was_left_out(arrays, tmp_path):
    found = lava_ahp.deploy(*arrays, out=tmp_path, settings={"training.epochs": 1, "model.hidden": [6]}, samples=3)
    assert (found.proof.backend, found.exact) == ("fast", True)
    assert [check.name for check in found.checks] == ["training forward pass = fast"]
    said = [line for line in found.lines() if "left out" in line]
    assert said == [f"loihi2sim    the proof in Lava was left out: {REASON}"]
    assert "The proof in Lava was left out" in (tmp_path / "report.html").read_text()
    with pytest.raises(BackendUnavailable, match=r"Lava needs 3\.10"):
        lava_ahp.deploy(*arrays, out=tmp_path / "other", backend="loihi2sim")
    assert not (tmp_path / "other").exists()


@pytest.mark.usefixtures("_no_lava")
def test_an_explicit_simulator_says_it_too(arrays, tmp_path):
    found = lava_ahp.deploy(
        *arrays, out=tmp_path, settings={"training.epochs": 1, "model.hidden": [6]}, samples=3, backend="fast"
    )
    assert found.left_out == REASON
