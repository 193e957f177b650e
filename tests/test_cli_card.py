"""`vtencode card`: README.md and croissant.json of a dataset, written, kept and printed."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner
from trees import changed, hashes, vtencode

import vtencode as vt
from vtencode import cards
from vtencode.cli.card import card
from vtencode.errors import NotADatasetError, SpecError, VerificationError


@pytest.fixture(scope="module")
def once_built(tmp_path_factory):
    """One small frame, asked for its depth and normals."""
    out = tmp_path_factory.mktemp("card") / "out"
    chosen = ["source.count=1", "source.height=48", "source.width=64", "framing={resize: none}"]
    tasks = ["tasks=[{task: depth}, {task: normals}]"]
    vt.build("scenes", out=out, workers=1, overrides=[*chosen, *tasks])
    return out


@pytest.fixture
def built(once_built, tmp_path):
    """A copy of it that has no card."""
    out = tmp_path / "out"
    shutil.copytree(once_built, out)
    for name in ("README.md", "croissant.json"):
        (out / name).unlink(missing_ok=True)
    return out


def run(*words):
    """Run the command in this process: (exit code, stdout, what it raised)."""
    done = CliRunner().invoke(card, [*map(str, words)])
    return done.exit_code, done.stdout, done.exception


def test_both_files_are_written_and_again_the_same(built):
    code, stdout, _ = run(built)
    once = hashes(built)

    assert code == 0
    assert stdout.splitlines() == [str(built / "README.md"), str(built / "croissant.json")]
    assert run(built)[0] == 0
    assert hashes(built) == once
    assert cards.edited(built) == []
    assert vt.verify(built).ok


def test_an_edited_card_is_refused_in_one_line_and_nothing_is_written(built):
    run(built)
    changed(built / "README.md", lambda data: data.extend(b"\nMine.\n"))
    before = hashes(built)
    code, stdout, stderr = vtencode("card", built)

    assert code == 2
    assert stdout == ""
    assert stderr == (
        f"error: README.md in {built} must be as vtencode wrote it, and was changed: --overwrite "
        "replaces it, --print shows what would be written.\n"
    )
    assert hashes(built) == before


def test_overwrite_replaces_what_somebody_changed(built):
    run(built)
    once = hashes(built)
    (built / "README.md").write_text("# Mine\n")
    (built / "croissant.json").write_text("{}")

    assert isinstance(run(built)[2], SpecError)
    assert "README.md and croissant.json" in str(run(built)[2])
    assert run(built, "--overwrite")[0] == 0
    assert hashes(built) == once


def test_print_shows_the_card_and_writes_nothing(built):
    before = hashes(built)
    code, stdout, _ = run(built, "--print")

    assert code == 0
    assert hashes(built) == before
    run(built)
    assert (built / "README.md").read_text().startswith(stdout)


def test_only_what_a_build_finished_has_a_card(built, tmp_path):
    manifest = built / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**told, "title": "Another"}))

    assert isinstance(run(built)[2], VerificationError)
    assert isinstance(run(tmp_path / "nothing")[2], NotADatasetError)
    assert not (built / "README.md").exists()
