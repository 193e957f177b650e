"""BlendedMVS: the miniature reads back as its scenes up to scale, and traps are read rightly."""

from __future__ import annotations

import io
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.errors import RecipeError, SampleError, SourceError
from vtencode.formats.pfm import read_pfm, write_pfm
from vtencode.miniatures.blendedmvs import CAMERA, HEIGHT, HOLE, SCALE, WIDTH, write
from vtencode.miniatures.scenes import scene
from vtencode.sources.blendedmvs import VALIDATION, BlendedMvs
from vtencode.targets import RelativeDepthMap


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("blendedmvs"), count=1)


def truth(*, test):
    """The scene that the only frame of a split shows: of two, the first is for validation."""
    index = int(not test)
    return scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 2 == 1)


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "blendedmvs")


def test_the_miniature_reads_back_as_its_scenes_up_to_one_factor_a_scene(root):
    source = BlendedMvs(root=root, split="all")
    found = rows(source)

    assert sorted(row["split"] for row in found) == ["train", "val"]
    for row in found:
        test = row["split"] == "val"
        expected, depth = truth(test=test), source.load(row).targets["depth"]
        known = np.isfinite(expected.depth_z)
        known[HOLE] = False
        assert type(depth) is RelativeDepthMap
        assert np.array_equal(depth.valid, known)
        assert np.array_equal(depth.meters[known], expected.depth_z[known] * SCALE[test])
        assert (depth.measure, depth.camera) == ("z", CAMERA)


def test_pictures_pass_through_and_are_those_of_the_scene(root):
    (row,) = rows(BlendedMvs(root=root))
    sample = BlendedMvs(root=root).load(row)

    assert sample.picture.data == (root / row["file"]).read_bytes()
    assert np.abs(sample.picture.rgb.astype(int) - truth(test=False).rgb).mean() < 3
    assert row["file"].endswith("/blended_images/00000000.jpg")


def test_masked_pictures_are_left_alone(root):
    names = [row["file"] for row in rows(BlendedMvs(root=root, split="all"))]

    assert len(list(root.rglob("*.jpg"))) == 2 * len(names)
    assert not [name for name in names if "masked" in name]
    assert not [name for name, _ in BlendedMvs(root=root).files() if "masked" in name]


def test_the_scenes_of_the_authors_list_are_for_validation(root):
    split = {row["scene"]: row["split"] for row in rows(BlendedMvs(root=root, split="all"))}

    assert len(VALIDATION) == 7
    assert split == {"5c1f33f1d33e1f2e4aa6dda4": "train", "5b7a3890fc8fcf6781e2593a": "val"}


def test_the_files_are_read_as_a_plain_reading_of_their_bytes_says(root):
    (row,) = rows(BlendedMvs(root=root))
    depth = BlendedMvs(root=root).load(row).targets["depth"]
    data = (root / row["depth"]).read_bytes()
    plain = np.frombuffer(data[-4 * HEIGHT * WIDTH :], "<f4").reshape(HEIGHT, WIDTH)[::-1]
    numbers = (root / row["camera"]).read_text().split()

    assert np.array_equal(np.nan_to_num(depth.meters), plain)
    assert [depth.camera.fx, depth.camera.cx] == [float(n) for n in (numbers[18], numbers[20])]
    assert [depth.camera.fy, depth.camera.cy] == [float(n) for n in (numbers[22], numbers[23])]


@pytest.mark.parametrize(
    "text",
    [
        "extrinsic\n{e}\n\nintrinsic\n9.5 0 3.25\n0 8.5 2.5\n0 0 1\n\n0.5 0.01\n",
        "extrinsic\n{e}\nintrinsic\n9.5 0.0 3.25\n0.0 8.5 2.5\n0.0 0.0 1.0\n0.5 0.01 128 1.77\n",
        "extrinsic {e} intrinsic 9.5 0 3.25 0 8.5 2.5 0 0 1",
    ],
)
def test_camera_files_are_read_with_any_range_of_depth(place, text):
    (row,) = rows(BlendedMvs(root=place))
    (place / row["camera"]).write_text(text.format(e="1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1"))
    camera = BlendedMvs(root=place).load(row).targets["depth"].camera

    assert camera == vt.Camera(fx=9.5, fy=8.5, cx=3.25, cy=2.5)


@pytest.mark.parametrize("text", ["", "intrinsic 1 0 0 0 1 0 0 0 1", "extrinsic 1 2 3", "%" * 99])
def test_a_damaged_camera_file_is_a_reject(place, text):
    (row,) = rows(BlendedMvs(root=place))
    (place / row["camera"]).write_text(text)

    with pytest.raises(SampleError, match=r"_cam\.txt: camera: must hold 'extrinsic'.*DECODE"):
        _ = BlendedMvs(root=place).load(row).targets["depth"]


