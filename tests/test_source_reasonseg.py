"""ReasonSeg: questions and outlines read as LISA reads them, told by a second painter."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import zipfile
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image, ImageOps
from readers import rows
from scipy.ndimage import binary_fill_holes

import vtencode as vt
from vtencode.errors import CodeError, SampleError, SourceError, SpecError
from vtencode.formats.reasonseg import Asked, Outline, read_reasonseg, write_reasonseg
from vtencode.miniatures.reasonseg import ASKED, PATCH, PHRASED, shots, write
from vtencode.sources.reasonseg import IGNORE, TARGET, ReasonSeg, painted
from vtencode.targets import Expressions


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("reasonseg"), count=2)


@pytest.fixture(scope="module")
def scenes():
    """What was written, by image id."""
    return {f"reasonseg/{shot.name}": shot for shot in shots(2, 0)}


@pytest.fixture
def place(root, tmp_path):
    """A copy to change."""
    return shutil.copytree(root, tmp_path / "data")


def read(source: ReasonSeg, row) -> Expressions:
    found: Expressions = source.load(row).targets["expressions"]
    return found


def mask_of(found: Expressions, label: str) -> np.ndarray:
    mask = np.zeros(found.shape, dtype=bool)
    for region in found.masks.regions:
        if region.label == label:
            left, top, right, bottom = region.box
            mask[top:bottom, left:right] |= region.mask
    return mask


def line(a: tuple[int, int], b: tuple[int, int]) -> set[tuple[int, int]]:
    """Bresenham's line as OpenCV's LineIterator walks it: from left to right, no point skipped."""
    (x0, y0), (x1, y1) = sorted([a, b]) if a[0] != b[0] else (a, b)
    wide, high = abs(x1 - x0), abs(y1 - y0)
    step_x, step_y = (1 if x1 >= x0 else -1), (1 if y1 >= y0 else -1)
    long, short = max(wide, high), min(wide, high)
    error, points, x, y = long - 2 * short, set(), x0, y0
    for _ in range(long + 1):
        points.add((x, y))
        aside = error < 0
        error += 2 * long * aside - 2 * short
        x += step_x if wide >= high or aside else 0
        y += step_y if wide < high or aside else 0
    return points


def inside(points: list[tuple[int, int]], width: int, height: int) -> set[tuple[int, int]]:
    """Pixels whose middle an odd number of edges lies left of, in exact fractions."""
    found = set()
    edges = list(zip(points, [*points[1:], points[0]], strict=True))
    for y in range(height):
        crossings = sorted(
            x0 + Fraction((y - y0) * (x1 - x0), y1 - y0)
            for (x0, y0), (x1, y1) in edges
            if (y0 <= y) != (y1 <= y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            found |= {(x, y) for x in range(width) if left <= x <= right}
    return found


def second_painter(outlines, shape) -> np.ndarray:
    """LISA's `get_mask_from_json`, without OpenCV: the largest first, lines and all."""
    height, width = shape
    drawn = []
    for number, each in enumerate(outlines):
        if each.label.lower() == "flag":
            continue
        points = [(int(x), int(y)) for x, y in each.points]
        pixels = inside(points, width, height)
        for a, b in zip(points, [*points[1:], points[0]], strict=True):
            pixels |= {(x, y) for x, y in line(a, b) if 0 <= x < width and 0 <= y < height}
        drawn.append((len(pixels), number, each.label.lower(), pixels))
    map_ = np.zeros(shape, dtype=np.uint8)
    for _, _, label, pixels in sorted(drawn, reverse=True, key=lambda each: each[:2]):
        for x, y in pixels:
            map_[y, x] = IGNORE if "ignore" in label else TARGET
    return map_


