"""Sounds and events: small files that the test writes, and files that promise what they do not hold."""

import wave

import h5py
import numpy as np
import pytest

from lava_ahp.errors import DataError
from lava_ahp.tasks.sources.sound import log_bands
from lava_ahp.tasks.sources.wav import read_sound

from support.sources import read, refused


def tone(path, frequency=1000, seconds=0.1, rate=8000, width=2, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(round(seconds * rate)) / rate
    whole = np.rint(0.5 * np.sin(2 * np.pi * frequency * t) * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    content = np.repeat(whole + (128 if width == 1 else 0), channels).astype("<i8").view(np.uint8).reshape(-1, 8)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(content[:, :width].tobytes())
    return path


class TestWav:
    @pytest.mark.parametrize("width", [1, 2, 3, 4])
    @pytest.mark.parametrize("channels", [1, 2])
    def test_widths_and_channels(self, tmp_path, width, channels):
        sound, rate = read_sound(tone(tmp_path / "a.wav", width=width, channels=channels))
        assert rate == 8000
        expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(800) / 8000)
        assert np.allclose(sound, expected, atol=0.01 if width == 1 else 1e-3)

    def test_folders_are_classes_and_lengths_differ(self, tmp_path):
        for k in range(2):
            tone(tmp_path / "low" / f"{k}.wav", 300, 0.1)
            tone(tmp_path / "high" / f"{k}.WAV", 2500, 0.2)
        found = read(tmp_path)
        assert found.y.tolist() == ["high", "high", "low", "low"]
        assert found.lengths.tolist() == [18, 18, 8, 8]
        assert found.x.shape == (4, 18, 20)
        assert found.split is None
        loudest = [int(np.nanmean(x, axis=0).argmax()) for x in found.x]
        assert loudest[0] == loudest[1] > loudest[2] == loudest[3]
        assert read(tmp_path, audio_bands=0).x.shape == (4, 1600, 1)

    def test_folders_may_be_splits(self, tmp_path):
        for split in ("train", "test"):
            for label in "ab":
                tone(tmp_path / split / label / "0.wav")
        found = read(tmp_path)
        assert found.y.tolist() == ["a", "b", "a", "b"]
        assert found.split.tolist() == ["test", "test", "train", "train"]

    def test_bands_are_energies_in_bel(self):
        rate = 16000
        sine = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate).astype(np.float32)
        energy = log_bands(sine, rate, 40, 10, "x")
        assert energy.shape == (98, 40)
        assert abs(energy.max()) < 0.3
        assert np.allclose(log_bands(0.1 * sine, rate, 40, 10, "x").max() - energy.max(), -2, atol=0.01)
        assert np.allclose(log_bands(0 * sine, rate, 40, 10, "x"), -8)

    def test_damaged_and_other_files_are_refused(self, tmp_path):
        path = tone(tmp_path / "a" / "0.wav")
        content = bytearray(path.read_bytes())
        content[40:44] = (2**32 - 2).to_bytes(4, "little")
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"declares 4294967294 bytes of sound in a file of 1644"):
            read(tmp_path)
        content[20:22] = (3).to_bytes(2, "little")
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"not a .wav file of PCM, or damaged .*; write it as PCM"):
            read(tmp_path)
        tone(path)
        tone(tmp_path / "b" / "0.wav", rate=16000)
        with pytest.raises(DataError, match="found 16000 Hz after 8000 Hz"):
            read(tmp_path)
        (tmp_path / "empty").mkdir()
        refused(tmp_path / "empty", r"found neither NAME_TRAIN.ts nor folders with .wav files")
        with pytest.raises(DataError, match="128 bands at 16000 Hz are narrower"):
            log_bands(np.zeros(16000, np.float32), 16000, 128, 10, "x")


class TestEvents:
    def write(
        self, path, times=([0.001, 0.0249, 0.011], []), units=([0, 15, 19], []), labels=(1, 0), keys=(b"no", b"yes")
    ):
        with h5py.File(path, "w") as file:
            for name, rows, dtype in (("times", times, np.float32), ("units", units, np.uint16)):
                data = file.create_dataset(f"spikes/{name}", (len(rows),), h5py.vlen_dtype(dtype))
                for k, row in enumerate(rows):
                    data[k] = np.array(row, dtype)
            file["labels"] = np.array(labels)
            if keys:
                file["extra/keys"] = np.array(keys)
        return path

    def test_counts_per_step_and_channel(self, tmp_path):
        found = read(self.write(tmp_path / "some.h5"), event_units=20)
        assert found.x[0].tolist() == [[1, 0], [0, 1], [0, 1]]
        assert found.x[1, 0].tolist() == [0, 0]
        assert found.lengths.tolist() == [3, 1]
        assert found.y.tolist() == ["yes", "no"]
        assert read(self.write(tmp_path / "some.h5", keys=()), event_units=20, event_step_ms=25).lengths.tolist() == [
            1,
            1,
        ]

    def test_train_and_test_beside_each_other(self, tmp_path):
        self.write(tmp_path / "shd_train.h5")
        self.write(tmp_path / "shd_test.h5")
        for name in ("train", "test"):
            assert read(tmp_path / f"shd_{name}.h5").split.tolist() == ["train", "train", "test", "test"]

    @pytest.mark.parametrize(
        "change, message, settings",
        [
            ({}, r"sample 0: found units 0..19, allowed 0..15; set task.event_units", {"event_units": 16}),
            ({"times": ([1e9], []), "units": ([0], [])}, "allowed 65536 steps of 10 ms", {}),
            ({"times": ([-1.0], []), "units": ([0], [])}, "found times -1..-1 s", {}),
            ({"times": ([1.0], [])}, r"found times float32 \(1,\) and units uint16 \(3,\)", {}),
            ({"labels": (1, 0, 0)}, "labels of 3", {}),
            ({"labels": (1, 2)}, r"labels: found 1..2, allowed 0..1 for the extra/keys", {}),
        ],
    )
    def test_other_files_are_refused(self, tmp_path, change, message, settings):
        refused(self.write(tmp_path / "some.h5", **change), message, **settings)

    def test_links_to_other_files_are_refused(self, tmp_path):
        self.write(tmp_path / "other.h5")
        with h5py.File(self.write(tmp_path / "some.h5"), "a") as file:
            del file["labels"]
            file["labels"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "labels")
        refused(tmp_path / "some.h5", "holds no labels")
