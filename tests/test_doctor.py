"""The doctor: every dataset is recognized by what lies there, and single files by their bytes."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
from PIL import Image

import vtencode as vt
from vtencode.doctor import examine
from vtencode.doctor.candidates import candidates
from vtencode.doctor.file import are_directions, facts_of_file
from vtencode.doctor.scales import SCALES, readings
from vtencode.errors import SourceError
from vtencode.formats.npy import write_npy
from vtencode.formats.pfm import write_pfm
from vtencode.frames import to_frame
from vtencode.mat5 import write_mat5
from vtencode.miniatures import diode, megadepth
from vtencode.miniatures.scenes import scene
from vtencode.painted import painted
from vtencode.png import write_png, write_png_gray
from vtencode.recipe import load_recipe
from vtencode.registry import REGISTRIES, Registry, find, names
from vtencode.scaled import ScaledDepth
from vtencode.targets import Camera, DepthMap, NormalMap

#: Written by default; the others take seconds each.
QUICK = ("blendedmvs", "diode", "megadepth", "nyu-depth-v2")
MINIATURES = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name in names("miniature")
]
CAMERA = Camera(fx=130.0, fy=130.0, cx=79.5, cy=59.5)


@pytest.fixture(scope="module")
def room():
    return scene(0, 0, height=120, width=160, camera=CAMERA)


@pytest.fixture(scope="module")
def diode_root(tmp_path_factory):
    return diode.write(tmp_path_factory.mktemp("diode") / "data" / "diode", count=1)


@pytest.fixture
def diode_copy(diode_root, tmp_path):
    return shutil.copytree(diode_root, tmp_path / "diode")


def put(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", MINIATURES)
def test_every_miniature_is_recognized_and_each_of_its_recipes_has_a_command(name, tmp_path):
    write, reader = find("miniature", name), find("source", name)
    root = write(tmp_path / "data", count=1)
    report = examine(root)
    (found,) = [each for each in report.found if each.source == name]

    assert (report.kind, found.problem) == ("dataset", "")
    assert sum(found.frames.values()) >= 1
    assert set(found.frames) <= set(reader.splits)
    assert found.targets
    assert set(found.targets) | set(found.missing) == set(reader.targets)
    assert all("[" not in told for told in found.first.values())
    assert found.recipes
    for fit in found.recipes:
        recipe = load_recipe(fit.name)
        assert recipe.source.name == name
        if fit.command:
            assert fit.command.startswith(f"vtencode build {fit.name} --source {root}")
            assert fit.command in report.advice
            recipe.source.open(root).require(task.target_name for task in recipe.tasks)
    assert any(fit.command for fit in found.recipes)


def test_frames_are_counted_by_split_and_one_is_read(diode_root):
    (found,) = examine(diode_root).found

    assert found.frames == {"train": 1, "val": 1}
    assert found.targets == {"depth": 2, "normals": 2}
    assert found.parts == {"domain": "indoors, outdoor", "kind": "depth, depth_mask, normal"}
    assert next(iter(found.first.values())) == "png 1024x768"
    assert "median" in found.first["depth"]
    assert "camera known" in found.first["depth"]
    assert found.first["normals"].endswith("% known")


def test_what_is_missing_is_named_and_its_recipe_has_a_reason(diode_copy):
    for path in diode_copy.rglob("*_normal.npy"):
        path.unlink()
    (found,) = examine(diode_copy).found
    fits = {fit.name: fit for fit in found.recipes}

    assert found.missing == ("normals",)
    assert fits["diode-depth"].command
    assert not fits["diode-normals"].command
    assert "must have the target 'normals'" in fits["diode-normals"].reason


def test_a_target_that_only_some_frames_have_is_counted(diode_copy):
    next(diode_copy.rglob("*_normal.npy")).unlink()
    (found,) = examine(diode_copy).found

    assert found.targets == {"depth": 2, "normals": 1}


def test_a_split_that_is_not_here_is_told_with_the_command_for_one_that_is(diode_copy):
    shutil.rmtree(diode_copy / "val")
    (found,) = examine(diode_copy).found
    fit = next(fit for fit in found.recipes if fit.name == "diode-depth")

    assert fit.command.endswith("--set source.split=train --out OUT")
    assert fit.reason == "no frame of the recipe's split 'val' is here"
    assert found.frames == {"train": 1}


def test_a_folder_with_several_datasets_tells_of_each_in_its_own_folder(diode_root, tmp_path):
    shutil.copytree(diode_root, tmp_path / "a" / "diode")
    megadepth.write(tmp_path / "b", count=1)
    found = {each.source: each for each in examine(tmp_path).found}

    assert set(found) == {"diode", "megadepth"}
    assert found["diode"].root == str(tmp_path / "a" / "diode")
    assert found["megadepth"].root == str(tmp_path / "b" / megadepth.TOP)
    for each in found.values():
        assert not each.problem
        assert f"--source {each.root}" in each.recipes[0].command


def test_a_dataset_among_much_else_is_found_in_its_own_folder(diode_root, tmp_path):
    for number in range(30):
        put(tmp_path / "photos" / f"{number}.txt", b"a text")
    shutil.copytree(diode_root, tmp_path / "somewhere")
    (found,) = examine(tmp_path).found

    assert found.root == str(tmp_path / "somewhere")


@pytest.mark.parametrize("deep", ["train", "train/outdoor", "val/indoors"])
def test_a_part_of_a_dataset_is_told_by_the_folders_above_it(diode_root, deep):
    report = examine(diode_root / deep)

    assert report.kind == "dataset"
    assert report.facts["inside"] == (
        f"DIODE: A Dense Indoor and Outdoor DEpth Dataset, which starts at {diode_root.resolve()}"
    )
    assert report.advice == (f"vtencode doctor {diode_root.resolve()}",)


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("alone", [True, False])
def test_an_archive_is_read_where_it_lies(diode_root, tmp_path, kind, alone):
    path = tmp_path / f"val.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for each in sorted(diode_root.rglob("*.*")):
                archive.write(each, each.relative_to(diode_root))
    else:
        with tarfile.open(path, "w") as archive:
            archive.add(diode_root / "train", "train")
            archive.add(diode_root / "val", "val")
    (found,) = examine(path if alone else tmp_path).found

    assert (found.source, found.problem) == ("diode", "")
    assert found.frames == {"train": 1, "val": 1}


def test_packed_archives_are_named_with_the_command_that_extracts_them(tmp_path):
    put(tmp_path / "val_normals.tar.gz", b"\x1f\x8b")
    for path in (tmp_path, tmp_path / "val_normals.tar.gz"):
        report = examine(path)

        assert report.kind == "dataset"
        assert report.facts == {
            "val_normals.tar.gz": "DIODE: A Dense Indoor and Outdoor DEpth Dataset"
        }
        assert report.advice == (f"tar -xf {tmp_path}/val_normals.tar.gz -C {tmp_path}",)


def test_what_is_still_packed_beside_a_dataset_is_told_first(diode_copy):
    put(diode_copy / "val_normals.tar.gz", b"\x1f\x8b")
    report = examine(diode_copy)

    assert report.facts == {"packed": "val_normals.tar.gz"}
    assert report.advice[0] == f"tar -xf {diode_copy}/val_normals.tar.gz -C {diode_copy}"
    assert report.advice[1].startswith("vtencode build diode-depth")


def test_an_archive_of_nobodys_is_unknown_and_one_that_is_cut_is_told(tmp_path):
    put(tmp_path / "stuff.tar.gz", b"\x1f\x8b")
    put(tmp_path / "half.zip", b"PK\x03\x04")
    report = examine(tmp_path)

    assert not report.recognized
    assert report.facts["stuff.tar.gz"] == "no archive that is known by its name"
    assert "half.zip must be a whole archive" in report.facts["broken"]


def test_a_dataset_that_its_reader_refuses_speaks_through_its_reader(tmp_path):
    put(tmp_path / "nyu2_train" / "x" / "sync_depth_00001.png", b"")
    (found,) = examine(tmp_path).found

    assert found.source == "nyu-depth-v2"
    assert "DenseDepth's nyu_data.zip" in found.problem
    assert found.recipes == ()


def test_a_damaged_frame_is_told_and_the_rest_is_described(diode_copy):
    for path in diode_copy.rglob("*_depth.npy"):
        path.write_bytes(b"")
    (found,) = examine(diode_copy).found

    assert found.frames == {"train": 1, "val": 1}
    assert "must be a whole .npy" in found.first["depth"]
    assert found.first["normals"].endswith("% known")


def test_a_look_at_a_large_folder_ends_and_says_so(diode_root):
    report = examine(diode_root, most=3)

    assert report.cut
    assert report.files == 3
    assert [each.source for each in report.found] == ["diode"]
    assert not examine(diode_root).cut


def test_a_built_dataset_is_told_to_be_one(tmp_path):
    vt.build(
        "scenes",
        out=tmp_path,
        workers=1,
        overrides=[
            "source.count=1",
            "source.height=48",
            "source.width=64",
            "tasks=[{task: depth}]",
        ],
    )
    report = examine(tmp_path)

    assert report.kind == "built"
    assert report.facts["dataset"].startswith("scenes, built by vtencode: 1 pairs in 1 shards")
    assert report.advice[0] == f"vtencode verify {tmp_path}"


def test_an_unfinished_build_is_told_to_be_one(tmp_path):
    put(tmp_path / ".vtencode" / "plan.json", b"{}")
    report = examine(tmp_path)

    assert report.kind == "built"
    assert "unfinished build" in report.facts["problem"]


def test_what_nobody_knows_is_described_by_its_kinds_of_files(tmp_path, room):
    for number in range(3):
        put(tmp_path / f"rgb/{number:04d}.png", write_png(room.rgb))
        put(tmp_path / f"far/{number:04d}.npy", write_npy(room.depth_z))
    put(tmp_path / "notes.txt", b"hello\n")
    report = examine(tmp_path)

    assert not report.recognized
    assert report.facts["holds"] == "3 .npy, 3 .png, 1 .txt"
    assert "depth in meters" in report.facts["far/0000.npy"]
    assert "hello" in report.facts["notes.txt"]
    assert report.advice == (f"vtencode init --from {tmp_path} --out mine.yaml",)


def test_an_empty_folder_is_unknown_and_a_path_without_anything_is_an_error(tmp_path):
    assert examine(tmp_path).facts["holds"] == "no files"
    with pytest.raises(SourceError, match="nothing is there"):
        examine(tmp_path / "nowhere")


def test_a_plug_in_that_cannot_be_imported_is_passed_over(monkeypatch):
    broken = {"broken": "vtencode_no_such_module:Source", "odd": "vtencode.errors:NoSuchName"}
    table = {**REGISTRIES["source"].builtins, **broken}
    monkeypatch.setitem(REGISTRIES, "source", Registry("source", table))
    known = candidates(["train/indoors/scene_00000/scan_00000/00000_00000_indoors_000_000.png"])

    assert [each.reader.name for each in known] == ["diode"]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("x/sync/room_0001/sync_depth_00000.png", "nyu-depth-v2"),
        ("nyu_depth_v2_labeled.mat", "nyu-depth-v2"),
        ("train/room_0001/00001.h5", "nyu-depth-v2"),
        ("0000/dense0/depths/17.h5", "megadepth"),
        ("5c1f33f1d33e1f2e4aa6dda4/cams/00000000_cam.txt", "blendedmvs"),
    ],
)
def test_a_single_name_tells_its_dataset(path, source):
    assert [each.reader.name for each in candidates([path])] == [source]


@pytest.mark.parametrize("path", ["rgb_00001.jpg", "00001.h5", "a/b.png", "depth.npy"])
def test_names_that_anybody_may_use_tell_none(path):
    assert candidates([path]) == []


DEPTHS = {
    "/ 1000": lambda z: ScaledDepth(per_meter=1000).write(z),
    "/ 5000": lambda z: 5 * ScaledDepth(per_meter=1000).write(z),
    "/ 512": lambda z: ScaledDepth(per_meter=512, unknown=65535).write(z),
    "* 50": lambda z: ScaledDepth(per_meter=65535 / 50).write(z),
    "bits rotated": lambda z: ScaledDepth(per_meter=1000).write(z) << 3,
    "bytes exchanged": lambda z: (
        np.where(z.valid, np.round(1092.5 - 351.3 / z.meters), 2047).astype(np.uint16).byteswap()
    ),
}


def some_unknown(z, meters=1.0):
    values = meters * z.copy()
    values[:20] = np.nan
    return DepthMap(values)


@pytest.mark.parametrize("name", DEPTHS)
def test_the_scale_that_numbers_were_written_with_is_among_the_first(room, name):
    values = DEPTHS[name](some_unknown(room.depth_z))
    told = readings(values)
    rank = next(n for n, each in enumerate(told) if name in each.scale.name)
    median = float(np.median(room.depth_z[20:]))

    assert told[rank].median_m == pytest.approx(median, rel=0.02)
    assert told[rank].typical
    assert rank == 0 or name == "* 50"
    assert bool(told[rank].clue) == (name not in ("/ 1000", "* 50"))


@pytest.mark.parametrize(("name", "scale"), [("/ 256", 256), ("/ 100", 100)])
def test_scales_of_streets_are_among_those_of_streets(name, scale):
    street = scene(0, 1, height=120, width=160, camera=CAMERA, sky=True)
    values = ScaledDepth(per_meter=scale).write(DepthMap(street.depth_z))
    values[np.random.default_rng(0).random(values.shape) < 0.8] = 0
    told = [each.scale.name for each in readings(values)]

    assert any(one.startswith(name) for one in told)
    if name == "/ 256":
        assert told[0].startswith(name)


def test_scales_that_give_no_room_and_no_street_are_left_out(room):
    told = readings(ScaledDepth(per_meter=1000).write(some_unknown(room.depth_z)))

    assert {each.scale.name for each in told} < {scale.name for scale in SCALES}
    assert all(0.3 <= each.median_m <= 80 for each in told)
    assert readings(np.zeros((20, 20), np.uint16)) == []


def test_a_16_bit_png_is_described_with_evidence_and_not_proof(tmp_path, room):
    values = ScaledDepth(per_meter=1000).write(some_unknown(room.depth_z))
    report = examine(put(tmp_path / "x.png", write_png_gray(values)))

    assert report.kind == "file"
    assert report.facts["file"] == "a PNG, 16-bit gray 160x120"
    assert f"{values.min()} to {values.max()}" in report.facts["pixels"]
    assert f"{(values == 0).mean():.0%} are 0" in report.facts["pixels"]
    told = report.facts["pixels may be"].splitlines()
    assert told[0] == (
        "depth (evidence, not proof: the file does not say its scale), the likeliest first:"
    )
    assert told[1].startswith("  1. / 1000, millimeters")


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("m.npy", write_npy, ("a NumPy array", "depth in meters")),
        ("mm.npy", lambda z: write_npy(z * 1000), ("a NumPy array", "depth in millimeters")),
        ("inv.npy", lambda z: write_npy(0.1 / z), ("a NumPy array", "up to scale, disparity")),
        ("d.pfm", write_pfm, ("a PFM", "depth in meters")),
        ("labels.png", lambda z: write_png_gray(z.astype(np.uint8)), ("8-bit gray", "classes")),
        (
            "d.png",
            lambda z: write_png_gray((z * 25.5).astype(np.uint8)),
            ("8-bit gray", "DenseDepth"),
        ),
        ("d.mat", lambda z: write_mat5({"depth": z}), ("a MATLAB 5 file", "depth in meters")),
    ],
)
def test_files_are_told_by_their_bytes_whatever_their_names(tmp_path, room, name, data, told):
    for path in (tmp_path / name, tmp_path / "renamed.bin"):
        facts = facts_of_file(put(path, data(room.depth_z)))

        assert told[0] in facts["file"]
        assert told[1] in "\n".join(text for key, text in facts.items() if key.endswith("may be"))


def test_arrays_of_an_hdf5_file_are_listed_and_looked_into(tmp_path, room):
    path = tmp_path / "frame.h5"
    with h5py.File(path, "w") as file:
        file["depth"] = room.depth_z
        file["labels"] = room.semantic
        file["name"] = "a room"
    facts = facts_of_file(path)

    assert facts["file"] == "an HDF5 file: depth float32 (120, 160); labels uint16 (120, 160)"
    assert "depth in meters" in facts["depth may be"]
    assert "classes or objects" in facts["labels may be"]


def test_a_depth_that_is_named_as_a_photograph_is_told(tmp_path, room):
    path = put(tmp_path / "DSC_0219.JPG", room.depth_z.astype("<f4").tobytes())
    facts = facts_of_file(path)

    assert facts["file"] == f"{room.depth_z.size} floats without a header"
    assert "ETH3D" in facts["note"]


def test_a_picture_is_no_depth_and_no_normals(tmp_path, room):
    buffer = io.BytesIO()
    Image.fromarray(room.rgb).save(buffer, "JPEG")
    for name, data in (("x.png", write_png(room.rgb)), ("x.jpg", buffer.getvalue())):
        report = examine(put(tmp_path / name, data))

        assert report.kind == "file"
        assert not [key for key in report.facts if key.endswith("may be")]


def test_a_code_of_vtencode_is_told_to_be_one(tmp_path, room):
    codec = vt.codec("depth")
    code = codec.encode(DepthMap(room.depth_z))
    report = examine(put(tmp_path / "code.png", painted(code, codec)))

    assert report.facts["codec"] == "depth"
    assert report.advice == (f"vtencode decode {tmp_path}/code.png",)


@pytest.mark.parametrize(
    "data",
    [b"\x89PNG\r\n\x1a\n", b"\x93NUMPY", b"Pf\n", b"\x89HDF\r\n\x1a\n", b"P5\n9 9\n255\n", b"PIEH"],
)
def test_damaged_files_are_told_to_be_so(tmp_path, data):
    report = examine(put(tmp_path / "x", data))

    assert "damaged" in report.facts["file"]
    assert report.facts["note"]
    assert not report.recognized


@pytest.mark.parametrize("data", [b"", b"\0\1\2\3\4", b"some words\nmore"])
def test_files_of_nothing_that_is_known_are_not_recognized(tmp_path, data):
    assert not examine(put(tmp_path / "x.dat", data)).recognized


@pytest.mark.parametrize("frame", ["opencv", "dsine", "nyu-eigen"])
@pytest.mark.parametrize("bits", [8, 16, 32])
def test_the_axes_of_normals_are_told_by_the_depth_beside_them(tmp_path, room, frame, bits):
    vectors = to_frame(NormalMap(room.normals), frame)
    if bits == 32:
        put(tmp_path / "0001_normal.npy", write_npy(vectors))
    elif bits == 8:
        colors = np.floor((vectors + 1) * 127.5 + 0.5).astype(np.uint8)
        put(tmp_path / "0001_normal.png", write_png(colors))
    else:
        from vtencode.formats.rgb16 import write_rgb16

        levels = np.floor((vectors.astype(float) + 1) * 32767.5 + 0.5).astype(np.uint16)
        put(tmp_path / "0001_normal.png", write_rgb16(levels))
    put(tmp_path / "0001_depth.npy", write_npy(room.depth_z * 17))
    put(tmp_path / "0002_depth.npy", write_npy(room.depth_z[::-1].copy()))
    matrix = np.array([[CAMERA.fx, 0, CAMERA.cx], [0, CAMERA.fy, CAMERA.cy], [0, 0, 1]])
    for whose in ("a lens of 60 degrees", "0001_intrins.npy"):
        if whose.endswith("npy"):
            put(tmp_path / whose, write_npy(matrix))
        (path,) = tmp_path.glob("0001_normal.*")
        facts = examine(path).facts
        told = next(text for key, text in facts.items() if key.endswith("may be"))

        assert told.startswith("surface normals (evidence, not proof: the file does not say their")
        assert f"by 0001_depth.npy beside it, and {whose}: " in told
        assert frame in told.partition("(")[2]
        assert told.endswith("sure.")
        assert "not sure" not in told


def test_flat_regions_are_no_normals_even_in_colors_that_are_directions():
    colors = np.zeros((40, 40, 3), np.uint8)
    colors[:20], colors[20:] = (0, 128, 128), (128, 255, 128)

    assert not are_directions(colors)
    assert not are_directions(np.zeros((40, 40), np.uint8))
    assert not are_directions(np.zeros((0, 40, 3), np.uint8))


def test_a_file_in_a_dataset_is_told_by_its_path(diode_root):
    path = next((diode_root / "train").rglob("*_depth.npy"))
    report = examine(path)

    assert report.facts["of"] == "DIODE: A Dense Indoor and Outdoor DEpth Dataset, by its path"
    assert report.advice == (f"vtencode doctor {diode_root.resolve()}",)


def test_a_report_is_json(diode_root):
    told = json.loads(json.dumps(examine(diode_root).to_json()))

    assert told["recognized"] is True
    assert told["found"][0]["source"] == "diode"
    assert told["found"][0]["recipes"][0]["command"].startswith("vtencode build")


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("open3d/RGBD/other_formats/NYU_depth.pgm", "Kinect steps, bytes exchanged"),
        ("open3d/RGBD/other_formats/SUN_depth.png", "millimeters, bits rotated by 3"),
        ("open3d/RGBD/other_formats/TUM_depth.png", "/ 5000"),
        ("omnidata/taskonomy/point_202_view_5_domain_depth_zbuffer.png", "/ 512"),
        ("kitti/Metric3D/kitti_demo/depth/0000000005.png", "/ 256"),
        ("nyu/bts/sync/demo_0001/sync_depth_00000.png", "/ 1000"),
        ("open3d/RGBD/depth/00000.png", "/ 1000"),
        (
            "sunrgbd/sunrgbd-toy/images/img_0063/depth/img_0063_abs.png",
            "millimeters, bits rotated by 3",
        ),
    ],
)
def test_the_scale_of_real_files_is_the_likeliest(samples, path, first):
    facts = examine(samples / path).facts

    assert f"  1. {first}" in facts["pixels may be"]


def test_the_axes_of_a_real_file_are_those_of_its_authors(samples):
    facts = examine(samples / "normals/DSINE_example/000000_normal.png").facts

    assert "left up backward (vision-banana, dsine" in facts["pixels may be"]
    assert "and 000000_intrins.npy" in facts["pixels may be"]


def test_single_real_files_are_told_with_their_ranges(samples):
    hypersim = samples / "hypersim/ai_037_002/images/scene_cam_00_geometry_hdf5"
    facts = examine(hypersim / "frame.0000.depth_meters.hdf5").facts
    tartan = examine(samples / "tartanair/depth_left/000000_left_depth.npy").facts

    assert "2.96094 to 13.2344" in facts["dataset"]
    assert "Hypersim" in facts["of"]
    assert "0.163818 to 7.82031" in tartan["array"]
    assert "median 0.371 m" in tartan["array may be"]
