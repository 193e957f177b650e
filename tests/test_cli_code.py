"""`vtencode encode`, `decode` and `convert`, for every target, as a user types them."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import vtencode as vt
from vtencode import files
from vtencode.cli.main import main
from vtencode.encodings import ENCODINGS
from vtencode.png import png_text, read_png
from vtencode.spec import canonical_json
from vtencode.targets import InstanceMasks, PanopticMap, Segment


@pytest.fixture
def vtencode(capsys, monkeypatch):
    """Run the command in this process: (exit code, stdout, stderr)."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["vtencode", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            main()
        out, err = capsys.readouterr()
        return done.value.code, out, err

    return run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ids(top):
    """Every id below `top`, in blocks: (24, 30)."""
    blocks = np.arange(60).reshape(6, 10) % top
    return np.kron(blocks, np.ones((4, 3), dtype=int)).astype(np.uint8)


def painted_and_read(vtencode, kind, file, out, *words, decode=()):
    code, told, err = vtencode("encode", kind, file, *words, "--out", "code.png")
    assert (code, err) == (0, "")
    assert "worst error" in told
    code, stdout, err = vtencode("decode", "code.png", "--out", out, "--json", *decode)
    assert (code, err) == (0, "")
    facts = json.loads(stdout)
    assert facts["exact"]
    assert facts["codec"] == kind
    return facts


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_normals_are_painted_and_read_in_the_frame_that_is_told(suffix, folder, vtencode):
    xyz = np.random.default_rng(0).normal(size=(8, 9, 3)).astype(np.float32)
    xyz[..., 2] = -np.abs(xyz[..., 2])  # toward the camera, in OpenCV's frame
    xyz /= np.linalg.norm(xyz, axis=2, keepdims=True)
    xyz[0, 0] = 0
    np.save("n.npy", xyz)

    words = ("--frame", "opencv")
    facts = painted_and_read(vtencode, "normals", "n.npy", f"b{suffix}", *words, decode=words)

    assert facts["unknown"] == pytest.approx(1 / 72, abs=1e-4)
    assert facts["mean"]["backward"] > 0.3
    back = files.read_normals(f"b{suffix}", "opencv")
    error = vt.codec("normals").error(files.read_normals("n.npy", "opencv"), back)
    assert error.max() < 1.6


@pytest.mark.parametrize("suffix", [".npy", ".png"])
def test_classes_are_painted_and_read_with_their_names(suffix, folder, vtencode):
    values = ids(3)
    values[:2] = 255
    Image.fromarray(values).save("m.png")
    (folder / "names.txt").write_text("road\nsky\ntree\n")

    words = ("--names", "names.txt", "--void", 255)
    facts = painted_and_read(vtencode, "semantic", "m.png", f"b{suffix}", *words)

    assert set(facts["classes"]) == {"road", "sky", "tree"}
    assert facts["void"] == pytest.approx((values == 255).mean(), abs=1e-4)
    assert np.array_equal(files.read_semantic(f"b{suffix}", void=255).ids, values)


@pytest.mark.parametrize("suffix", [".npy", ".png", ".json"])
def test_instances_are_painted_and_read(suffix, folder, vtencode):
    np.save("i.npy", ids(50))

    facts = painted_and_read(vtencode, "instances", "i.npy", f"b{suffix}")

    assert facts["instances"] == 49
    assert np.array_equal(files.read_instances(f"b{suffix}")[0].id_map(), ids(50))


def test_overlapping_instances_are_painted_on_pages_and_put_together_again(folder, vtencode):
    masks = [np.arange(64).reshape(8, 8) % 8 >= start for start in range(3)]
    original = InstanceMasks.from_masks(masks, labels=["a", "b", None], crowds=[False, True, False])
    files.write_target(folder / "i.json", original)

    code, told, _ = vtencode("encode", "instances", "i.json", "--out", "p.png")
    assert (code, [path.name for path in sorted(folder.glob("p*.png"))]) == (
        0,
        ["p-1.png", "p-2.png", "p-3.png"],
    )
    assert "p-3.png" in told

    pages = ("p-1.png", "p-2.png", "p-3.png")
    code, _, _ = vtencode("decode", *pages, "--out", "b.json")

    assert code == 0
    back = {region.id: region for region in files.read_instances("b.json")[0].regions}
    for region in original.regions:
        other = back[region.id]
        assert (region.label, region.crowd) == (other.label, other.crowd)
        assert np.array_equal(region.spans, other.spans)


