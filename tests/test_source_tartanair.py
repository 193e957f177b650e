"""TartanAir: both releases read back as their scenes; sky is far; four bytes make a float."""

from __future__ import annotations

import pickle
import shutil
import zipfile

import cv2
import numpy as np
import pytest
from PIL import Image
from readers import rows, same_depth

from vtencode.building.plausible import check_plausible
from vtencode.errors import SampleError, SourceError
from vtencode.formats.float_png import write_float_png
from vtencode.formats.npy import read_npy, write_npy
from vtencode.miniatures.scenes import scene
from vtencode.miniatures.tartanair import CAMERA, CAMERA_V2, HEIGHT, HEIGHT_V2, WIDTH, write
from vtencode.recipe import load_recipe
from vtencode.sources.tartanair import TartanAir

ROOM = "office/Easy/P000"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Two frames: scene 0, a room, and scene 2, another; a street to test, without depth."""
    return write(tmp_path_factory.mktemp("tartanair"), count=2)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """One frame: scene 1, a street."""
    return write(tmp_path_factory.mktemp("street"), count=1)


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """One frame of the second release: scene 1, a street."""
    return write(tmp_path_factory.mktemp("v2"), count=1, form="v2")


def truth(index, *, height=HEIGHT, camera=CAMERA):
    return scene(0, index, height=height, width=WIDTH, camera=camera, sky=index % 2 == 1)


def only(source):
    (row,) = rows(source)
    return source.load(row)


def with_depth(street, tmp_path, data):
    """The street with another depth file."""
    place = shutil.copytree(street, tmp_path / "changed")
    (row,) = rows(TartanAir(root=place))
    (place / row["depth"]).write_bytes(data)
    return TartanAir(root=place)


def test_the_miniature_reads_back_as_its_scenes(root):
    source = TartanAir(root=root)

    found = {row["scene"]: source.load(row) for row in rows(source)}

    assert sorted(found) == ["hospital", "office"]
    for name, index in (("office", 0), ("hospital", 2)):
        expected, sample = truth(index), found[name]
        assert np.array_equal(sample.picture.rgb, expected.rgb)
        same_depth(sample.targets["depth"], expected.depth_z)
        assert sample.targets["depth"].camera == CAMERA
        assert sample.targets["depth"].measure == "z"


def test_sky_is_far_and_not_unknown(street):
    expected = truth(1)

    depth = only(TartanAir(root=street)).targets["depth"]

    assert np.isinf(expected.depth_z).mean() > 0.1
    same_depth(depth, expected.depth_z)


@pytest.mark.parametrize("sky", [1000.0, 1e4, 65504.0, np.inf])
def test_any_sky_is_far_in_any_precision(street, tmp_path, sky):
    values = np.full((HEIGHT, WIDTH), 5.5, dtype=np.float16)
    values[:9] = sky
    values[9:12] = np.nan
    values[12:15] = 0

    depth = only(with_depth(street, tmp_path, write_npy(values))).targets["depth"]

    expected = np.full((HEIGHT, WIDTH), 5.5)
    expected[:9], expected[9:15] = np.inf, np.nan
    same_depth(depth, expected)


def test_where_far_begins_can_be_said(street):
    expected = truth(1).depth_z

    depth = only(TartanAir(root=street, far_m=30.0)).targets["depth"]

    same_depth(depth, np.where(expected >= 30, np.inf, expected))


def test_the_second_release_reads_back_as_its_scene(later):
    expected, sample = truth(1, height=HEIGHT_V2, camera=CAMERA_V2), only(TartanAir(root=later))

    assert np.array_equal(sample.picture.rgb, expected.rgb)
    same_depth(sample.targets["depth"], expected.depth_z)
    assert sample.targets["depth"].camera == CAMERA_V2
    assert sample.provenance["image_id"] == "tartanair/OldTownFall/Data_hard/P000/lcam_front/000000"


def test_the_second_release_is_as_the_authors_write_and_read_it(later, tmp_path):
    (row,) = rows(TartanAir(root=later))
    path = str(later / row["depth"])
    theirs = np.squeeze(cv2.imread(path, cv2.IMREAD_UNCHANGED).view("<f4"), axis=-1)
    expected = truth(1, height=HEIGHT_V2, camera=CAMERA_V2).depth_z

    assert np.array_equal(theirs, np.where(np.isinf(expected), np.float32(14776), expected))

    raw = theirs[..., None].view("<u1")
    source = with_depth(later, tmp_path, cv2.imencode(".png", raw)[1].tobytes())
    same_depth(only(source).targets["depth"], expected)


def test_bytes_in_the_order_of_the_file_would_be_plausible_and_wrong(later):
    (row,) = rows(TartanAir(root=later))
    rgba = np.asarray(Image.open(later / row["depth"]))
    right = only(TartanAir(root=later)).targets["depth"]

    wrong = np.ascontiguousarray(rgba).view("<f4")[..., 0]

    ratio = wrong[right.valid] / right.meters[right.valid]
    assert 0.25 < ratio.min() < ratio.max() < 4
    assert (np.abs(ratio - 1) > 0.05).mean() > 0.5
    assert wrong[np.isinf(right.meters)].max() == pytest.approx(8248.1, abs=0.05)


@pytest.mark.parametrize(
    "mode", ["RGB", "L", "I;16"], ids=["without alpha", "gray", "16-bit millimeters"]
)
def test_depth_that_is_not_four_bytes_is_a_reject(later, tmp_path, mode):
    place = shutil.copytree(later, tmp_path / "changed")
    (row,) = rows(TartanAir(root=place))
    picture = Image.open(place / row["depth"])
    picture.load()
    if mode == "I;16":
        picture = Image.fromarray(np.full((HEIGHT_V2, WIDTH), 5500, dtype=np.uint16))
    else:
        picture = picture.convert(mode)
    picture.save(place / row["depth"])

    with pytest.raises(SampleError, match=r"8-bit RGBA PNG.*MODE"):
        _ = only(TartanAir(root=place)).targets["depth"]


def test_tartanground_has_robots_and_no_difficulty(tmp_path):
    ground = write(tmp_path, count=1, form="ground")

    (row,) = rows(TartanAir(root=ground))

    assert row["file"].startswith("OldTownFall/Data_omni/P0000/image_lcam_front/")
    same_depth(
        TartanAir(root=ground).load(row).targets["depth"],
        truth(1, height=HEIGHT_V2, camera=CAMERA_V2).depth_z,
    )
    with pytest.raises(SourceError, match=r"of difficulty 'Easy' .* holds Data_omni lcam_front"):
        TartanAir(root=ground, difficulty="Easy").index()


def test_frames_of_the_challenge_are_no_split_and_not_read(root):
    assert (root / "mono/ME000/000000.png").is_file()
    assert all("mono" not in name for name, _ in TartanAir(root=root).files())
    assert rows(TartanAir(root=root, split="all")) == rows(TartanAir(root=root))


def test_a_difficulty_can_be_kept(root):
    for difficulty, scenes in (("Easy", ["office"]), ("Hard", ["hospital"])):
        found = rows(TartanAir(root=root, difficulty=difficulty))
        assert [row["scene"] for row in found] == scenes


def test_the_later_spelling_of_a_difficulty_is_the_same(later):
    assert len(rows(TartanAir(root=later, difficulty="Hard"))) == 1
    with pytest.raises(SourceError, match=r"of difficulty 'Easy' .* holds Data_hard lcam_front"):
        TartanAir(root=later, difficulty="Easy").index()


def with_right(root, tmp_path, *, left, right):
    """The same frames, as those of the right camera too."""
    place = shutil.copytree(root, tmp_path / "both")
    for path in sorted(place.rglob(f"*{left}*.*")):
        copy = path.relative_to(place).as_posix().replace(left, right)
        (place / copy).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place / copy)
    return place


def test_a_camera_can_be_chosen(street, tmp_path):
    both = with_right(street, tmp_path, left="left", right="right")

    files = {
        camera: [row["file"] for row in rows(TartanAir(root=both, camera=camera))]
        for camera in ("left", "right", "both")
    }

    assert files["left"] == ["oldtown/Hard/P000/image_left/000000_left.png"]
    assert files["right"] == ["oldtown/Hard/P000/image_right/000000_right.png"]
    assert files["both"] == [*files["left"], *files["right"]]
    assert len({row["key"] for row in rows(TartanAir(root=both, camera="both"))}) == 2


def test_a_view_to_the_right_is_still_of_the_left_camera(later, tmp_path):
    both = with_right(later, tmp_path, left="lcam_front", right="lcam_right")

    assert len(rows(TartanAir(root=both))) == 2
    with pytest.raises(SourceError, match="camera 'right', and holds Data_hard lcam_front, Data"):
        TartanAir(root=both, camera="right").index()


def test_fisheye_and_panorama_are_no_pinholes_and_not_read(later, tmp_path):
    place = with_right(later, tmp_path, left="lcam_front", right="lcam_fish")

    assert rows(TartanAir(root=place)) == rows(TartanAir(root=later))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a: a[:-1], "SHAPE"),
        (lambda a: a[..., None], "SHAPE"),
        (lambda a: (a * 1000).astype(np.uint16), "MODE"),
        (lambda a: a.astype(np.float64), "MODE"),
        (lambda a: -a, "RANGE"),
    ],
)
def test_arrays_that_are_not_the_published_ones_are_rejects(street, tmp_path, change, code):
    (row,) = rows(TartanAir(root=street))
    values = read_npy((street / row["depth"]).read_bytes())

    with pytest.raises(SampleError, match=code):
        _ = only(with_depth(street, tmp_path, write_npy(change(values)))).targets["depth"]


def test_damaged_files_are_rejects(street, later, tmp_path):
    for number, place in enumerate((street, later)):
        (row,) = rows(TartanAir(root=place))
        cut = (place / row["depth"]).read_bytes()[:-99]
        with pytest.raises(SampleError, match="DECODE"):
            _ = only(with_depth(place, tmp_path / str(number), cut)).targets["depth"]


def test_packed_depth_of_another_size_is_a_reject(later, tmp_path):
    data = write_float_png(np.ones((HEIGHT, WIDTH), dtype=np.float32))

    with pytest.raises(SampleError, match="SHAPE"):
        _ = only(with_depth(later, tmp_path, data)).targets["depth"]


def test_without_depth_nothing_can_be_asked_for(street, tmp_path):
    place = shutil.copytree(street, tmp_path / "bare")
    shutil.rmtree(place / "oldtown/Hard/P000/depth_left")

    with pytest.raises(SourceError, match="must have the target 'depth'"):
        TartanAir(root=place).require(["depth"])


def test_a_frame_without_its_depth_is_a_reject(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "changed")
    (place / ROOM / "depth_left/000000_left_depth.npy").unlink()
    source = TartanAir(root=place)

    found = {row["scene"]: source.load(row).targets for row in rows(source)}

    assert found["hospital"]["depth"].valid.any()
    with pytest.raises(SampleError, match="MISSING"):
        _ = found["office"]["depth"]


def zipped(root, path, *, folder):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((root / folder).rglob("*.*")):
            archive.write(file, file.relative_to(root).as_posix())


def test_archives_as_the_authors_script_names_them_read_as_the_folders_they_hold(root, tmp_path):
    for kind in ("image", "depth"):
        zipped(root, tmp_path / f"office_Easy_{kind}_left.zip", folder=f"{ROOM}/{kind}_left")
    loose, packed = TartanAir(root=root, scenes=("office",)), TartanAir(root=tmp_path)

    assert packed.index() == loose.index()
    assert only(packed).picture.data == only(loose).picture.data
    same_depth(only(packed).targets["depth"], truth(0).depth_z)


def test_archives_in_the_folders_they_are_published_in_are_read_there(root, tmp_path):
    (tmp_path / "office/Easy").mkdir(parents=True)
    for kind in ("image", "depth"):
        zipped(root, tmp_path / f"office/Easy/{kind}_left.zip", folder=f"{ROOM}/{kind}_left")

    assert TartanAir(root=tmp_path).index() == TartanAir(root=root, scenes=("office",)).index()


def test_archives_whose_members_do_not_say_where_they_are_from_must_be_extracted(tmp_path):
    path = tmp_path / "Office/Data_omni/P0000/image_lcam_front.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"PK")

    with pytest.raises(SourceError, match=r"archives in folders, such as Office.*zip\. Extract"):
        TartanAir(root=tmp_path).index()


def test_a_source_travels_to_another_process(root):
    source = TartanAir(root=root, difficulty="Hard", far_m=100.0)
    (row,) = rows(source)

    again = pickle.loads(pickle.dumps(source))

    assert again == source
    assert rows(again) == [row]


def test_the_same_arguments_write_the_same_bytes(later, tmp_path):
    again = write(tmp_path, count=1, form="v2")

    files = sorted(path.relative_to(later) for path in later.rglob("*.*"))
    assert files == sorted(path.relative_to(again) for path in again.rglob("*.*"))
    assert all((later / name).read_bytes() == (again / name).read_bytes() for name in files)


def test_the_recipe_leaves_out_the_environment_whose_sky_is_a_dome(street, tmp_path):
    recipe = load_recipe("tartanair-depth")
    (tmp_path / "amusement").mkdir()
    shutil.copytree(street / "oldtown/Hard", tmp_path / "amusement/Hard")

    (row,) = rows(recipe.source.open(tmp_path))

    (bad,) = recipe.known_bad
    assert row["key"].startswith(bad.samples.removesuffix("*"))


@pytest.mark.parametrize(
    "change",
    [
        lambda meters: meters * 10,
        lambda meters: meters / 1000,
        lambda meters: meters * 1000,
        lambda meters: 1 / meters,
    ],
    ids=["decimeters", "kilometers", "millimeters", "inverse"],
)
def test_another_unit_is_outside_of_the_recipes_contract(street, tmp_path, change):
    recipe = load_recipe("tartanair-depth")
    source = recipe.source.open(street)
    check_plausible(source.index(), recipe, source)
    (row,) = rows(source)
    meters = change(read_npy((street / row["depth"]).read_bytes()))

    wrong = with_depth(street, tmp_path, write_npy(meters.astype(np.float32)))

    with pytest.raises(SourceError, match="depth"):
        check_plausible(wrong.index(), recipe, wrong)


@pytest.fixture
def real(samples, tmp_path):
    """The real frames, laid out as published: one indoors, and DSINE's of `oldtown`."""
    indoors, outdoors = samples / "tartanair", samples / "normals/DSINE_example"
    frames = {
        "indoors/Easy": (
            indoors / "image_left/000000_left.png",
            indoors / "depth_left/000000_left_depth.npy",
        ),
        "oldtown/Hard": (outdoors / "000000_img.png", outdoors / "000000_depth.npy"),
    }
    for place, (image, depth) in frames.items():
        folder = tmp_path / place / "P000"
        for name, path in (
            ("image_left/000000_left.png", image),
            ("depth_left/000000_left_depth.npy", depth),
        ):
            (folder / name).parent.mkdir(parents=True)
            shutil.copy(path, folder / name)
    return TartanAir(root=tmp_path)


