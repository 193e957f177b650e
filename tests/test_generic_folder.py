"""Folders of one's own: what patterns find, what options mean, and what is told at once."""

from __future__ import annotations

import json
import pickle
import zipfile

import numpy as np
import pytest
from generic_data import (
    CAMERA,
    NAMES,
    ROOMS,
    classes,
    coco,
    copied,
    millimeters,
    recipe,
    room,
    write,
    write_rooms,
)
from readers import rows, same_depth, same_normals

import vtencode as vt
from vtencode.errors import BuildError, SampleError, SourceError, SpecError
from vtencode.formats.npy import write_npy
from vtencode.formats.pfm import write_pfm
from vtencode.formats.tiff import write_tiff
from vtencode.generic.folder import Folder
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png, write_png_gray
from vtencode.targets import DepthState, RelativeDepthMap
from vtencode.verification.run import verify


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_rooms(tmp_path_factory.mktemp("rooms"))


def one(root, **options):
    """The only sample of a folder."""
    source = Folder(root=root, **options)
    (row,) = rows(source)
    return source.load(row)


@pytest.fixture
def small(tmp_path):
    """A folder of one image, 2 high and 3 wide, to put things beside."""
    write(tmp_path / "rgb/a.png", write_png(np.zeros((2, 3, 3), dtype=np.uint8)))
    return tmp_path


def depth_of(small, data, name="d.bin", **options):
    """Depth as it is read from a file of these bytes."""
    write(small / f"d/a{name[1:]}", data)
    told = {"depth_unit": "m", **options}
    return one(small, image="rgb/{id}.png", depth=f"d/{{id}}{name[1:]}", **told).targets["depth"]


def test_what_patterns_find_reads_back_as_the_rooms(root):
    source = Folder(root=root, **ROOMS)
    found = rows(source)

    assert [row["file"] for row in found] == sorted(row["file"] for row in found)
    assert {row["scene"] for row in found} == {"kitchen", "hall"}
    assert len(found) == 4
    for row in found:
        index, sample = int(row["file"][-8:-4]), source.load(row)
        assert sample.picture.data == jpeg(room(index).rgb)
        depth = sample.targets["depth"]
        assert np.array_equal(depth.meters, (millimeters(index) / 1000).astype(np.float32))
        assert (depth.measure, depth.camera) == ("z", CAMERA)
        same_normals(sample.targets["normals"], room(index).normals, within_deg=0.8)
        semantic = sample.targets["semantic"]
        assert np.array_equal(semantic.ids, classes(index))
        assert (semantic.vocabulary, semantic.void) == (NAMES, None)
        numbers = room(index).instance
        masks = sample.targets["instances"]
        assert len(masks.regions) >= len(np.unique(numbers[numbers > 0]))
        labels = {region.label for region in masks.regions}
        assert labels <= set(NAMES)
        things = sample.targets["panoptic"].instances()
        assert np.array_equal(things.id_map() > 0, np.isin(classes(index), things_of(index)))


def things_of(index):
    """The classes of a room that have numbered objects."""
    return np.unique(classes(index)[room(index).instance > 0])


@pytest.mark.slow
def test_a_folder_builds_verifies_and_resumes_to_the_same_bytes(root, tmp_path):
    path = recipe(
        tmp_path / "mine.yaml",
        {"name": "folder", "prefix": "mine", **ROOMS},
        *("depth", "normals", "semantic", "instance", "panoptic"),
        contract={
            "depth": {"range_m": [0.5, 12], "median_m": [1, 8]},
            "normals": {"facing": 0.8, "as_depth": True},
        },
        output={"samples_per_shard": 7},
    )
    built = vt.build(path, source=root, out=tmp_path / "one", workers=1)
    again = vt.build(path, source=root, out=tmp_path / "two", workers=2)
    (tmp_path / "two/manifest.json").unlink()
    (tmp_path / "two" / again.manifest["shards"][1]["name"]).unlink()
    resumed = vt.build(path, source=root, out=tmp_path / "two", workers=1)

    assert built.manifest["counts"] == {"planned": 20, "written": 20, "rejected": 0, "filtered": 0}
    assert built.manifest == again.manifest == resumed.manifest
    assert verify(tmp_path / "one", workers=1).ok
    ids = {pair.meta["image_id"] for pair in vt.open_dataset(tmp_path / "one")}
    assert "mine/kitchen/0001" in ids
    assert len(ids) == 4


