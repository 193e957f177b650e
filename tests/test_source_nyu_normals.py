"""NYU's normals of Eigen and Fergus: permuted axes, truncated bytes, gray where there is none."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth, same_normals
from trees import write_labeled

import vtencode as vt
from vtencode.errors import SampleError, SourceError
from vtencode.frame_check import check_frame
from vtencode.frames import from_frame
from vtencode.geometry import unit
from vtencode.miniatures.nyu_depth_v2 import CAMERA, HEIGHT, WIDTH
from vtencode.miniatures.nyu_normals import INSIDE, MASKED, seen, write
from vtencode.miniatures.scenes import scene
from vtencode.png import read_png, write_png, write_png_gray
from vtencode.sources.nyu_depth_v2 import labeled
from vtencode.sources.nyu_depth_v2.labeled import PUBLISHED
from vtencode.sources.nyu_normals import NyuNormals
from vtencode.sphere import CELL_DEG
from vtencode.targets import DepthMap

SAMPLE = "nyu/multi-task-refinenet/ExpNYUD_three"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("normals"), count=1)


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "nyu")


def truth(index: int):
    return scene(0, index, height=HEIGHT, width=WIDTH, camera=CAMERA)


def test_the_miniature_reads_back_as_its_scenes(root):
    source = NyuNormals(root=root, split="all")
    found = rows(source)

    assert [(row["key"], row["split"]) for row in found] == [
        ("nyu-0001", "test"), ("nyu-0002", "train"),
    ]  # fmt: skip
    for index, row in enumerate(found):
        expected, sample = truth(index), source.load(row)
        assert row["normals"] == f"normals_gt/normals/{index:04d}.png"
        same_normals(sample.targets["normals"], seen(expected).xyz, within_deg=CELL_DEG + 1e-3)
        same_depth(sample.targets["depth"], expected.depth_z)
        assert np.array_equal(sample.picture.rgb[8:-8, 8:-8], expected.rgb[8:-8, 8:-8])


def test_the_axes_in_the_files_are_right_forward_up(root):
    (row,) = rows(NyuNormals(root=root))
    colors = read_png((root / row["normals"]).read_bytes()).astype(int)
    xyz = NyuNormals(root=root).load(row).targets["normals"].xyz

    red, green, blue = (colors[..., at] > 220 for at in range(3))
    known = xyz.any(axis=2)
    assert (xyz[red & known][:, 0] > 0).all()
    assert (xyz[blue & known][:, 1] > 0.7).mean() == 1
    assert (blue & known).sum() > 1000  # the floor
    assert not (green & known).any()  # nothing that is seen faces ahead
    assert (colors[..., 1] < 20).any()


def test_gray_and_what_the_mask_leaves_out_is_unknown(root, place):
    (row,) = rows(NyuNormals(root=place))
    masked = NyuNormals(root=place).load(row).targets["normals"].valid
    shutil.rmtree(place / "normals_gt" / "masks")
    (bare,) = rows(NyuNormals(root=place))
    plain = NyuNormals(root=place).load(bare).targets["normals"].valid

    outside = np.ones(masked.shape, dtype=bool)
    outside[INSIDE] = False
    assert bare["mask"] == ""
    assert np.array_equal(plain, ~outside)
    assert not masked[MASKED].any()
    assert (plain & ~masked).sum() == masked[MASKED].size


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_a_mask_may_be_any_gray_png(root, place, mode):
    (row,) = rows(NyuNormals(root=place))
    before = NyuNormals(root=place).load(row).targets["normals"].valid
    mask = Image.open(place / row["mask"]).point(lambda v: v and (1 if mode == "P" else 255))
    buffer = io.BytesIO()
    mask.convert(mode).save(buffer, "PNG")
    (place / row["mask"]).write_bytes(buffer.getvalue())

    assert np.array_equal(NyuNormals(root=place).load(row).targets["normals"].valid, before)


def test_files_count_from_0_and_the_split_from_1(root, place):
    (place / "normals_gt" / "normals" / "0000.png").unlink()
    found = rows(NyuNormals(root=place, split="all"))

    assert [row["normals"] for row in found] == ["", "normals_gt/normals/0001.png"]
    assert [row["frame"] for row in found] == [0, 1]
    targets = NyuNormals(root=place).load(found[0]).targets
    assert targets["depth"].valid.all()
    with pytest.raises(SampleError, match=r"normals: this frame has no such file \[MISSING\]"):
        _ = targets["normals"]


def test_ids_are_those_of_the_labeled_set_whose_split_must_be_told(tmp_path):
    colors = np.zeros((PUBLISHED, 4, 4, 3), np.uint8)
    write_labeled(tmp_path, colors, depths=np.ones((PUBLISHED, 4, 4), np.float32))
    (tmp_path / "normals_gt" / "normals").mkdir(parents=True)
    (tmp_path / "normals_gt" / "normals" / "1448.png").write_bytes(b"")

    last = rows(NyuNormals(root=tmp_path, split="all"))[-1]
    assert (last["image_id"], last["normals"][-8:]) == ("nyu-depth-v2/1449", "1448.png")
    with pytest.raises(SourceError, match=r"splits\.mat must say which of the 1449"):
        NyuNormals(root=tmp_path).index()


# What a build makes of it.


def test_wrong_axes_are_found_before_a_build_by_the_depth_beside_them(place, tmp_path):
    for path in (place / "normals_gt" / "normals").iterdir():
        colors = read_png(path.read_bytes()).copy()
        colors[..., 0] = 254 - colors[..., 0]  # left, which faces the camera as well
        path.write_bytes(write_png(colors))

    with pytest.raises(
        SourceError, match=r"must be right up backward once read, and the depth says: left up"
    ):
        vt.build("nyu-normals", source=place, out=tmp_path / "out", workers=1)


def test_painting_what_was_read_gives_the_file_s_bytes_but_for_two_in_a_hundred(samples):
    """Of 2 % of directions the middle of the color's cell leads out of the cell."""
    colors = np.asarray(Image.open(samples / SAMPLE / "norm_gt_000433.png"))
    normals = from_frame(unit((2 * colors.astype(np.float32) - 254) / 255), "nyu-eigen")
    painted = vt.codec("normals", "nyu-eigen").encode(normals).rgb

    off = np.abs(painted.astype(int) - colors).max(axis=2)
    assert off.max() == 1
    assert (off[normals.valid] == 0).mean() == pytest.approx(0.980, abs=0.002)
    assert (off[~normals.valid] == 0).all()


