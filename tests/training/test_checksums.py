"""A file of a run folder that has changed since it was written is refused; a kill at any moment harms nothing."""

import re
from contextlib import suppress

import pytest
from click.testing import CliRunner

from lava_ahp import files, training
from lava_ahp.cli import main
from lava_ahp.errors import DataError
from lava_ahp.files import sha256
from lava_ahp.training import checksums
from lava_ahp.training.checkpoint import BEST, LAST
from lava_ahp.training.record import RESUME

from support.toy_training import Stop, run, same_run


def flip(path, position):
    """Flip one bit, ``position`` being a fraction of the file."""
    content = bytearray(path.read_bytes())
    content[int(position * (len(content) - 1))] ^= 4
    path.write_bytes(content)


@pytest.mark.parametrize("position", [0, 0.01, 0.1, 0.5, 0.9, 1])
@pytest.mark.parametrize("name", [BEST, LAST, RESUME])
def test_a_flipped_bit_is_refused(finished, name, position):
    flip(finished / name, position)
    message = rf"{name}: damaged \(SHA-256 found [0-9a-f]{{12}}, allowed .* as in checksums.json\); remove it and"
    if name != RESUME:
        with pytest.raises(DataError, match=message):
            training.load_model(finished, last=name == LAST)
    if name != LAST:
        with pytest.raises(DataError, match=message):
            run(finished, resume=True)


def test_the_manifest_of_an_older_run_is_enough(finished, tmp_path):
    (finished / checksums.FILE).unlink()
    training.load_model(finished)
    files.write_json(finished / "manifest.json", {"file": BEST, "sha256": sha256(finished / BEST)})
    training.load_model(finished)
    flip(finished / BEST, 0.7)
    message = r"damaged \(SHA-256 found [0-9a-f]{12}, allowed [0-9a-f]{12} as in manifest.json\)"
    with pytest.raises(DataError, match=message):
        training.load_model(finished)
    with pytest.raises(DataError, match=message):
        run(finished, resume=True)
    command = ["train", "--task", "digits", "--out", str(tmp_path / "other"), "--init", str(finished / BEST)]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    assert re.search(message, result.stderr)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(("call", "recorded"), [(4, True), (5, True), (6, True), (5, False)])
def test_a_kill_before_or_after_a_digest_is_recorded_does_no_harm(whole, tmp_path, monkeypatch, call, recorded):
    """Twice at the same file, so that the digest of the file that is still there must be kept both times."""
    for _ in range(2):
        announce, calls = checksums.announce, []

        def killed(path, content, announce=announce, calls=calls):
            calls.append(path)
            if recorded or len(calls) < call:
                announce(path, content)
            if len(calls) == call:
                raise Stop

        with monkeypatch.context() as patch:
            patch.setattr(checksums, "announce", killed)
            with suppress(Stop):
                run(tmp_path, resume=True)
        for name in (BEST, LAST, RESUME):
            checksums.check(tmp_path / name)
    run(tmp_path, resume=True)
    same_run(whole[0], tmp_path)


def test_a_file_from_before_there_were_checksums_is_kept_when_it_is_announced(tmp_path):
    path = tmp_path / BEST
    path.write_bytes(b"old")
    checksums.announce(path, b"new")
    checksums.check(path)
    path.write_bytes(b"new")
    checksums.check(path)
    path.write_bytes(b"spoiled")
    checksums.announce(path, b"newer")
    with pytest.raises(DataError, match="damaged"):
        checksums.check(path)


@pytest.mark.parametrize("content", ['{"model.safetensors": 5}', '{"model.safetensors": [null]}', "[]", "no JSON"])
def test_odd_checksums_are_an_error_that_says_so(finished, content):
    (finished / checksums.FILE).write_text(content)
    with pytest.raises(DataError, match=r"checksums\.json|allowed 5|allowed None"):
        training.load_model(finished)