def test_a_source_travels_to_other_processes_as_its_options(root):
    source = Folder(root=root, **ROOMS)
    (first, *_) = rows(source)
    _ = source.load(first).targets["depth"]

    assert len(pickle.dumps(source)) < 2000
    assert rows(pickle.loads(pickle.dumps(source))) == rows(source)


def test_an_archive_reads_as_the_folder_that_it_extracts_to(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "rooms.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, path.relative_to(root))

    packed, loose = Folder(root=tmp_path / "rooms.zip", **ROOMS), Folder(root=root, **ROOMS)

    assert packed.index() == loose.index()
    assert packed.fingerprint() == loose.fingerprint()
    for one_, other in zip(rows(packed), rows(loose), strict=True):
        mine, theirs = packed.load(one_).targets, loose.load(other).targets
        assert np.array_equal(mine["depth"].meters, theirs["depth"].meters)


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({"depth": "d/{id}.png"}, {"depth_unit"}),
        ({"depth": "d/{id}.png", "depth_unit": "feet"}, {"depth_unit"}),
        ({"depth": "d/{id}.png", "depth_unit": -1.0}, {"depth_unit"}),
        ({"depth_unit": "mm"}, {"depth_unit"}),
        ({"normals": "n/{id}.png"}, {"normals_frame"}),
        ({"normals": "n/{id}.png", "normals_frame": "opengll"}, {"normals_frame"}),
        ({"semantic": "s/{id}.png"}, {"semantic_names", "semantic_void"}),
        ({"semantic_names": ("a",)}, {"semantic_names"}),
        ({"camera": (0.0, 1.0, 2.0, 3.0)}, {"camera"}),
        ({"depth": "d/{scene}/{id}.png", "depth_unit": "m"}, {"depth"}),
        ({"depth": "d/depth.png", "depth_unit": "m"}, {"depth"}),
        ({"depth": "../{id}.png", "depth_unit": "m"}, {"depth"}),
        ({"image": ""}, {"image"}),
        ({"image": "a.jpg"}, {"image"}),
        ({"lists": "{id}.txt"}, {"lists"}),
        ({"keypoints": "k/{id}.txt"}, {"keypoints"}),
        ({"split_as": ("x",)}, {"split_as"}),
        ({"depth": "d/{id}.png", "depth_unit": "choose", "missing": "reject"}, {"depth_unit"}),
    ],
)
def test_what_a_recipe_must_say_and_does_not_is_told_all_at_once(tmp_path, options, faults):
    given = {"image": "rgb/{id}.jpg", **options}

    assert {option for option, _ in Folder.option_faults(given)} == faults
    with pytest.raises(SpecError) as error:
        Folder(root=tmp_path, **given)
    assert all(option in str(error.value) for option in faults)


def test_options_that_say_enough_have_no_fault():
    assert Folder.option_faults(ROOMS) == []
    assert set(Folder.targets_of(ROOMS)) == {
        *("depth", "normals", "semantic", "instances", "panoptic")
    }
    relative = {"image": "{id}.jpg", "depth": "{id}.png", "depth_unit": "relative"}
    assert dict(Folder.targets_of(relative)) == {"relative_depth": RelativeDepthMap}


def test_a_task_of_what_the_recipe_does_not_place_is_told_with_what_to_set(root):
    source = Folder(root=root, image=ROOMS["image"])

    with pytest.raises(SourceError, match="'normals' is, and has none: set normals and normals_f"):
        source.require(["normals"])


@pytest.mark.parametrize("unit", ["m", "cm", "mm", 0.5])
def test_depth_is_what_is_stored_times_its_unit(small, unit):
    values = np.array([[1, 500, 65534], [0, 7, 65535]], dtype=np.uint16)
    depth = depth_of(small, write_png_gray(values), depth_unit=unit, depth_far=65535.0)

    scale = {"m": 1, "cm": 0.01, "mm": 0.001}.get(unit, unit)
    expected = (values * scale).astype(np.float32)
    expected[1, 0], expected[1, 2] = np.nan, np.inf
    same_depth(depth, expected)


