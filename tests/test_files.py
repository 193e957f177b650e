"""Targets in files of one's own: read, written, and read again."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import vtencode as vt
from vtencode import files
from vtencode.errors import SourceError, SpecError, TargetError
from vtencode.files.panoptic import ids_of_rgb, rgb_of_ids
from vtencode.polygons import mask_of_polygons
from vtencode.rle import mask_of_runs, packed, runs_of_mask
from vtencode.scaled import ScaledDepth
from vtencode.targets import InstanceMasks, PanopticMap, Segment

# pycocotools, which some tests compare with, is older than numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=12))


@given(MASKS)
def test_runs_give_the_mask_back_packed_or_not(mask):
    runs = runs_of_mask(mask)

    for counts in (runs, packed(runs)):
        assert np.array_equal(mask_of_runs(counts, mask.shape), mask)


@given(MASKS.filter(lambda mask: mask.size))
def test_runs_are_those_of_pycocotools(mask):
    from pycocotools import mask as coco

    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()

    assert packed(runs_of_mask(mask)) == theirs


def test_long_runs_are_packed_as_pycocotools_does():
    from pycocotools import mask as coco

    mask = np.zeros((3000, 2000), dtype=bool)
    mask[100:2900:7, 300:1900:901] = mask[5, 5] = True

    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()

    assert packed(runs_of_mask(mask)) == theirs
    assert np.array_equal(mask_of_runs(theirs, mask.shape), mask)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([3, 2], "add up"),
        ([7], "0 to 6"),
        ([-1, 7], "0 to 6"),
        ([2**40], "32 bits"),
        ([True, 5], "32 bits"),
        ([2.0, 4], "32 bits"),
        (["6"], "32 bits"),
        ([], "add up"),
        ("~", "letters"),
        ("é", "letters"),
        ("P", "cut"),
        ("PPPPPPPPPPPP0", "at most"),
        ("3ooooo1", "0 to 6"),
    ],
)
def test_runs_that_are_no_mask_are_refused(counts, told):
    with pytest.raises(TargetError, match=told):
        mask_of_runs(counts, (2, 3))


@given(st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=12))
def test_any_packed_text_is_a_mask_or_refused(text):
    try:
        mask = mask_of_runs(text, (3, 4))
    except TargetError:
        return
    assert mask.shape == (3, 4)


@given(
    st.lists(
        st.lists(st.floats(-15, 30, width=32), min_size=6, max_size=16).filter(
            lambda polygon: len(polygon) % 2 == 0
        ),
        min_size=1,
        max_size=3,
    )
)
def test_polygons_are_filled_as_pycocotools_does(polygons):
    from pycocotools import mask as coco

    theirs = coco.decode(coco.merge(coco.frPyObjects(polygons, 15, 20)))

    assert np.array_equal(mask_of_polygons(polygons, (15, 20)), theirs.astype(bool))


@pytest.mark.parametrize(
    ("polygon", "told"),
    [
        ([0, 0, 1, 1], "3 corners"),
        ([0, 0, 1, 1, 2], "3 corners"),
        ([0, 0, 1, 1, float("nan"), 2], "finite"),
        ([0, 0, 1, 1, 1e9, 2], "near its image"),
        ([0, 0, 1, 1, "x", 2], "numbers"),
        ([[0, 0], [1, 1], [2, 2]], "3 corners"),
        ([0, 0, 1, 1, 10**400, 2], "numbers"),
    ],
)
def test_polygons_that_are_none_are_refused(polygon, told):
    with pytest.raises(TargetError, match=told):
        mask_of_polygons([polygon], (8, 8))


def test_every_mask_of_a_real_document_is_that_of_pycocotools(samples):
    from pycocotools import mask as coco

    path = samples / "coco" / "faster_coco_eval" / "instances_val2014_100.json"
    document = json.loads(path.read_text())
    sizes = {image["id"]: (image["height"], image["width"]) for image in document["images"]}
    crowds = 0
    for annotation in document["annotations"]:
        shape, parts = sizes[annotation["image_id"]], annotation["segmentation"]
        theirs = coco.frPyObjects(parts, *shape)
        if isinstance(parts, list):
            mask, theirs = mask_of_polygons(parts, shape), coco.merge(theirs)
        else:
            mask, crowds = mask_of_runs(parts["counts"], shape), crowds + 1
        assert np.array_equal(mask, coco.decode(theirs).astype(bool)), annotation["id"]
    assert (len(document["annotations"]), crowds) == (839, 9)


DEPTHS = vt.DepthMap(np.array([[0.5, 1.234, np.nan], [np.inf, 65.5, 3.0]]))


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_depth_comes_back_as_it_was_written(suffix, tmp_path):
    path = tmp_path / f"d{suffix}"

    assert files.write_target(path, DEPTHS) == []
    unit, far = ("mm", 65535) if suffix == ".png" else (None, None)
    back = files.read_depth(str(path), unit, far)

    assert np.array_equal(back.meters, DEPTHS.meters, equal_nan=True)
    assert np.array_equal(back.state, DEPTHS.state)


def test_depths_that_a_png_cannot_hold_are_cut_and_counted(tmp_path):
    depth = vt.DepthMap(np.array([[0.0001, 70.0, 1.0]]))

    (note,) = files.write_target(tmp_path / "d.png", depth)

    assert note.startswith("2 depths cut")
    assert np.asarray(Image.open(tmp_path / "d.png")).tolist() == [[1, 65534, 1000]]


@given(
    hnp.arrays(np.uint16, (3, 5)),
    st.sampled_from([(0, None), (0, 65535), (65535, None), (65535, 0)]),
    st.sampled_from([100, 256, 512, 1000]),
)
def test_scaled_depth_is_exact_for_every_number(values, states, per_meter):
    scaled = ScaledDepth(per_meter=per_meter, unknown=states[0], far=states[1])
    if 0 not in states:  # 0 m is a depth here, and a state nowhere
        values = np.maximum(values, 1)

    assert np.array_equal(scaled.write(scaled.read(values)), values)


@pytest.fixture
def normals():
    xyz = np.random.default_rng(0).normal(size=(6, 7, 3))
    xyz /= np.linalg.norm(xyz, axis=2, keepdims=True)
    xyz[2, 3] = 0
    return vt.NormalMap(xyz)


@pytest.mark.parametrize("frame", ["opencv", "dsine", "nyu-eigen", "opengl"])
def test_normals_come_back_as_they_were_written(frame, normals, tmp_path):
    for suffix, degrees in ((".npy", 1e-3), (".png", 0.8)):
        path = tmp_path / f"n{suffix}"
        files.write_target(path, normals, frame=frame)
        back = files.read_normals(str(path), frame)

        assert vt.codec("normals").error(normals, back).max() <= degrees


def test_normals_without_a_frame_are_refused(normals, tmp_path):
    with pytest.raises(SpecError, match="--frame NAME"):
        files.write_target(tmp_path / "n.npy", normals)
    np.save(tmp_path / "n.npy", normals.xyz)
    with pytest.raises(SpecError, match="opencv"):
        files.read_normals(str(tmp_path / "n.npy"), None)
    with pytest.raises(SpecError, match="Did you mean 'opencv'"):
        files.read_normals(str(tmp_path / "n.npy"), "opencvv")


@pytest.mark.parametrize(("top", "suffix"), [(3, ".png"), (300, ".png"), (300, ".npy")])
def test_masks_come_back_as_they_were_written(top, suffix, tmp_path):
    ids = np.random.default_rng(1).integers(0, top, (9, 11))
    ids[0, 0], ids[1, 1] = top - 1, top
    names = tuple(f"class {number}" for number in range(top))
    mask = vt.SemanticMask(ids, names, void=top)
    files.write_target(tmp_path / f"m{suffix}", mask)
    (tmp_path / "names.txt").write_text("\n".join(names) + "\n")
    (tmp_path / "names.json").write_text(json.dumps(names))

    for listed in ("names.txt", "names.json"):
        path, beside = str(tmp_path / f"m{suffix}"), str(tmp_path / listed)
        back = files.read_semantic(path, names=beside, void=top)

        assert np.array_equal(back.ids, mask.ids)
        assert (back.vocabulary, back.void) == (names, top)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_png_is_read_by_its_indices(bits, tmp_path):
    ids = np.random.default_rng(2).integers(0, 2**bits, (5, 9)).astype(np.uint8)
    image = Image.fromarray(ids).convert("P")
    image.putdata(ids.reshape(-1).tolist())
    image.putpalette(np.random.default_rng(3).integers(0, 256, 3 * 2**bits).tolist())
    image.save(tmp_path / "p.png", bits=bits)

    assert np.array_equal(files.read_semantic(str(tmp_path / "p.png")).ids, ids)


def test_a_voc_mask_is_read_by_its_indices(samples):
    mask = files.read_semantic(str(samples / "voc" / "2007_004189.png"), void=255)

    assert set(np.unique(mask.ids).tolist()) == {0, 12, 255}
    assert len(mask.vocabulary) == 13


def test_ids_that_a_png_cannot_hold_are_refused(tmp_path):
    with pytest.raises(SpecError, match=r"got -1 to 0: --out X\.npy"):
        files.write_target(tmp_path / "m.png", vt.SemanticMask(np.array([[0, -1]]), ("a",), -1))


OVERLAPPING = InstanceMasks.from_masks(
    [np.eye(6, 8, k, dtype=bool) | (np.arange(8) == k) for k in range(3)],
    labels=["cat", None, "dog"],
    crowds=[False, False, True],
)


def test_instances_come_back_from_json_overlapping_or_not(tmp_path):
    assert files.write_target(tmp_path / "i.json", OVERLAPPING) == []

    back, notes = files.read_instances(str(tmp_path / "i.json"))

    assert notes == []
    assert back.shape == OVERLAPPING.shape
    for region, other in zip(OVERLAPPING.regions, back.regions, strict=True):
        assert (region.id, region.label, region.crowd) == (other.id, other.label, other.crowd)
        assert np.array_equal(region.spans, other.spans)


def test_the_written_json_is_read_by_pycocotools(tmp_path):
    from pycocotools import coco

    files.write_target(tmp_path / "i.json", OVERLAPPING)

    loaded = coco.COCO(str(tmp_path / "i.json"))

    for region in OVERLAPPING.regions:
        theirs = loaded.annToMask(loaded.anns[region.id])
        assert np.array_equal(InstanceMasks.from_ids(theirs).regions[0].spans, region.spans)


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_an_id_map_says_what_it_leaves_out(suffix, tmp_path):
    hidden, labels = files.write_target(tmp_path / f"i{suffix}", OVERLAPPING)

    back, _ = files.read_instances(str(tmp_path / f"i{suffix}"))

    assert np.array_equal(back.id_map(), OVERLAPPING.id_map())
    assert "hidden" in hidden
    assert ".json" in labels


def test_ids_of_crowds_that_do_not_fit_are_replaced_and_empty_masks_left_out(tmp_path):
    annotations = [
        {"id": 900100448365, "image_id": 5, "iscrowd": 1, "segmentation": {"size": [2, 3]}},
        {"id": 1, "image_id": 5, "segmentation": [[0, 0, 3, 0, 3, 2, 0, 2]], "category_id": 7},
        {"id": 2, "image_id": 5},
        {"id": 3, "image_id": 6},
    ]
    annotations[0]["segmentation"]["counts"] = [0, 1, 5]
    images = [{"id": 5, "height": 2, "width": 3, "file_name": "a.jpg"}, {"id": 6}]
    document = {"images": images, "annotations": annotations, "categories": []}
    (tmp_path / "c.json").write_text(json.dumps(document))

    for image in ("5", "a.jpg"):
        masks, notes = files.read_instances(str(tmp_path / "c.json"), image=image)

        assert [(r.id, r.label, r.crowd, r.area) for r in masks.regions] == [
            (3, None, True, 1),
            (1, "7", False, 6),
        ]
        assert notes == ["1 annotations without a pixel left out", "1 ids replaced"]
    with pytest.raises(SpecError, match="2 that match, of 2: 5, 6"):
        files.read_instances(str(tmp_path / "c.json"))
    with pytest.raises(SpecError, match="none that matches"):
        files.read_instances(str(tmp_path / "c.json"), image="7")


def test_the_instances_of_sa1b_are_read(samples):
    paths = sorted((samples / "sa1b").glob("*.json"))
    for path in paths:
        masks, _ = files.read_instances(str(path))

        (annotation,) = json.loads(path.read_text())["annotations"]
        assert [region.area for region in masks.regions] == [annotation["area"]]
    assert len(paths) == 3


@pytest.mark.parametrize(
    "document",
    [
        "[",
        "[]",
        "3",
        "[" * 100_000,
        '{"images": 3}',
        '{"images": [3]}',
        '{"images": [{"id": 1, "height": 4}]}',
        '{"images": [{"id": 1, "height": 1e9, "width": 4}]}',
        '{"images": [{"id": 1, "height": 1000000, "width": 1000000}]}',
        '{"images": [{"id": 1, "height": true, "width": 4}]}',
        *(
            '{"images": [{"id": 1, "height": 4, "width": 4}], "annotations": [{"id": 1, "image_id":'
            f' 1, "category_id": 1, {part}}}], "categories": [{{"id": 1, "name": "x", "keypoints":'
            ' ["a"]}]}'
            for part in (
                '"segmentation": 3, "keypoints": 3',
                '"segmentation": [3], "keypoints": [1, 2, 3]',
                '"segmentation": [[1, 2, 3, 4]], "keypoints": [1, 2, 3, 4, 5, 6]',
                '"segmentation": {"size": [4, 5], "counts": [20]}, "keypoints": [1e999, 1, 2]',
                '"segmentation": {"size": [4, 4], "counts": [15]}, "keypoints": ["1", 2, 2]',
                '"segmentation": {"size": [4, 4], "counts": {}}, "keypoints": [null, 2, 2]',
                '"segmentation": [[0, 0, 9e9, 1, 1, 1]], "keypoints": [1, 2, 3]',
                '"segmentation": [["a"]], "keypoints": [1, 2, 2], "bbox": [1, 2, -3, 4]',
                '"segmentation": [[{}]], "keypoints": [1, 2, 2], "bbox": "x"',
            )
        ),
    ],
)
def test_json_that_is_no_annotation_is_refused_in_words(document, tmp_path):
    (tmp_path / "x.json").write_text(document)

    for read in (files.read_instances, files.read_keypoints):
        with pytest.raises((SourceError, SpecError), match=r"x\.json"):
            read(str(tmp_path / "x.json"))


@pytest.mark.parametrize("boxes", [None, [[1, 2, 3, 4], [0, 0, 7.5, 7]]])
def test_keypoints_come_back_as_they_were_written(boxes, tmp_path):
    joints = np.random.default_rng(4).uniform(-2, 9, (2, 3, 2))
    keypoints = vt.Keypoints(
        joints, [[2, 1, 0], [1, 2, 2]], ("a", "b", "c"), ((0, 2),), boxes=boxes, shape=(8, 9)
    )
    files.write_target(tmp_path / "k.json", keypoints)

    back, notes = files.read_keypoints(str(tmp_path / "k.json"))

    assert notes == []
    assert np.array_equal(back.xy_px, keypoints.xy_px, equal_nan=True)
    assert np.array_equal(back.visibility, keypoints.visibility)
    assert (back.names, back.skeleton, back.shape) == (("a", "b", "c"), ((0, 2),), (8, 9))
    assert (boxes is None) == (back.boxes is None)
    if boxes is not None:
        assert np.allclose(back.boxes, boxes)


@pytest.mark.parametrize(
    ("name", "image", "joints", "notes"),
    [
        ("coco/mmpose/test_coco.json", "000000197388.jpg", 17, 0),
        ("crowdpose/mmpose/test_crowdpose.json", "106848", 14, 1),
    ],
)
def test_real_keypoints_are_read(name, image, joints, notes, samples):
    found, told = files.read_keypoints(str(samples / name), image=image)

    document = json.loads((samples / name).read_text())
    (wanted,) = (i for i in document["images"] if image in (i["file_name"], str(i["id"])))
    own = [a for a in document["annotations"] if a["image_id"] == wanted["id"]]
    own = [a for a in own if any(a["keypoints"])]
    assert found.visibility.shape == (len(own), joints)
    assert found.present.sum() == sum(v > 0 for a in own for v in a["keypoints"][2::3])
    assert found.shape == (wanted["height"], wanted["width"])
    assert any("bones" in note for note in told) == bool(notes)


@given(st.integers(0, 2**24 - 1))
def test_every_id_is_a_color_of_its_own(number):
    rgb = rgb_of_ids(np.array([[number]], dtype=np.int32))

    assert rgb.tolist() == [[[number % 256, number // 256 % 256, number // 65536]]]
    assert ids_of_rgb(rgb).tolist() == [[number]]


def test_panoptic_maps_come_back_as_they_were_written(tmp_path):
    segments = (Segment(3, "sky", thing=False), Segment(70000, "cat", thing=True, crowd=True))
    panoptic = PanopticMap(np.array([[0, 3], [70000, 3]]), segments)
    files.write_target(tmp_path / "p.png", panoptic)

    back = files.read_panoptic(str(tmp_path / "p.png"))

    assert np.array_equal(back.ids, panoptic.ids)
    assert back.segments == segments


def test_the_panoptic_examples_of_coco_are_read(samples):
    folder = samples / "coco_panoptic"
    listed = folder / "panoptic_examples.json"
    document = json.loads(listed.read_text())
    for annotation in document["annotations"]:
        path = folder / "panoptic_examples" / annotation["file_name"]

        panoptic = files.read_panoptic(str(path), str(listed))

        areas = {segment["id"]: segment["area"] for segment in annotation["segments_info"]}
        found = {s.id: int((panoptic.ids == s.id).sum()) for s in panoptic.segments}
        assert found == areas


def test_a_target_without_a_format_is_refused(tmp_path):
    with pytest.raises(SpecError, match="object"):
        files.write_target(tmp_path / "x.npy", object())
    nobody = vt.Keypoints(np.empty((0, 1, 2)), np.empty((0, 1), np.uint8), ("a",), shape=(1, 1))
    with pytest.raises(SpecError, match=r"must end in \.json"):
        files.write_target(tmp_path / "x.npy", nobody)
