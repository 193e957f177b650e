"""SceneParse150: the miniature reads back as its scenes, and each trap is read rightly."""

from __future__ import annotations

import io
import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.codecs.semantic import SemanticCodec
from vtencode.doctor.candidates import candidates
from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.formats.ade20k import (
    CAPACITY,
    read_codes,
    read_object_info,
    write_codes,
    write_object_info,
)
from vtencode.miniatures.ade20k import CAMERA, HEIGHT, WIDTH, classes, write
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.series import turns
from vtencode.png import write_png, write_png_gray
from vtencode.sources.ade20k import Ade20k
from vtencode.sources.ade20k.classes import NAMES, STUFF
from vtencode.targets import SemanticMask


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ade20k"), count=1)


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
def place(root, tmp_path):
    """A copy that a test may spoil."""
    return shutil.copytree(root, tmp_path / "copy")


def the(place, pattern):
    (path,) = place.rglob(pattern)
    return path


def target(place):
    source = Ade20k(root=place)
    (row,) = rows(source)
    return source.load(row).targets["semantic"]


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = Ade20k(root=root, split="all")
    found = rows(source)

    assert [(row["split"], row["image_id"]) for row in found] == [
        ("train", "ade20k/ADE_train_00000001"),
        ("val", "ade20k/ADE_val_00000001"),
    ]
    for row in found:
        sample, expected = source.load(row), truth[row["split"]]
        assert np.abs(sample.picture.rgb.astype(float) - expected.rgb).mean() < 2
        mask = sample.targets["semantic"]
        assert np.array_equal(mask.ids + 1, classes(expected))
        assert mask.vocabulary == NAMES


def test_the_bytes_are_the_same_twice(root, tmp_path):
    again = write(tmp_path, count=1)

    names = [path.relative_to(root) for path in sorted(root.rglob("*")) if path.is_file()]
    assert len(names) == 5
    for name in names:
        assert (root / name).read_bytes() == (again / name).read_bytes()


def test_0_is_void_and_1_is_the_wall(place):
    path = the(place, "annotations/training/*.png")
    numbers = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) % 151
    path.write_bytes(write_png_gray(numbers.astype(np.uint8)))

    mask = target(place)

    assert np.array_equal(mask.labeled, numbers > 0)
    assert {mask.vocabulary[k] for k in mask.ids[numbers == 1]} == {"wall"}
    assert {mask.vocabulary[k] for k in mask.ids[numbers == 150]} == {"flag"}


def test_names_are_150_different_ones_of_which_100_are_counted():
    assert len(set(NAMES)) == 150
    assert len(STUFF) == 50
    assert set(NAMES) > STUFF
    assert not any("," in name or ";" in name for name in NAMES)


def test_the_built_in_names_are_those_of_the_authors_list(samples):
    lines = (samples / "ade20k_sceneparsing" / "objectInfo150.txt").read_text().splitlines()[1:]

    assert [line.split("\t")[4].split(",")[0].strip() for line in lines] == list(NAMES)


def test_another_list_of_names_is_read_and_a_list_of_others_is_refused(place):
    path = the(place, "objectInfo150.txt")
    path.write_bytes(write_object_info([f"{name}, thing" for name in (*NAMES[:-1], "banner")]))
    assert target(place).vocabulary == (*NAMES[:-1], "banner")

    path.unlink()
    assert target(place).vocabulary == NAMES

    for names in (NAMES[:-1], (*NAMES[:-1], "wall")):
        path.write_bytes(write_object_info(names))
        with pytest.raises(SourceError, match=r"objectInfo150\.txt must name 150 different"):
            target(place)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SourceError, match=r"objectInfo150\.txt must have lines"):
        target(place)


def test_real_images_read_as_a_second_reader_reads_them(samples, tmp_path):
    real = samples / "ade20k_sceneparsing" / "sampleData"
    for kind in ("images", "annotations"):
        shutil.copytree(real / kind, tmp_path / kind / "validation")
    shutil.copy(samples / "ade20k_sceneparsing" / "objectInfo150.txt", tmp_path)
    source = Ade20k(root=tmp_path, split="val")

    found = rows(source)

    assert len(found) == 3
    for row in found:
        sample = source.load(row)
        assert sample.picture.data == (tmp_path / row["file"]).read_bytes()
        with Image.open(tmp_path / row["semantic"]) as image:
            assert image.mode == "L"
            numbers = np.asarray(image).astype(int)
        mask = sample.targets["semantic"]
        assert np.array_equal(mask.ids, numbers - 1)
        shown = {mask.vocabulary[k] for k in np.unique(mask.ids[mask.labeled]).tolist()}
        assert shown == {NAMES[k - 1] for k in np.unique(numbers).tolist() if k}
        assert len(shown) > 4


def test_gray_and_turned_images_keep_the_pixels_that_they_are_annotated_in(place, truth):
    path = the(place, "images/training/*.jpg")
    picture = Image.fromarray(truth["train"].rgb)
    exif = Image.Exif()
    exif[0x0112] = 6
    for data in (jpeg(picture.convert("L"), quality=95), jpeg(picture, exif=exif, quality=95)):
        path.write_bytes(data)
        source = Ade20k(root=place)
        (row,) = rows(source)

        sample = source.load(row)

        assert (row["image"], sample.picture.format) == ("jpg", "jpg")
        assert sample.picture.rgb.shape == (HEIGHT, WIDTH, 3)
        off = sample.picture.rgb.mean(axis=2) - truth["train"].rgb.mean(axis=2)
        assert np.abs(off).mean() < 8
        assert sample.targets["semantic"].shape == (HEIGHT, WIDTH)


