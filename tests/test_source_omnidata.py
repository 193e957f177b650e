"""Omnidata: the miniature reads back as its scenes, and real views as plain numpy reads them."""

from __future__ import annotations

import io
import json
import shutil
import tarfile

import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth, same_normals

import vtencode as vt
from vtencode.errors import CodeError, SampleError, SourceError, SpecError
from vtencode.formats.point_info import read_field_of_view, write_point_info
from vtencode.miniatures.omnidata import HOLE, SIZE, camera, field_of_view, write
from vtencode.miniatures.scenes import scene
from vtencode.png import read_png, read_png_gray16, write_png, write_png_gray
from vtencode.sources.omnidata import Omnidata

#: Half a step of 1/512 m, and of 8-bit coordinates (as an angle, with all three off).
STEP_M, STEP_DEG = 0.5 / 512, float(np.degrees(np.sqrt(3) / 255))
DOMAINS = ("rgb", "depth_zbuffer", "depth_euclidean", "normal", "mask_valid", "point_info")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("omnidata"), count=1)


@pytest.fixture
def copy(root, tmp_path):
    return shutil.copytree(root, tmp_path / "copy")


@pytest.fixture(scope="module")
def truth():
    """The scenes of the views to train and to test: of the two, the second trains."""
    return [
        scene(0, number, height=SIZE, width=SIZE, camera=camera(field_of_view(number)))
        for number in (1, 0)
    ]


def holed(values: np.ndarray, hole: float) -> np.ndarray:
    found = values.copy()
    found[HOLE] = hole
    return found


def one(place, domain: str, ending: str = "png"):
    """The file of the view to train in that domain."""
    (path,) = place.glob(f"{domain}/taskonomy/hanson/*_domain_{domain}.{ending}")
    return path


def train(place, **options) -> vt.Sample:
    source = Omnidata(root=place, **options)
    (row,) = rows(source)
    return source.load(row)


def relaid(samples, place, files: dict[str, str], folders: str):
    """Files of a sample, copied to the official folders."""
    for domain, path in files.items():
        folder = place / folders.format(domain=domain)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(samples / "omnidata" / path, folder)
    return place