# The real frame that there is.


@pytest.fixture
def real(samples, tmp_path):
    """The real frame as the only one of a labeled set, and what its files hold by Pillow."""
    color, colors, depth = (
        np.asarray(Image.open(samples / SAMPLE / f"{kind}000433.png"))
        for kind in ("", "norm_gt_", "depth_gt_")
    )
    meters = (depth / 5000).astype(np.float32)  # DrSleep's scale; 0 is unknown
    write_labeled(tmp_path, [color], depths=[meters])
    folder = tmp_path / "normals_gt" / "normals"
    folder.mkdir(parents=True)
    shutil.copy(samples / SAMPLE / "norm_gt_000433.png", folder / "0000.png")
    return tmp_path, color, colors, meters


def test_the_real_frame_is_read_as_its_format_says(real):
    root, color, colors, meters = real
    source = NyuNormals(root=root)
    (row,) = rows(source)
    sample = source.load(row)
    normals = sample.targets["normals"]

    middles = (2 * colors.astype(np.float64) - 254) / 255
    length = np.linalg.norm(middles, axis=2)
    known = (colors != 127).any(axis=2)
    right, forward, up = np.moveaxis(middles / np.where(known, length, 1)[..., None], 2, 0)
    expected = np.stack([right, up, -forward], axis=2)

    assert np.array_equal(sample.picture.rgb, color)
    assert np.array_equal(normals.valid, known)
    assert known.mean() == pytest.approx(0.7794, abs=1e-3)
    assert np.abs(normals.xyz - expected)[known].max() < 1e-6
    assert np.nan_to_num(sample.targets["depth"].meters).tobytes() == meters.tobytes()


