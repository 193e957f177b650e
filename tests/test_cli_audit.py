"""`vtencode audit`, and `vt.audit`: what a person is told of evaluation images in a dataset."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import by_hand
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import vtencode as vt
from vtencode.cli.main import cli
from vtencode.errors import ShardError, SourceError
from vtencode.images import Picture
from vtencode.miniatures.scenes import scene
from vtencode.targets import Camera

CAMERA = Camera(fx=130.0, fy=130.0, cx=81.5, cy=63.25)


def render(index: int) -> Picture:
    return Picture.from_rgb(scene(7, index, height=120, width=160, camera=CAMERA).rgb)


def jpeg(picture: Picture) -> Picture:
    out = io.BytesIO()
    Image.fromarray(picture.rgb).save(out, "JPEG", quality=75)
    return Picture.from_bytes(out.getvalue())


def audit(*words):
    """Run the command in this process: (exit code, stdout, stderr)."""
    done = CliRunner().invoke(cli, ["audit", "--workers", "1", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr or str(done.exception)


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    """Four evaluation images, two pairs of each."""
    pairs = [(f"e{i}-{task}", render(i), f"set/{i}") for i in range(4) for task in ("a", "b")]
    return by_hand.dataset(tmp_path_factory.mktemp("sets") / "val", pairs)


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    """One leak of each kind, and three clean images."""
    mirrored = Picture.from_rgb(np.ascontiguousarray(render(3).rgb[:, ::-1]))
    flat = Picture.from_rgb(np.full((30, 40, 3), 99, np.uint8))
    pairs = [
        ("p-id-a", render(10), "set/0"),
        ("p-id-b", render(10), "set/0"),
        ("p-exact", render(1), "other/1"),
        ("p-jpeg", jpeg(render(2)), ""),
        ("p-mirror", jpeg(mirrored), ""),
        ("p-clean-1", render(11), "other/11"),
        ("p-clean-2", render(12), "other/12"),
        ("p-flat", flat, ""),
    ]
    return by_hand.dataset(tmp_path_factory.mktemp("sets") / "train", pairs)


def test_every_kind_of_leak_is_found_once_an_image(leaky, evaluation):
    found = vt.audit(leaky, [evaluation], workers=1)

    told = {finding.keys: (finding.leak.kind, finding.leak.key) for finding in found.findings}
    assert told == {
        ("p-id-a", "p-id-b"): ("id", "set/0"),
        ("p-exact",): ("exact", "e1-a"),
        ("p-jpeg",): ("perceptual", "e2-a"),
        ("p-mirror",): ("mirrored", "e3-a"),
    }
    assert not found.ok
    assert found.counts == {"id": 1, "exact": 1, "perceptual": 1, "mirrored": 1}
    assert (found.images, found.pairs, found.with_id, found.plain) == (7, 8, 4, 1)


def test_leaks_exit_5_and_are_spelled_out(leaky, evaluation):
    code, stdout, _ = audit(leaky, "--against", evaluation)

    assert code == 5
    assert "7 images in 8 pairs" in stdout
    assert "val: 4 images" in stdout
    assert "1 id, 1 exact, 1 perceptual, 1 mirrored" in stdout
    assert "p-id-a and 1 more" in stdout
    assert "4 images by id; 6 by looks, 1 too plain for it" in stdout
    assert "e3-a" in stdout
    assert "of 64 bits differ" in stdout


def test_json_has_every_leak_with_every_pair(leaky, evaluation):
    code, stdout, _ = audit(leaky, "--against", evaluation, "--json")

    found = json.loads(stdout)
    assert code == 5
    assert found["ok"] is False
    assert found["known"] == {"val": 4}
    assert found["findings"][0] == {
        "keys": ["p-id-a", "p-id-b"],
        "image_id": "set/0",
        "kind": "id",
        "set": "val",
        "key": "set/0",
        "distance": 0,
    }


def test_a_clean_dataset_exits_0(evaluation, tmp_path):
    clean = by_hand.dataset(tmp_path / "train", [("p", render(20), "other/1")])

    code, stdout, _ = audit(clean, "--against", evaluation)

    assert code == 0
    assert stdout.splitlines()[-1].split() == ["leaks", "none"]


def test_only_the_first_twenty_leaks_are_spelled_out(tmp_path):
    ids = [f"set/{i}" for i in range(25)]
    picture = render(0)
    out = by_hand.dataset(tmp_path / "o", [(f"p{i}", picture, one) for i, one in enumerate(ids)])
    (tmp_path / "mine.txt").write_text("\n".join(ids))

    code, stdout, _ = audit(out, "--against", tmp_path / "mine.txt")

    assert code == 5
    assert "p19" in stdout
    assert "p20" not in stdout
    assert stdout.endswith("… and 5 more\n")


def test_several_sets_are_compared_at_once(leaky, evaluation, tmp_path):
    (tmp_path / "mine.txt").write_text("other/11\n")

    found = vt.audit(leaky, [evaluation, tmp_path / "mine.txt", "nyu-depth-v2-test"], workers=1)

    assert {finding.leak.set for finding in found.findings} == {"val", "mine"}
    assert found.known == {"val": 4, "mine": 1, "nyu-depth-v2-test": 654}


def test_a_list_of_ids_gives_no_verdict_on_images_without_ids(tmp_path):
    out = by_hand.dataset(tmp_path / "o", [("p", render(0), "")])

    with pytest.raises(SourceError, match="none has one"):
        vt.audit(out, ["nyu-depth-v2-test"], workers=1)


def test_distance_0_asks_for_equal_hashes(leaky, evaluation):
    strict = vt.audit(leaky, [evaluation], distance=0, workers=1)

    assert all(finding.leak.distance == 0 for finding in strict.findings)


def test_a_damaged_shard_is_no_clean_dataset(evaluation, tmp_path):
    out = by_hand.dataset(tmp_path / "o", [("p", render(0), "")])
    shard = out / "train-00000.tar"
    shard.write_bytes(shard.read_bytes()[:2000])

    with pytest.raises(ShardError, match="cut inside"):
        vt.audit(out, [evaluation], workers=1)


def test_the_built_in_lists_are_listed():
    code, stdout, _ = audit("--list")
    listed = json.loads(audit("--list", "--json")[1])

    assert code == 0
    assert "nyu-depth-v2-test  654 ids" in stdout
    assert "splits.mat" in stdout
    assert {one["name"]: one["ids"] for one in listed} == {
        "kitti-eigen-test": 697,
        "nyu-depth-v2-test": 654,
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "needs DIR and --against"),
        (("o",), "needs DIR and --against"),
        (("o", "--against", "nyu-depth-v2-tset"), "Did you mean 'nyu-depth-v2-test'"),
        (("o", "--against", "nyu-depth-v2-test"), "must hold a manifest.json"),
        (("o", "--against", "nyu-depth-v2-test", "--distance", "65"), "--distance"),
    ],
)
def test_wrong_words_exit_2_and_say_what_to_do(words, told, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "vtencode", "audit", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_build_of_all_frames_holds_the_test_frames_and_a_build_of_train_does_not(nyu, tmp_path):
    for split in ("train", "test", "all"):
        chosen = [f"source.split={split}"]
        vt.build("nyu-depth", source=nyu, out=tmp_path / split, workers=1, overrides=chosen)

    clean = vt.audit(tmp_path / "train", [tmp_path / "test"], workers=1)
    code, stdout, _ = audit(tmp_path / "all", "--against", tmp_path / "test", "--json")

    assert clean.ok
    assert (clean.images, clean.known) == (4, {"test": 1})
    assert code == 5
    assert len(json.loads(stdout)["findings"]) == 1


def test_workers_change_nothing(leaky, evaluation):
    assert vt.audit(leaky, [evaluation], workers=2) == vt.audit(leaky, [evaluation], workers=1)