def pixels(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


@pytest.mark.parametrize("depth", ["zbuffer", "euclidean"])
def test_the_miniature_reads_back_as_its_scenes(root, truth, depth):
    source = Omnidata(root=root, split="all", depth=depth)
    found = rows(source)

    assert [row["split"] for row in found] == ["train", "test"]
    for row, expected in zip(found, truth, strict=True):
        sample = source.load(row)
        assert np.array_equal(sample.picture.rgb, expected.rgb)
        assert sample.targets["depth"].measure == "z"
        same_depth(sample.targets["depth"], holed(expected.depth_z, np.nan), within=STEP_M + 1e-6)
        same_normals(sample.targets["normals"], holed(expected.normals, 0), within_deg=STEP_DEG)


def test_every_view_has_a_camera_of_its_own(root):
    source = Omnidata(root=root, split="all")
    cameras = [source.load(row).targets["depth"].camera for row in rows(source)]

    assert cameras == [camera(field_of_view(1)), camera(field_of_view(0))]
    assert cameras[0].fx != cameras[1].fx
    assert cameras[0].cx == cameras[0].cy == 255.5


def test_the_orders_of_folders_hold_the_same_views(root, tmp_path):
    expected = Omnidata(root=root, split="all")
    for form in ("training", "taskonomy"):
        source = Omnidata(root=write(tmp_path / form, count=1, form=form), split="all")
        for row, same in zip(rows(source), rows(expected), strict=True):
            assert row["key"] == same["key"]
            assert row["image_id"] == same["image_id"] == f"omnidata/taskonomy/{view_of(same)}"
            assert row["split"] == same["split"]
            read, known = source.load(row), expected.load(same)
            assert read.picture.data == known.picture.data
            same_depth(read.targets["depth"], known.targets["depth"].meters)
    with pytest.raises(SpecError, match="form must be one of"):
        write(tmp_path, form="flat")


def view_of(row) -> str:
    return row["file"].removeprefix("rgb/taskonomy/").removesuffix("_domain_rgb.png")


def test_the_folders_of_one_building_do_not_say_which_it_is(tmp_path):
    write(tmp_path, count=1, form="taskonomy")
    (row,) = rows(Omnidata(root=tmp_path / "hanson"))

    assert (row["scene"], row["image_id"]) == ("", "")
    assert row["key"] == "omnidata-taskonomy-1-1"
    assert set(train(tmp_path / "hanson").targets) == {"depth", "normals"}


def archived(place, buildings) -> None:
    """Archives as Taskonomy publishes them: one for each building and domain."""
    for building in buildings:
        for domain in DOMAINS:
            with tarfile.open(place / f"{building}_{domain}.tar", "w") as archive:
                archive.add(place / building / domain, domain)
        shutil.rmtree(place / building)


def test_archives_of_one_building_are_read_where_they_lie(root, tmp_path):
    write(tmp_path, count=1, form="taskonomy")
    shutil.rmtree(tmp_path / "ihlen")
    archived(tmp_path, ["hanson"])
    (row,) = rows(Omnidata(root=tmp_path))

    assert row["key"] == rows(Omnidata(root=root))[0]["key"]
    same_depth(train(tmp_path).targets["depth"], train(root).targets["depth"].meters)


def test_archives_of_several_buildings_would_hide_one_another_and_are_refused(tmp_path):
    write(tmp_path, count=1, form="taskonomy")
    archived(tmp_path, ["hanson", "ihlen"])

    with pytest.raises(SourceError, match=r"got hanson, ihlen\. Extract each .* -C hanson"):
        Omnidata(root=tmp_path).index()


def test_pictures_of_depth_are_not_read_as_depth(root):
    pictures = list(root.glob("**/*_depth_zbuffer2.png"))
    listed = dict(Omnidata(root=root).files())

    assert len(pictures) == 2
    assert not [name for name in listed if name.endswith("2.png")]
    assert len(listed) == 6 * 2 + 1


def test_what_faces_the_camera_has_little_blue(root, truth):
    stored = read_png(one(root, "normal").read_bytes())
    facing = holed(truth[0].normals[..., 2], 0) > 0.9

    assert facing.sum() > 1000
    assert stored[facing][:, 2].max() < 16
    assert train(root).targets["normals"].xyz[facing][:, 2].min() > 0.89


def test_a_hole_is_unknown_without_its_mask_and_a_mask_hides_what_has_depth(copy):
    path = one(copy, "mask_valid")
    path.unlink()
    sample = train(copy)
    assert not sample.targets["depth"].valid[HOLE].any()
    assert not sample.targets["normals"].valid[HOLE].any()
    assert sample.targets["depth"].valid.sum() == SIZE * SIZE - 50 * 80

    mask = np.full((SIZE, SIZE), 255, dtype=np.uint8)
    mask[:9] = 0
    path.write_bytes(write_png_gray(mask))
    sample = train(copy)
    assert not sample.targets["depth"].valid[:9].any()
    assert not sample.targets["normals"].valid[:9].any()
    assert sample.targets["depth"].valid[9:20].all()


def test_a_depth_of_nothing_is_unknown(copy):
    path = one(copy, "depth_zbuffer")
    steps = read_png_gray16(path.read_bytes()).copy()
    steps[300:310] = 0
    path.write_bytes(write_png_gray(steps))

    assert not train(copy).targets["depth"].valid[300:310].any()


@pytest.mark.parametrize(
    ("domain", "change", "code"),
    [
        ("depth_zbuffer", lambda a: write_png_gray((a >> 8).astype(np.uint8)), "MODE"),
        ("depth_zbuffer", lambda a: write_png_gray(a[:-1]), "SHAPE"),
        ("depth_zbuffer", lambda a: write_png_gray(a)[:-99], "DECODE"),
        ("mask_valid", lambda a: write_png_gray(a[:, :-1]), "SHAPE"),
        ("normal", lambda a: write_png_gray(a[..., 0].copy()), "MODE"),
        ("normal", lambda a: write_png(a[:-1]), "SHAPE"),
    ],
)
def test_pngs_that_are_not_the_published_ones_are_rejects(copy, domain, change, code):
    path = one(copy, domain)
    path.write_bytes(change(pixels(path)))
    targets = train(copy).targets

    with pytest.raises(SampleError) as error:
        _ = targets["normals" if domain == "normal" else "depth"]
    assert error.value.args[0] == code


def test_a_file_that_one_view_lacks_is_a_reject_that_names_it(copy):
    one(copy, "normal").unlink()

    with pytest.raises(SampleError, match=r"point_1_view_1_domain_normal\.png.*MISSING"):
        _ = train(copy).targets["normals"]


def test_a_domain_that_was_not_fetched_is_no_target(copy):
    shutil.rmtree(copy / "normal")

    assert set(Omnidata(root=copy).available()) == {"depth"}
    with pytest.raises(SourceError, match="must have the target 'normals'"):
        Omnidata(root=copy).require(["normals"])


def test_depth_that_was_not_fetched_is_refused_with_the_one_that_was(copy):
    shutil.rmtree(copy / "depth_zbuffer")

    with pytest.raises(SourceError, match=r"holds none\. Fetch .* or set depth: euclidean"):
        Omnidata(root=copy).require(["depth"])
    Omnidata(root=copy).require(["normals"])
    Omnidata(root=copy, depth="euclidean").require(["depth"])


def test_lines_of_sight_need_a_camera_and_the_axis_does_not(copy):
    found = Omnidata(root=copy, depth="euclidean")
    row = rows(found)[0]
    shutil.rmtree(copy / "point_info")

    with pytest.raises(SourceError, match=r"point_info.* or set depth: zbuffer"):
        Omnidata(root=copy, depth="euclidean").require(["depth"])
    with pytest.raises(SampleError, match=r"fixatedpose\.json.*MISSING"):
        _ = found.load(row).targets["depth"]
    with pytest.raises(SampleError, match=r"camera.*MISSING"):
        _ = train(copy, depth="euclidean").targets["depth"]
    Omnidata(root=copy).require(["depth"])
    assert train(copy).targets["depth"].camera is None


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b"{}", b'{"field_of_view_rads": 4}', b'{"field_of_view_rads": "1"}']
)
def test_a_camera_that_cannot_be_is_a_reject(copy, data):
    (path,) = copy.glob("point_info/taskonomy/hanson/*.json")
    path.write_bytes(data)

    with pytest.raises(SampleError, match=r"field_of_view_rads.*DECODE"):
        _ = train(copy).targets["depth"]


