"""Formats of series, each by a small file that the test writes; and files that promise what they do not hold."""

import sys
import wave

import h5py
import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.errors import BackendUnavailable, DataError
from lava_ahp.tasks.sources import Settings, read_series
from lava_ahp.tasks.sources.sound import log_bands
from lava_ahp.tasks.sources.wav import read_sound

from support.paths import SHARED

HEADER = """#a comment
@problemName Toy
@timeStamps false
@univariate false
@dimensions 2
@equalLength false
@classLabel true b a 10
@data
"""


def read(path, **settings):
    return read_series(path, Settings(**settings))


def refused(path, message, **settings):
    with pytest.raises(DataError, match=message) as raised:
        read(path, **settings)
    assert len(str(raised.value).splitlines()) <= 2
    assert path.name in str(raised.value)


class TestTs:
    def write(self, folder, name="Toy_TRAIN.ts", rows="1,2,3:4,5,6:a\n7,8:?,NaN:b\n", header=HEADER):
        (folder / name).write_text(header + rows)
        return folder / name

    def test_both_parts_from_either_file_or_the_folder(self, tmp_path):
        train = self.write(tmp_path)
        test = self.write(tmp_path, "Toy_TEST.ts", "9:0.5:a\n")
        for path in (train, test, tmp_path):
            found = read(path)
            assert found.split.tolist() == ["train", "train", "test"]
            assert found.lengths.tolist() == [3, 2, 1]
            assert found.x[0].tolist() == [[1, 4], [2, 5], [3, 6]]
            assert np.isnan(found.x[1, :, 1]).all()
            assert found.x[2, 0].tolist() == [9, 0.5]
            assert found.y.tolist() == ["a", "b", "a"]
            assert found.class_names == ("b", "a")
            assert found.official

    def test_a_file_without_a_part_is_one(self, tmp_path):
        assert read(self.write(tmp_path, "Toy.ts")).split is None
        assert read(self.write(tmp_path, "Other_TEST.ts")).split.tolist() == ["test", "test"]

    def test_validation_is_cut_from_train_and_said(self, tmp_path):
        rows = "".join(f"{k},{k % 5}:{-k},1:{'ab'[k % 2]}\n" for k in range(40))
        self.write(tmp_path, rows=rows)
        self.write(tmp_path, "Toy_TEST.ts", "1:2:a\n")
        task = tasks.load_task("timeseries", tmp_path)
        assert [task.size(split) for split in tasks.SPLITS] == [36, 4, 1]
        assert np.bincount(task.labels["validation"]).tolist() == [2, 2]
        assert task.notes == ("data: 4 of the 40 training samples validate, an eighth of each class, fixed seed",)

    @pytest.mark.parametrize(
        "header, rows, message",
        [
            (
                HEADER.replace("dimensions 2", "dimensions 1000000000"),
                "1:a\n",
                "@dimensions: found .*, allowed 1..1024",
            ),
            (HEADER.replace("@equal", "@seriesLength 99999999999999999\n@equal"), "1:a\n", "allowed 1..65536"),
            (HEADER.replace("dimensions 2", "dimensions 3"), "1:2:a\n", "line 9: found 2 channels, allowed 3"),
            (HEADER.replace("@equal", "@seriesLength 4\n@equal"), "1,2:1,2:a\n", "found 2 steps, allowed 4"),
            (HEADER, "1,2:1:a\n", "found channels of 1 and 2 steps"),
            (HEADER, "1,x:1,2:a\n", "line 9: found a value that is no number"),
            (HEADER, "1:2:c\n", "found the class 'c', @classLabel has 'b a 10'"),
            (HEADER, "", "found no samples after @data"),
            (HEADER.replace("@data", "@end"), "1:2:a\n", "found no line @data"),
            (HEADER.replace("timeStamps false", "timeStamps true"), "(0,1):a\n", "@timeStamps true"),
            (HEADER.replace("@classLabel true b a 10", "@targetlabel true"), "1:2:3\n", "found no @classLabel"),
        ],
    )
    def test_a_file_that_does_not_hold_what_it_says_is_refused(self, tmp_path, header, rows, message):
        refused(self.write(tmp_path, "Toy.ts", rows, header), message)

    def test_training_samples_alone_are_refused(self, tmp_path):
        refused(self.write(tmp_path), "Toy_TEST.ts is not beside it")

    def test_the_archive(self):
        if not (SHARED / "ucr").is_dir():
            pytest.skip(f"no {SHARED}/ucr: the UCR series are not part of the project")
        task = tasks.load_task("timeseries", SHARED / "ucr" / "JapaneseVowels_TRAIN.ts")
        assert [task.size(split) for split in tasks.SPLITS] == [234, 36, 370]
        assert task.class_names == tuple("123456789")
        steps = np.concatenate([task.split(split).events.steps for split in tasks.SPLITS]) - task.readout_steps
        assert (steps.min(), steps.max()) == (7, 29)


