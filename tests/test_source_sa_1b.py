"""SA-1B: the miniature reads back as its scenes in every form, and nested masks are told apart."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SourceError, SpecError
from vtencode.miniatures.sa_1b import CAMERA, HEIGHT, WIDTH, masks_of, write
from vtencode.miniatures.scenes import scene
from vtencode.rle import packed, runs_of_mask
from vtencode.seeds import Chance
from vtencode.sources.sa_1b import Sa1b
from vtencode.tasks import find_task

# pycocotools is older than numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COUNT = 3
SIDES = (60, 80)


@pytest.fixture(scope="module")
def truth():
    return {
        number: scene(
            0, number - 1, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=number == 2, people=2
        )
        for number in range(1, COUNT + 1)
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("sa1b"), count=COUNT)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return write(tmp_path_factory.mktemp("sa1b"), count=COUNT, form="folders")


def whole_mask(region, shape):
    mask = np.zeros(shape, dtype=bool)
    left, top, right, bottom = region.box
    mask[top:bottom, left:right] = region.mask
    return mask


def jpeg(shape=SIDES, mode="RGB", **more) -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, shape[::-1]).save(buffer, "JPEG", **more)
    return buffer.getvalue()


def annotation(mask, number=1, **changed):
    told = {
        "id": number,
        "area": int(mask.sum()),
        "segmentation": {"size": list(mask.shape), "counts": packed(runs_of_mask(mask))},
        "predicted_iou": 0.9,
        "stability_score": 0.96,
    }
    return {**told, **changed}


def box(left, top, right, bottom, shape=SIDES):
    mask = np.zeros(shape, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def one(place: Path, annotations, *, picture=None, **image) -> Sa1b:
    """A dataset of one image, sa_7."""
    told = {"image_id": 7, "width": SIDES[1], "height": SIDES[0], "file_name": "sa_7.jpg", **image}
    (place / "sa_7.jpg").write_bytes(jpeg() if picture is None else picture)
    (place / "sa_7.json").write_text(json.dumps({"image": told, "annotations": annotations}))
    return Sa1b(root=place)


def instances(source: Sa1b):
    (row,) = rows(source)
    return source.load(row).targets["instances"]


def masks(source: Sa1b) -> list[list[int]]:
    return [list(region.box) for region in instances(source).regions]


# The miniature


def test_every_mask_of_every_image_reads_back_exactly(root, truth):
    source = Sa1b(root=root)

    assert [row["number"] for row in rows(source)] == [1, 2, 3]
    for row in rows(source):
        found = source.load(row).targets["instances"]
        expected = list(masks_of(truth[row["number"]]))
        assert found.shape == (HEIGHT, WIDTH)
        assert len(found.regions) == len(expected) > 20
        assert found.overlap
        for region in found.regions:
            assert np.array_equal(whole_mask(region, found.shape), expected[region.id - 1])
            assert region.label is None
            assert not region.crowd
        areas = [region.area for region in found.regions]
        assert areas == sorted(areas, reverse=True)


def test_pictures_pass_through_untouched(folders):
    source = Sa1b(root=folders)
    for row in rows(source):
        sample = source.load(row)
        assert sample.picture.data == (folders / row["file"]).read_bytes()
        assert sample.provenance["image_id"] == f"sa-1b/{row['number']}"


def test_whole_masks_are_the_surfaces_and_objects_without_their_parts(root, truth):
    source = Sa1b(root=root, level="whole")
    for row in rows(source):
        at = truth[row["number"]]
        found = source.load(row).targets["instances"]
        ids = found.id_map()
        assert not found.overlap
        for region in found.regions:
            mask = whole_mask(region, found.shape)
            objects = np.unique(at.instance[mask])
            assert len(objects) == 1
            same = at.instance == objects[0]
            if objects[0] == 0:
                same &= at.semantic == at.semantic[mask][0]
            assert np.array_equal(mask, same)
        assert set(np.unique(at.instance[ids == 0])) <= {0, *small(at)}


def small(at):
    numbers, areas = np.unique(at.instance, return_counts=True)
    return numbers[areas < 100].tolist()


def test_shards_and_the_folders_that_they_extract_to_read_alike(root, folders):
    shards, loose = Sa1b(root=root), Sa1b(root=folders)
    same = ["key", "image", "split", "scene", "image_id", "number"]

    assert shards.index().select(same) == loose.index().select(same)
    for one_, other in zip(rows(shards), rows(loose), strict=True):
        a, b = shards.load(one_), loose.load(other)
        assert a.picture.data == b.picture.data
        assert a.provenance["sha256"] == b.provenance["sha256"]
        assert a.where == f"sa_{one_['number']}.jpg"
        assert b.where == f"{one_['scene']}/sa_{one_['number']}.jpg"
        pairs = zip(a.targets["instances"].regions, b.targets["instances"].regions, strict=True)
        assert all(np.array_equal(x.spans, y.spans) for x, y in pairs)


@pytest.mark.parametrize("form", ["shards", "published"])
def test_the_same_arguments_give_the_same_bytes(tmp_path, form):
    places = [write(tmp_path / name, count=1, form=form) for name in "ab"]

    one_, other = ((place / "sa_000000.tar").read_bytes() for place in places)
    assert one_ == other


def test_one_shard_can_be_the_root(root):
    found = rows(Sa1b(root=root / "sa_000001.tar"))

    assert [row["number"] for row in found] == [3]
    assert Sa1b(root=root / "sa_000001.tar").load(found[0]).picture.width == WIDTH


def test_a_source_travels_to_workers_who_read_rows_without_an_index(root):
    source = Sa1b(root=root, level="whole", area_px=200)
    row = rows(source)[1]
    there = pickle.loads(pickle.dumps(source))

    assert there == source
    assert len(there.load(row).targets["instances"].regions) > 5


# Shards


def test_only_the_shards_that_are_asked_for_are_looked_into(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "sa1b")
    (place / "sa_000000.tar").write_bytes(b"damaged")

    assert [row["number"] for row in rows(Sa1b(root=place, scenes=("sa_000001",)))] == [3]
    with pytest.raises(SourceError, match=r"sa_000000\.tar must be a whole archive"):
        Sa1b(root=place).index()


def test_a_shard_that_is_not_there_is_told(root):
    with pytest.raises(SourceError, match="no scene 'sa_000009'"):
        Sa1b(root=root, scenes=("sa_000001", "sa_000009")).index()


def test_shards_as_they_are_published_have_to_be_unpacked_first(tmp_path, root):
    published = write(tmp_path / "packed", count=1, form="published")

    with pytest.raises(SourceError, match=r"sa_000000\.tar is gzipped, though.*gzip -d"):
        Sa1b(root=published).index()
    data = (published / "sa_000000.tar").read_bytes()
    (published / "sa_000000.tar").write_bytes(gzip.decompress(data))
    assert [row["key"] for row in rows(Sa1b(root=published))] == ["sa1b-1"]


def test_gzipped_shards_beside_what_was_extracted_from_them_are_let_be(tmp_path, folders):
    place = shutil.copytree(folders, tmp_path / "sa1b")
    for name in ("sa_000000", "sa_000001"):
        (place / f"{name}.tar").write_bytes(gzip.compress(b"a shard"))

    assert len(rows(Sa1b(root=place))) == COUNT


def test_plain_shards_beside_what_was_extracted_from_them_are_read_once(tmp_path, root, folders):
    place = shutil.copytree(folders, tmp_path / "sa1b")
    shutil.copytree(root, place, dirs_exist_ok=True)
    shutil.rmtree(place / "sa_000001")

    found = {row["number"]: row["file"] for row in rows(Sa1b(root=place))}
    assert found[1] == "sa_000000/sa_1.jpg"
    assert found[3] == "sa_000001.tar"


@pytest.mark.parametrize("keep", [1000, 70_000])
def test_a_shard_that_is_cut_is_no_archive(tmp_path, root, keep):
    data = (root / "sa_000000.tar").read_bytes()
    (tmp_path / "sa_000000.tar").write_bytes(data[:keep])

    with pytest.raises(SourceError, match="must be a whole archive"):
        Sa1b(root=tmp_path).index()


def test_a_shard_that_is_cut_after_it_was_indexed_is_a_reject(tmp_path, root):
    place = shutil.copytree(root, tmp_path / "sa1b")
    source = Sa1b(root=place)
    row = rows(source)[1]
    data = (place / row["file"]).read_bytes()
    (place / row["file"]).write_bytes(data[: row["start"] + row["size"] - 1])

    with pytest.raises(SampleError, match=r"sa_000000\.tar sa_2\.jpg: image: .*cut short.*DECODE"):
        source.load(row)


def test_an_image_that_is_there_twice_is_refused(tmp_path, folders):
    place = shutil.copytree(folders, tmp_path / "sa1b")
    shutil.copytree(place / "sa_000000", place / "copy")

    with pytest.raises(SourceError, match=r"copy/sa_1.jpg and sa_000000/sa_1.jpg both hold"):
        Sa1b(root=place).index()


@pytest.mark.parametrize(("ending", "field"), [("jpg", "image"), ("json", "instances")])
def test_an_image_without_its_masks_and_masks_without_their_image_are_rejects(
    tmp_path, ending, field
):
    source = one(tmp_path, [])
    (tmp_path / f"sa_7.{ending}").unlink()
    (row,) = rows(source)

    with pytest.raises(SampleError, match=rf"sa_7\.{ending}.*MISSING") as error:
        _ = source.load(row).targets["instances"]
    assert error.value.args[1] == field


def test_an_empty_folder_tells_what_it_must_hold(tmp_path):
    with pytest.raises(SourceError, match=r"must hold SA-1B: sa_000000\.tar"):
        Sa1b(root=tmp_path).index()


# Masks within masks


def test_a_mask_with_half_of_its_pixels_in_a_larger_one_is_a_part(tmp_path):
    table, half, less = box(0, 0, 40, 40), box(35, 0, 45, 10), box(36, 20, 46, 30)
    source = one(tmp_path, [annotation(mask) for mask in (less, half, table)])

    assert masks(source) == [[0, 0, 40, 40], [36, 20, 46, 30], [35, 0, 45, 10]]
    whole = Sa1b(root=tmp_path, level="whole")
    assert masks(whole) == [[0, 0, 40, 40], [36, 20, 46, 30]]


def test_a_part_of_a_part_is_no_whole_either(tmp_path):
    car, door, handle = box(0, 0, 60, 40), box(10, 5, 40, 35), box(12, 20, 18, 24)
    one(tmp_path, [annotation(mask) for mask in (handle, door, car)])

    assert masks(Sa1b(root=tmp_path, level="whole")) == [[0, 0, 60, 40]]


def test_of_masks_that_meet_the_smaller_one_is_in_front(tmp_path):
    large, little = box(0, 0, 40, 40), box(36, 20, 46, 30)
    found = instances(one(tmp_path, [annotation(little), annotation(large)]))

    assert (found.id_map()[little] == 1).all()
    assert (found.id_map()[large & ~little] == 2).all()


def test_what_is_asked_is_objects_and_never_what_is_not_there(tmp_path, root):
    task = find_task("instance")(negatives=1.0)
    source = Sa1b(root=root, level="whole")
    sample = source.load(rows(source)[0])
    codec = vt.codec("instances")
    question = task.ask(sample.targets["instances"], codec, Chance(0, "k"), where="k")

    assert question.asked == ("object",)
    assert not question.negative
    assert len(question.target.regions) == len(sample.targets["instances"].regions)


def test_what_is_painted_decodes_to_the_same_areas(root):
    source = Sa1b(root=root, level="whole")
    codec = vt.codec("instances")
    for row in rows(source):
        found = source.load(row).targets["instances"]
        back = codec.decode(codec.encode(found)).target
        areas = {region.id: region.area for region in found.regions}
        assert {region.id: region.area for region in back.regions} == areas


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [1, 2, 3]),
        ({"predicted_iou": 0.9}, [2, 3]),
        ({"stability_score": 0.97}, [1, 3]),
        ({"area_px": 100}, [1, 2]),
        ({"predicted_iou": 0.9, "area_px": 100}, [2]),
    ],
)
def test_masks_that_are_worse_than_asked_for_are_left_out(tmp_path, options, kept):
    told = [
        annotation(box(0, 0, 20, 20), predicted_iou=0.89, stability_score=0.98),
        annotation(box(20, 0, 40, 20), predicted_iou=0.95, stability_score=0.95),
        annotation(box(0, 40, 9, 49), predicted_iou=0.9, stability_score=0.97),
    ]
    one(tmp_path, told)

    found = instances(Sa1b(root=tmp_path, **options))
    assert sorted(region.id for region in found.regions) == kept


def test_a_level_that_is_none_is_refused(tmp_path):
    with pytest.raises(SpecError, match="level must be all or whole, got 'part'"):
        Sa1b(root=tmp_path, level="part")


def test_a_mask_without_a_pixel_is_none(tmp_path):
    assert masks(one(tmp_path, [annotation(box(0, 0, 0, 0)), annotation(box(1, 1, 3, 3))])) == [
        [1, 1, 3, 3]
    ]


def test_gray_pictures_and_turned_ones_stay_in_the_pixels_of_their_masks(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for more in ({"mode": "L"}, {"exif": exif}):
        source = one(tmp_path, [annotation(box(70, 50, 80, 60))], picture=jpeg(**more))
        (row,) = rows(source)
        assert (source.load(row).picture.height, source.load(row).picture.width) == SIDES
        assert masks(source) == [[70, 50, 80, 60]]


# Files that are not the published ones


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"segmentation": {"size": [60, 80], "counts": "0"}}, "RANGE", "add up to 60 x 80"),
        ({"segmentation": {"size": [60, 80], "counts": [0, 9000]}}, "RANGE", "runs must be"),
        ({"segmentation": {"size": [60, 80], "counts": "~~"}}, "RANGE", "letters"),
        ({"segmentation": {"size": [80, 60], "counts": "0"}}, "RANGE", "the image's size"),
        ({"segmentation": [[0, 0, 1e9, 0, 5, 5]]}, "RANGE", "near its image"),
        ({"segmentation": "0"}, "RANGE", "polygons or run lengths"),
        ({"predicted_iou": "good"}, "RANGE", "annotation 3"),
        ({"predicted_iou": float("nan")}, "DECODE", "NaN"),
    ],
)
def test_masks_that_are_none_are_rejects_that_name_them(tmp_path, changed, code, told):
    source = one(tmp_path, [annotation(box(0, 0, 9, 9), 3, **changed)])

    with pytest.raises(SampleError, match=told) as error:
        instances(source)
    assert error.value.args[0] == code
    assert "sa_7.json" in str(error.value)
    assert code == "DECODE" or "annotation 3" in str(error.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"image": 1, "image": 2, "annotations": []}', "DECODE"),
        ('{"image": {"file_name": "sa_7.jpg"}}', "DECODE"),
        ('{"image": {"file_name": "sa_7.jpg"}, "annotations": [7]}', "DECODE"),
        ('{"image": {"file_name": "sa_7.jpg"}, "annotations": []}', "SHAPE"),
        ('{"image": {"file_name": "sa_8.jpg"}, "annotations": []}', "RANGE"),
        ("[1, 2]", "DECODE"),
        ('{"image": {"file_name": "sa_7.jp', "DECODE"),
        ("[" * 100_000, "DECODE"),
        ("\udcff", "DECODE"),
    ],
)
def test_what_is_no_sa_1b_json_is_a_reject(tmp_path, text, code):
    source = one(tmp_path, [])
    (tmp_path / "sa_7.json").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SampleError) as error:
        instances(source)
    assert error.value.args[0] == code


def test_masks_of_another_size_than_the_picture_are_rejects(tmp_path):
    source = one(tmp_path, [annotation(box(0, 0, 9, 9))], picture=jpeg((60, 81)))

    with pytest.raises(SampleError, match=r"of an image of \(60, 81\), got \(60, 80\) .SHAPE"):
        instances(source)


def test_a_build_goes_on_without_an_image_whose_masks_lie(tmp_path, folders):
    place = shutil.copytree(folders, tmp_path / "sa1b")
    path = place / "sa_000001" / "sa_3.json"
    told = json.loads(path.read_text())
    told["annotations"][4]["segmentation"]["counts"] = "000"
    path.write_text(json.dumps(told))
    out = tmp_path / "out"
    done = vt.build("sa1b", source=place, out=out, workers=1)
    (reject,) = [json.loads(line) for line in (out / "rejects.jsonl").read_text().splitlines()]

    assert done.manifest["counts"]["written"] == COUNT - 1
    assert reject["code"] == "RANGE"
    assert "sa_3.json annotation 3004" in reject["where"]


# Real annotations


@pytest.mark.parametrize("number", [1, 560, 3032002])
def test_real_masks_are_those_of_cocos_own_tools(samples, tmp_path, number):
    text = (samples / "sa1b" / f"sa_{number}.json").read_text()
    told = json.loads(text)
    (entry,) = told["annotations"]
    shape = (told["image"]["height"], told["image"]["width"])
    (tmp_path / f"sa_{number}.json").write_text(text)
    (tmp_path / f"sa_{number}.jpg").write_bytes(jpeg(shape))

    (region,) = instances(Sa1b(root=tmp_path)).regions

    expected = coco_mask.decode(entry["segmentation"]).astype(bool)
    assert np.array_equal(whole_mask(region, shape), expected)
    assert region.area == entry["area"]
    left, top, right, bottom = region.box
    assert entry["bbox"] == [left, top, right - left - 1, bottom - top - 1]
    assert region.mask[int(entry["point_coords"][0][1]) - top][
        int(entry["point_coords"][0][0]) - left
    ]
