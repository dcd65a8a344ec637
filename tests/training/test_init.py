"""A run that starts from trained weights."""

import json
import shlex

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from lava_ahp import netx, training
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.report import progress
from lava_ahp.training.checkpoint import BEST, LAST

from support.toy_training import Stop, run


def test_it_starts_where_the_other_ended(whole, tmp_path):
    first = training.load_model(whole[0])
    # The learning rate is so small that the weights stay the initial ones.
    run(tmp_path / "second", first=first, training={"epochs": 1, "learning_rate": 1e-12})
    begun, best = load_file(tmp_path / "second" / LAST), load_file(whole[0] / BEST)
    assert all(torch.allclose(begun[key], best[key], rtol=0, atol=1e-6) for key in best)


def test_other_shapes_are_refused(whole, tmp_path):
    first = training.load_model(whole[0])
    with pytest.raises(DataError, match=r"first weights hidden\.0\..*: found shape .*, allowed .* in the new model"):
        run(tmp_path / "second", first=first, model={"hidden": [13]})
    assert not (tmp_path / "second" / BEST).exists()


def test_the_manifest_says_so(tmp_path):
    def invoke(*args):
        tiny = ["--set", "training.epochs=1", "--set", "model.hidden=[5]"]
        return CliRunner().invoke(main, ["train", "--task", "digits", *tiny, *map(str, args)])

    assert invoke("--out", tmp_path / "a").exit_code == 0
    result = invoke("--out", tmp_path / "b", "--init", tmp_path / "a" / BEST)
    assert result.exit_code == 0, result.output
    a, b = (json.loads((tmp_path / name / "manifest.json").read_text()) for name in "ab")
    assert "started_from" not in a
    assert b["started_from"] == {"file": BEST, "sha256": a["sha256"]}
    for name in "ab":
        exported = CliRunner().invoke(main, ["export", str(tmp_path / name), "-o", str(tmp_path / f"{name}.net")])
        assert exported.exit_code == 0, exported.output
    a, b = (json.loads((tmp_path / f"{name}.manifest.json").read_text()) for name in "ab")
    assert ("started_from" in a, b["started_from"]["file"]) == (False, BEST)
    assert netx.read(tmp_path / "b.net").provenance["started_from"] == b["started_from"]
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"nothing")
    refused = invoke("--out", tmp_path / "c", "--init", bad)
    assert refused.exit_code == 2
    assert "not a lava-ahp model, or damaged" in refused.stderr
    assert not (tmp_path / "c").exists()


def test_the_manifest_keeps_how_the_weights_came_to_be(tmp_path, monkeypatch):
    out = str(tmp_path / "run")
    command = ["train", "--task", "digits", "--out", out, "--set", "training.epochs=2", "--set", "model.hidden=[5]"]

    def stop(lines, epoch):
        raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(progress._Lines, "epoch", stop)
        assert isinstance(CliRunner().invoke(main, command).exception, Stop)
    assert not (tmp_path / "run" / "manifest.json").exists()
    assert CliRunner().invoke(main, ["train", "--out", out, "--resume"]).exit_code == 0
    whole = (tmp_path / "run" / "manifest.json").read_bytes()
    manifest = json.loads(whole)
    assert manifest["command"] == shlex.join(["lava-ahp", *command])
    assert manifest["resumed_by"] == f"lava-ahp train --out {out} --resume"
    # Later commands find nothing to train.
    assert CliRunner().invoke(main, ["train", "--out", out, "--resume"]).exit_code == 0
    assert CliRunner().invoke(main, [*command, "--resume"]).exit_code == 0
    assert (tmp_path / "run" / "manifest.json").read_bytes() == whole


@pytest.mark.parametrize(("varies", "draws"), [(False, 1), (True, 3)])
def test_the_split_is_made_once_where_nothing_changes_it(varies, draws):
    from lava_ahp.workflow.planning import _drawn

    seen = []
    draw = _drawn(varies, lambda rng: seen.append(rng) or rng)
    for epoch in range(3):
        draw(epoch)
    assert len(seen) == draws