def test_an_empty_annotation_is_void_and_no_reject(place):
    the(place, "annotations/training/*.png").write_bytes(
        write_png_gray(np.zeros((HEIGHT, WIDTH), np.uint8))
    )

    assert not target(place).labeled.any()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _: write_png_gray(np.full((HEIGHT, WIDTH), 151, np.uint8)), "RANGE"),
        (lambda _: write_png_gray(np.ones((HEIGHT, WIDTH), np.uint16)), "MODE"),
        (lambda _: write_png(np.ones((HEIGHT, WIDTH, 3), np.uint8)), "MODE"),
        (lambda _: write_png_gray(np.ones((HEIGHT - 1, WIDTH), np.uint8)), "SHAPE"),
        (lambda data: data[:-300], "DECODE"),
        (lambda _: b"GIF89a", "DECODE"),
    ],
)
def test_annotations_that_are_not_the_published_ones_are_rejects(place, spoil, code):
    path = the(place, "annotations/training/*.png")
    path.write_bytes(spoil(path.read_bytes()))

    with pytest.raises(SampleError) as error:
        target(place)
    assert error.value.args[0] == code


def test_an_unknown_number_is_named_and_counted(place):
    numbers = np.ones((HEIGHT, WIDTH), np.uint8)
    numbers[0, :3] = 200
    the(place, "annotations/training/*.png").write_bytes(write_png_gray(numbers))

    with pytest.raises(SampleError, match="must be 0 to 150, got 200 in 3 pixels"):
        target(place)


def test_an_image_without_annotation_is_a_reject(place):
    the(place, "annotations/training/*.png").unlink()

    with pytest.raises(SampleError, match="MISSING"):
        target(place)


def test_the_archive_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "ADEChallengeData2016.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, path.relative_to(root).as_posix())
    loose, packed = Ade20k(root=root, split="all"), Ade20k(root=tmp_path, split="all")

    assert packed.index() == loose.index()
    assert np.array_equal(target(tmp_path).ids, target(root).ids)


def test_other_files_are_not_taken_for_frames(root):
    for name in (
        "images/ADE/training/urban/street/ADE_train_00016900.jpg",
        "release_test/testing/ADE_test_00000001.jpg",
        "annotations_instance/training/ADE_train_00000001.png",
        "images/training/00000001.jpg",
    ):
        assert Ade20k.pattern.fullmatch(name) is None
    names = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    assert [each.reader for each in candidates(names)] == [Ade20k]


def test_a_folder_without_images_is_no_dataset(tmp_path):
    with pytest.raises(SourceError, match="must hold SceneParse150"):
        Ade20k(root=tmp_path).index()


def test_every_class_goes_to_a_color_and_back():
    ids = np.arange(151, dtype=np.int32).repeat(20).reshape(1, -1) - 1
    codec = SemanticCodec()

    back = codec.decode(codec.encode(SemanticMask(ids, NAMES, void=-1))).target

    assert [back.vocabulary[k] for k in back.ids[0, 20::20]] == list(NAMES)
    assert not back.labeled[0, :20].any()


def test_as_many_pixels_of_each_class_come_out_of_a_picture_as_the_file_holds(root):
    with Image.open(the(root, "annotations/training/*.png")) as image:
        numbers, counts = np.unique(np.asarray(image), return_counts=True)
    held = {NAMES[k - 1]: n for k, n in zip(numbers.tolist(), counts.tolist(), strict=True) if k}
    codec = SemanticCodec()

    back = codec.decode(codec.encode(target(root))).target

    found = {name: int((back.ids == k).sum()) for k, name in enumerate(back.vocabulary)}
    assert {name: count for name, count in found.items() if count} == held
    assert len(held) > 5


def test_a_build_goes_on_past_what_is_damaged(place, tmp_path):
    path = the(place, "annotations/validation/*.png")
    path.write_bytes(write_png_gray(np.full((HEIGHT, WIDTH), 255, np.uint8)))

    built = vt.build(
        "ade20k-semantic",
        source=place,
        out=tmp_path / "out",
        workers=1,
        overrides=("source.split=all",),
    )

    assert built.manifest["counts"]["written"] > 0
    told = [json.loads(line) for line in (tmp_path / "out/rejects.jsonl").read_text().splitlines()]
    assert {each["code"] for each in told} == {"RANGE"}


def test_codes_come_back_from_their_colors():
    numbers = np.arange(CAPACITY).reshape(26, 256)
    kinds, objects = read_codes(write_codes(numbers, numbers % 256))

    assert np.array_equal(kinds, numbers)
    assert np.array_equal(objects, numbers % 256)
    with pytest.raises(CodeError, match=r"must have red in tens, got \(11, 0, 0\) in 1 pixels"):
        read_codes(np.array([[[11, 0, 0], [10, 0, 0]]], np.uint8))
    for kinds, objects in ((CAPACITY, 0), (-1, 0), (0, 256)):
        with pytest.raises(CodeError):
            write_codes(np.array([[kinds]]), np.array([[objects]]))


def test_lists_of_names_come_back_from_their_text():
    assert read_object_info(write_object_info(["wall", "building, edifice"])) == (
        "wall",
        "building, edifice",
    )


@pytest.mark.parametrize(
    "text", [b"", b"Idx\tName\n2\twall\n", b"Idx\tName\none\twall\n", b"Name\nwall\n", b"\xff"]
)
def test_texts_that_are_no_list_of_names_are_told(text):
    with pytest.raises(CodeError):
        read_object_info(text)
