"""MegaDepth: the miniature reads back as its streets up to scale; labels are never depth."""

from __future__ import annotations

import io
import json
import shutil

import h5py
import numpy as np
import pytest
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.errors import RecipeError, SampleError, SourceError, SpecError
from vtencode.formats.hdf5 import read_hdf5, write_hdf5
from vtencode.miniatures.megadepth import HOLE, SCALE, SIZES, TOP, camera, write
from vtencode.miniatures.scenes import scene
from vtencode.sources.megadepth import MegaDepth
from vtencode.targets import RelativeDepthMap

COUNT = 3


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("megadepth"), count=COUNT, ordinal=1)


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "megadepth")


def number(row):
    return int(row["file"].rpartition("/")[2].split("_")[0]) - 17_000_000


def frame(source, index):
    return next(row for row in rows(source) if number(row) == index)


def test_the_miniature_reads_back_as_its_streets_up_to_a_factor(root):
    source = MegaDepth(root=root)

    assert len(rows(source)) == COUNT + 1
    for index in range(COUNT):
        height, width = SIZES[index % 2]
        seen_by = camera(height, width)
        truth = scene(0, index, height=height, width=width, camera=seen_by, sky=True)
        sample = source.load(frame(source, index))
        known = np.isfinite(truth.depth_z)
        known[HOLE] = False
        depth = sample.targets["depth"]
        assert type(depth) is RelativeDepthMap
        assert np.array_equal(depth.valid, known)
        assert np.array_equal(depth.meters[known], truth.depth_z[known] * SCALE)
        assert (depth.measure, depth.camera) == ("z", None)
        assert np.abs(sample.picture.rgb.astype(int) - truth.rgb).mean() < 3


def test_depth_is_what_h5py_says_it_is(root):
    source = MegaDepth(root=root)
    row = frame(source, 0)
    with h5py.File(root / row["depth"]) as file:
        plain = file["depth"][()]

    assert np.array_equal(np.nan_to_num(source.load(row).targets["depth"].meters), plain)
    assert row["image_id"] == "megadepth/0000/dense0/17000000_0000000000_o"
    assert row["depth"] == f"{TOP}/0000/dense0/depths/17000000_0000000000_o.h5"


def test_a_file_of_labels_gives_no_depth_at_all(root):
    source = MegaDepth(root=root)
    row = frame(source, COUNT)
    stored = read_hdf5((root / row["depth"]).read_bytes(), "depth")

    assert set(np.unique(stored)) == {-1, 0, 1, 2}
    with pytest.raises(SampleError, match=r"labels of order \[EMPTY\]"):
        _ = source.load(row).targets["depth"]


@pytest.mark.parametrize(
    "change",
    [
        lambda lengths: np.where(np.arange(lengths.size).reshape(lengths.shape) == 7, -1, lengths),
        lambda lengths: -lengths,
        np.ceil,
        lambda lengths: np.where(lengths > 1, np.float32(3), np.float32(0)),
    ],
)
def test_one_number_below_0_or_whole_numbers_only_make_a_file_of_labels(place, change):
    source = MegaDepth(root=place)
    row = frame(source, 0)
    path = place / row["depth"]
    lengths = read_hdf5(path.read_bytes(), "depth")
    path.write_bytes(write_hdf5({"depth": change(lengths).astype(np.float32)}))

    with pytest.raises(SampleError, match="EMPTY"):
        _ = source.load(row).targets["depth"]


def test_labels_are_counted_among_the_rejects_and_the_rest_is_built(root, tmp_path):
    out = tmp_path / "out"
    done = vt.build("megadepth-depth", source=root, out=out, workers=1)
    rejects = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]

    assert done.manifest["counts"] == {
        "planned": COUNT + 1,
        "written": COUNT,
        "rejected": 1,
        "filtered": 0,
    }
    assert [each["code"] for each in rejects] == ["EMPTY"]
    assert "labels of order" in rejects[0]["message"]


