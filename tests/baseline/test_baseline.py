"""Latency and energy of the LSTM: loops are counted, and energy that nothing measured stays unknown."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from lava_ahp import baseline  # noqa: E402
from lava_ahp.baseline import meters  # noqa: E402
from lava_ahp.models import LSTMClassifier, LSTMConfig  # noqa: E402


class Counter:
    """A meter that counts its calls and gives 3 J each time."""

    method = "made"

    def __init__(self):
        self.starts = 0

    def start(self):
        self.starts += 1

    def stop(self):
        return 3.0


def lstm(hidden):
    return LSTMClassifier(LSTMConfig(hidden=hidden), 1, 4).eval()


def test_every_batch_size_has_its_row():
    model = lstm(3)
    counter, lines = Counter(), []
    x = torch.zeros(2, 1, 6)
    rows = baseline.measure_model(model, x, meter=counter, batches=[1, 5], seconds=0.01, say=lines.append)
    assert [row.batch for row in rows] == [1, 5]
    assert counter.starts == 3
    for row in rows:
        assert row.energy_j == pytest.approx(3.0 / row.repeats / row.batch)
        assert row.latency_s > 0
        assert row.idle_w > 0
    assert "batch 5" in lines[1]


def test_energy_that_nothing_measured_stays_unknown(tmp_path):
    rows = baseline.measure_model(
        lstm(2),
        torch.zeros(1, 1, 3),
        meter=meters.meter_for("cpu", tmp_path),
        batches=[1],
        seconds=0.01,
    )
    assert (rows[0].energy_j, rows[0].idle_w, rows[0].dynamic_j, rows[0].edp_js) == (None, None, None, None)
    assert "not measured (no RAPL counters" in rows[0].method


def test_gpu_without_zeus_says_so(monkeypatch):
    monkeypatch.setattr(meters, "find_spec", lambda _: None)
    found = meters.meter_for("cuda")
    assert "zeus is not installed" in found.method
    assert found.stop() is None


def test_gpu_through_zeus(monkeypatch):
    asked = {}

    class ZeusMonitor:
        def __init__(self, gpu_indices, cpu_indices):
            asked["gpu"], asked["cpu"] = gpu_indices, cpu_indices
            if gpu_indices == [7]:
                raise ValueError("no such GPU")

        def begin_window(self, key):
            asked["key"] = key

        def end_window(self, key):
            assert key == asked["key"]
            return SimpleNamespace(gpu_energy={1: 2.5}, time=1.0)

    monkeypatch.setattr(meters, "find_spec", lambda _: True)
    monkeypatch.setitem(sys.modules, "zeus", ModuleType("zeus"))
    monkeypatch.setitem(sys.modules, "zeus.monitor", SimpleNamespace(ZeusMonitor=ZeusMonitor))
    found = meters.meter_for("cuda:1")
    found.start()
    assert found.stop() == 2.5
    assert (asked["gpu"], asked["cpu"]) == ([1], [])
    assert "no such GPU" in meters.meter_for("cuda:7").method


def test_counter_that_did_not_change_is_no_energy():
    still = Counter()
    still.stop = lambda: 0.0
    rows = baseline.measure_model(lstm(2), torch.zeros(1, 1, 3), meter=still, batches=[1], seconds=0.01)
    assert rows[0].energy_j is None
    assert "did not change" in rows[0].method


def counters(folder, values, wrap=10**6):
    for name, value in values.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "energy_uj").write_text(str(value))
        (folder / name / "max_energy_range_uj").write_text(str(wrap))


def test_rapl_sums_packages_and_survives_a_wrap(tmp_path):
    counters(tmp_path, {"intel-rapl:0": 999_000, "intel-rapl:1": 100, "intel-rapl:0:0": 5})
    found = meters.meter_for("cpu", tmp_path)
    found.start()
    counters(tmp_path, {"intel-rapl:0": 1_000, "intel-rapl:1": 600, "intel-rapl:0:0": 900})
    assert found.stop() == pytest.approx(2_000e-6 + 500e-6)


def test_unreadable_rapl_is_not_measured(tmp_path):
    counters(tmp_path, {"intel-rapl:0": "none"})
    assert "not measured" in meters.meter_for("cpu", tmp_path).method