def test_answers_are_the_scenes_objects_without_their_holes(root, scenes):
    source = ReasonSeg(root=root, split="all", each="image")
    found = rows(source)

    assert {row["image_id"] for row in found} == set(scenes)
    assert [row["split"] for row in found] == ["test", "train", "train", "val"]
    patches = 0
    for row in found:
        told, scene = read(source, row), scenes[row["image_id"]]
        answer = binary_fill_holes(np.isin(scene.found.instance, scene.asked.ids))
        ignored = np.zeros_like(answer)
        if scene.ignored is not None:
            left, top, right, bottom = scene.ignored
            ignored[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = True
            patches += 1
            assert right - left == 2 * PATCH
        assert np.array_equal(mask_of(told, "target"), answer & ~ignored)
        assert np.array_equal(mask_of(told, "ignore"), ignored)
        assert {e.ids for e in told.expressions} == {(1,)}
        assert {e.reasoning for e in told.expressions} == {scene.asked.reasoning}
        assert told.expressions[0].text == scene.asked.text
    assert patches


def test_training_images_are_asked_in_six_ways_and_others_in_one(root, scenes):
    source = ReasonSeg(root=root, split="all")
    found = rows(source)

    assert Counter(row["split"] for row in found) == {"train": 12, "val": 1, "test": 1}
    assert len({row["key"] for row in found}) == len(found)
    whole = {r["image_id"]: r for r in rows(ReasonSeg(root=root, split="all", each="image"))}
    for image, row in whole.items():
        alone = [read(source, r).expressions for r in found if r["image_id"] == image]
        assert read(source, row).expressions == tuple(e for (e,) in alone)
    assert {scene.asked.reasoning for scene in scenes.values()} == {True, False}
    assert len(ASKED) == len(PHRASED) == 6


def test_annotations_in_windows_1252_are_read_as_those_in_utf_8(root):
    apostrophe = "\N{RIGHT SINGLE QUOTATION MARK}"
    train = root / "ReasonSeg" / "train"
    files = {path.stem: path.read_bytes() for path in sorted(train.glob("*.json"))}
    utf_8, windows = files.values()
    source = ReasonSeg(root=root, each="image")

    assert apostrophe in utf_8.decode()
    with pytest.raises(UnicodeDecodeError):
        windows.decode()
    for row in rows(source):
        assert any(apostrophe in each.text for each in read(source, row).expressions)
    said = Asked((f"What isn{apostrophe}t here?",), True, ())
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        assert read_reasonseg(write_reasonseg(said, encoding=encoding)) == said


def test_one_text_alone_is_read_as_a_list_of_one():
    assert read_reasonseg(b'{"text": "which?", "is_sentence": 0, "shapes": []}') == Asked(
        ("which?",), False, ()
    )


@pytest.mark.parametrize("seed", range(60))
def test_outlines_are_painted_as_a_second_painter_paints_them(seed):
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(8, 40)), int(rng.integers(8, 40))
    labels = ["target", "ignore", "Ignore_2", "flag", "FLAG", "a target", "lamp"]
    outlines = []
    for _ in range(rng.integers(1, 6)):
        corners = rng.uniform(0, 1, (int(rng.integers(3, 9)), 2)) * [shape[1] - 1, shape[0] - 1]
        points = tuple(map(tuple, corners.round(int(rng.integers(0, 3))).tolist()))
        outlines.append(Outline(str(rng.choice(labels)), points))

    assert np.array_equal(painted(tuple(outlines), shape), second_painter(outlines, shape))


BOX = ((2.0, 2.0), (9.0, 2.0), (9.0, 9.0), (2.0, 9.0))
SMALL = ((4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0))


def test_the_larger_outline_lies_below_whichever_comes_first():
    for outlines in (
        (Outline("target", BOX), Outline("ignore", SMALL)),
        (Outline("ignore", SMALL), Outline("target", BOX)),
    ):
        map_ = painted(outlines, (12, 12))
        assert (map_[4:7, 4:7] == IGNORE).all()
        assert (map_ == TARGET).sum() == 8 * 8 - 9
    swapped = painted((Outline("target", SMALL), Outline("ignore", BOX)), (12, 12))
    assert (swapped == TARGET).sum() == 9


def test_a_flag_means_nothing_and_its_label_must_be_that_alone():
    assert not painted((Outline("Flag", BOX),), (12, 12)).any()
    assert painted((Outline("flags", BOX),), (12, 12)).any()


def test_corners_are_cut_to_whole_pixels_and_the_line_around_counts():
    shifted = tuple((x + 0.99, y + 0.99) for x, y in BOX)

    assert (painted((Outline("target", BOX),), (12, 12)) == TARGET).sum() == 8 * 8
    assert np.array_equal(
        painted((Outline("target", shifted),), (12, 12)),
        painted((Outline("target", BOX),), (12, 12)),
    )
    below = painted((Outline("target", ((-0.5, -0.5), (3.0, -0.5), (3.0, 3.0))),), (12, 12))
    assert below[0, 0] == TARGET


