"""The AHP process models against dynamics, the oracle and Lava's LIF, state by state."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lava.proc.lif.models import PyLifModelBitAcc, PyLifModelFloat, PyLifResetModelBitAcc

from lava_ahp import Neuron, SpecError, dynamics
from lava_ahp.network import fixedpoint as fx
from lava_ahp.process import AHP
from lava_ahp.process.models import PyAHPModelFixed, PyAHPModelFloat

import oracle
from support.lava_models import Bench

exact = settings(max_examples=150, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)

CHIP = {
    "threshold": "vth",
    "current_decay": "du",
    "voltage_decay": "dv",
    "ahp_decay": "da",
    "ahp_weight": "w_ahp",
    "input_exponent": "input_exp",
}


def _choose(rng, special, low, high, size):
    return np.where(rng.random(size) < 0.5, rng.choice(special, size), rng.integers(low, high + 1, size))


def _case(rng, size=8, exponents=(-6, 7)):
    """Parameters by their names in the Process, and an initial state."""
    decay = [0, 1, 2048, 4095, 4096]
    top = fx.STATE_MAX
    parameters = {
        "du": _choose(rng, decay, 0, 4096, size),
        "dv": _choose(rng, decay, 0, 4096, size),
        "da": _choose(rng, decay, 0, 4096, size),
        "vth": _choose(rng, [0, 1, 131071], 0, 2000, size),
        "w_ahp": _choose(rng, [0, 1, 131071], 0, 131071, size),
        "input_exp": rng.integers(exponents[0], exponents[1] + 1, size),
        "bias_mant": _choose(rng, [0, -4096, 4095], -4096, 4095, size),
        "bias_exp": rng.integers(0, 8, size),
    }
    state = {
        "u": _choose(rng, [0, 1, -1, top + 1, top, -top], -top, top + 1, size),
        "a": _choose(rng, [0, -1, -top, top], -top, top, size),
        "v": _choose(rng, [0, -1, 4095, -4095, top, -top], -top, top, size),
        "s": rng.integers(0, 2, size),
    }
    return parameters, state


def _drive(rng, most):
    """Drive of both signs, mostly small, sometimes the largest allowed."""
    scale = rng.choice([10, 1000, 2**30], most.shape)
    return np.clip(rng.integers(-scale, scale + 1), -most, most)


def _spec_parameters(parameters):
    back = {name: np.asarray(parameters[chip], dtype=np.int64) for name, chip in CHIP.items()}
    back["bias"] = parameters["bias_mant"].astype(np.int64) << parameters["bias_exp"]
    return back


@exact
@given(SEEDS)
def test_fixed_model_equals_dynamics_and_the_oracle(seed):
    rng = np.random.default_rng(seed)
    parameters, start = _case(rng)
    bench = Bench(PyAHPModelFixed, {**parameters, **start})
    p = _spec_parameters(parameters)
    state = dynamics.AHPState(start["u"], start["a"], start["v"], start["s"].astype(bool))
    scalar = [tuple(int(start[k][i]) for k in "uavs") for i in range(8)]
    for _ in range(6):
        drive = _drive(rng, fx.DRIVE_MAX >> (fx.STATE_SHIFT + parameters["input_exp"]))
        sent = bench.step(drive)
        state = dynamics.step(state, drive, p)
        scalar = [
            oracle.neuron_step(
                *scalar[i],
                int(drive[i]),
                **{k: int(parameters[k][i]) for k in ("du", "da", "dv", "w_ahp", "vth")},
                bias=int(p["bias"][i]),
                e=int(parameters["input_exp"][i]),
            )
            for i in range(8)
        ]
        got = bench.states("uavs")
        for k, name in enumerate("uavs"):
            np.testing.assert_array_equal(got[name], getattr(state, name), err_msg=name)
            np.testing.assert_array_equal(got[name], [neuron[k] for neuron in scalar], err_msg=name)
        np.testing.assert_array_equal(sent, state.s)


def _shared_lif_case(rng):
    parameters, start = _case(rng, exponents=(0, 0))
    for key in ("du", "dv", "vth"):
        parameters[key][:] = parameters[key][0]
    parameters["w_ahp"][:] = 0
    start["a"][:] = 0
    lif = {key: parameters[key] for key in ("bias_mant", "bias_exp")}
    # Lava adds 1 to du.
    lif |= {"du": int(parameters["du"][0]) - 1, "dv": int(parameters["dv"][0]), "vth": int(parameters["vth"][0])}
    return {**parameters, **start}, {**lif, "u": start["u"], "v": start["v"]}


@exact
@given(SEEDS)
@example(0)
def test_without_ahp_it_equals_lavas_lif(seed):
    rng = np.random.default_rng(seed)
    ours, lavas = _shared_lif_case(rng)
    bench, lif = Bench(PyAHPModelFixed, ours), Bench(PyLifModelBitAcc, lavas)
    for _ in range(6):
        # Lava's LIF wraps u only once, so the drive must stay within half of the range.
        drive = _drive(rng, np.full(8, 2**17)).astype(np.int32)
        np.testing.assert_array_equal(bench.step(drive), lif.step(drive))
        for name in "uv":
            np.testing.assert_array_equal(bench.states(name)[name], lif.states(name)[name], err_msg=name)


@exact
@given(SEEDS, st.integers(1, 5), st.integers(0, 12))
def test_reset_equals_that_of_lavas_lifreset(seed, interval, offset):
    rng = np.random.default_rng(seed)
    ours, lavas = _shared_lif_case(rng)
    params = {"reset_interval": interval, "reset_offset": offset}
    bench, lif = Bench(PyAHPModelFixed, ours, params), Bench(PyLifResetModelBitAcc, lavas, params)
    for _ in range(12):
        drive = _drive(rng, np.full(8, 2**17)).astype(np.int32)
        np.testing.assert_array_equal(bench.step(drive), lif.step(drive))
        for name in "uv":
            np.testing.assert_array_equal(bench.states(name)[name], lif.states(name)[name], err_msg=name)


@pytest.mark.parametrize("model", [PyAHPModelFixed, PyAHPModelFloat])
def test_reset_clears_the_ahp_current_and_the_last_spike(model):
    start = {"u": [0], "v": [0], "a": [-500], "s": [1], "w_ahp": 300, "du": 4096, "vth": 131071}
    bench = Bench(model, start, {"reset_interval": 4, "reset_offset": 1})
    bench.step([0])
    assert bench.model.a[0] == 0
    assert bench.model.v[0] == 0
    without = Bench(model, start, {"reset_interval": 4, "reset_offset": 2})
    without.step([0])
    assert without.model.a[0] == -800


def test_voltage_equal_to_the_threshold_does_not_spike():
    cell = {"u": [0, 0], "v": [0, 0], "a": 0, "s": 0, "du": 4096, "dv": 4096, "vth": 100, "w_ahp": 7}
    bench = Bench(PyAHPModelFixed, cell)
    assert bench.step([100, 101]).tolist() == [0, 1]
    assert bench.model.v.tolist() == [6400, 0]
    assert bench.step([0, 0]).tolist() == [0, 0]
    assert bench.model.a.tolist() == [0, -7]


def test_a_changed_parameter_is_used_from_the_next_step_on():
    bench = Bench(PyAHPModelFixed, {"u": [4096], "v": [0], "a": 0, "s": 0, "du": 2048, "vth": 131071})
    bench.step([0])
    assert bench.model.u[0] == 2048
    bench.model.du[:] = 0
    bench.model.on_var_update()
    bench.step([0])
    assert bench.model.u[0] == 2048


@exact
@given(SEEDS)
def test_float_model_computes_the_equations_without_rounding(seed):
    rng = np.random.default_rng(seed)
    parameters, _ = _case(rng, exponents=(-2, 2))
    zero = dict.fromkeys("avs", 0)
    bench = Bench(PyAHPModelFloat, {**parameters, "u": np.zeros(8), **zero})
    u, a, v, s = (np.zeros(8) for _ in range(4))
    keep = {k: (4096 - parameters[k]) / 4096 for k in ("du", "da", "dv")}
    for _ in range(5):
        drive = rng.normal(0, 300, 8)
        u = u * keep["du"] + drive * 2.0 ** (6 + parameters["input_exp"])
        a = a * keep["da"] - parameters["w_ahp"] * s
        v = v * keep["dv"] + u + a + parameters["bias_mant"] * 2.0 ** parameters["bias_exp"]
        s = (v > 64.0 * parameters["vth"]).astype(float)
        v = np.where(s == 1, 0, v)
        np.testing.assert_array_equal(bench.step(drive), s)
        for name, value in {"u": u, "a": a, "v": v}.items():
            np.testing.assert_array_equal(getattr(bench.model, name), value, err_msg=name)


@exact
@given(SEEDS)
def test_float_model_without_ahp_equals_lavas_float_lif(seed):
    """Lava's float LIF takes decays as fractions and does not shift thresholds and inputs."""
    rng = np.random.default_rng(seed)
    du, dv, vth = (int(rng.integers(0, high)) for high in (4097, 4097, 500))
    zero = {"u": np.zeros(8), "v": 0}
    ours = Bench(PyAHPModelFloat, {**zero, "a": 0, "s": 0, "du": du, "dv": dv, "vth": vth, "w_ahp": 0})
    lavas = Bench(PyLifModelFloat, {**zero, "du": du / 4096, "dv": dv / 4096, "vth": vth * 64.0})
    for _ in range(6):
        drive = rng.normal(0, 200, 8)
        np.testing.assert_array_equal(ours.step(drive), lavas.step(drive * 64.0))
        np.testing.assert_array_equal(ours.model.v, lavas.model.v)


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"u": 2**23 + 1}, "AHP u: found 8388609, allowed -8388607..8388608"),
        ({"v": 2**23}, "AHP v: found 8388608, allowed -8388607..8388607"),
        ({"a": [0, -(2**23)]}, "AHP a: found -8388608, allowed -8388607..8388607"),
        ({"du": 5000}, "AHP du: found 5000, allowed 0..4096"),
        ({"dv": -1}, "AHP dv: found -1, allowed 0..4096"),
        ({"da": [5, 4097]}, "AHP da: found 4097, allowed 0..4096"),
        ({"vth": 2**17}, "AHP vth: found 131072, allowed 0..131071"),
        ({"w_ahp": -3}, "AHP w_ahp: found -3, allowed 0..131071"),
        ({"input_exp": 8}, "AHP input_exp: found 8, allowed -6..7"),
        ({"bias_mant": 4096}, "AHP bias_mant: found 4096, allowed -4096..4095"),
        ({"bias_exp": 8}, "AHP bias_exp: found 8, allowed 0..7"),
        ({"reset_interval": 0}, "AHP reset_interval: found 0, allowed 1 or more, or None"),
        ({"da": 0.5}, "AHP da: found float64, allowed integers; give a decay of d / 4096 as d"),
        ({"w_ahp": [0, 1, 2]}, "AHP w_ahp: found shape (3,), allowed one value or (2,)"),
    ],
)
def test_process_names_the_wrong_argument(bad, words):
    with pytest.raises(SpecError) as error:
        AHP(shape=(2,), **bad)
    assert str(error.value) == words


def test_process_accepts_the_smallest_and_largest_values():
    process = AHP(shape=(2,), u=2**23, v=-(2**23) + 1, a=[-1, 1], du=[0, 4096], vth=131071, w_ahp=131071, bias_exp=7)
    assert process.u.init.tolist() == [2**23, 2**23]
    assert process.du.init.tolist() == [0, 4096]
    assert Neuron(threshold=1).current_decay == AHP(shape=(1,)).du.init[0]
