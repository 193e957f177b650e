"""`vtencode show`: pairs as a list, as a contact sheet, and as a cloud of points."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image, ImageFont

import vtencode as vt
from vtencode.cli.contact_sheet import contact_sheet, instruction_lines
from vtencode.cli.pictured import pictured
from vtencode.cli.show import show
from vtencode.clouds import read_ply
from vtencode.errors import NotADatasetError, SpecError
from vtencode.miniatures import ground_truth
from vtencode.miniatures.scenes import scene
from vtencode.png import read_png
from vtencode.targets import Camera

HEIGHT, WIDTH = 96, 128


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Two scenes, every task, as small as they are rendered."""
    out = tmp_path_factory.mktemp("show") / "scenes"
    chosen = ["source.count=2", f"source.height={HEIGHT}", f"source.width={WIDTH}"]
    vt.build("scenes", out=out, workers=1, overrides=[*chosen, "framing={resize: none}"])
    return out


@pytest.fixture(scope="module")
def pairs(built):
    return list(vt.open_dataset(built))


def shown(*words):
    """Run the command in this process: (exit code, stdout, what it raised)."""
    done = CliRunner().invoke(show, [*map(str, words)])
    return done.exit_code, done.stdout, done.exception


def test_the_first_pairs_are_listed(built, pairs):
    code, stdout, _ = shown(built, "--count", 3)

    assert code == 0
    first, header, *rows = stdout.splitlines()
    assert first == f"dataset  scenes in {built}: {len(pairs)} pairs, 1 shards"
    assert header.split() == ["key", "task", "size", "worst", "error", "instruction"]
    assert [row.split()[0] for row in rows] == [pair.key for pair in pairs[:3]]
    assert all(row.split()[2] == "128x96" for row in rows)


def test_pairs_can_be_named_in_any_order(built, pairs):
    keys = [pairs[5].key, pairs[1].key]
    code, stdout, _ = shown(built, *keys, "--json")
    told = json.loads(stdout)

    assert code == 0
    assert [one["key"] for one in told] == keys
    for one, pair in zip(told, (pairs[5], pairs[1]), strict=True):
        assert one["instruction"] == pair.instruction
        assert one["camera"] == json.loads(pair.meta["camera"] or "null")
        assert (one["height"], one["width"]) == (HEIGHT, WIDTH)
        assert one["unit"] == pair.meta["unit"]


def test_a_key_that_no_pair_has_is_told_with_the_nearest(built, pairs):
    near, strange = shown(built, pairs[0].key[:-1])[2], shown(built, "zzz")[2]

    assert isinstance(near, SpecError)
    assert f"Did you mean {pairs[0].key!r}?" in str(near)
    assert str(strange).endswith(
        f"has no pair 'zzz'. It has {len(pairs)}, such as {pairs[0].key!r}."
    )


def test_the_sheet_shows_input_target_and_what_is_read_back(built, pairs, tmp_path):
    """A depth pair: its panels are its pictures, three times as large, side by side."""
    (pair,) = [pair for pair in pairs if pair.key == "scenes-0-000000-depth"]
    code, stdout, _ = shown(built, pair.key, "--png", tmp_path / "sheet.png")
    sheet = read_png((tmp_path / "sheet.png").read_bytes())
    back = pictured(pair.decode().target, pair.input, pair.code)

    assert code == 0
    assert "1 pairs, input, target, and read back" in stdout
    top = next(
        row for row in range(sheet.shape[0]) if np.array_equal(sheet[row, 28:412:3], pair.input[0])
    )
    for column, picture in enumerate((pair.input, pair.code, back)):
        left = 28 + column * (384 + 12)
        panel = sheet[top : top + 288 : 3, left : left + 384 : 3]
        assert np.array_equal(panel, picture)


def test_the_same_pairs_give_the_same_sheet(pairs, tmp_path, built):
    for name in ("a.png", "b.png"):
        shown(built, "--count", 5, "--png", tmp_path / name)
    sheet = contact_sheet(pairs[:5], title="scenes")

    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert sheet.dtype == np.uint8
    assert sheet.shape[1:] == (1232, 3)


def test_instructions_are_broken_where_the_sheet_ends():
    text = " ".join(f"word{i}" for i in range(300))
    lines = instruction_lines(text, wide=400)
    font = ImageFont.load_default(14)

    assert len(lines) == 3
    assert text.startswith(" ".join(lines).rstrip("…"))
    assert lines[-1].endswith("…")
    assert max(map(font.getlength, lines)) <= 400
    assert font.getlength(f"{lines[0]} {lines[1].split()[0]}") > 400
    assert instruction_lines("Paint\nit.") == ["Paint it."]
    assert instruction_lines("") == [""]
    assert len(instruction_lines("x" * 4000, wide=400)[-1]) < 100


def test_depth_is_bright_where_it_is_near_and_striped_where_it_is_unknown():
    meters = np.tile(np.linspace(1, 5, 40, dtype=np.float32), (30, 1))
    meters[:10], meters[20:] = np.nan, np.inf
    empty = np.zeros((30, 40, 3), np.uint8)
    seen = pictured(vt.DepthMap(meters), empty, empty).astype(int)

    assert seen[15, 0].sum() > seen[15, 20].sum() > seen[15, -1].sum()
    assert {tuple(color) for color in seen[:10].reshape(-1, 3)} == {(214,) * 3, (190,) * 3}
    assert (seen[20:] == 255).all()
    nothing = vt.DepthMap(np.full((30, 40), np.nan))
    assert pictured(nothing, empty, empty).shape == (30, 40, 3)