def test_panoptic_maps_are_painted_and_read(folder, vtencode):
    segments = [Segment(number, f"class {number % 4}", thing=True) for number in range(1, 12)]
    panoptic = PanopticMap(ids(12), tuple(segments))
    files.write_target(folder / "p.png", panoptic)

    facts = painted_and_read(vtencode, "panoptic", "p.png", "b.png")

    assert (facts["things"], facts["stuff"]) == (11, 0)
    assert (folder / "b.png").read_bytes() == (folder / "p.png").read_bytes()
    back = files.read_panoptic("b.png")
    assert back.segments == panoptic.segments


def test_people_are_painted_and_read_with_the_joints_of_their_file(folder, vtencode):
    xy = np.array([[[20.25, 20], [60, 20.5], [40, 60]], [[100, 30], [130, 60], [100, 90]]])
    original = vt.Keypoints(xy, [[2, 1, 2], [2, 0, 1]], ("a", "b", "c"), shape=(120, 160))
    files.write_target(folder / "k.json", original)

    facts = painted_and_read(vtencode, "keypoints", "k.json", "b.json")

    assert facts["people"] == 2
    assert facts["joints"] == {"absent": 1, "occluded": 2, "visible": 3}
    back, _ = files.read_keypoints("b.json")
    assert np.allclose(back.xy_px, original.xy_px, equal_nan=True, atol=0.02)
    assert np.array_equal(back.visibility, original.visibility)


def test_a_picture_of_many_people_has_pages(folder, vtencode):
    xy = np.stack(np.meshgrid(np.arange(25.0) * 20 + 10, [30.0]), axis=2).reshape(25, 1, 2)
    files.write_target(
        folder / "k.json", vt.Keypoints(xy, np.full((25, 1), 2), ("nose",), shape=(60, 520))
    )

    assert vtencode("encode", "keypoints", "k.json", "--out", "p.png")[0] == 0
    pages = sorted(folder.glob("p-*.png"))
    code, _, _ = vtencode("decode", *pages, "--out", "b.json")

    assert (code, len(pages)) == (0, 3)
    back, _ = files.read_keypoints("b.json")
    assert np.allclose(back.xy_px, xy, atol=0.02)


def depth_code(**params):
    from vtencode.painted import painted

    codec = vt.codec("depth", **params)
    return painted(codec.encode(vt.DepthMap(np.full((4, 5), 2.0))), codec)