def test_a_file_in_which_nothing_is_known_is_depth_that_knows_nothing(place):
    source = MegaDepth(root=place)
    row = frame(source, 0)
    (place / row["depth"]).write_bytes(write_hdf5({"depth": np.zeros(SIZES[0], np.float32)}))

    assert not source.load(row).targets["depth"].valid.any()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a: write_hdf5({"depth": a[:-1]}), "SHAPE"),
        (lambda a: write_hdf5({"depth": a.T}), "SHAPE"),
        (lambda a: write_hdf5({"depth": (1000 * a).astype(np.uint16)}), "MODE"),
        (lambda a: write_hdf5({"gt_depth": a}), "DECODE"),
        (lambda a: write_hdf5({"depth": a})[:-99], "DECODE"),
    ],
)
def test_arrays_that_are_not_the_published_ones_are_rejects(place, change, code):
    source = MegaDepth(root=place)
    row = frame(source, 0)
    path = place / row["depth"]
    path.write_bytes(change(read_hdf5(path.read_bytes(), "depth")))

    with pytest.raises(SampleError) as error:
        _ = source.load(row).targets["depth"]
    assert error.value.args[0] == code


def test_names_in_capitals_are_read(root):
    names = [row["file"] for row in rows(MegaDepth(root=root))]

    assert len([name for name in names if name.endswith(".JPG")]) == 1
    assert {row["image"] for row in rows(MegaDepth(root=root))} == {"jpg"}


def test_photographs_of_one_format_are_kept_at_a_time(place):
    jpg = MegaDepth(root=place)
    path = place / frame(jpg, 0)["file"]
    with Image.open(path) as image:
        image.save(path.with_suffix(".png"))
    path.unlink()
    kept = {
        form: sorted(map(number, rows(MegaDepth(root=place, images=form))))
        for form in ("jpg", "png", "all")
    }

    assert kept == {"jpg": [1, 2, 3], "png": [0], "all": [0, 1, 2, 3]}
    assert frame(MegaDepth(root=place, images="png"), 0)["image"] == "png"


def test_only_the_formats_that_are_told_can_be_asked_for(tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(
        "name: mine\nsource: {name: megadepth, images: tif}\ntasks:\n  - task: relative-depth\n"
    )

    with pytest.raises(RecipeError, match="images"):
        vt.load_recipe(recipe)


def test_a_photograph_without_color_is_a_reject(place):
    source = MegaDepth(root=place)
    row = frame(source, 0)
    with Image.open(io.BytesIO((place / row["file"]).read_bytes())) as image:
        image.convert("L").save(place / row["file"])

    with pytest.raises(SampleError, match=r"8-bit RGB.*\[DECODE\]"):
        source.load(row)


def test_a_photograph_without_depth_is_a_frame_without_that_target(place):
    for path in place.rglob("*.h5"):
        path.unlink()

    assert MegaDepth(root=place).available() == {}


def test_scenes_can_be_chosen_and_parts_of_a_scene_are_kept_apart(place):
    shutil.copytree(place / TOP / "0000" / "dense0", place / TOP / "0000" / "dense1")
    found = rows(MegaDepth(root=place, scenes=("0000",)))

    assert {row["scene"] for row in found} == {"0000"}
    assert len({row["key"] for row in found}) == len(found) == 4
    with pytest.raises(SourceError, match="no scene '0007'"):
        MegaDepth(root=place, scenes=("0007",)).index()


def test_the_archive_must_be_extracted_first(tmp_path):
    (tmp_path / "MegaDepth_v1.tar.gz").write_bytes(b"\x1f\x8b")

    with pytest.raises(SourceError, match=r"must hold MegaDepth.*Extract MegaDepth_v1\.tar\.gz"):
        MegaDepth(root=tmp_path).index()


def test_metric_depth_may_not_be_asked_of_depth_up_to_scale(tmp_path):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("name: mine\nsource: {name: megadepth}\ntasks:\n  - task: depth\n")

    with pytest.raises(RecipeError, match=r"must not be about 'depth'.*ask for relative-depth"):
        vt.load_recipe(recipe)


def test_a_miniature_of_no_frames_is_refused(tmp_path):
    with pytest.raises(SpecError, match="count must be >= 1"):
        write(tmp_path, count=0)
