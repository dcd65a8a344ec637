"""Formats of series, each by a small file that the test writes; and files that promise what they do not hold."""

import sys

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.errors import BackendUnavailable

from support.paths import SHARED
from support.sources import read, refused

HEADER = """#a comment
@problemName Toy
@timeStamps false
@univariate false
@dimensions 2
@equalLength false
@classLabel true b a 10
@data
"""


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
        steps = np.concatenate([task.split(split).events.steps for split in tasks.SPLITS])
        assert (steps.min(), steps.max()) == (task.encoder.steps(7), task.encoder.steps(29))


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

    @pytest.mark.parametrize("columns", [70_000, 2**22])
    def test_too_many_columns_are_refused_before_pandas_sees_them(self, tmp_path, pandas, monkeypatch, columns):
        monkeypatch.delattr(pandas, "read_csv")
        path = self.write(tmp_path, "a," * columns + "label\n1\n")
        refused(path, f"found {columns + 1} columns or more, allowed 65540")

    def test_without_pandas_it_says_so(self, tmp_path, monkeypatch):
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(BackendUnavailable, match=r"pandas is not installed.*pip install 'lava-ahp\[data\]'"):
            read(self.write(tmp_path, self.STEPS))


def test_another_ending_is_refused(tmp_path):
    (tmp_path / "some.mat").write_text("")
    refused(tmp_path / "some.mat", r"found the ending '\.mat', allowed an \.npz, \.ts, \.csv")
