"""Configuration: presets, files, single values, and errors in them."""

import sys
from pathlib import Path

import numpy as np
import pytest

from lava_ahp import training
from lava_ahp.errors import DataError
from lava_ahp.models import AHPConfig
from lava_ahp.training import TrainConfig
from lava_ahp.training.config import OptimisationConfig

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def test_presets_are_complete():
    folder = Path(training.__file__).parent / "presets"
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*.toml")) == [
        "ahp/digits.toml", "ahp/psmnist.toml", "ahp/shd.toml", "ahp/smnist.toml", "ahp/ssc.toml", "ahp/timeseries.toml",
        "lstm-relational.toml", "lstm.toml", "relational/babi.toml",
    ]  # fmt: skip
    plain = TrainConfig.make("mine")
    assert (plain.task.name, plain.model, plain.training) == ("mine", AHPConfig(), OptimisationConfig())
    for path in folder.glob("ahp/*.toml"):
        config = TrainConfig.make(path.stem)
        assert (config.task.name, config.model.kind) == (path.stem, "ahp")
        assert config.model != plain.model
    assert TrainConfig.make("digits", model="lstm") == TrainConfig.of(
        {**tomllib.loads((folder / "lstm.toml").read_text()), "task": {"name": "digits"}}
    )


def test_later_sources_win(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("[model]\nhidden = [7, 8]\nahp_tau = [3, 9]\n[training]\nepochs = 3\n")
    config = TrainConfig.make("digits", file=file, overrides=["training.epochs=9", " model.learn = ['ahp_decay']"])
    preset = TrainConfig.make("digits")
    assert config.model.hidden == (7, 8)
    assert config.model.ahp_tau == (3.0, 9.0)
    assert config.training.epochs == 9
    assert config.model.learn == ("ahp_decay",)
    assert config.model.membrane_tau == preset.model.membrane_tau
    assert config.training.learning_rate == preset.training.learning_rate


def test_a_mapping_is_used_as_it_is():
    texts = ["training.epochs=9", "model.hidden=[7, 8]", "model.learn=['ahp_decay']", "training.rate_weight=0.5"]
    values = {"training.epochs": 9, "model.hidden": (7, 8), "model.learn": ["ahp_decay"], "training.rate_weight": 0.5}
    assert TrainConfig.make("digits", overrides=values) == TrainConfig.make("digits", overrides=iter(texts))
    with pytest.raises(DataError, match=r"config training.epochs: found '\[9\]'; input should be a valid integer"):
        TrainConfig.make("digits", overrides={"training.epochs": "[9]"})
    for key in ("training", "training.", ".epochs"):
        with pytest.raises(DataError, match=rf"setting: found key '{key}', allowed section.key, for example"):
            TrainConfig.make("digits", overrides={key: 9})


def test_the_kind_of_model():
    assert TrainConfig.make("digits", model="lstm", overrides={"model.hidden": 5}).model.hidden == 5
    with pytest.raises(DataError, match=r"config model.kind: found 'gru', allowed ahp, lstm"):
        TrainConfig.make("digits", model="gru")
    with pytest.raises(DataError, match=r"config model.kind: found 'gru', allowed ahp, lstm"):
        TrainConfig.of({"task": {"name": "digits"}, "model": {"kind": "gru"}})
    with pytest.raises(DataError, match=r"config model.ahp_tau: unknown key, allowed kind, hidden, every_step$"):
        TrainConfig.make("digits", model="lstm", overrides={"model.ahp_tau": [3, 9]})


def test_numbers_of_numpy():
    values = {"training.epochs": np.int64(5), "model.hidden": [np.int32(7)], "training.warmup": np.float32(0.5)}
    config = TrainConfig.make("digits", overrides=values)
    assert (config.training.epochs, config.model.hidden, config.training.warmup) == (5, (7,), 0.5)
    assert TrainConfig.make("digits", overrides={"model.ahp_tau": np.array([3, 9])}).model.ahp_tau == (3, 9)
    with pytest.raises(DataError, match=r"training.epochs: found True"):
        TrainConfig.make("digits", overrides={"training.epochs": np.bool_(True)})


def test_an_integer_is_a_number():
    config = TrainConfig.make("digits", overrides=["training.gradient_clip=2", "model.ahp_tau=[3, 9]"])
    assert (config.training.gradient_clip, config.model.ahp_tau) == (2.0, (3.0, 9.0))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("training.epochs", "x" * 10**6),
        ("training.epochs", [0] * 10**6),
        ("training.epochs", [[[[["x" * 1000] * 100] * 100]]]),
        ("training.epochs", 10**5000),
        ("model.learn", ["\x1b[2J\n" * 10**5]),
        ("model.kind", "x" * 10**6),
        ("task.name", "x" * 10**6),
        ("training." + "x" * 10**6, 1),
        ("x" * 10**6, 1),
        ("x" * 10**6 + ".y", 1),
    ],
    ids=range(10),
)
def test_a_large_value_is_not_repeated(key, value):
    with pytest.raises(DataError) as caught:
        TrainConfig.make("digits", overrides={key: value})
    assert len(str(caught.value)) < 600
    assert str(caught.value).isprintable()
    assert "..." in str(caught.value) or "an integer of 16610 bits" in str(caught.value)