def test_real_frames_are_what_numpy_and_pillow_read(real):
    found = rows(real)
    assert [row["scene"] for row in found] == ["indoors", "oldtown"]
    for row in found:
        sample = real.load(row)
        stored = np.load(real.root / row["depth"])
        image = np.asarray(Image.open(real.root / row["file"]))

        assert stored.dtype == np.float32
        assert np.array_equal(sample.picture.rgb, image)
        same_depth(sample.targets["depth"], np.where(stored > 9999, np.inf, stored))


def test_real_depths_are_meters_and_the_real_sky_is_far(real):
    indoors, oldtown = (real.load(row).targets["depth"] for row in rows(real))

    near, far = indoors.meters.min(), indoors.meters.max()
    assert indoors.valid.all()
    assert (near, far) == (pytest.approx(0.16381836), pytest.approx(7.8203125))
    assert np.median(indoors.meters) == pytest.approx(0.37109375)
    assert np.isinf(oldtown.meters).mean() == pytest.approx(0.48718424)
    assert oldtown.meters[oldtown.valid].max() == pytest.approx(31.09375)


def test_the_recipes_contract_holds_for_real_frames(real):
    recipe = load_recipe("tartanair-depth")

    for row in rows(real):
        source = TartanAir(root=real.root, scenes=(row["scene"],))
        check_plausible(source.index(), recipe, source)
