"""Pascal VOC: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import io
import json
import shutil
import tarfile

import numpy as np
import pytest
import scipy.io
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.codecs.instances import InstanceCodec
from vtencode.codecs.panoptic import PanopticCodec
from vtencode.codecs.semantic import SemanticCodec
from vtencode.doctor.candidates import candidates
from vtencode.errors import SampleError, SourceError
from vtencode.formats.mat_tree import write_mat_tree
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.voc import CAMERA, HEIGHT, WIDTH, classes, objects, write
from vtencode.png import write_png, write_png_gray
from vtencode.sources.voc import Voc
from vtencode.sources.voc.source import THINGS, VOCABULARY
from vtencode.targets import SemanticMask

FRAME, VALIDATION, MORE = "2008_000002", "2008_000001", "2008_000003"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("voc"), count=1, form="sbd")


@pytest.fixture(scope="module")
def truth():
    """The scenes, by frame; the third has no masks in VOC."""
    return {
        f"2008_{at + 1:06d}": scene(
            0, at, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=at % 2 == 1, people=2
        )
        for at in range(3)
    }


@pytest.fixture
def place(root, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(root, tmp_path / "copy")


def file(place, kind, frame=FRAME):
    if kind in ("cls", "inst"):
        return place / "benchmark_RELEASE" / "dataset" / kind / f"{frame}.mat"
    ending = "jpg" if kind == "JPEGImages" else "png"
    return place / "VOCdevkit" / "VOC2012" / kind / f"{frame}.{ending}"


def target(place, name, frame=FRAME, **options):
    source = Voc(root=place, split="all", **options)
    (row,) = (row for row in rows(source) if row["image_id"] == f"voc/{frame}")
    return source.load(row).targets[name]


def palette(indices):
    image = Image.fromarray(indices.astype(np.uint8))
    image.putpalette([k * 7 % 256 for k in range(768)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def areas(masks):
    return sorted((region.label, region.area) for region in masks.regions)


def objects_of(kinds, numbers):
    """(class, area) of each pair of a class and a number, but for void and background."""
    told = (kinds > 0) & (kinds < 255) & (numbers < 255)
    pairs, counts = np.unique(kinds[told].astype(int) * 256 + numbers[told], return_counts=True)
    return sorted(
        (THINGS[pair // 256 - 1], count)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)
    )


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = Voc(root=root, split="all")
    found = rows(source)

    assert [(row["split"], row["image_id"]) for row in found] == [
        ("val", f"voc/{VALIDATION}"),
        ("train", f"voc/{FRAME}"),
    ]
    for row in found:
        sample, expected = source.load(row), truth[row["image_id"][4:]]
        assert np.abs(sample.picture.rgb.astype(float) - expected.rgb).mean() < 3
        mask = sample.targets["semantic"]
        assert (mask.vocabulary, mask.void) == (VOCABULARY, 255)
        assert np.array_equal(mask.ids, classes(expected))
        masks = sample.targets["instances"]
        assert areas(masks) == objects_of(classes(expected), objects(expected))
        assert masks.vocabulary == THINGS
        assert not any(region.crowd for region in masks.regions)
        segments = sample.targets["panoptic"].segments
        assert all(segment.thing for segment in segments)
        assert len(segments) == len(masks.regions)


def test_the_bytes_are_the_same_twice(root, tmp_path):
    again = write(tmp_path, count=1, form="sbd")

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) == 19
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_real_images_read_as_a_second_reader_reads_them(samples, tmp_path):
    top = tmp_path / "VOCdevkit" / "VOC2012"
    for folder, ending in (("JPEGImages", "jpg"), ("SegmentationClass", "png")):
        (top / folder).mkdir(parents=True)
        for path in (samples / "voc").glob(f"*.{ending}"):
            shutil.copy(path, top / folder)
    (top / "ImageSets" / "Segmentation").mkdir(parents=True)
    listed = "".join(f"{path.stem}\n" for path in (samples / "voc").glob("*.png"))
    (top / "ImageSets" / "Segmentation" / "train.txt").write_text(listed)
    source = Voc(root=tmp_path)

    shown = {}
    for row in rows(source):
        sample = source.load(row)
        with Image.open(tmp_path / row["semantic"]) as image:
            assert image.mode == "P"
            expected = np.asarray(image)
        mask = sample.targets["semantic"]
        assert np.array_equal(mask.ids, expected)
        assert 0 < (~mask.labeled).mean() < 0.15
        ids = np.unique(mask.ids[mask.labeled]).tolist()
        shown[row["image_id"]] = [mask.vocabulary[k] for k in ids]
    assert shown == {
        "voc/2007_004189": ["background", "dog"],
        "voc/2007_006449": ["background", "bicycle"],
        "voc/2008_002536": ["background", "dog", "sheep"],
    }
    assert set(source.available()) == {"semantic"}


def test_indices_count_and_not_the_colors_of_the_palette(place):
    numbers = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 22
    numbers[numbers == 21] = 255
    file(place, "SegmentationClass").write_bytes(palette(numbers))

    mask = target(place, "semantic")

    assert np.array_equal(mask.ids, numbers)
    assert {mask.vocabulary[k] for k in mask.ids[numbers == 20]} == {"tv monitor"}
    assert not mask.labeled[numbers == 255].any()


def test_background_is_a_class_and_no_instance(root):
    mask, masks = target(root, "semantic"), target(root, "instances")

    assert (mask.ids == 0).any()
    assert mask.labeled[mask.ids == 0].all()
    assert "background" not in {region.label for region in masks.regions}
    assert not (masks.id_map()[mask.ids == 0]).any()


def test_objects_of_one_number_and_two_classes_are_two(place):
    kinds, numbers = np.zeros((2, HEIGHT, WIDTH), int)
    kinds[:50], kinds[50:80] = 8, 12
    numbers[:80] = 1
    file(place, "SegmentationClass").write_bytes(palette(kinds))
    file(place, "SegmentationObject").write_bytes(palette(numbers))

    assert areas(target(place, "instances")) == [("cat", 50 * WIDTH), ("dog", 30 * WIDTH)]


def test_void_of_either_map_is_no_crowd(place):
    kinds, numbers = np.zeros((2, HEIGHT, WIDTH), int)
    kinds[:50], numbers[:50] = 8, 1
    kinds[:5], numbers[45:50] = 255, 255
    file(place, "SegmentationClass").write_bytes(palette(kinds))
    file(place, "SegmentationObject").write_bytes(palette(numbers))

    (region,) = target(place, "instances").regions

    assert (region.area, region.crowd) == (40 * WIDTH, False)


def test_images_that_no_list_names_are_no_frames(root):
    found = [row["image_id"] for row in rows(Voc(root=root, split="all"))]

    assert file(root, "JPEGImages", MORE).exists()
    assert f"voc/{MORE}" not in found


def test_sbd_adds_what_voc_does_not_annotate_and_nothing_else(root, truth):
    plain, more = Voc(root=root), Voc(root=root, sbd=True)

    assert [row["image_id"] for row in rows(plain)] == [f"voc/{FRAME}"]
    assert [row["image_id"] for row in rows(more)] == [f"voc/{FRAME}", f"voc/{MORE}"]
    assert rows(Voc(root=root, split="val", sbd=True)) == rows(Voc(root=root, split="val"))
    assert np.array_equal(target(root, "semantic", sbd=True).ids, classes(truth[FRAME]))


def test_sbd_reads_as_a_second_reader_reads_it(root):
    kinds = scipy.io.loadmat(file(root, "cls", MORE))["GTcls"][0]["Segmentation"][0]
    inst = scipy.io.loadmat(file(root, "inst", MORE))["GTinst"]
    numbers, listed = inst[0]["Segmentation"][0], inst[0]["Categories"][0].reshape(-1)

    mask = target(root, "semantic", MORE, sbd=True)
    assert np.array_equal(mask.ids, kinds)
    assert mask.labeled.all()

    masks = target(root, "instances", MORE, sbd=True)
    expected = [(THINGS[kind - 1], int((numbers == at).sum())) for at, kind in enumerate(listed, 1)]
    assert areas(masks) == sorted(expected)
    assert len(expected) > 3


def test_an_image_of_sbd_that_voc_lacks_is_read_from_sbd(place):
    file(place, "JPEGImages", MORE).unlink()

    source = Voc(root=place, sbd=True)
    row = rows(source)[1]

    assert row["file"] == f"benchmark_RELEASE/dataset/img/{MORE}.jpg"
    assert source.load(row).picture.width == WIDTH


def test_sbd_that_is_not_there_is_told(place):
    shutil.rmtree(place / "benchmark_RELEASE")

    with pytest.raises(SourceError, match=r"must hold SBD for sbd: true.*benchmark\.tgz"):
        Voc(root=place, sbd=True).index()


def test_another_year_has_names_without_it_and_the_same_image_ids(place):
    year = place / "VOCdevkit" / "VOC2007"
    shutil.copytree(place / "VOCdevkit" / "VOC2012", year)
    for path in sorted(year.rglob("2008_*")):
        path.rename(path.with_name(path.name.removeprefix("2008_")))
    for path in year.rglob("*.txt"):
        path.write_text(path.read_text().replace("2008_", ""))
    (year / "ImageSets/Segmentation/val.txt").rename(year / "ImageSets/Segmentation/test.txt")

    source = Voc(root=place, year="2007", split="all")

    assert [(row["split"], row["image_id"]) for row in rows(source)] == [
        ("test", "voc/2007_000001"),
        ("train", "voc/2007_000002"),
    ]
    assert all("VOC2007" in row["file"] for row in rows(source))
    assert all("VOC2012" in row["file"] for row in rows(Voc(root=place)))


def test_a_year_that_is_not_there_is_told(root):
    with pytest.raises(SourceError, match=r"must hold VOC2007, and holds 2012\. Set the source"):
        Voc(root=root, year="2007").index()


@pytest.mark.parametrize("above", ["VOCdevkit", "VOCdevkit/VOC2012"])
def test_the_root_may_be_the_devkit_or_the_year(root, above):
    (row,) = rows(Voc(root=root / above))

    assert row["image_id"] == f"voc/{FRAME}"


def test_the_tar_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with tarfile.open(tmp_path / "VOCtrainval_11-May-2012.tar", "w") as archive:
        archive.add(root / "VOCdevkit", "VOCdevkit")

    assert Voc(root=tmp_path).index() == Voc(root=root).index()
    assert np.array_equal(target(tmp_path, "semantic").ids, target(root, "semantic").ids)


def test_without_lists_there_is_no_frame(place):
    shutil.rmtree(place / "VOCdevkit" / "VOC2012" / "ImageSets")

    with pytest.raises(SourceError, match=r"must hold Pascal VOC.*ImageSets"):
        Voc(root=place).index()


def test_a_list_of_other_names_is_told(place):
    path = place / "VOCdevkit/VOC2012/ImageSets/Segmentation/train.txt"
    path.write_text("../../etc/passwd\n")

    with pytest.raises(SourceError, match="must list frames like 2007_000032"):
        Voc(root=place).index()


def test_a_frame_whose_image_is_not_there_is_a_reject(place):
    file(place, "JPEGImages").unlink()
    shutil.rmtree(place / "benchmark_RELEASE")

    source = Voc(root=place)
    (row,) = rows(source)
    with pytest.raises(SampleError, match="MISSING"):
        source.load(row)


def sbd_struct(name, **fields):
    return write_mat_tree({name: fields}, compress=True)


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("SegmentationClass", palette(np.full((HEIGHT, WIDTH), 21)), "RANGE"),
        ("SegmentationClass", write_png(np.ones((HEIGHT, WIDTH, 3), np.uint8)), "MODE"),
        ("SegmentationClass", write_png_gray(np.ones((HEIGHT, WIDTH), np.uint16)), "MODE"),
        ("SegmentationClass", palette(np.ones((HEIGHT, 9))), "SHAPE"),
        ("SegmentationClass", palette(np.ones((HEIGHT, WIDTH)))[:-60], "DECODE"),
        ("SegmentationObject", write_png(np.ones((HEIGHT, WIDTH, 3), np.uint8)), "MODE"),
        ("SegmentationObject", palette(np.ones((9, WIDTH))), "SHAPE"),
        ("SegmentationObject", b"", "DECODE"),
        ("cls", b"MATLAB", "DECODE"),
        ("cls", sbd_struct("GTinst", Segmentation=np.ones((HEIGHT, WIDTH), np.uint8)), "DECODE"),
        ("cls", sbd_struct("GTcls", Other=np.ones((HEIGHT, WIDTH), np.uint8)), "DECODE"),
        ("cls", sbd_struct("GTcls", Segmentation=np.ones((9, WIDTH), np.uint8)), "SHAPE"),
        ("cls", sbd_struct("GTcls", Segmentation=np.ones((HEIGHT, WIDTH))), "MODE"),
        ("cls", sbd_struct("GTcls", Segmentation=np.full((HEIGHT, WIDTH), 30, np.uint8)), "RANGE"),
        ("inst", sbd_struct("GTinst", Segmentation=np.ones((9, WIDTH), np.uint8)), "SHAPE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, kind, data, code):
    frame = MORE if kind in ("cls", "inst") else FRAME
    file(place, kind, frame).write_bytes(data)

    with pytest.raises(SampleError) as error:
        target(place, "instances", frame, sbd=True)
    assert error.value.args[0] == code


def test_the_files_are_recognized_as_voc(root):
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]

    assert [each.reader for each in candidates(names)] == [Voc]
    for name in ("VOC2012/JPEGImages/IMG_1.jpg", "data/JPEGImages/2007_000032.jpg", "a.txt"):
        assert Voc.pattern.fullmatch(name) is None


def test_every_class_goes_to_a_color_and_back():
    ids = np.arange(21, dtype=np.int32).repeat(30).reshape(1, -1)
    mask = SemanticMask(ids, VOCABULARY, void=255)
    for codec in (SemanticCodec(), SemanticCodec(palette="voc", void=(224, 224, 192))):
        back = codec.decode(codec.encode(mask)).target

        assert [back.vocabulary[k] for k in back.ids[0, ::30]] == list(VOCABULARY)


def test_as_many_pixels_of_each_class_come_out_of_a_picture_as_the_files_hold(root):
    kinds, numbers = (
        np.asarray(Image.open(file(root, kind))).astype(int)
        for kind in ("SegmentationClass", "SegmentationObject")
    )
    held = {name: int((kinds == k).sum()) for k, name in enumerate(VOCABULARY)}

    codec = SemanticCodec()
    back = codec.decode(codec.encode(target(root, "semantic"))).target
    found = {name: int((back.ids == k).sum()) for k, name in enumerate(back.vocabulary)}
    assert {name: n for name, n in found.items() if n} == {k: n for k, n in held.items() if n}

    codec = InstanceCodec()
    assert areas(codec.decode(codec.encode(target(root, "instances"))).target) == objects_of(
        kinds, numbers
    )
    codec = PanopticCodec()
    back = codec.decode(codec.encode(target(root, "panoptic"))).target
    assert sorted(
        (segment.label, int((back.ids == segment.id).sum())) for segment in back.segments
    ) == objects_of(kinds, numbers)


@pytest.mark.parametrize("recipe", ["voc-semantic", "voc-instances"])
def test_a_build_goes_on_past_what_is_damaged(place, tmp_path, recipe):
    file(place, "SegmentationClass", VALIDATION).write_bytes(palette(np.full((HEIGHT, WIDTH), 77)))

    built = vt.build(
        recipe, source=place, out=tmp_path / "o", workers=1, overrides=("source.split=all",)
    )

    assert built.manifest["counts"]["written"] > 0
    told = [json.loads(line) for line in (tmp_path / "o/rejects.jsonl").read_text().splitlines()]
    assert {each["code"] for each in told} == {"RANGE"}
    assert "[77]" in told[0]["message"]
