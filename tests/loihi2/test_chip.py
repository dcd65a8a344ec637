"""The whole path to the chip and a bundle, with a stand-in for lava-loihi on the CPU.

The stand-in shows that the path is complete, and nothing of a chip; see tests/support/lava_loihi_stand_in/README.md.
"""

import json
import sys

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import netx
from lava_ahp.cli import main
from lava_ahp.profiler import measurement

from support.adaptive import of_digits
from support.chip_bundles import call, run_ahp, run_bundle, sinfo, small_file, unpack
from support.paths import ROOT, TESTS

#: The stand-in's adapters are late, so that lags have to be found.
LATE = {"STAND_IN_LATE_IN": "2", "STAND_IN_LATE_OUT": "1"}

ENGINE = """
import sys; sys.path.insert(0, {tests!r})
import numpy as np
from lava.magma.core.process.process import ProcessServer
from lava_ahp import backends, dynamics
from lava_ahp.errors import SpecError
from lava_ahp.loihi2.runner import build, device
from support.adaptive import recurrent
from support.chip_bundles import small_network, small_samples
from support.lava_networks import assert_same

network, events = small_network(bias=50), small_samples()
run = backends.get("loihi2")
try:
    run(recurrent(np.random.default_rng(0)), np.ones((1, 3, 4), bool))
except SpecError as error:
    print(error)
done, seen, real = [], set(), device.Chip.config

def config(self):
    seen.update(
        (type(port.process).__name__, type(other.process).__name__)
        for process in ProcessServer().processes
        for port in process.out_ports
        for other in port.get_dst_ports()
    )
    return real(self)

device.Chip.config = config
assert_same(run(network, events, rasters=network.names, states=network.names, progress=done.append),
            dynamics.run(network, events))
print(done, dynamics.run(network, events).counts["hidden"].sum() > 10)
print(sorted(seen & {{("RingBuffer", "PyToNxAdapter"), ("NxToPyAdapter", "RingBuffer"), ("Read", "RingBuffer")}}))
python, cores = {{"RingBuffer"}}, {{"LIFReset", "Dense", "DelayDense"}}
print([pair for pair in seen if set(pair) & python and set(pair) & cores])
"""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    small_file(folder / "s.net", bias=50)
    found = CliRunner().invoke(main, ["bundle", str(folder / "s.net"), "-o", str(folder / "b.zip")])
    assert found.exit_code == 0, found.output
    return unpack(folder / "b.zip")


def test_the_engine_equals_dynamics_in_every_state_and_crosses_in_adapters_alone(tmp_path):
    code = ENGINE.format(tests=str(TESTS))
    done = call([sys.executable, "-c", code], ROOT, True, LATE, sinfo(tmp_path / "bin"))
    refused, run, crossings, mixed = done.stdout.splitlines()[-4:]
    assert done.returncode == 0, done.stderr
    assert "AHP neurons, allowed LIF neurons of Loihi 2" in refused
    assert "lava-ahp lower" in refused
    assert run == "[1, 1] True"
    assert crossings == "[('NxToPyAdapter', 'RingBuffer'), ('Read', 'RingBuffer'), ('RingBuffer', 'PyToNxAdapter')]"
    assert mixed == "[]"


def test_a_bundle_on_the_chip(bundled, tmp_path):
    out = tmp_path / "measurement.json"
    done = run_bundle(bundled, "--board", "ncl-og-01", "-o", out, stand_in=True, environment=LATE,
                      path=sinfo(tmp_path / "bin"))  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lags         input 2, spikes 1, states 1 steps" in done.stdout
    assert "outputs      equal in all 2 samples" in done.stdout
    found = measurement.read(str(out))
    assert found.device == "Loihi 2 (N3B3), board ncl-og-01"
    assert (found.equal, found.energy_unit, found.step_time_s) == (True, "uJ", pytest.approx(2e-6))
    shown = CliRunner().invoke(main, ["profile", str(bundled / "network.net"), "--measured", str(out)])
    assert shown.exit_code == 0, shown.output
    assert f"* Loihi 2, {found.date}: measured on Loihi 2 (N3B3), board ncl-og-01, {found.date}," in shown.output


def test_a_bundle_in_simulation_without_this_package_names_a_changed_value(bundled, tmp_path):
    golden = (bundled / "golden.h5").read_bytes()
    with h5py.File(bundled / "golden.h5", "r+") as file:
        file["readout"][1, 7, 1] += 1
        expected = file["readout"][1, 7, 1]
    try:
        done = run_bundle(bundled, "--sim")
    finally:
        (bundled / "golden.h5").write_bytes(golden)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "golden.h5 has changed since the bundle was made" in done.stderr
    assert "sample 0     equal: 12 steps" in done.stdout
    difference = "DIFFERENT: sample 1, population readout, neuron 1, step 7: voltage: expected "
    assert f"{difference}{expected}, observed {expected - 1}" in done.stdout
    result = json.loads((bundled / "measurement.json").read_text())
    assert (result["what"], result["equal"]) == ("simulation", False)
    refused = CliRunner().invoke(
        main, ["profile", str(bundled / "network.net"), "--measured", str(bundled / "measurement.json")]
    )
    assert refused.exit_code == 2
    assert "a run in Lava's simulation, which measures no chip" in refused.output


def test_a_bundle_of_a_network_of_values_names_no_class(tmp_path):
    asked = {"kind": "value", "offset": [0.0, 1.0], "scale": [1.0, 2.0]}
    lava_ahp.bundle(small_file(tmp_path / "values.net", target=asked), tmp_path / "values.zip", samples=1)
    done = run_bundle(unpack(tmp_path / "values.zip"), "--sim")
    assert done.returncode == 0, done.stderr
    assert "sample 0     equal: 12 steps\n" in done.stdout
    assert "accuracy" not in done.stdout


def test_without_a_chip_a_bundle_ends_with_code_3(bundled):
    done = run_bundle(bundled)
    assert done.returncode == 3
    assert "lava-loihi is not installed" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
    assert not done.stdout


def test_the_files_are_whole_and_wrong_use_ends_with_code_2(bundled):
    call(["bash", "-n", "run.sbatch"], bundled).check_returncode()
    call(["sha256sum", "--check", "--quiet", "SHA256SUMS"], bundled).check_returncode()
    done = run_bundle(bundled, "--sim", "--samples", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert "found 0, allowed 1 or more" in done.stderr


def test_a_network_with_ahp_neurons_is_refused_with_what_to_do(tmp_path):
    netx.write(of_digits(np.random.default_rng(0)), tmp_path / "a.net")
    found = CliRunner().invoke(main, ["bundle", str(tmp_path / "a.net"), "-o", str(tmp_path / "b.zip")])
    assert found.exit_code == 2
    assert (
        "AHP neurons, allowed LIF neurons of Loihi 2; turn them into such (lava-ahp lower F.net -o G.net)"
        in found.stderr
    )
    assert not (tmp_path / "b.zip").exists()


def test_without_slurm_the_command_ends_with_code_3(bundled):
    done = run_ahp("verify", bundled / "network.net", "--backend", "loihi2", "--board", "b", stand_in=True)
    assert done.returncode == 3, done.stderr
    last = [line for line in done.stderr.splitlines() if line.startswith("lava-ahp:")]
    assert last == [
        "lava-ahp: backend loihi2: sinfo is not on this machine; run where SLURM knows the boards, "
        "or set NXSDKHOST to the address of a board"
    ]