def test_one_field_of_view_is_of_a_square_image(copy):
    for domain in ("rgb", "depth_zbuffer", "mask_valid"):
        path = one(copy, domain)
        values = pixels(path)[:-32].copy()
        data = write_png(values, kind="photo") if domain == "rgb" else write_png_gray(values)
        path.write_bytes(data)

    with pytest.raises(SampleError, match=r"square.*SHAPE"):
        _ = train(copy).targets["depth"]


def test_a_camera_is_told_exactly():
    assert read_field_of_view(write_point_info(1.180512021910271, view_id=5)) == 1.180512021910271
    with pytest.raises(CodeError, match="between 0 and pi"):
        read_field_of_view(write_point_info(0.0))


def renamed(place, component: str):
    """The miniature's views as those of another component."""
    for domain in DOMAINS:
        (place / domain / "taskonomy").rename(place / domain / component)
    return place


@pytest.mark.parametrize(
    ("folder", "component", "remedy"),
    [
        ("hypersim", "hypersim", "the source hypersim"),
        ("blendedMVG", "blendedmvg", "the source blendedmvs for relative-depth"),
        ("blendedMVS", "blendedmvg", "the source blendedmvs for relative-depth"),
    ],
)
def test_depth_that_is_not_metric_z_is_refused_and_normals_are_read(
    copy, folder, component, remedy
):
    source = Omnidata(root=renamed(copy, folder))
    (row,) = rows(source)

    assert row["component"] == component
    assert set(source.available()) == {"normals"}
    source.require(["normals"])
    with pytest.raises(SourceError, match=f"depth of {component}.*{remedy}"):
        source.require(["depth"])