def test_a_file_of_another_version_or_other_parameters_is_refused_by_name(folder, vtencode):
    (folder / "own.png").write_bytes(depth_code(curve={"lam": -2.0}))
    spec = vt.codec("depth").spec()
    other = PngImagePlugin.PngInfo()
    other.add_text("vtencode:codec", canonical_json({**spec, "version": 99}))
    Image.new("RGB", (4, 4)).save("newer.png", pnginfo=other)
    odd = PngImagePlugin.PngInfo()
    odd.add_text("vtencode:codec", "{")
    Image.new("RGB", (4, 4)).save("odd.png", pnginfo=odd)
    odd = PngImagePlugin.PngInfo()
    odd.add_text("vtencode:codec", canonical_json({**spec, "params": 3}))
    Image.new("RGB", (4, 4)).save("odder.png", pnginfo=odd)

    for words, told in (
        (("own.png", "--codec", "depth:vision-banana"), "depth curve.lam = -2.0, and --codec"),
        (("own.png", "--codec", "depth", "--set", "path.k=4"), "path.k = 2"),
        (("own.png", "--codec", "depth", "--set", "path.name=hue"), "path.name = 'cube'"),
        (("own.png", "--codec", "normals"), "says it is a depth code"),
        (("own.png", "--set", "path.k=4"), "--codec NAME, and there is none"),
        (("newer.png",), "version 99 wrote this picture, and version 1"),
        (("odd.png",), "odd.png must say its codec as a JSON object"),
        (("odder.png",), "odder.png must say its codec as a JSON object"),
    ):
        code, stdout, err = vtencode("decode", *words)
        assert (code, stdout) == (2, ""), words
        assert told in err
    for words in ((), ("--codec", "depth"), ("--codec", "depth", "--set", "curve.lam=-2.0")):
        assert vtencode("decode", "own.png", *words)[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("encode", "normals", "n.npy", "--out", "x.png"), "--frame NAME"),
        (("encode", "normals", "n.npy", "--frame", "opncv", "--out", "x.png"), "'opencv'"),
        (
            ("encode", "normals", "i.npy", "--frame", "opencv", "--out", "x.png"),
            "float32 (H, W, 3)",
        ),
        (("encode", "semantic", "n.npy", "--out", "x.png"), "must hold integers (H, W)"),
        (("encode", "semantic", "rgb.png", "--out", "x.png"), "got 8-bit RGB 4x4"),
        (("encode", "semantic", "i.npy", "--names", "e.txt", "--out", "x.png"), "Name the missing"),
        (("encode", "semantic", "none.npy", "--out", "x.png"), "none.npy cannot be read"),
        (("encode", "instances", "i.tif", "--out", "x.png"), "must be a .png or a .npy"),
        (("encode", "instances", "e.txt", "--size", "4", "--out", "x.png"), "HEIGHTxWIDTH"),
        (("encode", "keypoints", "k.json", "--out", "x.png"), "their size be told: --size HxW"),
        (("encode", "keypoints", "k.json", "--size", "4x4", "--out", "x.png"), "one category"),
        (("encode", "panoptic", "rgb.png", "--out", "x.png"), "rgb.json cannot be read"),
        (("decode", "own.png", "--out", "x.tif"), "must end in .npy or .png"),
        (("decode", "own.png", "own.png"), "pages of instances or of keypoints"),
        (("convert", "own.png", "--to", "normals", "--out", "x.png"), "is of a NormalMap"),
        (("convert", "own.png", "--to", "kiti-depth", "--out", "x.png"), "'kitti-depth'"),
        (("convert", "rgb.png", "--to", "depth", "--out", "x.png"), "does not say which codec"),
        (
            ("convert", "rgb.png", "--from", "moge", "--to", "depth", "--out", "x.png"),
            "near and far",
        ),
        (
            ("convert", "rgb.png", "--from", "sintel-depth", "--to", "depth", "--out", "x"),
            "start with",
        ),
        (
            ("convert", "own.png", "--to", "moge", "--to-set", "a=1", "--out", "x.png"),
            "no parameters",
        ),
        (("convert", "own.png", "--to", "depth"), "--out FILE are needed"),
    ],
)
def test_wrong_files_and_words_exit_2_with_the_remedy_and_write_nothing(
    words, told, folder, vtencode
):
    np.save("n.npy", np.zeros((4, 4, 3)))
    np.save("i.npy", ids(4))
    Image.new("RGB", (4, 4), (11, 0, 0)).save("rgb.png")
    (folder / "e.txt").write_text("a\nb\n")
    (folder / "k.json").write_text("{}")
    (folder / "own.png").write_bytes(depth_code())

    code, stdout, err = vtencode(*words)

    assert (code, stdout) == (2, "")
    assert told in err
    assert not list(folder.glob("x*"))


def test_the_foreign_encodings_are_listed_with_their_sources(vtencode):
    code, stdout, _ = vtencode("convert", "--list", "--json")

    listed = {each["name"]: each for each in json.loads(stdout)}
    assert code == 0
    assert listed.keys() == ENCODINGS.keys()
    assert all(each["source"] and each["summary"] for each in listed.values())
    assert not listed["ade20k-full-instances"]["writes"]
    assert "panopticapi" in vtencode("convert", "--list")[1]