@pytest.mark.parametrize("points", [((3.0, 4.0),), ((3.0, 4.0), (5.0, 4.0))])
def test_a_point_and_a_line_are_painted_too(points):
    map_ = painted((Outline("target", points),), (12, 12))

    assert np.argwhere(map_).tolist() == [[4, x] for x in range(3, 3 + 2 * len(points) - 1)]


def edited(place, **new):
    """Change the first annotation of val."""
    path = next((place / "ReasonSeg" / "val").glob("*.json"))
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **new}))


def shape_of(**new):
    return [{"label": "target", "points": [[1, 1], [50, 1], [50, 50]], **new}]


@pytest.mark.parametrize(
    ("new", "code", "told"),
    [
        ({"text": None}, "DECODE", "one or more texts, got nothing"),
        ({"text": []}, "DECODE", "one or more texts, got a list"),
        ({"text": [3]}, "DECODE", "one or more texts"),
        ({"text": [" "]}, "EMPTY", "has no words"),
        ({"is_sentence": "yes"}, "DECODE", "true or false, got a str"),
        ({"shapes": {}}, "DECODE", "shapes must be a list, got a dict"),
        ({"shapes": ["x"]}, "DECODE", "label and points, got a str"),
        ({"shapes": shape_of(label=None)}, "DECODE", "label and points"),
        ({"shapes": shape_of(points=[])}, "DECODE", "label and points"),
        ({"shapes": shape_of(points=[[1, 2, 3]])}, "DECODE", "x and y"),
        ({"shapes": shape_of(points=[[1, "2"]])}, "DECODE", "two numbers"),
        ({"shapes": shape_of(points=[[1, True]])}, "DECODE", "two numbers"),
        ({"shapes": shape_of(points=[[1, 1e9], [2, 2], [3, 3]])}, "RANGE", "near its image"),
        ({"shapes": shape_of(points=[[1, 1e30]])}, "DECODE", "two numbers of an image's size"),
        ({"shapes": shape_of(points=[[-99, -99]])}, "EMPTY", "no target that shows"),
        ({"shapes": shape_of(label="ignore")}, "EMPTY", "no target that shows"),
        ({"shapes": shape_of(label="flag")}, "EMPTY", "no target that shows"),
        ({"shapes": []}, "EMPTY", "no target that shows"),
    ],
)
def test_annotations_of_another_form_are_rejects_that_name_the_file(place, new, code, told):
    edited(place, **new)
    for each in ("sentence", "image"):
        source = ReasonSeg(root=place, split="val", each=each)
        (row,) = rows(source)
        with pytest.raises(SampleError) as error:
            read(source, row)
        assert error.value.args[0] == code
        assert told in str(error.value)
        assert row["expressions"] in str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"text": "a", "text": "b", "is_sentence": true, "shapes": []}',
        b'{"text": "a", "is_sentence": true, "shapes": [{"label": "x", "points": [[NaN, 1]]}]}',
        b"\x81\x8d",
    ],
)
def test_what_is_no_plain_json_is_told(data):
    with pytest.raises(CodeError, match="must be"):
        read_reasonseg(data)


def test_an_annotation_or_image_that_is_not_there_is_a_reject(place):
    next((place / "ReasonSeg" / "val").glob("*.json")).unlink()
    next((place / "ReasonSeg" / "test").glob("*.jpg")).write_bytes(b"\xff\xd8\xff broken")

    source = ReasonSeg(root=place, split="val")
    (row,) = rows(source)
    with pytest.raises(SampleError, match="MISSING"):
        read(source, row)
    broken = ReasonSeg(root=place, split="test")
    with pytest.raises(SampleError, match="DECODE"):
        broken.load(rows(broken)[0])


def test_a_turned_image_is_shown_upright_as_its_outlines_were_drawn(place):
    path = next((place / "ReasonSeg" / "val").glob("*.jpg"))
    upright = Image.open(io.BytesIO(path.read_bytes()))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(path, "JPEG", exif=exif, quality=95)

    source = ReasonSeg(root=place, split="val")
    sample = source.load(rows(source)[0])
    assert (sample.picture.width, sample.picture.height) == upright.size
    expected = np.asarray(ImageOps.exif_transpose(Image.open(path))).astype(int)
    assert np.abs(sample.picture.rgb - expected).mean() < 2
    assert sample.targets["expressions"].shape == (upright.size[1], upright.size[0])


