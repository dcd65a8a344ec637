"""The task babi: layouts of files, vocabulary, answers, joint training and settings."""

import json

import numpy as np
import pytest

from lava_ahp import tasks
from lava_ahp.encoders import StoryCode, ThresholdCrossing
from lava_ahp.errors import DataError
from lava_ahp.tasks.babi import stories

from support.babi_files import SIZES, write

#: Two training stories of one question, one story for each of the other splits.
TRAIN = (
    "1 Anna ran to the attic.\n2 Where is Anna?\tattic\t1\n1 Henry ran to the cellar.\n2 Where is Henry?\tcellar\t1\n"
)
OTHER = "1 Anna ran to the cellar.\n2 Henry ran to the attic.\n3 Where is Anna?\tcellar\t1\n"


def load(data, **settings):
    return tasks.load_task("babi", data, settings=settings)


def own(folder, train=TRAIN, test=OTHER, valid=OTHER, number=1):
    folder.mkdir(exist_ok=True)
    for split, text in (("train", train), ("valid", valid), ("test", test)):
        (folder / f"qa{number}_{split}.txt").write_text(text)
    return folder


def same(one, other):
    assert one.encoder == other.encoder
    assert one.class_names == other.class_names
    for split in tasks.SPLITS:
        assert np.array_equal(one.signals[split], other.signals[split])
        assert np.array_equal(one.labels[split], other.labels[split])


class TestSignals:
    def test_words_and_answers_are_numbered(self, tmp_path):
        task = load(own(tmp_path))
        code = task.encoder
        assert code == StoryCode(("anna", "attic", "cellar", "henry", "is", "ran", "the", "to", "where"), 2, 5, 4, 5, 8)
        assert task.class_names == ("attic", "cellar")
        assert (task.channels, task.steps, task.readout_steps) == (3 * 9 + 2 + 2, 28, 4)
        assert task.signals["train"].dtype == np.int16
        assert task.signals["train"].tolist() == [
            [[-1] * 5, [0, 5, 7, 6, 1], [-1, -1, 8, 4, 0]],
            [[-1] * 5, [3, 5, 7, 6, 2], [-1, -1, 8, 4, 3]],
        ]
        assert task.signals["test"].tolist() == [[[0, 5, 7, 6, 2], [3, 5, 7, 6, 1], [-1, -1, 8, 4, 0]]]
        assert (task.labels["train"].tolist(), task.labels["test"].tolist()) == ([0, 1], [1])
        assert len(task.split("train").events) == 2

    def test_only_the_last_sentences_have_slots(self, tmp_path):
        task = load(own(tmp_path), sentences=1)
        assert task.encoder.sentences == 1
        assert task.signals["test"].tolist() == [[[3, 5, 7, 6, 1], [-1, -1, 8, 4, 0]]]

    def test_an_answer_of_several_words_is_one_class(self, tmp_path):
        train = TRAIN + "1 Anna took the map.\n2 What has Anna?\tmap,Lamp\n3 And what?\tlamp,map\n4 And what?\tmap\n"
        task = load(own(tmp_path, train))
        assert task.class_names == ("attic", "cellar", "lamp,map", "map", "map,lamp")
        assert task.labels["train"].tolist() == [0, 1, 4, 2, 3]

    def test_answers_are_as_many_as_classes_may_be(self, tmp_path):
        many = "".join(f"{k} Where is Anna?\tplace{k}\n" for k in range(2, 1003))
        with pytest.raises(DataError, match="task babi: found 1001 different answers, allowed 1000"):
            load(own(tmp_path, *["1 Anna ran.\n" + many] * 3))

    def test_what_training_lacks_is_said(self, tmp_path):
        test = "1 Oscar hid in the attic.\n2 Where is Anna?\tout\n"
        task = load(own(tmp_path, test=test))
        assert task.notes == (
            "data: the word 'hid' and 2 more of validation and test are not in the training split",
            "data: the answer 'out' of validation or test is not in the training split",
        )
        assert task.class_names == ("attic", "cellar", "out")

    def test_a_sentence_must_fit(self, tmp_path):
        with pytest.raises(DataError, match=r"qa1_train.txt line 2: found 5 words, 'anna ran .*', allowed 4 in a sent"):
            load(own(tmp_path), words=4)
        assert load(own(tmp_path), words=7).signals["test"].shape == (1, 3, 7)


