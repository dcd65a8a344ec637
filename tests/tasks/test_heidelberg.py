"""The tasks shd and ssc on generated files of the same form."""

import json

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lava_ahp import tasks
from lava_ahp.cli import main
from lava_ahp.encoders import Binned, from_json
from lava_ahp.errors import DataError
from lava_ahp.tasks.heidelberg.augmentation import blended, shifted

from support import spoken

SPEAKERS = (0, 1, 2, 3, 6, 7, 11)


@pytest.fixture
def folder(tmp_path):
    spoken.write(tmp_path / "shd_train.h5", 63, SPEAKERS, seed=1)
    spoken.write(tmp_path / "shd_test.h5", 15, (4, 5), seed=2)
    return tmp_path


def test_events_become_spikes_without_thresholds(folder):
    task = tasks.load_task("shd", folder, settings={"joined": 10, "step_ms": 5})
    assert task.class_names == spoken.WORDS
    assert (task.channels, task.signals["test"].shape[2]) == (71, 70)
    found = task.split("test", [3, 4])
    dense = found.events.to_dense()
    length = task.signals["test"].shape[1]
    for k in (3, 4):
        with h5py.File(folder / "shd_test.h5") as file:
            times, units = (file[f"spikes/{key}"][k] for key in ("times", "units"))
        expected = np.zeros((length, 70), bool)
        expected[np.floor(times.astype(float) * 1000 / 5).astype(int), units // 10] = True
        np.testing.assert_array_equal(dense[k - 3, :length, :-1], expected)
    assert dense[:, length:, -1].all()
    assert not dense[:, length:, :-1].any()
    assert not dense[:, :length, -1].any()
    assert found.labels.tolist() == [0, 1]


def test_no_speaker_is_in_training_and_validation(folder):
    task = tasks.load_task("shd", folder)
    assert [task.size(split) for split in ("train", "validation", "test")] == [54, 9, 15]
    assert task.notes == ("validation: the 9 samples of speakers 11, who are not heard in training",)
    chosen = tasks.load_task("shd", folder, settings={"validation_speakers": [0, 6]})
    assert chosen.size("validation") == 18
    with h5py.File(folder / "shd_train.h5") as file:
        speaker, labels = file["extra/speaker"][:], file["labels"][:]
    np.testing.assert_array_equal(chosen.labels["validation"], labels[np.isin(speaker, [0, 6])])
    np.testing.assert_array_equal(chosen.labels["train"], labels[~np.isin(speaker, [0, 6])])


def test_a_file_for_validation_is_used(tmp_path):
    for part, samples in (("train", 21), ("valid", 6), ("test", 9)):
        spoken.write(tmp_path / f"ssc_{part}.h5", samples, None, names=None)
    task = tasks.load_task("ssc", tmp_path)
    assert [task.size(split) for split in ("train", "validation", "test")] == [21, 6, 9]
    assert (task.class_names, task.notes) == (("0", "1", "2"), ())


def test_without_speakers_samples_are_held_out_and_it_says_so(tmp_path):
    for part, samples in (("train", 24), ("test", 6)):
        spoken.write(tmp_path / f"shd_{part}.h5", samples, None)
    task = tasks.load_task("shd", tmp_path)
    assert (task.size("train"), task.size("validation")) == (21, 3)
    assert "names no speakers" in task.notes[0]


def test_training_is_shifted_and_blended_and_the_rest_is_not(folder):
    task = tasks.load_task("shd", folder)
    first, second = (task.drawn("train", np.random.default_rng(seed))[0] for seed in (0, 1))
    again = task.drawn("train", np.random.default_rng(0))[0]
    assert (first != second).any()
    np.testing.assert_array_equal(first, again)
    plain = tasks.load_task("shd", folder, settings={"shift": 0, "blend": 0})
    assert not plain.varies
    np.testing.assert_array_equal(plain.signals["validation"], task.signals["validation"])


def test_a_shift_moves_all_events_of_a_sample_alike():
    rng = np.random.default_rng(0)
    counts = np.zeros((200, 6, 30), np.uint8)
    counts[:, :, 10:20] = rng.integers(0, 3, (200, 6, 10))
    moved = shifted(counts, 8, np.random.default_rng(1))
    distances = np.random.default_rng(1).integers(-8, 9, 200)
    assert set(distances) == set(range(-8, 9))
    for k, distance in enumerate(distances):
        np.testing.assert_array_equal(moved[k], np.roll(counts[k], distance, axis=1))


def test_a_blend_has_half_of_the_events_of_each_and_lies_between():
    counts = np.zeros((2, 40, 60), np.uint8)
    counts[0, 10:14, 10:14], counts[1, 20:24, 30:34] = 100, 100
    found = blended(counts, np.zeros(2, int), 1.0, np.random.default_rng(3))
    for k in range(2):
        assert abs(int(found[k].sum()) - 1600) < 120
        steps, channels = np.nonzero(found[k])
        # Either a blend with the other one, in the middle of both, or with itself, in place.
        where = (steps.min(), steps.max(), channels.min(), channels.max())
        own = ((10, 13, 10, 13), (20, 23, 30, 33))[k]
        assert where in ((15, 18, 20, 23), own)
    empty = np.zeros((2, 5, 6), np.uint8)
    assert not blended(empty, np.zeros(2, int), 1.0, np.random.default_rng(0)).any()


def test_blends_keep_to_their_class():
    counts = np.zeros((40, 8, 4), np.uint8)
    labels = np.arange(40) % 4
    counts[np.arange(40), :, labels] = 200
    found = blended(counts, labels, 0.5, np.random.default_rng(0))
    changed = (found != counts).any(axis=(1, 2))
    assert 8 < changed.sum() < 32
    for k, label in enumerate(labels):
        assert not np.delete(found[k], label, axis=1).any()


def test_the_encoder_is_kept_in_a_file():
    encoder = Binned(12, 5)
    assert from_json(json.loads(json.dumps(encoder.to_json()))) == encoder
    assert sum(len(channels) for channels in encoder.kinds().values()) == encoder.channels == 13


@pytest.mark.parametrize(
    ("signals", "message"),
    [
        (np.zeros((1, 3, 4), np.uint8), r"events: found 4 channels, allowed 3"),
        (np.zeros((1, 3, 3)), r"events: found float64 \(1, 3, 3\), allowed whole numbers"),
        (np.full((1, 3, 3), -1), r"events: found -1 in a step, allowed counts from 0"),
    ],
)
def test_other_signals_say_so(signals, message):
    with pytest.raises(DataError, match=message):
        Binned(3, 5).encode(signals)


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"signals": 0}, "encoder signals: found 0"), ({"cue_steps": 2**16}, "encoder cue_steps: found 65536")],
)
def test_encoders_out_of_range_say_so(changed, message):
    with pytest.raises(DataError, match=message):
        from_json({"name": "binned", "signals": 3, "cue_steps": 5, **changed})


