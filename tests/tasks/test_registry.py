"""Tasks that other distributions add by an entry point."""

import pytest

from lava_ahp import tasks
from lava_ahp.errors import DataError
from lava_ahp.workflow.planning import plan

from support.plug_ins import MODULE, fixture_install  # noqa: F401

BUILT_IN = ("digits", "smnist", "psmnist", "shd", "ssc", "timeseries", "babi")


def test_built_in_tasks_come_first():
    assert tasks.names()[: len(BUILT_IN)] == BUILT_IN
    assert tasks.descriptions()["digits"].startswith("8x8 handwritten digits")


def test_a_task_of_another_distribution_is_loaded_by_name(install):
    install("moon-tasks", "moons", "moon_module")
    assert tasks.names() == (*BUILT_IN, "moons")
    assert tasks.descriptions()["moons"] == "two moons"
    task = tasks.load_task("moons")
    assert (task.name, task.size("train")) == ("moons", 2)
    assert tasks.load_task("moons", description=task.describe()).encoder == task.encoder
    assert plan("moons").config.task.name == "moons"


def test_the_object_may_be_part_of_a_module(install):
    source = (
        "class Moons:\n"
        "    NAME, DESCRIPTION = 'moons', 'an object'\n"
        "    @staticmethod\n"
        "    def load(data, described):\n"
        "        from lava_ahp import tasks\n"
        "        return tasks.load_task('digits')\n"
    )
    install("moon-tasks", "moons", "moon_module", source, ":Moons")
    assert tasks.descriptions()["moons"] == "an object"
    assert tasks.load_task("moons").name == "digits"


@pytest.mark.parametrize(
    "source, message",
    [
        ("import nothing_of_this_name", r"cannot be loaded \(ModuleNotFoundError: No module named 'nothing_of"),
        ("raise RuntimeError('no licence')", r"cannot be loaded \(RuntimeError: no licence\); update or remove it"),
        ("def load(:", "cannot be loaded .SyntaxError"),
        ("NAME = 'moons'", "has no DESCRIPTION, load; a task needs NAME, DESCRIPTION and load"),
        (MODULE.format(name="stars"), "found NAME 'stars', allowed the name of its entry point, 'moons'"),
    ],
)
def test_a_broken_distribution_is_named_and_breaks_no_other_task(install, source, message):
    install("broken-tasks", "moons", "broken_module", source)
    install("good-tasks", "stars", "good_module")
    assert tasks.names() == (*BUILT_IN, "moons", "stars")
    assert tasks.load_task("stars").name == "stars"
    assert tasks.load_task("digits").name == "digits"
    with pytest.raises(DataError, match=rf"task moons of broken-tasks 1\.0 \(broken_module\): {message}"):
        tasks.load_task("moons")
    assert "broken-tasks 1.0" in tasks.descriptions()["moons"]
    with pytest.raises(DataError, match=r"task: found 'sun', allowed digits, .*, timeseries, babi, moons, stars"):
        tasks.load_task("sun")


def test_two_distributions_with_one_task_are_both_named(install):
    install("moon-tasks", "moons", "moon_module")
    install("other-tasks", "moons", "other_module")
    assert tasks.names().count("moons") == 1
    with pytest.raises(DataError, match=r"task moons: found in moon-tasks 1\.0 and in other-tasks 1\.0, allowed one"):
        tasks.load_task("moons")


def test_a_built_in_task_takes_precedence_with_a_warning(install):
    install("moon-tasks", "digits", "moon_module")
    assert tasks.names() == BUILT_IN
    with pytest.warns(UserWarning, match=r"task digits: lava-ahp has a task of this name .* moon-tasks 1\.0 must"):
        assert tasks.load_task("digits").classes == 10