@pytest.mark.parametrize("write_array", [write_npy, write_tiff, write_pfm])
def test_depth_of_floats_comes_out_bit_for_bit(small, write_array):
    values = np.array([[1.25, 3.4e-5, 80.1], [0, -1, 1e10]], dtype=np.float32)
    depth = depth_of(small, write_array(values), depth_unknown=(-1.0,), depth_far=1e10)

    assert depth.meters[depth.valid].tolist() == values[0].tolist()
    unknown, far = DepthState.UNKNOWN, DepthState.FAR
    assert depth.state.tolist() == [[0, 0, 0], [unknown, unknown, far]]


def test_infinity_is_far_nan_is_unknown_and_a_channel_axis_is_dropped(small):
    values = np.array([[[np.inf], [np.nan], [2.0]], [[1.0], [1.0], [1.0]]], dtype=np.float16)
    depth = depth_of(small, write_npy(values), depth_measure="ray")

    assert depth.state[0].tolist() == [DepthState.FAR, DepthState.UNKNOWN, DepthState.VALID]
    assert depth.measure == "ray"


@pytest.mark.parametrize(
    ("data", "code", "message"),
    [
        (write_npy(np.full((2, 3), -1.0)), "RANGE", "must be >= 0 or in depth_unknown, got -1"),
        (write_npy(np.ones((3, 2))), "SHAPE", "must be as large as its image"),
        (write_npy(np.ones((2, 3, 2))), "MODE", "must be numbers"),
        (write_npy(np.ones((2, 3), dtype=bool)), "MODE", "must be numbers"),
        (write_npy(np.ones((2, 3)))[:-1], "DECODE", "must be a whole .npy"),
        (b"PK\x03\x04rest", "MODE", "got a .npz or .zip"),
        (b"nothing known", "MODE", "got a file that starts with"),
        (b"", "MODE", "got a file that starts with b''"),
    ],
)
def test_files_that_hold_no_such_depth_are_rejects_with_their_code(small, data, code, message):
    with pytest.raises(SampleError, match=message) as error:
        depth_of(small, data)
    assert error.value.args[0] == code


def test_depth_up_to_scale_is_no_metric_depth(small):
    write(small / "d/a.npy", write_npy(np.full((2, 3), 0.5)))
    sample = one(small, image="rgb/{id}.png", depth="d/{id}.npy", depth_unit="relative")

    assert type(sample.targets["relative_depth"]) is RelativeDepthMap
    assert "depth" not in sample.targets


def test_normals_keep_their_vectors_and_turn_into_our_axes(small):
    stored = np.array([[[0, 0, -1], [0, -1, 0], [1, 0, 0]], [[0, 0, 0]] * 3], dtype=np.float32)
    write(small / "n/a.npy", write_npy(stored))
    options = {"image": "rgb/{id}.png", "normals": "n/{id}.npy"}
    found = one(small, **options, normals_frame="opencv").targets["normals"]

    assert found.xyz[0].tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert not found.valid[1].any()
    # Colors kept as floats of 0 to 1 have other lengths: told, not read as vectors.
    write(small / "n/a.npy", write_npy((stored[:1].repeat(2, axis=0) + 1) / 2))
    with pytest.raises(SampleError, match="lengths within"):
        _ = one(small, **options, normals_frame="opencv").targets["normals"]


def semantic_of(small, data, **options):
    write(small / "s/a.png", data)
    told = {"semantic_names": ("wall", "floor"), "semantic_void": "none", **options}
    sample = one(small, image="rgb/{id}.png", semantic="s/{id}.png", **told)
    return sample.targets["semantic"]


IDS = np.array([[0, 1, 1], [1, 0, 255]], dtype=np.uint8)


def test_void_is_an_id_or_a_name_and_ids_without_a_name_are_rejects(small):
    data = write_png_gray(IDS)
    by_id = semantic_of(small, data, semantic_void=255)
    by_name = semantic_of(
        small, data, semantic_void="floor", semantic_names=("wall", "floor", *map(str, range(254)))
    )

    assert by_id.ids.tolist() == [[0, 1, 1], [1, 0, -1]]
    assert by_id.labeled.sum() == 5
    assert by_name.vocabulary[:2] == ("wall", "0")
    assert by_name.labeled.tolist() == [[True, False, False], [False, True, True]]
    with pytest.raises(SampleError, match="must hold named classes or void, got the ids 255"):
        semantic_of(small, data)