def test_a_gray_image_becomes_rgb(place):
    path = next((place / "ReasonSeg" / "val").glob("*.jpg"))
    Image.open(io.BytesIO(path.read_bytes())).convert("L").save(path, "JPEG")

    source = ReasonSeg(root=place, split="val")
    rgb = source.load(rows(source)[0]).picture.rgb
    assert np.abs(rgb[..., 0].astype(int) - rgb[..., 2]).max() <= 3


@pytest.mark.parametrize("form", ["above", "itself", "zips"])
def test_it_is_found_above_in_and_packed_as_it_was_published(root, tmp_path, form):
    if form == "zips":
        for split in ("train", "val", "test"):
            with zipfile.ZipFile(tmp_path / f"{split}.zip", "w") as archive:
                for path in sorted((root / "ReasonSeg" / split).iterdir()):
                    archive.write(path, f"{split}/{path.name}")
    elif form == "above":
        shutil.copytree(root, tmp_path / "data" / "reason_seg")
    place = root / "ReasonSeg" if form == "itself" else tmp_path
    usual, other = ReasonSeg(root=root, split="all"), ReasonSeg(root=place, split="all")

    assert [r["key"] for r in rows(usual)] == [r["key"] for r in rows(other)]
    assert read(usual, rows(usual)[0]).expressions == read(other, rows(other)[0]).expressions
    assert pickle.loads(pickle.dumps(other)).index() == other.index()


def test_a_folder_without_it_is_told_what_it_must_hold(tmp_path):
    (tmp_path / "ReasonSeg.tar.gz").write_bytes(b"\x1f\x8b")

    with pytest.raises(SourceError, match=r"must hold ReasonSeg.*Extract ReasonSeg\.tar\.gz first"):
        ReasonSeg(root=tmp_path).index()
    with pytest.raises(SpecError, match="count must be >= 1"):
        write(tmp_path, count=0)


def test_it_is_known_by_the_name_of_its_folder_alone():
    assert ReasonSeg.pattern.fullmatch("data/reason_seg/ReasonSeg/train/1_o.jpg")
    assert not ReasonSeg.pattern.fullmatch("mine/train/1_o.jpg")
    assert not ReasonSeg.pattern.fullmatch("ReasonSeg/explanatory/train.json")


def test_each_way_to_ask_is_one_pair_whose_colors_show_exactly_the_answer(root, scenes, tmp_path):
    out = tmp_path / "out"
    vt.build("reasonseg", source=root, out=out, workers=1, overrides=["framing.resize=none"])
    source = ReasonSeg(root=root)
    planned = {row["key"]: row for row in rows(source)}
    pairs = {pair.key.rpartition("-")[0]: pair for pair in vt.open_dataset(out)}

    assert pairs.keys() == planned.keys()
    for key, pair in pairs.items():
        found = read(source, planned[key])
        ids = pair.decode().target.ids
        assert np.array_equal(ids == 1, mask_of(found, "target"))
        asked = scenes[planned[key]["image_id"]].asked
        assert pair.meta["task"] == ("reasoning" if asked.reasoning else "referring")
        assert not pair.meta["negative"]
    assert {pair.meta["task"] for pair in pairs.values()} == {"reasoning", "referring"}


def test_a_build_goes_on_past_a_broken_annotation_and_counts_it(place, tmp_path):
    edited(place, shapes=shape_of(points=[[1e6, 1e6]]))
    out = tmp_path / "out"
    built = vt.build(
        "reasonseg", source=place, out=out, workers=1,
        overrides=["source.split=all", "source.each=image", "max_rejects=0.9"],
    )  # fmt: skip
    (reject, *rest) = [json.loads(x) for x in (out / "rejects.jsonl").read_text().splitlines()]

    assert reject["code"] == "RANGE"
    assert reject["where"].startswith("ReasonSeg/val/")
    assert {each["code"] for each in rest} <= {"RANGE"}
    assert built.manifest["counts"]["written"] == 3