@pytest.fixture(name="pandas")
def fixture_pandas():
    return pytest.importorskip("pandas", reason="pandas, the extra `data`, is not installed")


class TestTable:
    def write(self, folder, text, name="some.csv"):
        (folder / name).write_text(text)
        return folder / name

    STEPS = "sample,time,u,v,label,split\nq,1,3,4,10,train\np,0,5,,9,test\nq,0,1,2,10,train\n"

    def check(self, found):
        assert found.x[0].tolist() == [[1, 2], [3, 4]]
        assert found.lengths.tolist() == [2, 1]
        assert found.x[1, 0, 0] == 5
        assert np.isnan(found.x[1, 0, 1])
        assert found.y.tolist() == [10, 9]
        assert found.split.tolist() == ["train", "test"]

    def test_a_row_per_step(self, tmp_path, pandas):
        self.check(read(self.write(tmp_path, self.STEPS)))

    def test_a_row_per_sample(self, tmp_path, pandas):
        found = read(self.write(tmp_path, "a,b,c,label\n1,2,3,NA\n4,5,,None\n6,,7,NA\n"))
        assert found.x.shape == (3, 3, 1)
        assert found.y.tolist() == ["NA", "None", "NA"]
        assert np.isnan(found.x[:, :, 0]).tolist() == [[False] * 3, [False, False, True], [False, True, False]]

    def test_parquet_is_the_same(self, tmp_path, pandas):
        pytest.importorskip("pyarrow", reason="pyarrow, the extra `data`, is not installed")
        table = pandas.read_csv(self.write(tmp_path, self.STEPS))
        table.to_parquet(tmp_path / "some.parquet")
        self.check(read(tmp_path / "some.parquet"))
        table["u"] = "text"
        table.to_parquet(tmp_path / "text.parquet")
        refused(tmp_path / "text.parquet", "column 'u': found .*, allowed numbers")
        self.write(tmp_path, "PAR1", "bad.parquet")
        refused(tmp_path / "bad.parquet", "not a Parquet file")

    @pytest.mark.parametrize(
        "text, message",
        [
            ("," * 70000 + "label\n", "found 70001 columns or more, allowed 65540"),
            ("a," * 2**22 + "label\n1\n", "found 4194305 columns or more"),
            ("a,b\n1,2\n", "found no column label among 'a, b'; rename"),
            ("label\nx\n", "found no columns of numbers"),
            ("a,label\n", "found no rows"),
            ("a,a,label\n1,2,x\n", "found the column 'a' twice"),
            ("a,label\none,x\n", "not a table of numbers .*could not convert string to float"),
            ("a,label\n1,2,3\n1,2,3\n", "not a table of numbers"),
            ("a,label\n1,\n", "label: found an empty cell"),
            ("sample,a,label\n0,1,x\n0,2,y\n", "label: sample '0': found 'x' and 'y', allowed one"),
            ("sample,time,a,label\n0,1,1,x\n0,1,2,x\n", "time: sample '0': found 1 twice or missing"),
            ("\0\n\n", "first line|no column label"),
            ("", "first line|found no"),
        ],
    )
    def test_another_table_is_refused(self, tmp_path, pandas, text, message):
        refused(self.write(tmp_path, text), message)

    def test_without_pandas_it_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(BackendUnavailable, match=r"pandas is not installed.*pip install 'lava-ahp\[data\]'"):
            read(self.write(tmp_path, self.STEPS))


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


def test_another_ending_is_refused(tmp_path):
    (tmp_path / "some.mat").write_text("")
    refused(tmp_path / "some.mat", r"found the ending .mat., allowed an .npz, .ts, .csv")
