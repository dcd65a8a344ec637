"""Data that can be used but are probably not what was meant: one line each, and a warning of a category of ours."""

import numpy as np
import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import netx, tasks
from lava_ahp.cli import main
from lava_ahp.encoders import LevelCrossing
from lava_ahp.encoders.ranges import misfit
from lava_ahp.errors import DataWarning
from lava_ahp.network import Connection, Network, Neuron, Population
from lava_ahp.tasks import digits
from lava_ahp.workflow.planning import announce

from support.npz_series import fixture_file, fixture_save, load, series  # noqa: F401
from support.paths import SHARED


def invoke(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


class TestWarnings:
    @pytest.fixture(scope="class")
    def trained(self, tmp_path_factory):
        """A network file for series of two channels, untrained."""
        folder = tmp_path_factory.mktemp("fitted")
        np.savez(folder / "own.npz", **series())
        task = load(folder / "own.npz")
        network = Network(
            (Population("input", task.channels), Population("readout", 3, Neuron(threshold=131071, voltage_decay=204))),
            (Connection("input", "readout", np.full((3, task.channels), 2)),),
            "readout",
            task=task.describe(),
        )
        netx.write(network, folder / "some.net")
        return folder

    @pytest.mark.parametrize("command", ["run", "profile"])
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda x: x + np.float32(1e7), "channel 0: found 1e+07 to 1e+07, fitted to -1.319"),
            (lambda x: 1000 * x, "channel 0: found -1"),
            (lambda x: x / 1000, "channel 0: found -0.001"),
            (lambda x: x * np.float32([1, 50]), "channel 1: found -"),
        ],
    )
    def test_data_far_from_the_thresholds_are_one_line_of_warning(self, trained, tmp_path, command, change, message):
        arrays = series(seed=4)
        np.savez(tmp_path / "other.npz", x=change(arrays["x"]), y=arrays["y"])
        result = invoke(command, trained / "some.net", "--data", tmp_path / "other.npz")
        assert result.exit_code == 0, result.output
        (line,) = [line for line in result.stderr.splitlines() if "warning" in line]
        assert line.startswith("lava-ahp: warning: timeseries test data are far from those that the network was fitted")
        assert message in line
        assert ("and 1 more like it" in line) == (message.startswith("channel 0"))

    @pytest.mark.parametrize("change", [lambda x: x, lambda x: 1.5 * x, lambda x: x[:20] + np.float32(0.5)])
    def test_similar_data_are_not_warned_of(self, trained, tmp_path, change):
        arrays = series(seed=4)
        x = change(arrays["x"])
        np.savez(tmp_path / "other.npz", x=x, y=arrays["y"][: len(x)])
        result = invoke("run", trained / "some.net", "--data", tmp_path / "other.npz")
        assert (result.exit_code, "warning" in result.stderr) == (0, False), result.output

    def test_python_callers_get_a_category_of_ours(self, trained):
        arrays = series(seed=4)
        with pytest.warns(DataWarning, match="channel 0: found 5"):
            lava_ahp.evaluate(trained / "some.net", arrays["x"] + 60, arrays["y"])

    def test_quantiles_of_heavy_tails_fit_their_own_data(self):
        x = np.random.default_rng(0).standard_t(2, size=(300, 200, 1))
        quantiles = np.quantile(x, np.arange(1, 9) / 9, axis=(0, 1)).T
        assert misfit(quantiles, x) is None
        assert misfit(quantiles, x + 1e5) is not None

    @pytest.mark.parametrize("count", [1, 2, 8])
    def test_the_training_data_fit_by_construction(self, count):
        x = np.random.default_rng(0).standard_t(2, size=(300, 200, 2))
        assert misfit(LevelCrossing.fit(x, count, 12).thresholds, x) is None


class TestAnnouncement:
    class Lines(list):
        say = list.append

    def test_says_samples_steps_and_channels(self, file):
        announce(load(file), lines := self.Lines())
        assert lines == ["data: 60 samples x 20 steps x 2 channels"]

    def test_says_nothing_of_images(self):
        announce(digits.load(), lines := self.Lines())
        assert lines == []

    def test_more_channels_than_steps_are_warned_of(self):
        arrays = series()
        task = tasks.from_arrays(arrays["x"].transpose(0, 2, 1), arrays["y"])
        with pytest.warns(
            DataWarning, match=r"x: found 2 steps of 20 channels; the axes are \(sample, time, channel\)"
        ):
            announce(task, lines := self.Lines())
        assert lines == ["data: 60 samples x 2 steps x 20 channels"]

    def test_training_says_it_first(self, tmp_path, monkeypatch, capsys):
        """On the series that went wrong once."""
        path = SHARED / "cases" / "BasicMotions_aeon.npz"
        if not path.is_file():
            pytest.skip(f"{path} is not here")
        pytest.importorskip("torch")
        monkeypatch.setattr("lava_ahp.workflow.training_run._train", lambda *_, **__: None)
        with pytest.warns(DataWarning, match="x: found 6 steps of 100 channels"):
            lava_ahp.train("timeseries", data=path, out=tmp_path / "run", progress=True)
        assert capsys.readouterr().err.splitlines()[0] == "data: 80 samples x 6 steps x 100 channels"
