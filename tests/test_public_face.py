"""The public face: what `import vtencode` gives, what it costs, and what names resolve to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import vtencode as vt
from vtencode.errors import SpecError, UnknownNameError
from vtencode.registry import NAME, REGISTRIES, Registry, find, names

BUILTINS = [(kind, name) for kind, table in REGISTRIES.items() for name in table.builtins]
HEAVY = ("numpy", "pyarrow", "rich", "click", "pydantic", "PIL", "cv2", "h5py", "webdataset")


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(done.stdout))


def distribution(folder: Path, *lines: str) -> None:
    """Make `folder` look like a place where a package with entry points is installed."""
    info = folder / "vtencode_extra-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: vtencode-extra\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(["[vtencode.codecs]", *lines, ""]))
    (folder / "vtencode_extra.py").write_text('class Extra:\n    name = "extra"\n')


@pytest.fixture
def codecs(tmp_path, monkeypatch) -> Registry:
    """A registry that has looked nothing up yet, beside a folder on the import path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "vtencode_extra", raising=False)
    return Registry("codec", {"depth": "vtencode.codecs.depth:DepthCodec"})


def test_the_public_names_are_sorted() -> None:
    assert vt.__all__ == sorted(vt.__all__)


def test_the_public_names_are_those_that_have_a_home() -> None:
    assert set(vt.__all__) == set(vt._HOMES)


def test_completion_offers_the_public_names() -> None:
    assert dir(vt) == vt.__all__


@pytest.mark.parametrize("name", vt.__all__)
def test_every_public_name_resolves_and_is_what_its_home_defines(name: str) -> None:
    home = import_module(f"vtencode.{vt._HOMES[name]}")
    assert getattr(vt, name) is getattr(home, name)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'decode_everything'"):
        _ = vt.decode_everything


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert not modules_after("import vtencode").intersection(HEAVY)


def test_the_command_line_starts_without_anything_that_only_a_build_needs() -> None:
    loaded = modules_after("import vtencode.cli.main")
    assert not loaded.intersection({"pyarrow", "webdataset", "torch", "datasets", "h5py", "cv2"})


@pytest.mark.parametrize("name", ["build", "plan", "verify"])
def test_a_verb_stays_callable_after_its_home_was_imported(name: str) -> None:
    for _ in range(2):
        assert callable(getattr(vt, name))
        import_module(f"vtencode.{vt._HOMES[name]}")
        import_module("vtencode.building")
    assert callable(getattr(vt, name))


def test_verbs_stay_callable_in_an_interpreter_that_imported_their_homes_first() -> None:
    code = "\n".join(
        [
            "import vtencode as vt, vtencode.building.plan, vtencode.verification.run",
            *(f"assert callable(vt.{name}) and callable(vt.{name})" for name in vt.__all__),
        ]
    )
    assert "vtencode.building.run" in modules_after(code)


@pytest.mark.parametrize(("kind", "name"), BUILTINS)
def test_every_built_in_name_resolves(kind: str, name: str) -> None:
    assert find(kind, name).__module__.startswith("vtencode.")
    assert NAME.fullmatch(name)
    assert name in names(kind)


def test_a_thing_knows_the_name_it_is_registered_under() -> None:
    for kind, name in BUILTINS:
        assert getattr(find(kind, name), "name", name) == name


def test_listing_names_imports_none_of_the_things() -> None:
    code = "from vtencode.registry import REGISTRIES\n[r.names() for r in REGISTRIES.values()]"
    loaded = modules_after(code)
    homes = {path.partition(":")[0] for r in REGISTRIES.values() for path in r.builtins.values()}
    assert not loaded.intersection({*homes, *HEAVY})


def test_an_unknown_name_is_told_with_its_kind_and_a_near_miss() -> None:
    with pytest.raises(
        UnknownNameError, match=r"^no codec is named 'dpeth'\. Did you mean 'depth'\?$"
    ):
        find("codec", "dpeth")


@pytest.mark.parametrize("name", ["", "os:system", "vtencode.codecs.depth:DepthCodec", "../depth"])
def test_an_import_path_is_no_name(name: str) -> None:
    with pytest.raises(UnknownNameError):
        find("codec", name)


def test_another_package_can_add_a_name(tmp_path, codecs) -> None:
    distribution(tmp_path, "extra = vtencode_extra:Extra")
    assert codecs.names() == ("depth", "extra")
    assert "vtencode_extra" not in sys.modules
    assert codecs.get("extra").name == "extra"


def test_another_package_cannot_take_a_built_in_name(tmp_path, codecs) -> None:
    distribution(tmp_path, "depth = vtencode_extra:Extra")
    with pytest.raises(SpecError) as caught:
        codecs.get("depth")
    assert "'depth' is taken by vtencode.codecs.depth:DepthCodec" in str(caught.value)
    assert "vtencode_extra:Extra must choose another" in str(caught.value)
    assert "vtencode_extra" not in sys.modules


def test_an_added_name_must_be_lower_case_words(tmp_path, codecs) -> None:
    distribution(tmp_path, "Extra Depth = vtencode_extra:Extra")
    with pytest.raises(SpecError, match="'Extra Depth' of vtencode_extra:Extra must be lower-case"):
        codecs.names()


def test_an_installed_package_adds_its_codec_to_vtencode_itself(tmp_path) -> None:
    distribution(tmp_path, "extra = vtencode_extra:Extra")
    code = (
        "from vtencode.registry import find, names; print(names('codec'), find('codec', 'extra'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "'extra'" in done.stdout
    assert "vtencode_extra.Extra" in done.stdout
