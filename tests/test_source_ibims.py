"""iBims-1: the miniature reads back as its scenes in both forms, and misreadings are rejects."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest
import scipy.io
from PIL import Image
from readers import rows, same_depth

import vtencode as vt
from vtencode.errors import SampleError, SourceError, SpecError
from vtencode.formats.mat_tree import read_mat_arrays, write_mat_tree
from vtencode.miniatures.ibims import (
    CAMERA,
    CLEAR,
    HEIGHT,
    HOLE,
    INVALID,
    WIDTH,
    masks,
    name_of,
    write,
)
from vtencode.miniatures.scenes import scene
from vtencode.png import write_png, write_png_gray
from vtencode.sources.ibims import Ibims

#: Half a step of 50 m / 65535.
STEP_M = 25 / 65535


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ibims"), count=2)


@pytest.fixture(scope="module")
def mat(tmp_path_factory):
    return write(tmp_path_factory.mktemp("ibims-mat"), count=1, form="mat")


@pytest.fixture(scope="module")
def truth():
    return [scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA) for index in range(2)]


@pytest.fixture
def copy(root, tmp_path):
    return shutil.copytree(root, tmp_path / "copy")


@pytest.fixture
def mat_copy(mat, tmp_path):
    return shutil.copytree(mat, tmp_path / "copy")


def known(found) -> np.ndarray:
    """Depth as the authors would compare it, NaN elsewhere."""
    meters = np.where(np.logical_and(*masks(found).values()), found.depth_z, np.nan)
    meters[HOLE] = np.nan
    return meters


def first(place) -> vt.Sample:
    source = Ibims(root=place)
    return source.load(next(row for row in rows(source) if row["scene"] == "livingroom"))


def test_the_miniature_reads_back_as_its_scenes(root, truth):
    source = Ibims(root=root)
    by_name = {row["image_id"]: row for row in rows(source)}

    assert set(by_name) == {"ibims-1/livingroom_01", "ibims-1/office_01"}
    assert {row["scene"] for row in by_name.values()} == {"livingroom", "office"}
    for index, expected in enumerate(truth):
        sample = source.load(by_name[f"ibims-1/{name_of(index)}"])
        depth = sample.targets["depth"]
        assert np.array_equal(sample.picture.rgb, expected.rgb)
        assert depth.measure == "z"
        same_depth(depth, known(expected), within=STEP_M + 1e-6)
        assert depth.camera.fx == CAMERA.fx != depth.camera.fy
        assert (depth.camera.cx, depth.camera.cy) == pytest.approx((CAMERA.cx, CAMERA.cy))


def test_the_mat_files_read_back_as_their_scenes_exactly(mat, truth):
    sample = first(mat)

    assert np.array_equal(sample.picture.rgb, truth[0].rgb)
    same_depth(sample.targets["depth"], known(truth[0]))
    assert sample.targets["depth"].camera == CAMERA


def test_both_forms_name_a_frame_alike_and_the_pngs_go_first(root, mat, tmp_path):
    shutil.copytree(mat, tmp_path / "both")
    shutil.copytree(root, tmp_path / "both", dirs_exist_ok=True)
    pngs, mats, both = (rows(Ibims(root=place)) for place in (root, mat, tmp_path / "both"))

    assert pngs[0]["key"] == mats[0]["key"] == "ibims-livingroom_01"
    assert pngs[0]["image_id"] == mats[0]["image_id"]
    assert both == pngs


def test_color_files_pass_through_with_their_hash_and_pixels_of_a_mat_have_none(root, mat):
    name = "ibims1_core_raw/rgb/livingroom_01.png"

    assert first(root).picture.data == (root / name).read_bytes()
    assert len(first(root).provenance["sha256"]) == 64
    assert "sha256" not in first(mat).provenance


def test_depth_is_as_a_plain_reader_has_it(root):
    folder = root / "ibims1_core_raw"
    planes = {}
    for kind in ("depth", "mask_invalid", "mask_transp"):
        with Image.open(folder / kind / "livingroom_01.png") as image:
            planes[kind] = np.asarray(image)
    meters = planes["depth"].astype(float) * 50 / 65535  # in uint16 the product wraps
    usable = (meters > 0) & (planes["mask_invalid"] > 0) & (planes["mask_transp"] > 0)

    same_depth(first(root).targets["depth"], np.where(usable, meters, np.nan), within=1e-6)
    assert planes["mask_invalid"].dtype == np.bool_
    assert 0.8 < usable.mean() < 0.98


def test_masks_hide_depth_that_is_there(root, truth):
    valid = first(root).targets["depth"].valid

    assert not valid[INVALID].any()
    assert not valid[CLEAR].any()
    assert not valid[HOLE].any()
    assert (truth[0].depth_z[INVALID] > 0).all()


def test_the_principal_point_counts_pixels_from_1_in_both_forms(root, mat):
    text = (root / "ibims1_core_raw/calib/livingroom_01.txt").read_text()
    found = scipy.io.loadmat(mat / "ibims1_core_mat/livingroom_01.mat")["data"]["calib"][0][0]

    told = [float(number) for number in text.split(",")]
    assert told == pytest.approx([found[0, 0], found[1, 1], found[2, 0], found[2, 1]])
    for place in (root, mat):
        camera = first(place).targets["depth"].camera
        assert camera.cx == pytest.approx(told[2] - 1)
        assert camera.cy == pytest.approx(told[3] - 1)


def test_masks_of_8_bits_are_read_as_those_of_1_bit(copy):
    expected = first(copy).targets["depth"].meters
    for kind in ("mask_invalid", "mask_transp"):
        path = copy / "ibims1_core_raw" / kind / "livingroom_01.png"
        with Image.open(path) as image:
            mask = np.asarray(image).astype(np.uint8) * 255
        path.write_bytes(write_png_gray(mask))

    assert np.array_equal(first(copy).targets["depth"].meters, expected, equal_nan=True)


def test_a_published_zip_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with zipfile.ZipFile(tmp_path / "ibims1_core_raw.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, path.relative_to(root))
    loose, packed = Ibims(root=root), Ibims(root=tmp_path)

    assert packed.index() == loose.index()
    assert packed.load(rows(packed)[0]).picture.data == loose.load(rows(loose)[0]).picture.data


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("depth", lambda a: write_png_gray((a >> 8).astype(np.uint8)), "MODE"),
        ("depth", lambda a: write_png_gray(a[:-1]), "SHAPE"),
        ("depth", lambda a: write_png_gray(a)[:-99], "DECODE"),
        ("mask_transp", lambda a: write_png_gray(a[:-1].astype(np.uint8)), "SHAPE"),
        ("mask_invalid", lambda a: write_png(np.stack([a * 255] * 3, 2).astype("u1")), "DECODE"),
    ],
)
def test_pngs_that_are_not_the_published_ones_are_rejects(copy, kind, change, code):
    path = copy / "ibims1_core_raw" / kind / "livingroom_01.png"
    with Image.open(path) as image:
        values = np.asarray(image)
    path.write_bytes(change(values))

    assert code_of(copy) == code


def code_of(place) -> str:
    with pytest.raises(SampleError) as error:
        _ = first(place).targets["depth"]
    return error.value.args[0]


@pytest.mark.parametrize("kind", ["depth", "mask_invalid", "mask_transp", "calib"])
def test_a_file_that_is_not_there_is_a_reject(copy, kind):
    for path in (copy / "ibims1_core_raw" / kind).iterdir():
        path.unlink()

    assert code_of(copy) == "MISSING"


@pytest.mark.parametrize(
    ("text", "code"),
    [(b"550.39,548.55,355.44", "DECODE"), (b"a,b,c,d", "DECODE"), (b"0,0,1,1", "RANGE")],
)
def test_a_calibration_that_cannot_be_is_a_reject(copy, text, code):
    (copy / "ibims1_core_raw/calib/livingroom_01.txt").write_bytes(text)

    assert code_of(copy) == code


def test_a_calibration_may_have_blanks_between_its_numbers(copy):
    (copy / "ibims1_core_raw/calib/livingroom_01.txt").write_bytes(b"550.39 548.55\n355.44 240.26 ")

    assert first(copy).targets["depth"].camera.cx == pytest.approx(CAMERA.cx)


@pytest.mark.parametrize(
    ("field", "change", "code"),
    [
        ("depth", lambda a: (a * 1000).astype(np.uint16), "MODE"),
        ("depth", lambda a: a[:-1], "SHAPE"),
        ("depth", lambda a: -a, "RANGE"),
        ("depth", None, "MISSING"),
        ("mask_transp", None, "MISSING"),
        ("mask_invalid", lambda a: a[:, :-1], "SHAPE"),
        ("calib", lambda a: a.T, "DECODE"),
        ("calib", lambda a: a[:2], "DECODE"),
        ("rgb", lambda a: a[..., 0], "MODE"),
        ("rgb", lambda a: a.astype(np.float64), "MODE"),
    ],
)
def test_fields_that_are_not_the_published_ones_are_rejects(mat_copy, field, change, code):
    path = mat_copy / "ibims1_core_mat/livingroom_01.mat"
    fields = read_mat_arrays(path.read_bytes(), "data")
    if change is None:
        del fields[field]
    else:
        fields[field] = change(fields[field])
    path.write_bytes(write_mat_tree({"data": fields}, compress=True))

    assert code_of(mat_copy) == code


def test_logical_masks_are_read_as_those_of_whole_numbers(mat_copy):
    path = mat_copy / "ibims1_core_mat/livingroom_01.mat"
    expected = first(mat_copy).targets["depth"].meters
    fields = read_mat_arrays(path.read_bytes(), "data")
    for name in ("mask_invalid", "mask_transp"):
        fields[name] = fields[name].astype(bool)
    path.write_bytes(write_mat_tree({"data": fields}))

    assert np.array_equal(first(mat_copy).targets["depth"].meters, expected, equal_nan=True)


def test_a_mat_of_scipy_is_read_as_one_of_ours(mat_copy):
    path = mat_copy / "ibims1_core_mat/livingroom_01.mat"
    expected = first(mat_copy)
    fields = read_mat_arrays(path.read_bytes(), "data")
    scipy.io.savemat(path, {"data": fields}, do_compression=True)
    found = first(mat_copy)

    assert np.array_equal(found.picture.rgb, expected.picture.rgb)
    same_depth(found.targets["depth"], expected.targets["depth"].meters)
    assert found.targets["depth"].camera == CAMERA


def test_a_damaged_mat_is_a_reject(mat_copy):
    path = mat_copy / "ibims1_core_mat/livingroom_01.mat"
    path.write_bytes(path.read_bytes()[:-1000])

    assert code_of(mat_copy) == "DECODE"


def test_there_is_nothing_to_train_with(root, tmp_path):
    with pytest.raises(SourceError, match="split 'train', and holds test"):
        Ibims(root=root, split="train").index()
    with pytest.raises(SourceError, match=r"must hold iBims-1.*not what is in them"):
        Ibims(root=root / "ibims1_core_raw").index()
    with pytest.raises(SpecError, match="count must be >= 1"):
        write(tmp_path, count=0)


@pytest.mark.parametrize("form", ["raw", "mat"])
def test_the_same_arguments_write_the_same_bytes(request, tmp_path, form):
    before = request.getfixturevalue({"raw": "root", "mat": "mat"}[form])
    again = write(tmp_path, count=2 if form == "raw" else 1, form=form)
    names = sorted(path.relative_to(before) for path in before.rglob("*") if path.is_file())

    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((before / name).read_bytes() == (again / name).read_bytes() for name in names)