def test_components_can_be_kept(root, copy):
    for domain in DOMAINS:
        shutil.copytree(copy / domain / "taskonomy", copy / domain / "replica_gso")
        shutil.copytree(copy / domain / "taskonomy", copy / domain / "hypersim")
        shutil.copytree(copy / domain / "taskonomy", copy / domain / "clevr_simple")
    kept = Omnidata(root=copy, components=("replica_gso", "taskonomy", "hm3d"))

    assert len(rows(Omnidata(root=copy))) == 3
    assert {row["component"] for row in rows(kept)} == {"replica_gso", "taskonomy"}
    assert len({row["key"] for row in rows(kept)}) == 2
    kept.require(["depth"])
    with pytest.raises(SourceError, match=r"got 'clevr_simple'\. CLEVR has no meters"):
        Omnidata(root=copy, components=("clevr_simple",)).index()
    with pytest.raises(SourceError, match="must hold a component of hm3d, and holds taskonomy"):
        Omnidata(root=root, components=("hm3d",)).index()


def test_a_folder_of_no_component_is_refused(copy):
    with pytest.raises(SourceError, match="got the folder 'elsewhere'"):
        Omnidata(root=renamed(copy, "elsewhere")).index()


def splits_of(place) -> dict[str, str]:
    return {row["scene"]: row["split"] for row in rows(Omnidata(root=place, split="all"))}


def test_without_a_list_every_building_is_for_training(copy):
    (copy / "train_val_test_tiny.csv").unlink()

    assert splits_of(copy) == {"hanson": "train", "ihlen": "train"}


def test_a_building_of_no_list_is_in_no_split(copy):
    (copy / "train_val_test_tiny.csv").write_text("id,train,val,test\nhanson,0,1,0 \n")

    assert splits_of(copy) == {"hanson": "val", "ihlen": "neither"}


def test_lists_of_several_components_and_of_the_debug_subset_are_one(copy):
    (copy / "train_val_test_debug.csv").write_text("id,train,val,test\nhanson,1,1,1\n")
    (copy / "train_val_test_replica.csv").write_text("id,train,val,test\noffice_0,0,0,1\n")

    assert splits_of(copy) == {"hanson": "train", "ihlen": "test"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"id,train,val,test\nhanson,0,0,1\n", "says that 'hanson' is"),
        (b"hanson,1,0,0\n", "under id,train,val,test"),
        (b"id,train,val,test\nhanson,1\n", "under id,train,val,test"),
        (b"id,train,val,test\nhanson,1,0,0\nhanson,0,0,1\n", "once each"),
        (b"\xff\xfe", "must be text"),
    ],
)
def test_lists_that_cannot_be_are_refused(copy, text, message):
    (copy / "train_val_test_full.csv").write_bytes(text)

    with pytest.raises(SourceError, match=message):
        Omnidata(root=copy).index()


# Real views.

STEM = "point_202_view_5_domain_"
REAL = {
    **{domain: f"taskonomy/{STEM}{domain}.png" for domain in DOMAINS[:4]},
    "point_info": f"taskonomy/{STEM}point_info.json",
}


@pytest.fixture
def real(samples, tmp_path):
    return relaid(samples, tmp_path / "real", REAL, "{domain}/taskonomy/elsewhere")


def test_a_real_view_reads_as_plain_numpy_reads_it(samples, real):
    folder = samples / "omnidata" / "taskonomy"
    steps = pixels(folder / f"{STEM}depth_zbuffer.png").astype(np.float64)
    colors = pixels(folder / f"{STEM}normal.png").astype(np.float64)
    angle = json.loads((folder / f"{STEM}point_info.json").read_text())["field_of_view_rads"]
    meters = np.where(steps < 65535, steps / 512, np.nan)
    vectors = (colors / 127.5 - 1) * [1, -1, -1]
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    vectors[(colors == 128).all(axis=2)] = 0

    sample = train(real)

    depth, normals = sample.targets["depth"], sample.targets["normals"]
    assert sample.picture.data == (folder / f"{STEM}rgb.png").read_bytes()
    same_depth(depth, meters.astype(np.float32))
    same_normals(normals, vectors)
    assert np.isclose(depth.camera.fx, 256 / np.tan(angle / 2), rtol=1e-12)
    assert np.nanmedian(meters) == pytest.approx(3.01, abs=0.01)
    assert depth.valid.mean() == pytest.approx(0.9226, abs=1e-4)
    assert np.array_equal(depth.valid, normals.valid)