class TestSeveralTasks:
    def test_they_follow_one_another_and_are_groups(self, tmp_path):
        folder = write(tmp_path, (1, 6, 15))
        joint = load(folder, tasks=[15, 1])
        assert joint.group_names == ("qa1", "qa15")
        for split in tasks.SPLITS:
            assert joint.size(split) == 2 * SIZES[split]
            assert joint.groups[split].tolist() == [0] * SIZES[split] + [1] * SIZES[split]
            for group, number in enumerate((1, 15)):
                alone = load(folder, tasks=[number], room_for=[1, 15])
                assert np.array_equal(joint.signals[split][joint.groups[split] == group], alone.signals[split])
                assert np.array_equal(joint.labels[split][joint.groups[split] == group], alone.labels[split])

    def test_room_for_other_tasks_gives_the_shape_of_the_joint_one(self, tmp_path):
        folder = write(tmp_path, (1, 6, 15))
        joint, first = load(folder, tasks=[1, 6, 15]), load(folder, room_for=[6, 15])
        assert (first.encoder, first.class_names) == (joint.encoder, joint.class_names)
        assert (first.size("train"), first.group_names) == (SIZES["train"], ("qa1",))


class TestLayouts:
    def test_plain_files(self, tmp_path):
        task = load(write(tmp_path), size=1000)
        assert {split: task.size(split) for split in tasks.SPLITS} == SIZES
        assert task.notes == ()
        same(task, load(write(tmp_path / "above" / "en-valid-10k").parent))

    def test_the_classic_layout_has_no_validation_split(self, tmp_path):
        plain, classic = load(write(tmp_path / "plain")), load(write(tmp_path / "classic", classic=True))
        assert {split: classic.size(split) for split in tasks.SPLITS} == {"train": 90, "validation": 10, "test": 30}
        assert classic.notes == (
            "data: task 1 has no validation file, the last 2 of 20 training stories are for validation",
        )
        joined = np.concatenate([classic.signals["train"], classic.signals["validation"]])
        assert np.array_equal(joined, plain.signals["train"])

    def test_one_story_is_not_enough_to_cut(self, tmp_path):
        folder = write(tmp_path, classic=True, sizes={"train": 5, "test": 5})
        with pytest.raises(DataError, match="found one story, allowed two or more; one is cut off for validation"):
            load(folder)

    def test_the_size_chooses_among_the_publishers_folders(self, tmp_path):
        for name, size in (("en", 100), ("en-10k", 200)):
            write(tmp_path / "tasks_1-20_v1-2" / name, classic=True, sizes={"train": size, "test": 10})
        for data in (tmp_path, tmp_path / "tasks_1-20_v1-2"):
            assert (load(data).size("train"), load(data, size=1000).size("train")) == (180, 90)
        assert load(tmp_path / "tasks_1-20_v1-2" / "en-10k", size=1000).size("train") == 180
        assert load(tmp_path, size=150).size("train") == 90

    def test_the_first_questions_are_taken_of_larger_files(self, tmp_path):
        folder = write(tmp_path, sizes={"train": 150, "validation": 20, "test": 30})
        task = load(folder, size=103)
        assert {split: task.size(split) for split in tasks.SPLITS} == {"train": 103, "validation": 20, "test": 30}
        assert np.array_equal(task.signals["train"], load(folder).signals["train"][:103])

    def test_a_small_training_file_stands_in(self, tmp_path):
        folder = write(tmp_path)
        (folder / "qa1_train.txt").rename(folder / "qa1_train_1k.txt")
        assert load(folder).notes == ("data: task 1 has no large training file, qa1_train_1k.txt stands in for it",)
        assert load(folder, size=1000).notes == ()

    def test_other_files_do_not_matter(self, tmp_path):
        folder = write(tmp_path)
        for name in ("README.txt", "qa1_train.txt.bak", "qa_train.txt", "xqa1_train.txt", "qa2_train.txt"):
            (folder / name).write_text("nothing")
        assert load(folder).size("train") == 100

    @pytest.mark.parametrize(
        ("prepare", "message"),
        [
            (lambda d: None, r"task babi: needs --data DIR, the directory of bAbI's files, .*; found none"),
            (lambda d: write(d, (6, 15)), r"holds no files of task 1 \(qa1_train.txt and .*, found tasks 6, 15"),
            (
                lambda d: (write(d), write(d, classic=True)),
                "found qa1_single-supporting-fact_test.txt and qa1_test.txt, allowed one of them",
            ),
            (lambda d: own(d, test="1 Anna ran.\n1 Anna"), r"qa1_test.txt: found no question"),
            (lambda d: own(d, test="2 Anna ran.\n"), r"qa1_test.txt line 1: found ID 2, allowed 1"),
            (lambda d: (own(d) / "qa1_test.txt").write_bytes(b"1 Anna \xff\n"), "qa1_test.txt: not UTF-8 text"),
            (lambda d: (own(d) / "qa1_test.txt").write_bytes(b"1 \x00\n"), r"qa1_test.txt line 1: .* control"),
        ],
    )  # fmt: skip
    def test_wrong_folders_and_files(self, tmp_path, prepare, message):
        prepare(tmp_path)
        with pytest.raises(DataError, match=message) as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)

    def test_a_file_is_no_folder(self, tmp_path):
        with pytest.raises(DataError, match="needs --data DIR"):
            load(own(tmp_path) / "qa1_train.txt")

    def test_the_size_of_a_file_is_limited(self, tmp_path, monkeypatch):
        monkeypatch.setattr(stories, "MAX_BYTES", 50)
        with pytest.raises(DataError, match=r"qa1_train.txt: found \d+ bytes, allowed 50"):
            load(own(tmp_path))


