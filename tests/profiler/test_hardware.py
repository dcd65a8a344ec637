"""Hardware profiles: the shipped ones are consistent, and bad ones are refused with the key and the value."""

import pytest
import tomli
import tomli_w

from lava_ahp import profiler
from lava_ahp.errors import DataError
from lava_ahp.profiler import hardware

from support.paths import ROOT

PUBLISHED = {  # Davies et al. 2018, IEEE Micro 38(1), table 2: pJ and ns
    "update_active": (81, 8.4),
    "update_inactive": (52, 5.3),
    "synop_dense": (23.6, 3.5),
    "synop_sparse": (23.6, 3.5),
    "message_out": (1.7, 2.1),
    "hop_east_west": (3.0, 4.1),
    "hop_north_south": (4.0, 6.5),
}


def test_shipped_profiles():
    assert set(profiler.hardware_names()) == {"loihi1-davies2018", "loihi1-sanafe", "loihi1-fitted", "loihi2"}
    for name in profiler.hardware_names():
        found = profiler.load_hardware(name)
        assert found.name == name
        assert all(row["source"] and row["unit"] and row["kind"] for row in found.provenance())
        assert len(found.provenance()) == len(list(found.constants()))


def test_published_figures_are_those_of_the_paper():
    found = profiler.load_hardware("loihi1-davies2018")
    for name, (energy, time) in PUBLISHED.items():
        assert (getattr(found.energy, name).value, getattr(found.energy, name).unit) == (energy, "pJ")
        assert (getattr(found.time, name).value, getattr(found.time, name).unit) == (time, "ns")
        assert getattr(found.energy, name).kind == "simulated"
    # Not published, so without a price.
    assert found.energy.spike is None
    assert found.energy.message_in is None


def test_loihi2_says_what_is_fitted_and_what_is_unknown():
    found = profiler.load_hardware("loihi2")
    assert "not published" in found.warning
    assert "fitted to one published run" in found.warning
    assert found.host.power_w is None
    one = profiler.load_hardware("loihi1-davies2018")
    assert found.time.update_active.si == pytest.approx(one.time.update_active.si / 2)
    assert found.time.synop_dense.si == pytest.approx(one.time.synop_dense.si / 5)
    assert one.host.power_w == pytest.approx(23.349e-3)


def test_fitted_scales_the_published_energies_by_one_factor():
    fitted, published = (
        profiler.load_hardware("loihi1-fitted").energy,
        profiler.load_hardware("loihi1-davies2018").energy,
    )
    ratios = [getattr(fitted, name).si / getattr(published, name).si for name in PUBLISHED]
    assert max(ratios) == pytest.approx(min(ratios), rel=1e-3)
    assert "Scaled" in profiler.load_hardware("loihi1-fitted").warning


@pytest.fixture
def values():
    return tomli.loads((hardware.folder() / "loihi1-davies2018.toml").read_text())


def written(tmp_path, values):
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps(values))
    return str(path)


def test_a_profile_of_the_users(tmp_path, values):
    values["name"] = "mine"
    values["energy"]["spike"] = {"value": 2, "unit": "nJ", "source": "davies2018", "kind": "derived"}
    found = profiler.load_hardware(written(tmp_path, values))
    assert found.energy.spike.si == pytest.approx(2e-9)


def without(table, key, part):
    def change(values):
        del values[table][key][part]

    return change


def put(table, key, **parts):
    def change(values):
        values[table].setdefault(key, {}).update(parts)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without("energy", "synop_dense", "unit"), "energy.synop_dense.unit: missing"),
        (without("energy", "synop_dense", "source"), "energy.synop_dense.source: missing"),
        (put("energy", "synop_dense", value=-1), "energy.synop_dense.value: found -1; input should be greater"),
        (put("energy", "synop_dense", value=float("nan")), "energy.synop_dense.value: found nan"),
        (put("energy", "synop_dense", unit="ns"), "energy.synop_dense: found unit 'ns', allowed for energy: fJ, pJ"),
        (put("energy", "synop_dense", kind="guessed"), "energy.synop_dense.kind: found 'guessed'"),
        (put("energy", "synop_dense", source="hearsay"), "energy.synop_dense.source: found 'hearsay', allowed davies"),
        (put("energy", "synop", value=1), "energy.synop: unknown key, allowed update_inactive, update_active"),
        (put("energy", "spike", values=1), "energy.spike"),
        (put("limits", "cores_per_chip", value=1.5), "limits.cores_per_chip: found value 1.5, allowed integers from 1"),
        (put("limits", "cores_per_chip", value=0), "limits.cores_per_chip: found value 0.0, allowed integers from 1"),
        (
            put("static", "low", value=500),
            "static: found low, typical and high of 0.5, 0.00825, 0.104 W, allowed ascending ones",
        ),
        (lambda v: v.pop("host"), "host: missing"),
        (
            lambda v: v["host"].pop("power_static"),
            "host: found power_dynamic alone, allowed both power_dynamic and power_static, or neither",
        ),
        (lambda v: v.update(name="two words"), "name: found 'two words'"),
        (lambda v: v.update(extra=1), "extra: unknown key, allowed name, title"),
    ],
)
def test_bad_profiles_are_refused(tmp_path, values, change, message):
    change(values)
    path = written(tmp_path, values)
    with pytest.raises(DataError) as error:
        profiler.load_hardware(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_missing_names_and_files(tmp_path):
    with pytest.raises(DataError, match="found 'loihi3', allowed loihi1-davies2018"):
        profiler.load_hardware("loihi3")
    with pytest.raises(DataError, match="no such file"):
        profiler.load_hardware(str(tmp_path / "none.toml"))
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(DataError, match="not TOML"):
        profiler.load_hardware(str(tmp_path / "bad.toml"))
    (tmp_path / "bad.toml").write_bytes(b"\xff")
    with pytest.raises(DataError, match="not UTF-8"):
        profiler.load_hardware(str(tmp_path / "bad.toml"))


def test_the_wheel_includes_them():
    project = tomli.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["hw_profiles"] == "lava_ahp/hw_profiles"
    assert hardware.folder() == ROOT / "hw_profiles"