@pytest.mark.parametrize(
    ("text", "vocabulary"),
    [
        ("wall\nfloor\n", ("wall", "floor")),
        ('["wall", "floor"]', ("wall", "floor")),
        ('{"1": "floor", "0": "wall"}', ("floor", "wall")),
        ("\ufeffwall\r\nfloor\r\n", ("wall", "floor")),
    ],
)
def test_names_of_classes_come_from_a_file_in_several_forms(small, text, vocabulary):
    write(small / "names", text.encode())
    mask = semantic_of(small, write_png_gray(IDS), semantic_names="names", semantic_void=255)

    assert mask.vocabulary == vocabulary
    named = np.array([*vocabulary, "void"])[mask.ids]
    assert named.tolist() == [["wall", "floor", "floor"], ["floor", "wall", "void"]]


def test_colors_stand_for_classes_where_a_file_says_which(small):
    colors = {"wall": [255, 0, 0], "floor": [0, 0, 255], "none of it": [0, 0, 0]}
    write(small / "names", json.dumps(colors).encode())
    rgb = np.array([*colors.values()], dtype=np.uint8)[[[0, 1, 2], [1, 1, 0]]]
    mask = semantic_of(small, write_png(rgb), semantic_names="names", semantic_void="none of it")

    assert mask.vocabulary == ("wall", "floor")
    assert mask.ids.tolist() == [[0, 1, -1], [1, 1, 0]]
    rgb[0, 0] = 1, 2, 3
    with pytest.raises(SampleError, match=r"got the colors \(1, 2, 3\)"):
        semantic_of(small, write_png(rgb), semantic_names="names", semantic_void="none of it")


@pytest.mark.parametrize(
    ("text", "void", "message"),
    [
        ("a\na", "none", "must name each class once"),
        ("a\n\nb", "none", "must name each class once"),
        ("[1, 2]", "none", "must hold names of classes"),
        ('{"a": [1, 2]}', "none", "must give a class a color"),
        ('{"a": [1, 2, 3], "b": [1, 2, 3]}', "none", "color of its own"),
        ('{"a": [1, 2, 3]}', 255, "semantic_void must be a class's name"),
        ("a\nb", "c", "semantic_void must be an id, a class's name"),
        ("a", "a", "must name a class beside void"),
        ("[", "none", "must hold names of classes"),
    ],
)
def test_a_file_that_names_no_classes_is_told_before_anything_is_built(small, text, void, message):
    write(small / "names", text.encode())
    with pytest.raises(SourceError, match=message):
        semantic_of(small, write_png_gray(IDS), semantic_names="names", semantic_void=void)


def test_a_missing_file_of_names_is_told_by_its_path(small):
    with pytest.raises(SourceError, match=r"lost\.txt must hold the names of classes"):
        semantic_of(small, write_png_gray(IDS), semantic_names="lost.txt")


def test_instances_without_classes_have_no_names_and_some_numbers_are_none(small):
    numbers = np.array([[0, 300, 300], [44, 65535, 65535]], dtype=np.uint16)
    write(small / "i/a.png", write_png_gray(numbers))
    options = {"image": "rgb/{id}.png", "instances": "i/{id}.png"}

    masks = one(small, **options).targets["instances"]
    fewer = one(small, **options, instances_none=(65535,)).targets["instances"]

    assert [(r.id, r.area, r.label) for r in masks.regions] == [
        (44, 1, None), (300, 2, None), (65535, 2, None)
    ]  # fmt: skip
    assert [region.id for region in fewer.regions] == [44, 300]