class TestDescriptions:
    def test_a_description_gives_the_same_task(self, tmp_path):
        folder = write(tmp_path, (1, 6, 15))
        task = load(folder, tasks=[1, 15], size=100, steps_per_word=2, readout_steps=3, sentences=5)
        again = tasks.load_task("babi", folder, json.loads(json.dumps(task.describe())))
        same(task, again)
        assert again.describe() == task.describe()
        assert (again.readout_steps, again.group_names) == (3, ("qa1", "qa15"))

    def test_a_word_that_the_network_does_not_know(self, tmp_path):
        description = load(own(tmp_path / "a")).describe()
        with pytest.raises(
            DataError, match=r"qa1_train.txt line 2: found the word 'oscar' in 'oscar ran .*', which is none of the 9"
        ):
            tasks.load_task("babi", own(tmp_path / "b", TRAIN.replace("Anna", "Oscar")), description)

    def test_an_answer_that_the_network_does_not_give(self, tmp_path):
        description = load(own(tmp_path / "a")).describe()
        test = OTHER.replace("cellar\t", "nowhere\t")
        with pytest.raises(
            DataError, match=r"test.txt line 3: found the answer 'nowhere', the network answers attic, cel"
        ):
            tasks.load_task("babi", own(tmp_path / "b", test=test), description)

    def test_another_encoder_is_refused(self, tmp_path):
        description = {**load(own(tmp_path)).describe(), "encoder": ThresholdCrossing().to_json()}
        with pytest.raises(DataError, match="network task babi: found the encoder threshold_crossing, allowed story"):
            tasks.load_task("babi", tmp_path, description)


class TestSettings:
    def test_defaults_are_generated_questions(self):
        task = load(None)
        assert {split: task.size(split) for split in tasks.SPLITS} == {
            "train": 10_000, "validation": 1000, "test": 1000,
        }  # fmt: skip
        same(task, tasks.load_task("babi"))
        assert task.settings["tasks"] == [1]
        assert (task.encoder.sentences, task.encoder.words, task.steps) == (10, 6, 32)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"tasks": [2]}, r"task babi: generates tasks 1, 6, 15 only, found 2; give the files with --data DIR"),
            ({"tasks": []}, "config task.tasks: found .*at least 1 item"),
            ({"tasks": [0]}, "config task.tasks.0: found 0; .*greater than or equal to 1"),
            ({"tasks": [21]}, "config task.tasks.0: found 21; .*less than or equal to 20"),
            ({"tasks": 1}, r"config task.tasks: found 1; allowed a list; write \[1\]"),
            ({"tasks": [True]}, "config task.tasks.0: found True"),
            ({"size": 99}, "config task.size: found 99"),
            ({"sentences": 21}, "config task.sentences: found 21"),
            ({"words": 12}, "config task.words: found 12"),
            ({"step_per_word": 3}, r"config task.step_per_word: unknown key, .*; did you mean task.steps_per_word\?"),
            ({"relay_steps": 25}, r"encoder relay_steps: found 25, allowed 1\.\.24, the steps of all words"),
            ({"readout_steps": 33}, r"task babi readout_steps: found 33, allowed 1\.\.32 steps"),
        ],
    )
    def test_wrong_settings_are_refused(self, settings, message):
        with pytest.raises(DataError, match=message):
            load(None, **settings)


class TestShuffling:
    def test_only_training_reads_sentences_in_another_order(self, tmp_path):
        told = "".join(f"{k} Anna ran to the {room}.\n" for k, room in enumerate(("attic", "cellar") * 4, start=1))
        task = load(own(tmp_path, train=f"{told}9 Where is Anna?\tattic\t1\n{TRAIN}"), shuffle=True)
        before = task.signals["train"]
        after = [task.augment(before, np.random.default_rng(seed)) for seed in (0, 0, 1)]
        assert np.array_equal(after[0], after[1])
        assert not np.array_equal(after[0], after[2])
        assert not np.array_equal(after[0][0], before[0])
        for told, again in zip(before, after[0], strict=True):
            assert again[-1].tolist() == told[-1].tolist()
            assert sorted(again.tolist()) == sorted(told.tolist())
        # Stories of one sentence have it in the last slot, behind the empty ones.
        assert np.array_equal(after[0][1:], before[1:])

    def test_it_is_asked_for(self, tmp_path):
        assert load(own(tmp_path)).augment is None