DEPTHS = np.array([[0.5, 1.0, 2.0, 7.5], [9.0, 4.0, 3.0, 9.75]] * 4, dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "worst", "has_far"),
    [
        ("kitti-depth", 0.5 / 256, False),
        ("vkitti-depth", 0.005, True),
        ("nyu-depth", 0.0005, False),
        ("omnidata-depth", 0.5 / 512, False),
        ("moge", 9.75 * 2.5e-5, True),
        ("sintel-depth", 0, True),
        ("hilbertmap", 0.011, True),
        ("realsense-hue", 0.0032, True),
    ],
)
def test_depth_goes_to_every_foreign_encoding_and_back(name, worst, has_far, folder, vtencode):
    meters = DEPTHS.copy()
    meters[0, 0] = np.nan
    np.save("d.npy", meters)
    assert vtencode("encode", "depth", "d.npy", "--preset", "fine", "--out", "code.png")[0] == 0
    own = vt.codec("depth", "fine")
    held = own.decode(own.encode(vt.DepthMap(meters))).target

    code, stdout, _ = vtencode("convert", "code.png", "--to", name, "--out", "f", "--json")
    told = json.loads(stdout)
    assert (code, told["lost"]) == (0, 0)
    assert told["worst"] <= worst + 1e-6
    back = ENCODINGS[name].read((folder / "f").read_bytes())
    assert np.nanmax(np.abs(back.meters - held.meters)) <= worst + 1e-6
    assert np.array_equal(back.state, held.state)
    words = ("--from", name, "--to", "depth:fine", "--out", "again.png")
    assert vtencode("convert", "f", *words)[0] == 0

    meters[0, 0] = np.inf
    np.save("d.npy", meters)
    vtencode("encode", "depth", "d.npy", "--out", "code.png")
    _, stdout, _ = vtencode("convert", "code.png", "--to", name, "--out", "f", "--json")
    assert json.loads(stdout)["lost"] == (0 if has_far else 1)


def test_normals_go_to_every_foreign_encoding_and_back(folder, vtencode):
    xyz = np.random.default_rng(5).normal(size=(40, 30, 3))
    xyz /= np.linalg.norm(xyz, axis=2, keepdims=True)
    xyz[:2] = 0
    normals = vt.NormalMap(xyz)
    names = [name for name, each in ENCODINGS.items() if each.kind == "normals"]
    for name in names:
        back = ENCODINGS[name].read(ENCODINGS[name].write(normals))

        error = vt.codec("normals").error(normals, back)
        assert error.max() <= (0.002 if name == "moge-normals" else 0.8)
    assert len(names) == 6


def test_moge_reads_its_own_two_ends_and_both_states():
    meters = np.array([[0.1, 10.0, np.inf, np.nan]])

    data = ENCODINGS["moge"].write(vt.DepthMap(meters))

    text = {name: float(value) for name, value in png_text(data).items()}
    assert text == {"near": pytest.approx(0.1), "far": 10.0}
    back = ENCODINGS["moge"].read(data)
    assert np.allclose(back.meters, meters, rtol=1e-6, equal_nan=True)


def test_hilbertmap_pictures_are_those_of_the_package():
    import hilbertmap

    meters = np.geomspace(0.01, 300, 600).reshape(20, 30)
    depth = vt.DepthMap(meters)

    data = ENCODINGS["hilbertmap"].write(depth)

    theirs = np.floor(255 * hilbertmap.depth_to_rgb(depth.meters.astype(np.float64)) + 0.5)
    assert np.array_equal(read_png(data), theirs)
    back = hilbertmap.rgb_to_depth(theirs / 255)
    assert np.allclose(ENCODINGS["hilbertmap"].read(data).meters, back, rtol=1e-5)


_EIGEN = "nyu/multi-task-refinenet/ExpNYUD_three"


