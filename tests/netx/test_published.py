"""Network files that other people trained and published: the table of docs/other-files.md, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from lava_ahp import dynamics, netx
from lava_ahp.errors import NetFormatError

from support.paths import ROOT, SHARED

FOLDER = SHARED / "netx"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the published files are not in {FOLDER}")


@dataclass(frozen=True)
class Read:
    """A file that is read.

    Attributes:
        sizes: neurons of each population, from the input on.
        rate: of the random input spikes for the comparison.
        notes: places in the file that are read as something else.
        task: what the file says about the readout.
        options: of stock NetX, without which it does not run the file.
        steps: of the comparison.
    """

    sizes: tuple[int, ...]
    rate: float
    notes: tuple[str, ...] = ()
    task: dict[str, Any] = field(default_factory=dict)
    options: dict[str, int] = field(default_factory=dict)
    steps: int = 60


READ = {
    "lavadl_iris": Read((4, 24, 3), 0.5),
    "lavadl_mnist": Read((784, 128, 64, 10), 0.3),
    "lavadl_oxford": Read((200, 256, 200), 0.05),
    "mlgenn_shd256": Read((700, 256, 20), 0.1),
    "mlgenn_shd256_corrected": Read((700, 256, 20), 0.1),
    "slayer_ntidigits": Read((64, 256, 256, 242), 0.3, ("/layer/5",), {"groups": 11}, {"num_layers": 5}, 80),
}
REFUSED = {
    "lavadl_tiny": "/layer/1/type: found conv, allowed input, flatten, dense, dense_rec "
    "(convolutions are not supported)",
    "spytorch_braille_rec_th1": "/layer/2/type: found recurrent, allowed input, flatten, dense, dense_rec "
    "(stock NetX skips this layer without an error; write it as dense_rec, and recWeight as weight_rec)",
}


def path(name):
    return FOLDER / f"{name}.net"


def test_the_page_has_every_file_and_the_text_of_every_refusal():
    page = (ROOT / "docs" / "other-files.md").read_text(encoding="utf-8")
    rows = {m[1]: m[2] for m in re.finditer(r"^\| `(\w+)\.net` \| (.*)$", page, re.MULTILINE)}
    assert set(rows) == {file.stem for file in FOLDER.glob("*.net")} == {*READ, *REFUSED}
    for name, expected in READ.items():
        assert rows[name].startswith("read | " + "-".join(map(str, expected.sizes)))
    for name, message in REFUSED.items():
        assert rows[name].startswith("refused | ")
        assert f"`{message}`" in rows[name]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_not_supported_is_refused_by_name(name):
    with pytest.raises(NetFormatError) as caught:
        netx.read(path(name))
    assert str(caught.value) == f"{path(name)}: {REFUSED[name]}"


@pytest.mark.parametrize("name", READ)
def test_a_file_runs_as_in_stock_lava(name):
    expected = READ[name]
    network = netx.read(path(name))
    assert (network.input.size, *(population.size for population in network)) == expected.sizes
    assert tuple(network.provenance.get("read_as", ())) == expected.notes
    assert network.task == expected.task
    pytest.importorskip("lava.lib.dl.netx", reason="Lava and lava-dl exist for Python 3.10 alone")
    from support.stock_lava import run_stock

    spikes = np.random.default_rng(1).random((expected.steps, network.input.size)) < expected.rate
    ours = dynamics.run(network, spikes[None])
    assert ours.counts[network.names[0]].sum() > 5
    theirs, voltage = run_stock(path(name), spikes, **expected.options)
    np.testing.assert_array_equal(theirs, ours.spikes[network.output][0])
    np.testing.assert_array_equal(voltage, ours.readout[0, -1])


def test_tidy_fields_make_no_difference():
    assert netx.read(path("mlgenn_shd256")) == netx.read(path("mlgenn_shd256_corrected"))
