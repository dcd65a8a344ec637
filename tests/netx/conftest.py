"""Files that several modules damage."""

import pytest

from lava_ahp import netx

from support.netx_cases import golden_of, tiny


@pytest.fixture
def chain_file(tmp_path):
    netx.write(tiny(), tmp_path / "f.net", golden=golden_of(tiny()))
    return tmp_path / "f.net"