@pytest.mark.parametrize(
    ("file", "source", "to"),
    [
        ("kitti/Metric3D/kitti_demo/depth/0000000005.png", "kitti-depth", "depth:lossless-u16"),
        ("nyu/bts/sync/demo_0001/sync_depth_00000.png", "nyu-depth", "depth:lossless-mm"),
        ("omnidata/taskonomy/point_202_view_5_domain_depth_zbuffer.png", "omnidata-depth", "depth"),
        ("normals/DSINE_example/000000_normal.png", "dsine-normals", "normals"),
        ("omnidata/taskonomy/point_202_view_5_domain_normal.png", "omnidata-normals", "normals"),
        (f"{_EIGEN}/norm_gt_000433.png", "nyu-eigen-normals", "normals"),
        ("coco_panoptic/panoptic_examples/000000142238.png", "coco-panoptic", "instances"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_real_files_become_codes(file, source, to, samples, vtencode):
    words = ("--from", source, "--to", to, "--out", "code.png", "--json")
    changed = ("--to-set", f"curve.unit={1 / 256}") if source == "kitti-depth" else ()

    code, stdout, err = vtencode("convert", samples / file, *words, *changed)

    assert (code, err) == (0, "")
    told = json.loads(stdout)
    assert told["lost"] == 0
    assert told["worst"] <= {"depth": 0.02, "normals": 0.8}.get(to, 0)
    words = ("--to", source, "--out", "back.png", "--json")
    assert json.loads(vtencode("convert", "code.png", *words)[1])["lost"] == 0
    if told["worst"] == 0:
        assert np.array_equal(Image.open("back.png"), Image.open(samples / file))


@pytest.mark.slow
def test_an_image_of_the_full_ade20k_is_read_three_ways_and_written_once(samples, folder, vtencode):
    (path,) = samples.glob("ade20k_full/**/*_seg.png")
    document = json.loads(path.with_name(path.name.replace("_seg.png", ".json")).read_text())
    listed = {str(o["name_ndx"]) for o in document["annotation"]["object"] if not _is_part(o)}

    code, stdout, _ = vtencode(
        "convert", path, "--from", "ade20k-full", "--to", "semantic", "--out", "s.png", "--json"
    )
    assert (code, json.loads(stdout)["lost"], json.loads(stdout)["worst"]) == (0, 0, 0)
    read = ENCODINGS["ade20k-full"].read(path.read_bytes())
    assert set(read.vocabulary) == listed
    assert vtencode("convert", "s.png", "--to", "ade20k-full", "--out", "a.png")[0] == 0
    back, given = read_png((folder / "a.png").read_bytes()), read_png(path.read_bytes())
    assert np.array_equal(back[..., :2], given[..., :2])

    instances = ENCODINGS["ade20k-full-instances"].read(path.read_bytes())
    assert len(instances.regions) == len(np.unique(given[..., 2])) - 1
    assert {region.label for region in instances.regions} == listed
    panoptic = ENCODINGS["ade20k-full-panoptic"].read(path.read_bytes())
    assert len(panoptic.segments) == len(instances.regions)
    words = ("--from", "ade20k-full-instances", "--to", "ade20k-full-instances", "--out", "x.png")
    code, _, err = vtencode("convert", path, *words)
    assert (code, "can only be read" in err) == (2, True)


def _is_part(thing):
    return bool(thing["parts"]["part_level"])


def test_the_labels_of_ade_cityscapes_and_voc_are_painted_and_read(samples, folder, vtencode):
    for path, void in (
        (samples / "voc" / "2008_002536.png", 255),
        (samples / "ade20k_sceneparsing/sampleData/annotations/ADE_val_00000001.png", 255),
        (samples / "cityscapes/gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png", 255),
    ):
        words = ("--void", void)
        painted_and_read(vtencode, "semantic", path, "back.png", *words)

        assert np.array_equal(np.asarray(Image.open("back.png")), np.asarray(Image.open(path)))