def test_real_lines_of_sight_become_the_real_z_buffer(real):
    z = train(real).targets["depth"]
    made = train(real, depth="euclidean").targets["depth"]

    both = z.valid & made.valid & (z.meters > 1.5)
    off = np.abs(made.meters[both].astype(np.float64) / z.meters[both] - 1)
    assert both.mean() > 0.8
    assert np.median(off) < 3e-4
    assert off.max() < 2e-3
    assert np.array_equal(z.valid, made.valid)


def test_the_real_principal_point_is_between_the_middle_pixels(real):
    z, ray = (pixels(one_real(real, f"depth_{kind}")) for kind in ("zbuffer", "euclidean"))
    focal = train(real).targets["depth"].camera.fx
    known = (z < 65535) & (ray < 65535) & (z > 800)
    v, u = np.mgrid[:SIZE, :SIZE]

    def off(middle: float) -> float:
        stretch = np.sqrt(1 + ((u - middle) ** 2 + (v - middle) ** 2) / focal**2)
        return float(np.median(np.abs(ray / np.maximum(z, 1) / stretch - 1)[known]))

    assert off(255.5) < 2e-4
    assert min(off(255.0), off(256.0)) > 3.5e-4


def one_real(place, domain: str):
    return place / domain / "taskonomy" / "elsewhere" / f"{STEM}{domain}.png"


def test_real_depth_alone_tells_the_axes_of_real_normals(real):
    sample = train(real)
    raw = vt.check_frame(pixels(one_real(real, "normal")), sample.targets["depth"])
    read = vt.check_frame(sample.targets["normals"].xyz, sample.targets["depth"])

    assert raw.sure
    assert "omnidata" in raw.names
    assert read.axes == ("right", "up", "backward")
    assert raw.match == pytest.approx(0.988, abs=0.002)


def test_real_pictures_of_depth_lie_beside_and_are_not_read(samples, real):
    more = {
        "depth_zbuffer": f"taskonomy/{STEM}depth_zbuffer2.png",
        "depth_euclidean": f"taskonomy/{STEM}depth_euclidean2.png",
    }
    relaid(samples, real, more, "{domain}/taskonomy/elsewhere")

    assert len(rows(Omnidata(root=real))) == 1
    assert not [name for name, _ in Omnidata(root=real).files() if name.endswith("2.png")]


def test_a_real_view_of_hypersim_has_normals_with_its_holes(samples, tmp_path):
    stem = "hypersim/point_85_view_0_domain_"
    names = ("rgb", "depth_euclidean", "normal", "mask_valid")
    files = {domain: f"{stem}{domain}.png" for domain in names}
    place = relaid(samples, tmp_path, files, "{domain}/hypersim/ai_001_001")
    steps = pixels(samples / "omnidata" / f"{stem}depth_euclidean.png")

    normals = train(place, depth="euclidean").targets["normals"]

    assert normals.shape == (768, 1024)
    assert np.array_equal(normals.valid, steps < 65535)
    assert (normals.xyz[..., 2] >= -0.5).all()
    with pytest.raises(SourceError, match="depth of hypersim cannot be read here"):
        Omnidata(root=place, depth="euclidean").require(["depth"])


def test_a_real_view_whose_camera_is_unknown_has_no_z_depth(samples, tmp_path):
    name = "point_0_view_0_domain_"
    files = {
        "rgb": f"3DCC/rgb/{name}rgb.png",
        "depth_euclidean": f"3DCC/depth/{name}depth_euclidean.png",
    }
    place = relaid(samples, tmp_path, files, "{domain}/taskonomy/elsewhere")

    with pytest.raises(SourceError, match="Fetch the domain point_info"):
        Omnidata(root=place, depth="euclidean").require(["depth"])


def test_a_damaged_picture_is_a_reject(copy):
    path = one(copy, "rgb")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    with pytest.raises(SampleError, match="DECODE"):
        train(copy)


def test_the_same_arguments_write_the_same_bytes(root, tmp_path):
    again = write(tmp_path, count=1)
    names = sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())

    assert names == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((root / name).read_bytes() == (again / name).read_bytes() for name in names)


def test_a_picture_of_the_wrong_kind_is_a_reject(copy):
    path = one(copy, "rgb")
    with Image.open(path) as image:
        buffer = io.BytesIO()
        image.convert("RGBA").save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())

    with pytest.raises(SampleError, match="8-bit RGB"):
        train(copy)
