"""``lower --finetune``: training goes on in the form that the network was lowered to."""

import numpy as np
import pytest
from click.testing import CliRunner

import lava_ahp
from lava_ahp import netx
from lava_ahp.cli import main
from lava_ahp.errors import DataError

from support.adaptive import of_digits

SMALL = {"model.hidden": [12], "training.epochs": 2, "model.current_tau": 3}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    run = lava_ahp.train("digits", out=tmp_path_factory.mktemp("native") / "run", settings=SMALL)
    lava_ahp.export(run)
    return run


def lower(*given):
    return CliRunner().invoke(main, ["lower", *map(str, given)])


def test_the_result_is_what_was_trained(source, tmp_path):
    out = tmp_path / "lif.net"
    found = lower(source.folder, "-o", out, "--groups", 2, "--finetune", 1, "--samples", 30)
    assert found.exit_code == 0, found.output
    assert "without fine-tuning" in found.stdout
    network = netx.read(out)
    assert not any(p.neuron.has_ahp for p in network)
    thresholds = network["hidden"].parameters()["threshold"]
    assert len(np.unique(thresholds)) <= 2
    run = lava_ahp.Run(tmp_path / "lif")
    assert "--finetune 1" in run.read_metrics()["started_by"]
    assert run.read_metrics()["started_from"]["file"] == "model.safetensors"
    # Training's own outputs are the golden samples of the file.
    assert lava_ahp.verify(out, engines=["fast"]).passed
    assert lower(source.folder, "-o", out, "--groups", 2, "--finetune", 1, "--samples", 30).exit_code == 0


def test_python_tells_all_three_accuracies(source, tmp_path):
    found = lava_ahp.lower(source, tmp_path / "lif.net", groups=3, finetune=1, samples=30)
    assert found.untrained == lava_ahp.lower(source, groups=3, samples=30).accuracy[1]
    assert found.accuracy[1] == lava_ahp.evaluate(tmp_path / "lif.net", samples=30).accuracy
    assert found.to_json()["accuracy_untrained"] == found.untrained


def test_what_cannot_be_finetuned_says_so(source, tmp_path):
    file = tmp_path / "a.net"
    netx.write(of_digits(np.random.default_rng(0)), file)
    with pytest.raises(DataError, match=r"^finetune: found a network file, allowed a run or its folder"):
        lava_ahp.lower(file, tmp_path / "b.net", finetune=1)
    with pytest.raises(DataError, match=r"^finetune: found no out, allowed a file"):
        lava_ahp.lower(source, finetune=1)
    with pytest.raises(DataError, match="allowed one with a suffix"):
        lava_ahp.lower(source, tmp_path / "b", finetune=1)
    paired = lava_ahp.train(
        "digits", out=tmp_path / "paired", settings={**SMALL, "training.epochs": 1, "model.form": "paired"}
    )
    lava_ahp.export(paired)
    with pytest.raises(DataError, match="found a model of the form paired"):
        lava_ahp.lower(paired, tmp_path / "b.net", finetune=1)