def test_without_a_camera_file_depth_has_no_camera(place):
    (row,) = rows(BlendedMvs(root=place))
    (place / row["camera"]).unlink()
    source = BlendedMvs(root=place)

    assert source.load(rows(source)[0]).targets["depth"].camera is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: data[:-3], "DECODE"),
        (lambda data: write_pfm(read_pfm(data)[:-1]), "SHAPE"),
        (lambda data: write_pfm(np.repeat(read_pfm(data)[..., None], 3, axis=2)), "MODE"),
        (lambda data: write_pfm(-read_pfm(data)), "RANGE"),
    ],
)
def test_depth_that_is_not_the_published_form_is_a_reject(place, change, code):
    (row,) = rows(BlendedMvs(root=place))
    path = place / row["depth"]
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(SampleError) as error:
        _ = BlendedMvs(root=place).load(row).targets["depth"]
    assert error.value.args[0] == code


def test_a_picture_without_depth_is_no_frame_with_depth(place):
    for path in place.rglob("*.pfm"):
        path.unlink()

    assert BlendedMvs(root=place).available() == {}
    with pytest.raises(SourceError, match="must have the target 'depth'"):
        BlendedMvs(root=place).require(["depth"])


def test_a_frame_that_shows_nothing_of_its_mesh_is_a_reject(place, tmp_path):
    (row,) = rows(BlendedMvs(root=place))
    path = place / row["depth"]
    path.write_bytes(write_pfm(np.zeros((HEIGHT, WIDTH), np.float32)))
    depth = BlendedMvs(root=place).load(row).targets["depth"]

    assert not depth.valid.any()
    with pytest.raises(SourceError, match="no pixel has a known depth"):
        vt.build("blendedmvs-depth", source=place, out=tmp_path / "out", workers=1)


def test_the_archive_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "BlendedMVS.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, f"BlendedMVS/{path.relative_to(root)}")
    loose, packed = BlendedMvs(root=root), BlendedMvs(root=tmp_path / "BlendedMVS.zip")

    keys = [(row["key"], row["image_id"]) for row in rows(loose)]
    assert keys == [(row["key"], row["image_id"]) for row in rows(packed)]
    one, other = loose.load(rows(loose)[0]), packed.load(rows(packed)[0])
    assert one.picture.data == other.picture.data
    assert np.array_equal(one.targets["depth"].state, other.targets["depth"].state)


def test_the_other_resolution_is_read_alike_with_its_own_camera(root, tmp_path):
    """2048x1536 nested as people have it; the picture is a larger one of the same scene."""
    (row,) = rows(BlendedMvs(root=root))
    folder = tmp_path / "dataset_full_res_0-29" / row["scene"] / row["scene"]
    source = root / row["scene"]
    shutil.copytree(source, folder)
    with Image.open(source / "blended_images/00000000.jpg") as image:
        image.resize((2048, 1536)).save(folder / "blended_images/00000000.jpg")
    depth = read_pfm((source / "rendered_depth_maps/00000000.pfm").read_bytes())
    large = np.asarray(Image.fromarray(depth).resize((2048, 1536), Image.Resampling.NEAREST))
    (folder / "rendered_depth_maps/00000000.pfm").write_bytes(write_pfm(large))
    high = BlendedMvs(root=tmp_path)

    assert [each["image_id"] for each in rows(high)] == [row["image_id"]]
    assert high.load(rows(high)[0]).targets["depth"].shape == (1536, 2048)


def test_a_scene_in_both_resolutions_is_refused_by_name(root, tmp_path):
    for form in ("low", "high"):
        shutil.copytree(root, tmp_path / form)

    with pytest.raises(SourceError, match=r"twice, in high/.* and low/.*resolution that you mean"):
        BlendedMvs(root=tmp_path).index()


@pytest.mark.slow
def test_the_miniature_of_the_high_resolution_is_the_low_one_seen_finely(tmp_path):
    source = BlendedMvs(root=write(tmp_path, count=1, form="high-res"))
    depth = source.load(rows(source)[0]).targets["depth"]

    assert depth.shape == (1536, 2048)
    assert depth.camera.fx == pytest.approx(CAMERA.fx * 8 / 3)


@pytest.mark.parametrize("task", ["depth", "relative-depth"])
def test_metric_depth_may_not_be_asked_of_depth_up_to_scale(tmp_path, task):
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(f"name: mine\nsource: {{name: blendedmvs}}\ntasks:\n  - task: {task}\n")

    if task == "relative-depth":
        assert vt.load_recipe(recipe).tasks[0].task == task
        return
    with pytest.raises(RecipeError, match=r"line 4 .*up to scale only: ask for relative-depth"):
        vt.load_recipe(recipe)


def test_pictures_that_are_damaged_are_rejects(place):
    (row,) = rows(BlendedMvs(root=place))
    path = place / row["file"]
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        image.convert("L").save(path)

    with pytest.raises(SampleError, match=r"00000000\.jpg: image: .*DECODE"):
        BlendedMvs(root=place).load(row)