def test_regions_lie_over_their_picture_within_white_borders():
    found = scene(0, 0, height=48, width=64, camera=Camera(52, 52, 31.5, 23.5))
    masks = ground_truth.instances(found)
    code = vt.codec("instances").encode(masks).rgb
    seen = pictured(masks, found.rgb, code)
    ids = masks.id_map()

    border = ids[:, 1:] != ids[:, :-1]
    assert (seen[:, 1:][border] == 255).all()
    rest = (ids == 0) & ~(seen == 255).all(axis=2)
    assert np.ptp(seen[rest].astype(int), axis=1).max() == 0
    assert seen.std() > 0


@pytest.mark.parametrize(
    "name", ["depth", "normals", "semantic", "instances", "panoptic", "keypoints"]
)
def test_every_type_of_target_is_pictured_in_its_own_size(name):
    found = scene(0, 3, height=48, width=64, camera=Camera(52, 52, 31.5, 23.5), people=2)
    target = getattr(ground_truth, name)(found)
    code = np.full((48, 64, 3), 7, np.uint8)
    seen = pictured(target, found.rgb, code)

    assert (seen.dtype, seen.shape) == (np.uint8, (48, 64, 3))
    assert not np.array_equal(seen, code)


def test_a_type_that_nobody_drew_is_shown_as_its_code():
    code = np.full((4, 4, 3), 7, np.uint8)

    assert pictured(object(), code, code) is code


def test_the_cloud_is_the_decoded_depth_seen_from_the_pairs_camera(built, pairs, tmp_path):
    code, stdout, _ = shown(built, "--ply", tmp_path / "cloud.ply")
    (pair,) = [pair for pair in pairs if pair.key == "scenes-0-000000-depth"]
    camera, cloud = json.loads(pair.meta["camera"]), read_ply((tmp_path / "cloud.ply").read_bytes())
    meters = pair.decode().target.meters
    v, u = np.nonzero(np.isfinite(meters))

    assert code == 0
    assert f"{len(cloud)} points of {pair.key}, in meters" in stdout
    x, y, z = cloud.xyz.T.astype(float)
    assert np.array_equal(cloud.xyz[:, 2], meters[v, u])
    assert np.allclose(camera["fx"] * x / z + camera["cx"], u, atol=1e-3)
    assert np.allclose(camera["fy"] * y / z + camera["cy"], v, atol=1e-3)
    assert np.array_equal(cloud.rgb, pair.input[v, u])


def test_a_pair_of_another_task_gives_no_cloud(built, pairs, tmp_path):
    (key,) = [pair.key for pair in pairs if pair.key == "scenes-0-000000-normals"]
    error = shown(built, key, "--ply", tmp_path / "cloud.ply")[2]

    assert isinstance(error, SpecError)
    assert "--ply needs a pair whose target is depth" in str(error)
    assert not (tmp_path / "cloud.ply").exists()


def test_depth_without_a_camera_gives_no_cloud_and_says_why(tmp_path):
    """A codec reads depth from a picture; only the source knows through which lens."""
    from vtencode.miniatures.megadepth import write

    root = write(tmp_path / "megadepth", count=1)
    vt.build("megadepth-depth", source=root, out=tmp_path / "out", workers=1)
    error = shown(tmp_path / "out", "--ply", tmp_path / "cloud.ply")[2]

    assert isinstance(error, SpecError)
    assert "megadepth does not tell it" in str(error)
    assert not (tmp_path / "cloud.ply").exists()


def test_depth_up_to_scale_is_said_to_be_so(tmp_path):
    from vtencode.miniatures.blendedmvs import write

    root = write(tmp_path / "blendedmvs", count=1)
    vt.build("blendedmvs-depth", source=root, out=tmp_path / "out", workers=1)
    code, stdout, _ = shown(tmp_path / "out", "--ply", tmp_path / "cloud.ply")

    assert code == 0
    assert stdout.splitlines()[1].endswith("in a length nobody knows")


def test_portraits_and_large_pictures_fit_their_panels(tmp_path):
    from vtencode.miniatures.megadepth import write

    root = write(tmp_path / "megadepth", count=2)
    vt.build("megadepth-depth", source=root, out=tmp_path / "out", workers=1)
    shown(tmp_path / "out", "--png", tmp_path / "sheet.png")

    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1232
        assert 700 < sheet.height < 1000


def test_only_what_a_build_finished_can_be_shown(tmp_path):
    assert isinstance(shown(tmp_path)[2], NotADatasetError)


@pytest.mark.parametrize(
    "words",
    [("--png", "sheet.jpg"), ("--ply", "cloud.png"), ("--count", "0"), ("--png", "no/where.png")],
)
def test_wrong_words_exit_2_before_anything_is_read(tmp_path, words):
    assert shown(tmp_path, *words)[0] == 2
