"""Settings of tasks: of the built-in ones, and of those that other distributions add."""

import pytest

from lava_ahp import tasks
from lava_ahp.errors import DataError
from lava_ahp.tasks import TaskSettings
from lava_ahp.workflow.planning import plan

from support.plug_ins import fixture_install  # noqa: F401

MODULE = """
from lava_ahp import tasks

NAME, DESCRIPTION = "moons", "moons of some planets"


class Settings(tasks.TaskSettings):
    planets: int = 2


def load(data, described, settings):
    x, y = [[[k], [7 - k]] for k in range(6)], [0, 1] * 3
    return tasks.from_arrays(x, y, name=NAME, split=["train", "train", "validation", "validation", "test", "test"],
                             class_names=[f"of {settings.planets}", "none"], described=described)
"""


def test_a_task_without_settings_has_its_name_alone():
    assert tasks.settings_of("digits", {}) == TaskSettings(name="digits")
    with pytest.raises(DataError, match=r"^config task.size: unknown key, allowed name$"):
        tasks.settings_of("digits", {"size": 3})
    with pytest.raises(DataError, match=r"^config task.size: unknown key, allowed name$"):
        tasks.load_task("digits", settings={"size": 3})
    digits = tasks.load_task("digits")
    assert digits.settings == {}
    assert "settings" not in digits.describe()


def test_defaults_are_filled_in():
    found = tasks.settings_of("babi", {"tasks": [6, 1, 6], "name": "babi"})
    assert (found.name, found.tasks, found.steps_per_word) == ("babi", (1, 6), 4)
    with pytest.raises(DataError, match="task: found 'bab', allowed digits"):
        tasks.settings_of("bab", {})


class TestOfAnotherDistribution:
    def test_load_gets_the_settings(self, install):
        install("moon-tasks", "moons", "moon_module", MODULE)
        task = tasks.load_task("moons", settings={"planets": 8})
        assert task.class_names == ("of 8", "none")
        assert (task.settings, task.describe()["settings"]) == ({"planets": 8}, {"planets": 8})
        assert tasks.load_task("moons").class_names == ("of 2", "none")

    def test_a_description_keeps_them(self, install):
        install("moon-tasks", "moons", "moon_module", MODULE)
        description = tasks.load_task("moons", settings={"planets": 8}).describe()
        assert tasks.load_task("moons", description=description).describe() == description
        with pytest.raises(DataError, match=r"^network task.planets: found 'x'; input should be a valid integer"):
            tasks.load_task("moons", description={**description, "settings": {"planets": "x"}})
        with pytest.raises(DataError, match=r"^network task settings: found 3, allowed a table"):
            tasks.load_task("moons", description={**description, "settings": 3})

    def test_a_configuration_has_them(self, install):
        install("moon-tasks", "moons", "moon_module", MODULE)
        planned = plan("moons", settings={"task.planets": 3})
        assert planned.task.class_names == ("of 3", "none")
        assert planned.config.task.settings == {"planets": 3}
        assert plan("moons").config.task.settings == {"planets": 2}
        with pytest.raises(DataError, match=r"config task.planet: unknown key, .*; did you mean task.planets\?$"):
            plan("moons", settings={"task.planet": 3})

    @pytest.mark.parametrize("settings", ["Settings = 3", "Settings = dict"])
    def test_settings_are_a_table(self, install, settings):
        install("moon-tasks", "moons", "moon_module", f"{MODULE}\n{settings}\n")
        message = r"task moons of moon-tasks 1\.0 \(moon_module\): found Settings .*, allowed a subclass of lava_ahp"
        with pytest.raises(DataError, match=message):
            tasks.load_task("moons")


def test_a_loaded_task_keeps_its_settings():
    task = tasks.load_task("babi", settings={"size": 100, "sentences": 3})
    planned = plan(task, settings={"task.sentences": 3})
    assert planned.task is task
    assert planned.config.task.settings == task.settings
    with pytest.raises(DataError, match=r"^config task.sentences: requested 4, found 3 in the task that is loaded"):
        plan(task, settings={"task.sentences": 4})
    with pytest.raises(DataError, match=r"^config task.sentence: requested 4, found None in the task"):
        plan(task, settings={"task.sentence": 4})