def test_the_bytes_of_the_real_frame_were_truncated(real):
    colors = real[2].astype(np.float64)
    known = (colors != 127).any(axis=2)
    spread = {
        told: np.linalg.norm((2 * colors - shift) / 255, axis=2)[known].std()
        for told, shift in (("truncated", 254), ("rounded", 255))
    }

    assert spread["truncated"] == pytest.approx(0.0023, abs=1e-4)
    assert spread["rounded"] == pytest.approx(0.0039, abs=1e-4)


def test_the_depth_of_the_real_frame_names_the_axes_of_its_file(real):
    root, _, colors, meters = real
    source = NyuNormals(root=root)
    (row,) = rows(source)
    sample = source.load(row)
    stored = unit((2 * colors.astype(np.float32) - 254) / 255)
    depth = DepthMap(np.where(meters > 0, meters, np.nan).astype(np.float32), camera=CAMERA)

    raw, read = (check_frame(vectors, depth) for vectors in (stored, sample.targets["normals"].xyz))

    assert raw.names == ("nyu-eigen",)
    assert raw.sure
    assert read.axes == ("right", "up", "backward")
    assert read.match == pytest.approx(0.979, abs=0.002)


def test_the_real_frame_faces_the_camera(real):
    source = NyuNormals(root=real[0])
    (row,) = rows(source)
    normals = source.load(row).targets["normals"]

    assert (normals.xyz[..., 2][normals.valid] >= -0.5).mean() > 0.999


# What is refused.


@pytest.mark.parametrize(
    ("kind", "change", "code"),
    [
        ("normals", lambda data: data[: len(data) // 2], "DECODE"),
        ("normals", lambda _: write_png(np.zeros((4, 4, 3), np.uint8)), "SHAPE"),
        ("normals", lambda _: write_png_gray(np.zeros((HEIGHT, WIDTH), np.uint16)), "MODE"),
        ("mask", lambda _: write_png_gray(np.zeros((4, 4), np.uint8)), "SHAPE"),
        ("mask", lambda _: write_png(np.zeros((HEIGHT, WIDTH, 3), np.uint8)), "DECODE"),
        ("mask", lambda data: data[:-20], "DECODE"),
    ],
)
def test_files_that_are_not_the_published_ones_are_rejects(place, kind, change, code):
    (row,) = rows(NyuNormals(root=place))
    path = place / row[kind]
    path.write_bytes(change(path.read_bytes()))

    with pytest.raises(SampleError) as error:
        _ = NyuNormals(root=place).load(row).targets["normals"]
    assert error.value.args[:3] == (code, "normals", row[kind])


def test_normals_without_their_images_are_refused_with_the_remedy(place):
    (place / labeled.NAME).unlink()

    with pytest.raises(SourceError, match=r"labeled\.mat must hold the images .*beside normals_gt"):
        NyuNormals(root=place).index()


def test_images_without_normals_are_refused(place):
    shutil.rmtree(place / "normals_gt")
    (place / "normals_gt.tgz").write_bytes(b"\x1f\x8b")

    with pytest.raises(SourceError, match=r"must hold normals_gt/.*Extract normals_gt\.tgz first"):
        NyuNormals(root=place).index()


def test_the_root_may_lie_above_both(root, tmp_path):
    shutil.copytree(root, tmp_path / "data" / "nyu")
    above, inside = NyuNormals(root=tmp_path, split="all"), NyuNormals(root=root, split="all")

    assert [row["key"] for row in rows(above)] == [row["key"] for row in rows(inside)]
    assert [name for name, _ in above.files()] == [f"data/nyu/{name}" for name, _ in inside.files()]
    assert "splits.mat" in dict(inside.files())
