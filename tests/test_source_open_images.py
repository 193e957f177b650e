"""Open Images: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.codecs.instances import InstanceCodec
from vtencode.doctor.candidates import candidates
from vtencode.errors import SampleError, SourceError
from vtencode.miniatures.open_images import (
    CAMERA,
    HEIGHT,
    MASK_HEIGHT,
    MASK_WIDTH,
    OF_SCENE,
    WIDTH,
    masked,
    write,
)
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.sources.open_images import OpenImages
from vtencode.sources.open_images.masks import resized
from vtencode.targets import InstanceMasks, Region

#: What a table of masks begins with.
HEADING = "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks"
MASKS = "train-annotations-object-segmentation.csv"
LABELS = "train-annotations-human-imagelabels-boxable.csv"
BOXES = "oidv6-train-annotations-bbox.csv"
NAMES = "class-descriptions-boxable.csv"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("open-images"), count=1)


@pytest.fixture(scope="module")
def truth():
    """The scenes, by split."""
    return {
        "val" if test else "train": scene(
            0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 2 == 1, people=2
        )
        for index, test in enumerate(turns(1))
    }


@pytest.fixture
def small(tmp_path):
    """One image of 8 x 4 pixels with a cat and two dogs, in a dataset that a test may spoil."""
    (tmp_path / "train").mkdir()
    (tmp_path / "masks").mkdir()
    rgb = np.arange(96, dtype=np.uint8).reshape(4, 8, 3)
    (tmp_path / "train" / "00000000000000aa.jpg").write_bytes(jpeg(rgb))
    listed = (("m0c", "/m/0c", 1), ("m0d_g", "/m/0d_g", 2), ("m0d_g", "/m/0d_g", 3))
    lines = [HEADING]
    for word, label, at in listed:
        name = f"00000000000000aa_{word}_{at:08x}.png"
        mask = np.zeros((8, 16), dtype=bool)
        mask[:4, 4 * at : 4 * at + 4] = True
        (tmp_path / "masks" / name).write_bytes(one_bit(mask))
        lines.append(f"{name},00000000000000aa,{label},{at:08x},0,1,0,1,0.5,")
    (tmp_path / MASKS).write_text("\n".join(lines) + "\n")
    described = ["/m/0c,Cat", "/m/0d_g,Dog", '/m/0h,"Horse, pony"', "/m/0z,Zebra"]
    (tmp_path / NAMES).write_text("\n".join(described))
    return tmp_path


def jpeg(rgb, **options):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def one_bit(mask):
    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()


def target(place, **options):
    source = OpenImages(root=place, **options)
    (row,) = rows(source)
    return source.load(row).targets["instances"]


def told(place, name, lines):
    (place / name).write_text("\n".join(lines) + "\n")


def labels_of(masks):
    return Counter(region.label for region in masks.regions)


def mask_of(place, at):
    (path,) = place.rglob(f"*_{at:08x}.png")
    return path


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = OpenImages(root=root, split="all")
    found = rows(source)

    assert sorted(row["split"] for row in found) == ["train", "val"]
    for row in found:
        sample, expected = source.load(row), truth[row["split"]]
        assert np.abs(sample.picture.rgb.astype(float) - expected.rgb).mean() < 2
        masks = sample.targets["instances"]
        listed = [
            (OF_SCENE[kind][1].lower(), int((expected.instance == at).sum()))
            for at, kind in masked(expected).items()
        ]
        assert sorted((region.label, region.area) for region in masks.regions) == sorted(listed)
        drawn = masks.id_map() > 0
        assert np.array_equal(drawn, np.isin(expected.instance, [*masked(expected)]))


def test_the_bytes_are_the_same_twice(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) > 20
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_masks_have_a_resolution_of_their_own(root, truth):
    for path in (root / "train-masks").iterdir():
        with Image.open(path) as image:
            assert (image.mode, image.size) == ("1", (MASK_WIDTH, MASK_HEIGHT))
    assert truth["train"].rgb.shape[:2] != (MASK_HEIGHT, MASK_WIDTH)


@pytest.mark.parametrize(("stored", "size"), [(16, 8), (8, 16), (7, 5), (5, 7), (1, 4), (1600, 1)])
def test_a_pixel_has_what_lies_at_its_center(stored, size):
    mask = np.arange(stored)[None]

    found = resized(mask, (3, size))

    centers = [(at + 0.5) * stored / size for at in range(size)]
    assert found.shape == (3, size)
    assert found.tolist() == [[int(np.floor(center + 1e-9)) for center in centers]] * 3


def test_masks_are_looked_up_and_named(small):
    masks = target(small)

    assert [(r.label, r.area, r.box) for r in masks.regions] == [
        ("cat", 4, (2, 0, 4, 2)),
        ("dog", 4, (4, 0, 6, 2)),
        ("dog", 4, (6, 0, 8, 2)),
    ]


def test_the_smaller_lies_on_top(small):
    mask = np.ones((8, 16), dtype=bool)
    mask_of(small, 1).write_bytes(one_bit(mask))

    masks = target(small)

    assert [region.label for region in masks.regions] == ["cat", "dog", "dog"]
    assert masks.overlap
    assert (masks.id_map() == masks.regions[0].id).sum() == 32 - 8


def test_the_synthetic_sample_reads_as_a_second_reader_reads_it(samples):
    source = OpenImages(root=samples / "datumaro" / "open_images_dataset" / "v6")
    (row,) = rows(source)

    masks = source.load(row).targets["instances"]

    with Image.open(source.root / "masks" / "train" / "b_m0_01234567.png") as image:
        expected = np.asarray(image)
    assert masks.shape == expected.shape
    assert np.array_equal(masks.id_map() > 0, expected)
    assert labels_of(masks) == {"generic label #0": 1}


def test_nothing_is_known_to_be_absent_but_what_people_did_not_see(small):
    assert target(small).vocabulary == ("cat", "dog")

    heading = "ImageID,Source,LabelName,Confidence"
    lines = [
        heading,
        "00000000000000aa,verification,/m/0c,0",
        "00000000000000aa,verification,/m/0h,0",
        "00000000000000aa,verification,/m/0z,1",
        "00000000000000bb,verification,/m/0z,0",
    ]
    told(small, LABELS, lines)
    assert target(small).vocabulary == ("cat", "dog")

    more = (small / MASKS).read_text()
    for at, label in enumerate(("/m/0h", "/m/0z"), 7):
        more += f"0_{label.replace('/', '')}_{at:08x}.png,00000000000000cc,{label},,,,,,,\n"
    (small / MASKS).write_text(more)
    masks = target(small)
    assert masks.vocabulary == ("cat", "dog", "horse, pony")
    assert labels_of(masks) == {"cat": 1, "dog": 2}


def test_the_label_table_may_have_its_other_name(small):
    lines = ["ImageID,Source,LabelName,Confidence", "00000000000000aa,verification,/m/0d_g,0"]
    told(small, "oidv6-train-annotations-human-imagelabels.csv", lines)

    assert target(small).vocabulary == ("cat", "dog")


def test_a_class_with_more_boxes_than_masks_is_left_out(small):
    box = "0,1,0,1,0,0,0,0,0"
    lines = [
        (
            "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,"
            "IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
        ),
        f"00000000000000aa,xclick,/m/0c,1,{box}",
        *[f"00000000000000aa,xclick,/m/0d_g,1,{box}"] * 3,
        f"00000000000000bb,xclick,/m/0c,1,{box}",
        f"00000000000000aa,xclick,/m/0x,1,{box}",
    ]
    told(small, BOXES, lines)
    masks = target(small)
    assert labels_of(masks) == {"cat": 1}
    assert masks.vocabulary == ("cat",)

    told(small, BOXES, lines[:4])
    assert labels_of(target(small)) == {"cat": 1, "dog": 2}


def test_an_object_of_which_no_pixel_is_left_is_neither_there_nor_absent(small):
    mask = np.zeros((8, 16), dtype=bool)
    mask[0, 0] = True
    mask_of(small, 1).write_bytes(one_bit(mask))

    masks = target(small)

    assert labels_of(masks) == {"dog": 2}
    assert masks.vocabulary == ("dog",)


def test_8_bit_masks_are_read_too(small):
    with Image.open(mask_of(small, 1)) as image:
        mask = np.asarray(image)
    before = target(small)
    mask_of(small, 1).write_bytes(write_png_gray(mask.astype(np.uint8) * 255))

    assert np.array_equal(target(small).id_map(), before.id_map())


def test_the_image_keeps_the_pixels_that_masks_are_told_in(small):
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb = np.arange(96, dtype=np.uint8).reshape(4, 8, 3)
    (small / "train" / "00000000000000aa.jpg").write_bytes(jpeg(rgb, exif=exif))
    source = OpenImages(root=small)
    (row,) = rows(source)

    sample = source.load(row)

    assert sample.picture.rgb.shape == (4, 8, 3)
    assert sample.targets["instances"].shape == (4, 8)


def test_only_images_that_are_there_and_have_masks_are_frames(small):
    lines = (small / MASKS).read_text()
    line = "00000000000000bb_m0c_00000001.png,00000000000000bb,/m/0c,00000001,0,1,0,1,,\n"
    (small / MASKS).write_text(lines + line)
    shutil.copy(small / "train" / "00000000000000aa.jpg", small / "train" / "00000000000000dd.jpg")

    assert [row["image_id"] for row in rows(OpenImages(root=small))] == [
        "open-images/00000000000000aa"
    ]


@pytest.mark.parametrize("folder", ["train_0", "train/data"])
def test_images_may_lie_as_others_lay_them(small, folder):
    (small / "elsewhere" / folder).mkdir(parents=True)
    for path in (small / "train").iterdir():
        path.rename(small / "elsewhere" / folder / path.name)

    assert labels_of(target(small)) == {"cat": 1, "dog": 2}


@pytest.mark.parametrize("folder", [".", "annotations/masks"])
def test_archives_of_masks_are_read_where_they_lie(small, folder):
    before = target(small)
    (small / folder).mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(small / folder / "train-masks-0.zip", "w") as archive:
        for path in sorted((small / "masks").iterdir()):
            archive.write(path, path.name)
    shutil.rmtree(small / "masks")

    assert np.array_equal(target(small).id_map(), before.id_map())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (write_png(np.ones((8, 16, 3), np.uint8)), "MODE"),
        (write_png_gray(np.ones((8, 16), np.uint16)), "MODE"),
        (one_bit(np.ones((16, 8), bool)), "SHAPE"),
        (one_bit(np.ones((8, 8), bool)), "SHAPE"),
        (one_bit(np.ones((8, 16), bool))[:-20], "DECODE"),
        (b"GIF89a", "DECODE"),
        (None, "MISSING"),
    ],
)
def test_masks_that_are_not_the_published_ones_are_rejects(small, data, code):
    path = mask_of(small, 2)
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)

    with pytest.raises(SampleError) as error:
        target(small)
    assert error.value.args[0] == code
    assert path.name in str(error.value)


def test_a_mask_that_is_listed_twice_is_a_reject(small):
    lines = (small / MASKS).read_text().splitlines()
    told(small, MASKS, [*lines, lines[1]])

    with pytest.raises(SampleError, match=r"must be listed once.*RANGE"):
        target(small)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (MASKS, "", "must be a table with ImageID, MaskPath, LabelName"),
        (MASKS, "ImageID,LabelName\naa,/m/0c\n", "must be a table with ImageID, MaskPath"),
        (LABELS, "ImageID,LabelName,Confidence\n00000000000000aa,/m/0c,no\n", "must be a table"),
        (NAMES, "/m/0c,Cat,and more\n", "must have lines of a label and its name"),
        (NAMES, "/m/0c,Cat\n", "must name the class '/m/0d_g', and does not"),
        (NAMES, None, r"must hold class-descriptions-boxable\.csv"),
        (MASKS, None, r"must hold train-annotations-object-segmentation\.csv beside its images"),
    ],
)
def test_tables_that_are_broken_or_missing_are_told(small, name, text, message):
    if text is None:
        (small / name).unlink()
    else:
        (small / name).write_text(text)

    with pytest.raises(SourceError, match=message):
        OpenImages(root=small).index()


def test_names_may_have_a_heading_and_a_newer_name(small):
    lines = "LabelName,DisplayName\n" + (small / NAMES).read_text()
    (small / NAMES).unlink()
    (small / "oidv7-class-descriptions.csv").write_text(lines)

    assert labels_of(target(small)) == {"cat": 1, "dog": 2}


def test_the_files_are_recognized_as_open_images(root):
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]

    assert [each.reader for each in candidates(names)] == [OpenImages]
    for name in ("train/IMG_0001.jpg", "images/0001eeaf4aed83f9.jpg", "train/0001/0.jpg", "a.csv"):
        assert OpenImages.pattern.fullmatch(name) is None


def test_a_folder_without_any_of_it_is_no_dataset(tmp_path):
    with pytest.raises(SourceError, match="must hold Open Images"):
        OpenImages(root=tmp_path).index()


def test_every_object_goes_to_a_color_and_back_with_its_class(root):
    names = [name.lower() for _, name in OF_SCENE.values()]
    regions = tuple(
        Region(at, np.array([[0, 3 * at, 3 * at + 3]]), name) for at, name in enumerate(names, 1)
    )
    codec = InstanceCodec()
    masks = InstanceMasks((1, 40), regions, tuple(names))
    back = codec.decode(codec.encode(masks)).target
    assert [(r.label, r.area) for r in back.regions] == [(name, 3) for name in names]

    found = target(root)
    back = codec.decode(codec.encode(found)).target
    held = sorted((region.label, region.area) for region in found.regions)
    assert sorted((region.label, region.area) for region in back.regions) == held


def test_a_build_goes_on_past_what_is_damaged(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "copy")
    for path in (place / "validation-masks").iterdir():
        path.write_bytes(path.read_bytes()[:-20])

    built = vt.build(
        "openimages-masks",
        source=place,
        out=tmp_path / "o",
        workers=1,
        overrides=("source.split=all",),
    )

    assert built.manifest["counts"]["written"] > 0
    lines = (tmp_path / "o/rejects.jsonl").read_text().splitlines()
    assert {json.loads(line)["code"] for line in lines} == {"DECODE"}