def test_what_is_missing_says_so(folder, tmp_path):
    with pytest.raises(DataError, match=r"task shd: needs --data DIR with shd_train.h5 and shd_test.h5"):
        tasks.load_task("shd", None)
    with pytest.raises(DataError, match=r"ssc_train\.h5"):
        tasks.load_task("ssc", folder)
    with pytest.raises(DataError, match=r"validation_speakers: found \[5\], allowed some but not all of \[0, 1, 2"):
        tasks.load_task("shd", folder, settings={"validation_speakers": [5]})
    with h5py.File(folder / "shd_train.h5", "r+") as file:
        del file["extra/speaker"]
        file["extra/speaker"] = np.zeros(3, int)
    with pytest.raises(
        DataError, match=r"extra/speaker: found int64 \(3,\), allowed a whole number for each of the 63"
    ):
        tasks.load_task("shd", folder)


def test_a_network_learns_and_a_file_of_it_runs(folder):
    run = folder / "run"
    small = ["model.hidden=[40]", "training.epochs=10", "training.batch_size=16", "task.step_ms=5", "task.joined=20"]
    command = ["train", "--task", "shd", "--data", str(folder), "--out", str(run)]
    for line in (
        [*command, *(x for value in small for x in ("--set", value))],
        ["export", str(run), "--data", str(folder)],
        ["verify", str(run), "--samples", "1"],
        ["run", str(run), "--data", str(folder), "--json", str(folder / "out.json")],
    ):
        done = CliRunner().invoke(main, line)
        assert done.exit_code == 0, done.output
    # By chance, a third of the words would be right.
    assert json.loads((folder / "out.json").read_text())["accuracy"] >= 0.8