@pytest.mark.parametrize(
    "data",
    [
        b"500 501 320 240",
        b"500 0 320\n0 501 240\n0 0 1\n",
        b"500 0 320 0 0 501 240 0 0 0 1 0 0 0 0 1",
        b'{"fx": 500, "fy": 501, "cx": 320, "cy": 240}',
        b'{"K": [[500, 0, 320], [0, 501, 240], [0, 0, 1]]}',
        b"[[500, 0, 320], [0, 501, 240], [0, 0, 1]]",
        write_npy(np.array([[500, 0, 320], [0, 501, 240], [0, 0, 1]], dtype=np.float32)),
    ],
)
def test_cameras_are_read_in_every_form_that_says_its_four_numbers(small, data):
    write(small / "c/a.txt", data)
    write(small / "d/a.npy", write_npy(np.ones((2, 3))))
    sample = one(
        small, image="rgb/{id}.png", depth="d/{id}.npy", depth_unit="m", camera="c/{id}.txt"
    )

    assert sample.targets["depth"].camera == vt.Camera(500, 501, 320, 240)


@pytest.mark.parametrize(
    "data",
    [
        b"1 2 3",
        b"a b c d",
        b"500 1 320 0 501 240 0 0 1",
        b"500 0 0 0 501 0 320 240 1",
        b'{"fx": 500}',
        b'{"K": "no"}',
        b"0 1 2 3",
        b"nan 1 2 3",
        b"[" * 100_000,
    ],
)
def test_what_is_no_camera_is_a_reject(small, data):
    write(small / "c/a.txt", data)
    write(small / "d/a.npy", write_npy(np.ones((2, 3))))
    sample = one(
        small, image="rgb/{id}.png", depth="d/{id}.npy", depth_unit="m", camera="c/{id}.txt"
    )

    with pytest.raises(SampleError, match=r"c/a\.txt: camera"):
        _ = sample.targets["depth"]


def test_images_that_lack_something_are_rejects_unless_they_are_to_be_skipped(root, tmp_path):
    place = copied(root, tmp_path / "rooms")
    (place / "depth/kitchen/0001.png").unlink()
    options = {name: ROOMS[name] for name in ("image", "depth", "depth_unit")}
    source = Folder(root=place, **options)

    (lacking,) = (row for row in rows(source) if not row["depth"])
    with pytest.raises(SampleError, match=r"needs depth/kitchen/0001\.png, which is not") as error:
        _ = source.load(lacking).targets["depth"]
    assert error.value.args[0] == "MISSING"
    assert len(rows(Folder(root=place, **options, missing="skip"))) == len(rows(source)) - 1


def test_a_pattern_that_most_images_do_not_match_is_told_before_anything_is_built(root):
    options = {**ROOMS, "depth": "depths/{scene}/{id}.png"}

    message = (
        "4 of 4 images have no depth: rgb/hall/0000.jpg needs depths/hall/0000.png. Mend depth"
    )
    with pytest.raises(SourceError, match=message):
        Folder(root=root, **options).index()
    with pytest.raises(SourceError, match="4 of 4 images have no depth"):
        Folder(root=root, **options, missing="skip").index()


def test_a_folder_without_such_images_says_what_it_holds(root):
    with pytest.raises(SourceError, match=r"must hold images i/\{id\}.jpg.*16 .png, 4 .jpg"):
        Folder(root=root, image="i/{id}.jpg").index()
    with pytest.raises(SourceError, match="nothing is there"):
        Folder(root=root / "none", image="{id}.jpg").index()


def test_a_placeholder_tells_the_split(tmp_path):
    picture = write_png(np.zeros((2, 3, 3), dtype=np.uint8))
    for path in ("train/1", "train/2", "validation/3"):
        write(tmp_path / f"{path}.png", picture)
    options = {"root": tmp_path, "image": "{split}/{id}.png"}

    assert [row["split"] for row in rows(Folder(**options, split="all"))] == [
        "train", "train", "val"
    ]  # fmt: skip
    assert [row["file"] for row in rows(Folder(**options, split="val"))] == ["validation/3.png"]
    with pytest.raises(SourceError, match=r"split 'test', and holds train \(2\), val \(1\)"):
        Folder(**options, split="test").index()
    write(tmp_path / "extra/4.png", picture)
    with pytest.raises(SourceError, match="got 'extra'"):
        Folder(**options).index()
    assert len(rows(Folder(**options, split_as=("extra=train",)))) == 3


