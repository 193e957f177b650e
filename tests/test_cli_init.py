"""`vtencode init`: what it sees, what it proposes, what it leaves to the owner of the data."""

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from generic_data import (
    CAMERA,
    NAMES,
    classes,
    millimeters,
    normals_png,
    recipe,
    room,
    write,
    write_rooms,
)

import vtencode as vt
from vtencode.cli.init import init
from vtencode.errors import SourceError, VtencodeError
from vtencode.formats.npy import write_npy
from vtencode.generic.folder import Folder
from vtencode.miniatures.series import jpeg
from vtencode.png import write_png, write_png_gray
from vtencode.verification.run import verify


def ran(folder, *arguments):
    """What the command prints, and what it tells beside."""
    result = CliRunner().invoke(init, ["--from", str(folder), *map(str, arguments)])
    if isinstance(result.exception, VtencodeError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def drafted(folder):
    """The recipe that is written, parsed, and its text."""
    text, _ = ran(folder)
    return yaml.safe_load(text), text


def builds(path, folder, out):
    """The manifest of a build of a recipe, once it is verified."""
    made = vt.build(path, source=folder, out=out, workers=1)
    assert verify(out, workers=1).ok
    assert made.manifest["counts"]["rejected"] == 0
    return made.manifest


@pytest.fixture(scope="module")
def rooms(tmp_path_factory):
    return write_rooms(tmp_path_factory.mktemp("invented") / "My Rooms", count=2)


def test_a_folder_whose_files_say_enough_gives_a_recipe_that_builds_at_once(rooms, tmp_path):
    out = tmp_path / "mine.yaml"
    printed, told = ran(rooms, "--out", out)
    text = out.read_text()
    source = yaml.safe_load(text)["source"]

    assert printed == ""
    assert "next: vtencode build" in told
    assert "choose" not in told
    assert source["image"] == "rgb/{scene}/{id}.jpg"
    assert (source["depth"], source["depth_unit"]) == ("depth/{scene}/{id}.png", "mm")
    assert "PROPOSED: a median of" in text
    assert (source["normals"], source["normals_frame"]) == ("nrm/{scene}/{id}.png", "opencv")
    assert "images says: right down forward" in text
    assert (source["semantic_names"], source["semantic_void"]) == ("classes.txt", "none")
    assert source["camera"] == "K.txt"
    manifest = builds(out, rooms, tmp_path / "out")
    tasks = {"depth", "normals", "semantic", "binary", "instance", "panoptic"}
    assert set(manifest["parts"][0]["tasks"]) == tasks
    assert manifest["recipe"]["recipe"] == "my-rooms"


def write_flat(root):
    """Splits as folders, files told apart by their endings, floats in meters, a void of 255."""
    for index in range(3):
        stem = f"{'val' if index == 2 else 'train'}/{index:03d}"
        write(root / f"{stem}_rgb.png", write_png(room(index).rgb))
        write(root / f"{stem}_depth.npy", write_npy((millimeters(index) / 1000).astype(np.float32)))
        ids = classes(index).copy()
        ids[:3] = 255
        write(root / f"{stem}_label.png", write_png_gray(ids))
    write(root / "names.txt", "\n".join(NAMES).encode())
    return root


def test_floats_of_meters_and_a_customary_void_are_clear(tmp_path):
    root = write_flat(tmp_path / "flat")
    told, text = drafted(root)
    (tmp_path / "flat.yaml").write_text(text)

    assert told["source"]["image"] == "{split}/{id}_rgb.png"
    assert (told["source"]["depth"], told["source"]["depth_unit"]) == (
        "{split}/{id}_depth.npy",
        "m",
    )
    assert told["source"]["semantic_void"] == 255
    assert "PROPOSED:" not in text
    assert "split: train   # of train, val; or all" in text
    manifest = builds(tmp_path / "flat.yaml", root, tmp_path / "out")
    assert manifest["counts"]["planned"] == 6


def write_silent(root):
    """No word tells what is what, and no file says what it means."""
    for index in range(3):
        place = f"{'x' if index % 2 else 'y'}/{index}"
        write(root / f"a/{place}.jpg", jpeg(room(index).rgb))
        code = np.minimum(millimeters(index).astype(np.int64) * 8, 65000).astype(np.uint16)
        code[:4] = 65535
        write(root / f"b/{place}.png", write_png_gray(code))
        write(root / f"c/{place}.png", normals_png(index, "opengl"))
        write(root / f"d/{place}.png", write_png_gray(classes(index)))
    return root


def test_what_only_the_owner_knows_is_left_to_choose_and_the_recipe_refuses_until_then(tmp_path):
    root = write_silent(tmp_path / "silent")
    out = tmp_path / "silent.yaml"
    _, told = ran(root, "--out", out)
    text = out.read_text()
    source = yaml.safe_load(text)["source"]

    undecided = {name for name, value in source.items() if value == "choose"}
    assert undecided == {
        *("depth_unit", "depth_far", "normals_frame", "semantic_names", "semantic_void")
    }
    assert all(name in told for name in undecided)
    assert "m in 1/256 m (KITTI)" in text
    assert "3.3% of the pixels hold 65535" in text
    assert "grows toward the viewer" in text
    with pytest.raises(VtencodeError) as error:
        vt.build(out, source=root, out=tmp_path / "out", workers=1)
    assert error.value.exit_code == 2
    assert not (tmp_path / "out").exists()

    (root / "names").write_text("\n".join(NAMES))
    decided = {
        "depth_unit": 0.000125,
        "depth_far": 65535,
        "normals_frame": "opengl",
        "semantic_names": "names",
        "semantic_void": "none",
    }
    for name, value in decided.items():
        text = text.replace(f"{name}: choose", f"{name}: {value}")
    out.write_text(text)
    builds(out, root, tmp_path / "out")
    for pair in vt.open_dataset(tmp_path / "out"):
        if pair.meta["task"] == "depth":
            depth = pair.decode().target
            assert np.isposinf(depth.meters[:4]).all()
            assert 0.6 < np.median(depth.meters[5:]) < 10


def test_the_same_folder_gives_the_same_recipe(rooms):
    assert ran(rooms) == ran(rooms)


def test_a_known_dataset_is_named_with_its_recipes(tmp_path):
    root = tmp_path / "any name"
    for number in (10, 20):
        stem = f"train/indoors/scene_00001/scan_00002/00001_00002_indoors_000_{number:03d}"
        write(root / f"{stem}.png", write_png(room(0).rgb))
        write(root / f"{stem}_depth.npy", write_npy(room(0).depth_z))
    printed, _ = ran(root)

    assert "DIODE: A Dense Indoor and Outdoor DEpth Dataset (4 of 4 files)" in printed
    assert "diode-depth, diode-normals" in printed
    assert f"vtencode build diode-depth --source '{root}'" in printed
    assert "source:" in ran(root, "--anyway")[0]


def test_a_dataset_of_our_own_gives_a_recipe_that_asks_again(rooms, tmp_path):
    first = recipe(
        tmp_path / "first.yaml",
        {
            "name": "folder",
            "image": "rgb/{scene}/{id}.jpg",
            "depth": "depth/{scene}/{id}.png",
            "depth_unit": "mm",
        },
        "depth",
    )
    vt.build(first, source=rooms, out=tmp_path / "built", workers=1)
    _, text = drafted(tmp_path / "built")
    (tmp_path / "again.yaml").write_text(text)

    manifest = builds(tmp_path / "again.yaml", tmp_path / "built", tmp_path / "out")
    assert manifest["counts"]["written"] == 2


def test_shards_of_others_give_a_recipe_by_their_members(tmp_path):
    with tarfile.open(tmp_path / "train-0.tar", "w") as archive:
        for index in range(2):
            for ending, data in (
                ("jpg", jpeg(room(index).rgb)),
                ("depth.png", write_png_gray(millimeters(index))),
                ("cls", b"7"),
            ):
                member = tarfile.TarInfo(f"{index:03d}.{ending}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
    told, text = drafted(tmp_path)
    path = tmp_path / "tars.yaml"
    path.write_text(text)

    assert told["source"]["name"] == "webdataset"
    assert (told["source"]["image"], told["source"]["depth"]) == ("jpg", "depth.png")
    assert builds(path, tmp_path, tmp_path / "out")["counts"]["written"] == 2


def test_a_saved_table_gives_a_recipe_by_its_columns(tmp_path):
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    image = datasets.Image()
    kept = [
        {
            "picture": {"bytes": jpeg(room(index).rgb), "path": None},
            "depth_map": {"bytes": write_png_gray(millimeters(index)), "path": None},
            "caption": "a room",
        }
        for index in range(2)
    ]
    features = {"picture": image, "depth_map": image, "caption": datasets.Value("string")}
    made = datasets.Dataset.from_list(kept, features=datasets.Features(features))
    made.save_to_disk(tmp_path / "table")
    told, text = drafted(tmp_path / "table")
    (tmp_path / "table.yaml").write_text(text)

    assert (told["source"]["name"], told["source"]["image"]) == ("hf", "picture")
    assert told["source"]["depth"] == "depth_map"
    assert "caption, text" in text
    manifest = builds(tmp_path / "table.yaml", tmp_path / "table", tmp_path / "out")
    assert manifest["counts"]["written"] == 2


def seen(tmp_path, **files):
    """The source section for a folder of two images, and these files beside each."""
    for index in range(2):
        write(tmp_path / f"rgb/{index}.png", write_png(room(index).rgb))
        for name, data in files.items():
            ending = "npy" if data(index).startswith(b"\x93NUMPY") else "png"
            write(tmp_path / f"{name}/{index}.{ending}", data(index))
    told, text = drafted(tmp_path)
    return told["source"], text


@pytest.mark.parametrize(
    ("scale", "dtype", "unit"),
    [
        (1, np.float32, "m"),
        (1, np.float16, "m"),
        (1000, np.float32, "choose"),
        (0.05, np.float32, "choose"),
        (1000, np.uint16, "mm"),
        (1000, np.int32, "mm"),
        (100, np.uint16, "choose"),
        (5000, np.uint16, "choose"),
    ],
)
def test_units_are_taken_proposed_or_left_as_far_as_numbers_tell(tmp_path, scale, dtype, unit):
    source, text = seen(
        tmp_path, depth=lambda index: write_npy((room(index).depth_z * scale).astype(dtype))
    )

    assert source["depth_unit"] == unit
    assert ("PROPOSED:" in text) == (unit == "mm")
    assert ("contract:" in text) == (unit != "choose")


def test_depth_of_8_bits_is_told_and_not_used(tmp_path):
    with pytest.raises(SourceError, match=r"must hold something to learn beside its images.*8-bit"):
        seen(
            tmp_path,
            depth=lambda index: write_png_gray((millimeters(index) // 40).astype(np.uint8)),
        )


def test_numbers_below_zero_are_taken_as_unknown(tmp_path):
    def depth(index: int) -> bytes:
        meters = room(index).depth_z.copy()
        meters[:5] = -1
        return write_npy(meters)

    assert seen(tmp_path, depth=depth)[0]["depth_unknown"] == [-1.0]


def test_colors_that_stand_for_classes_are_listed_for_whoever_names_them(tmp_path):
    palette = np.array([[n * 40 % 256, n * 90 % 256, 7] for n in range(30)], dtype=np.uint8)
    source, text = seen(tmp_path, seg=lambda index: write_png(palette[classes(index)]))

    assert source["semantic_names"] == "choose"
    assert "(40, 90, 7)" in text
    colors = {name: color.tolist() for name, color in zip(NAMES, palette, strict=False)}
    write(tmp_path / "classes.json", json.dumps(colors).encode())
    assert drafted(tmp_path)[0]["source"]["semantic_names"] == "classes.json"


def test_ids_that_begin_at_1_are_not_taken_for_a_void(tmp_path):
    write(tmp_path / "classes.txt", "\n".join(NAMES[:18]).encode())
    source, text = seen(
        tmp_path, seg=lambda index: write_png_gray(np.minimum(classes(index), 17) + np.uint8(1))
    )

    assert source["semantic_void"] == "choose"
    assert "18 has no name among 0 to 17" in text


def test_what_some_images_lack_is_asked_about(rooms, tmp_path):
    for index in range(4):
        write(tmp_path / f"rgb/{index}.png", write_png(room(index).rgb))
        if index:
            write(tmp_path / f"depth/{index}.png", write_png_gray(millimeters(index)))
    told, text = drafted(tmp_path)

    assert told["source"]["missing"] == "choose"
    assert "1 of the images have no depth" in text


def test_lists_and_documents_are_found(tmp_path):
    for index in range(3):
        write(tmp_path / f"images/{index:02d}.jpg", jpeg(room(index).rgb))
    height, width = millimeters(0).shape
    images = [
        {"id": n, "file_name": f"{n:02d}.jpg", "height": height, "width": width} for n in range(3)
    ]
    person = {"id": 1, "image_id": 0, "category_id": 1, "keypoints": [5, 6, 2],
              "segmentation": [[1, 1, 9, 1, 9, 9]]}  # fmt: skip
    categories = [{"id": 1, "name": "person", "keypoints": ["nose"]}]
    document = {"images": images, "annotations": [person], "categories": categories}
    write(tmp_path / "people.json", json.dumps(document).encode())
    write(tmp_path / "sets/train.txt", b"00\n01\n")
    write(tmp_path / "sets/val.txt", b"02\n")
    told, text = drafted(tmp_path)

    assert told["source"]["lists"] == "sets/{split}.txt"
    assert told["source"]["instances"] == told["source"]["keypoints"] == "people.json"
    options = {name: value for name, value in told["source"].items() if name != "name"}
    source = Folder(root=tmp_path, **{**options, "split": "val"})
    assert source.index()["file"].to_pylist() == ["images/02.jpg"]
    assert "of train, val; or all" in text


def test_a_camera_of_each_image_is_found_beside_it(tmp_path):
    write(tmp_path / "cam/0.txt", b"130 130 79.5 59.5")
    write(tmp_path / "cam/1.txt", b"130 130 79.5 59.5")
    source, _ = seen(
        tmp_path,
        depth=lambda index: write_npy(room(index).depth_z),
        normals=lambda index: normals_png(index, "directx"),
    )

    assert source["camera"] == "cam/{id}.txt"
    assert source["normals_frame"] == "directx"
    assert CAMERA.fx == 130


def test_images_of_two_formats_are_written_as_one(tmp_path):
    write(tmp_path / "rgb/0.jpg", jpeg(room(0).rgb))
    write(tmp_path / "rgb/1.png", write_png(room(1).rgb))
    for index in range(2):
        write(tmp_path / f"depth/{index}.png", write_png_gray(millimeters(index)))
    told, text = drafted(tmp_path)
    path = tmp_path / "r.yaml"
    path.write_text(text)

    assert told["source"]["image"] == "rgb/{id}.*"
    assert told["output"] == {"input": "png"}
    assert builds(path, tmp_path, tmp_path / "out")["counts"]["written"] == 2


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "must hold images.*it holds no file"),
        ({"a.txt": b"x"}, r"must hold images.*1 files as a\.txt \(text\)"),
        ({"a.png": write_png_gray(np.zeros((2, 2), np.uint8))}, "must hold images.*8-bit gray PNG"),
        ({"a.jpg": jpeg(np.zeros((9, 9, 3), np.uint8))}, "must hold something to learn beside"),
    ],
)
def test_a_folder_with_nothing_to_learn_from_says_what_it_holds(tmp_path, files, message):
    for name, data in files.items():
        write(tmp_path / name, data)

    with pytest.raises(SourceError, match=message):
        ran(tmp_path)


def test_a_recipe_that_is_there_is_not_written_over(rooms, tmp_path):
    out = write(tmp_path / "mine.yaml", b"name: precious")
    result = CliRunner().invoke(init, ["--from", str(rooms), "--out", str(out)])

    assert result.exit_code == 2
    assert "is there already" in result.output
    assert out.read_bytes() == b"name: precious"


def test_damaged_files_do_not_stop_the_look(rooms, tmp_path):
    write(tmp_path / "broken/0.png", b"\x89PNG\r\n\x1a\n")
    write(tmp_path / "broken/1.png", b"\x89PNG\r\n\x1a\n")
    source, text = seen(tmp_path, depth=lambda index: write_npy(room(index).depth_z))

    assert source["depth_unit"] == "m"
    assert "broken/{id}.png, unreadable" in text
