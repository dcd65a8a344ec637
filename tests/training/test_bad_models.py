"""Models and states that are damaged or hostile: one error each, before memory is taken."""

import json
import zipfile

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from lava_ahp.errors import DataError
from lava_ahp.models.config import AHPConfig
from lava_ahp.training.checkpoint import read_model, save_model
from lava_ahp.training.record import read_resume

from support.stories import CODE, relational

STATE = {
    "epoch": 1,
    "global_step": 2,
    "pytorch-lightning_version": "2.4",
    "state_dict": {"w": torch.ones(3)},
    "optimizer_states": [],
    "lr_schedulers": [],
    "loops": {},
    "callbacks": {},
}


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "m.safetensors"
    save_model(AHPConfig(hidden=(4,)).build(3, 2), path)
    # Files whose checksum is wrong are refused before this; here they have none.
    (tmp_path / "checksums.json").unlink()
    return path


def with_metadata(path, tensor=None, **changed):
    with safe_open(path, framework="pt") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if tensor is not None:
        tensors["hidden.0.input_synapse.weight"][:] = tensor
    save_file(tensors, path, metadata={key: v for key, v in {**metadata, **changed}.items() if v is not None})


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"channels": "0"}, "channels: found 0, allowed 1 or more"),
        ({"classes": "-1"}, "classes: found -1, allowed 1 or more"),
        ({"channels": str(2**60)}, "allowed at least"),
        ({"classes": str(2**40)}, "allowed at least"),
        ({"channels": "1" * 5000}, "Exceeds the limit|allowed at least"),
        ({"channels": "three"}, "invalid literal"),
        ({"channels": None}, "channels"),
        ({"config": json.dumps({"kind": "ahp", "hidden": [8192] * 100})}, "allowed at least"),
        ({"config": json.dumps({"kind": "ahp", "hidden": [1] * 10**5})}, "allowed at least"),
        ({"config": "[" * 100_000}, "not JSON"),
        ({"config": "3"}, "'int' object"),
        ({"tensor": float("nan")}, "found NaN or infinity"),
    ],
)
def test_a_model_is_checked_against_its_file_before_it_is_built(model, changed, message):
    with_metadata(model, **changed)
    with pytest.raises(DataError, match=message) as caught:
        read_model(model)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"encoder": None}, "found encoder none, allowed story"),
        ({"encoder": "[" * 100_000}, "not JSON"),
        ({"encoder": json.dumps({"name": "level_crossing"})}, "encoder level_crossing: found parameters"),
        ({"encoder": json.dumps({**CODE.to_json(), "words": 10**9})}, "encoder words: found 1000000000, allowed 1..64"),
        ({"encoder": json.dumps({**CODE.to_json(), "vocabulary": list(map(str, range(30_000)))})}, "allowed at least"),
        ({"config": json.dumps({"kind": "relational", "encoder": 8192})}, "allowed at least"),
        ({"config": json.dumps({"kind": "relational", "g": [8192] * 4})}, "allowed at least"),
        ({"config": json.dumps({"kind": "relational", "f": [8192] * 4})}, "allowed at least"),
    ],
)
def test_a_model_of_stories_is_checked_too(tmp_path, changed, message):
    path = tmp_path / "m.safetensors"
    save_model(relational(), path)
    (tmp_path / "checksums.json").unlink()
    with_metadata(path, **changed)
    with pytest.raises(DataError, match=message) as caught:
        read_model(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("key", STATE)
def test_a_state_without_one_of_its_parts_is_refused(tmp_path, key):
    torch.save({**STATE, key: None}, tmp_path / "resume.ckpt")
    with pytest.raises(DataError, match=f"resume.ckpt: damaged .no .* {key}.; remove it and train again"):
        read_resume(tmp_path / "resume.ckpt")


@pytest.mark.parametrize("content", [[], 3, torch.zeros(3), {"epoch": 1}])
def test_states_of_other_contents_are_refused(tmp_path, content):
    torch.save(content, tmp_path / "resume.ckpt")
    with pytest.raises(DataError, match=r"resume\.ckpt: damaged"):
        read_resume(tmp_path / "resume.ckpt")


def test_a_state_that_inflates_is_refused(tmp_path):
    torch.save(STATE, tmp_path / "resume.ckpt")
    assert read_resume(tmp_path / "resume.ckpt")["epoch"] == 1
    with zipfile.ZipFile(tmp_path / "resume.ckpt", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2**20))
    with pytest.raises(DataError, match="declares more bytes than it holds"):
        read_resume(tmp_path / "resume.ckpt")