def test_text_needs_no_quotes():
    assert TrainConfig.make("mine", overrides=["task.name=mine"]).task.name == "mine"


@pytest.mark.parametrize("name", ["digits", "smnist"])
def test_written_and_read_again(tmp_path, name):
    config = TrainConfig.make(name, overrides=["training.learning_rate=0.00123", "model.learn=['threshold']"])
    config.write(tmp_path / "config.toml")
    assert TrainConfig.read(tmp_path / "config.toml") == config


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epochs=0", r"config training.epochs: found 0; input should be greater than or equal to 1"),
        ("training.epochs=x", r"config training.epochs: found 'x'; input should be a valid integer"),
        (
            "training.epoch=3",
            r"config training.epoch: unknown key, allowed seed, epochs, epoch_steps, keep, patience, batch_size",
        ),
        ("training.epoch=3", r"label_smoothing; did you mean training.epochs\?$"),
        ("optimiser.lr=3", r"config optimiser: unknown key, allowed task, model, training$"),
        ("training.decay_learning_rate=1e-4", r"training\.decay_learning_rate: no longer a setting, .*; remove it$"),
        ("train.epochs=3", r"config train: unknown key, allowed task, model, training; did you mean training\?$"),
        ("model.ahp_taus=[3, 9]", r"config model.ahp_taus: unknown key, allowed kind, hidden, threshold, membrane_tau"),
        ("model.ahp_taus=[3, 9]", r"; did you mean model.ahp_tau\?$"),
        ("model.hidden=240", r"config model.hidden: found 240; allowed a list; write \[240\]$"),
        ("model.learn=threshold", r"config model.learn: found 'threshold'; allowed a list; write \['threshold'\]$"),
        ("model.ahp_tau=40", r"config model.ahp_tau: found 40; allowed a list; write for example \[40.0, 1000.0\]$"),
        ("model.hidden=[240.0]", r"config model.hidden.0: found 240.0; input should be a valid integer; write 240$"),
        ("training.epochs=5.0", r"config training.epochs: found 5.0; input should be a valid integer; write 5$"),
        ("training.epochs=5.5", r"config training.epochs: found 5.5; input should be a valid integer$"),
        ("training.epochs=true", r"config training.epochs: found True; input should be a valid integer$"),
        ("training.warmup=true", r"config training.warmup: found True; input should be a valid number$"),
        ("training.warmup='0.1'", r"config training.warmup: found '0.1'; input should be a valid number; write 0.1$"),
        ("training.epochs='5'", r"config training.epochs: found '5'; input should be a valid integer; write 5$"),
        ("model.hidden=[true]", r"config model.hidden.0: found True; input should be a valid integer$"),
        ("model.kind=lstm", r"config model.kind: found 'lstm', allowed 'ahp' here"),
        ("model.ahp_tau=[9, 3]", r"config model.ahp_tau: found .*the first value must not exceed"),
        ("model.hidden=[]", r"config model.hidden: found \[\]"),
        ("model.learn=['tau']", r"config model.learn.0: found 'tau'; input should be 'threshold'"),
        ("training.learning_rate=nan", r"config training.learning_rate: found nan"),
        ("training.rate_weight=inf", r"config training.rate_weight: found inf; input should be a finite number"),
        ("model.input_gain=nan", r"config model.input_gain: found nan"),
        ("training.gradient_clip=inf", r"config training.gradient_clip: found inf"),
        ("training=3", r"setting: found key 'training', allowed section.key, for example training.epochs"),
        ("training.epochs", r"setting: found 'training.epochs', allowed section.key=value"),
        ("task.name=other", r"config task.name: found 'other', allowed 'digits' here"),
    ],
)
def test_bad_values_say_so_in_a_line(override, message):
    with pytest.raises(DataError, match=message) as caught:
        TrainConfig.make("digits", overrides=[override])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[training\n", "a.toml: not TOML"),
        (b"\xff\xfe", "a.toml: not UTF-8 text"),
        (b"training = 3\n", "config training: found 3"),
        (b"task = 3\n", "config task: found 3"),
        (b"task = 'digits'\n", "config task: found 'digits'"),
    ],
)
def test_bad_files_say_so(tmp_path, content, message):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(DataError, match=message):
        TrainConfig.make("digits", file=tmp_path / "a.toml")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(DataError, match=r"a.toml: no such file"):
        TrainConfig.make("digits", file=tmp_path / "a.toml")
    with pytest.raises(DataError, match="found a folder, allowed a file"):
        TrainConfig.read(tmp_path)
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(DataError, match=r"empty.toml task: missing; add it"):
        TrainConfig.read(tmp_path / "empty.toml")


def test_differences_name_the_key():
    one, other = (TrainConfig.make("digits", overrides=[f"training.seed={seed}"]) for seed in (1, 2))
    assert one.differences(other) == ["training.seed: requested 1, found 2"]
    assert one.differences(one) == []