def test_lists_tell_the_split_and_leave_out_what_is_in_none(root, tmp_path):
    place = copied(root, tmp_path / "rooms")
    write(place / "splits/train.txt", b"hall/0000\nrgb/kitchen/0001.jpg depth/kitchen/0001.png\n")
    write(place / "splits/val.txt", b"0002\n")
    options = {**ROOMS, "lists": "splits/{split}.txt"}

    names = {row["file"]: row["split"] for row in rows(Folder(root=place, **options, split="all"))}
    assert names == {
        "rgb/hall/0000.jpg": "train",
        "rgb/hall/0002.jpg": "val",
        "rgb/kitchen/0001.jpg": "train",
    }


def test_without_splits_all_images_are_of_the_one_asked_for_and_all_is_none(root):
    assert {row["split"] for row in rows(Folder(root=root, **ROOMS, split="test"))} == {"test"}
    with pytest.raises(SourceError, match="does not say which split a sample is of"):
        Folder(root=root, **ROOMS, split="all").index()


def test_every_option_changes_the_fingerprint_that_reads_other_files(root):
    depth_alone = {name: ROOMS[name] for name in ("image", "depth", "depth_unit")}
    whole, part = Folder(root=root, **ROOMS), Folder(root=root, **depth_alone)

    assert set(part.files()) < set(whole.files())
    assert "classes.txt" in dict(whole.files())
    assert whole.fingerprint() != part.fingerprint()


def test_a_build_with_too_many_rejects_stops_with_examples(root, tmp_path):
    place = copied(root, tmp_path / "rooms")
    for path in [*place.glob("depth/*/*.png")][:2]:
        path.write_bytes(b"\x89PNG\r\n\x1a\n")
    options = {name: ROOMS[name] for name in ("image", "depth", "depth_unit")}
    path = recipe(tmp_path / "r.yaml", {"name": "folder", **options}, "depth", max_rejects=0)

    with pytest.raises(BuildError, match=r"2 of 4 pairs were rejected.*DECODE"):
        vt.build(path, source=place, out=tmp_path / "out", workers=1)


def test_one_document_of_coco_annotates_many_images(root, tmp_path):
    place = copied(root, tmp_path / "rooms")
    write(place / "ann.json", json.dumps(coco()).encode())
    options = {"image": ROOMS["image"], "instances": "ann.json", "keypoints": "ann.json"}
    source = Folder(root=place, **options)
    by_file = {row["file"]: row for row in rows(source)}

    targets = source.load(by_file["rgb/hall/0000.jpg"]).targets
    regions = targets["instances"].regions
    assert [(r.label, r.crowd, r.area) for r in regions] == [
        ("person", False, 100), ("chair", True, 5)
    ]  # fmt: skip
    people = targets["keypoints"]
    assert people.names == ("nose", "left_eye", "right_eye")
    assert people.xy_px[0, 2].tolist() == [10, 20]
    assert people.present.tolist() == [[False, False, True]]
    assert people.skeleton == ((0, 1),)
    assert people.boxes.tolist() == [[10, 10, 20, 20]]
    nobody = source.load(by_file["rgb/kitchen/0001.jpg"]).targets["keypoints"]
    assert nobody.present.shape == (0, 3)
    with pytest.raises(SampleError, match=r"must list the image rgb/hall/0002\.jpg, and lists 2"):
        _ = source.load(by_file["rgb/hall/0002.jpg"]).targets["instances"]


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        (lambda _: coco((9, 9)), "SHAPE", "its own height and width"),
        (lambda d: {**d, "annotations": 3}, "DECODE", "annotations must be a list"),
        (lambda _: [], "MODE", "must be"),
        (
            lambda d: {**d, "annotations": [{**d["annotations"][0], "segmentation": {}}] * 2},
            None,
            "",
        ),
        (
            lambda d: {**d, "annotations": [{**d["annotations"][0], "segmentation": "x"}]},
            "RANGE",
            "must be polygons",
        ),
    ],
)
def test_documents_that_say_something_else_are_rejects(root, tmp_path, change, code, message):
    place = copied(root, tmp_path / "rooms")
    write(place / "ann.json", json.dumps(change(coco())).encode())
    source = Folder(root=place, image=ROOMS["image"], instances="ann.json")
    row = next(row for row in rows(source) if row["file"] == "rgb/hall/0000.jpg")

    if code is None:
        assert source.load(row).targets["instances"].regions == ()
        return
    with pytest.raises(SampleError, match=message) as error:
        _ = source.load(row).targets["instances"]
    assert error.value.args[0] == code
