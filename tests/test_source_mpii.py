"""MPII: the miniature reads back as its scenes, and what others trip over is read rightly."""

from __future__ import annotations

import json
import shutil
import tarfile
from functools import cache

import numpy as np
import pytest
import scipy.io
from keypoint_readers import joints_come_back
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered, SourceError
from vtencode.formats.mat_tree import read_mat_tree, write_mat_tree
from vtencode.miniatures.mpii import HEIGHT, JOINTS, UNTOLD, WIDTH, people_of, write
from vtencode.miniatures.posed import posed
from vtencode.miniatures.scenes import scene
from vtencode.sources.mpii import Mpii
from vtencode.targets import Keypoints, Visibility

RELEASE = "mpii_human_pose_v1_u12_1.mat"


@pytest.fixture(scope="module", autouse=True)
def rendered_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtencode.miniatures.posed.scene", cache(scene))
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("mpii"), count=2)


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    """The lists of HRNet and of mmpose, of the same images."""
    place = tmp_path_factory.mktemp("lists")
    return {form: write(place / form, count=2, form=form) for form in ("hrnet", "mmpose")}


@pytest.fixture(scope="module")
def shots():
    return list(posed(2, 0, height=HEIGHT, width=WIDTH))


@pytest.fixture
def place(root, tmp_path):
    return shutil.copytree(root, tmp_path / "mpii")


def edit(place, change) -> None:
    """Change what the authors' file says."""
    path = place / RELEASE
    (release,) = read_mat_tree(path.read_bytes(), "RELEASE")
    change(release)
    path.write_bytes(write_mat_tree({"RELEASE": release}))


def joints(place, *, split="all", **options) -> list[Keypoints]:
    source = Mpii(root=place, split=split, **options)
    return [source.load(row).targets["keypoints"] for row in rows(source)]


def test_the_miniature_reads_back_as_its_scenes(root, shots):
    source = Mpii(root=root, split="all", people="marked")
    found = rows(source)

    assert [row["split"] for row in found] == ["val" if shot.test else "train" for shot in shots]
    assert [row["image_id"] for row in found] == [
        "mpii/000000001",
        "mpii/000000002",
        "mpii/000000003",
    ]
    for row, shot in zip(found, shots, strict=True):
        sample = source.load(row)
        told = sample.targets["keypoints"]
        expected = np.array([person for person in people_of(shot) if person is not None])
        seen = expected[..., 2].copy()
        untold = [JOINTS.index(name) for name in UNTOLD]
        seen[:, untold] = np.where(seen[:, untold] > 0, Visibility.VISIBLE, Visibility.ABSENT)
        assert told.names == JOINTS
        assert told.shape == (HEIGHT, WIDTH)
        assert np.array_equal(told.visibility, seen)
        xy = np.where(expected[..., 2:] > 0, expected[..., :2], np.nan)
        assert np.allclose(told.xy_px, xy, atol=1e-4, equal_nan=True)  # float32 of a whole image
        assert (told.visibility == Visibility.OCCLUDED).any()
    joints_come_back(told)


def test_joints_that_people_of_scenes_have_too_are_at_their_places(root, shots):
    source = Mpii(root=root, split="all", people="marked")
    for row, shot in zip(rows(source), shots, strict=True):
        told = source.load(row).targets["keypoints"]
        places = dict(zip(vt.codec("keypoints").joints, shot.found.joints[0], strict=True))
        for number in np.flatnonzero(told.present[0]):
            name = told.names[number]
            if name in places:
                assert np.allclose(told.xy_px[0, number], places[name], atol=1e-4)


def test_left_and_right_are_swapped_by_a_mirror_and_bones_join_neighbors(root):
    told = joints(root, people="marked")[0]
    pairs = {(told.names[a], told.names[b]) for a, b in told.flip_pairs}

    assert len(pairs) == 6
    assert all(a.replace("right", "left") == b.replace("right", "left") for a, b in pairs)
    bones = {frozenset((told.names[a], told.names[b])) for a, b in told.skeleton}
    assert {frozenset(("pelvis", "thorax")), frozenset(("left_knee", "left_ankle"))} <= bones
    assert len(bones) == 15


def test_the_first_pixel_is_1_in_the_files_and_0_here(place):
    def to_the_corner(release):
        point = release["annolist"][0]["annorect"][0]["annopoints"][0]["point"][0]
        point["x"], point["y"] = 1.0, 1.0

    edit(place, to_the_corner)
    first = joints(place, people="marked")[0]

    assert first.xy_px[0, np.flatnonzero(first.present[0])[0]].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("stored", "seen"),
    [
        (1.0, Visibility.VISIBLE),
        (0.0, Visibility.OCCLUDED),
        ("1", Visibility.VISIBLE),
        ("0", Visibility.OCCLUDED),
        ("", Visibility.VISIBLE),
        (np.empty((0, 0)), Visibility.VISIBLE),
        (None, Visibility.VISIBLE),
    ],
)
def test_is_visible_is_read_in_every_form_that_it_has(place, stored, seen):
    def change(release):
        points = release["annolist"][0]["annorect"][0]["annopoints"][0]["point"]
        for point in points:
            if stored is None:
                del point["is_visible"]
            else:
                point["is_visible"] = stored

    edit(place, change)
    first = joints(place, people="marked")[0]

    assert (first.visibility[0][first.present[0]] == seen).all()


def test_lists_of_others_tell_the_same_joints_but_not_which_are_seen(root, lists):
    release = {row["key"]: row for row in rows(Mpii(root=root, split="all"))}
    for place in lists.values():
        listed = Mpii(root=place, split="all")
        assert {row["key"] for row in rows(listed)} == set(release)
        for row in rows(listed):
            told = listed.load(row).targets["keypoints"]
            same = Mpii(root=root, people="marked").load(release[row["key"]]).targets["keypoints"]
            assert row["split"] == release[row["key"]]["split"]
            assert np.allclose(told.xy_px, same.xy_px, atol=1e-4, equal_nan=True)
            assert np.array_equal(told.present, same.present)
            assert (told.visibility[told.present] == Visibility.VISIBLE).all()


def test_the_authors_file_goes_before_the_lists_and_theirs_only_tell_what_is_to_validate(root):
    assert (root / "annot" / "valid.json").exists()
    found = joints(root, people="marked")

    assert any((each.visibility == Visibility.OCCLUDED).any() for each in found)


def test_everybody_of_an_image_to_validate_is_read_where_a_list_has_all(lists, tmp_path):
    place = shutil.copytree(lists["mmpose"], tmp_path / "mpii")
    path = place / "annotations" / "mpii_val.json"
    listed = json.loads(path.read_text())
    path.write_text(json.dumps(listed[:1]))
    assert len(listed) > 1

    (whole,) = joints(place, split="val")
    (place / "annotations" / "mpii_trainval.json").unlink()
    (partly,) = joints(place, split="val")

    assert len(whole.visibility) == len(listed)
    assert len(partly.visibility) == 1


def test_without_a_list_of_what_to_validate_all_is_to_train(place):
    shutil.rmtree(place / "annot")

    assert {row["split"] for row in rows(Mpii(root=place, split="all"))} == {"train"}
    with pytest.raises(SourceError, match="must hold frames of the split 'val', and holds train"):
        Mpii(root=place, split="val").index()


def test_images_to_test_and_images_of_nobody_are_left_out(root):
    (release,) = read_mat_tree((root / RELEASE).read_bytes(), "RELEASE")
    names = [entry["image"][0]["name"] for entry in release["annolist"]]

    assert release["img_train"].tolist() == [[1, 1, 1, 0, 1]]
    assert [row["file"][-13:] for row in rows(Mpii(root=root, split="all"))] == names[:3]


def test_images_with_people_whom_nobody_marked_are_filtered_unless_asked_for(root, shots):
    people = [people_of(shot) for shot in shots]
    unmarked = [any(person is None for person in each) for each in people]
    assert unmarked == [False, False, True]

    source = Mpii(root=root, split="all")
    last = source.load(rows(source)[-1])
    with pytest.raises(SampleFiltered, match=r"mpii/000000003.*1 in all, whose joints nobody"):
        _ = last.targets["keypoints"]
    assert len(joints(root, people="marked")[-1].visibility) == len(people[-1]) - 1


def test_an_image_of_people_whom_nobody_marked_says_nothing(place):
    def unmark(release):
        for rect in release["annolist"][0]["annorect"]:
            rect["annopoints"] = np.empty((0, 0))

    edit(place, unmark)
    source = Mpii(root=place, split="all", people="marked")
    with pytest.raises(SampleFiltered, match="whose joints nobody marked"):
        _ = source.load(rows(source)[0]).targets["keypoints"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 16.0}, "must have an id of 0 to 15"),
        ({"id": -1.0}, "must have an id of 0 to 15"),
        ({"id": 0.5}, "must have an id of 0 to 15"),
        ({"id": float("nan")}, "must have an id of 0 to 15"),
        ({"id": "nose"}, "must have an id of 0 to 15"),
        ({"x": np.empty((0, 0))}, "must have an id of 0 to 15, x and y"),
        ({"x": float("nan")}, "must have an id of 0 to 15, x and y"),
        ({"y": float("inf")}, "must have an id of 0 to 15, x and y"),
        ({"is_visible": 2.0}, "is_visible must be 0, 1 or nothing, got 2"),
        ({"is_visible": "yes"}, "is_visible must be 0, 1 or nothing, got 'yes'"),
        ({"id": 1.0}, "must have a joint once, got right_knee twice"),
    ],
)
def test_marks_that_cannot_be_are_rejects(place, change, message):
    def spoil(release):
        points = release["annolist"][0]["annorect"][0]["annopoints"][0]["point"]
        at = next(n for n, point in enumerate(points) if point["id"] == 2)
        points[at].update(change)

    edit(place, spoil)
    source = Mpii(root=place, split="all", people="marked")
    first, second = (source.load(row) for row in rows(source)[:2])

    with pytest.raises(SampleError, match=message) as error:
        _ = first.targets["keypoints"]
    assert error.value.args[:3] == ("RANGE", "keypoints", "mpii/000000001")
    assert len(second.targets["keypoints"].visibility)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joints_vis": [2] * 16}, "is_visible must be 0, 1 or nothing, got 2"),
        ({"joints_vis": [1] * 3}, "must have an id of 0 to 15"),
        ({"joints": [[1, 2]]}, "must have an id of 0 to 15"),
        ({"joints": 3}, "must have an id of 0 to 15"),
        ({"joints": [[1, 2, 3]] * 16}, "must have an id of 0 to 15, x and y"),
        ({"joints": [[1, 2, None, 4]] * 16}, "must have an id of 0 to 15"),
        ({"joints": ["ab"] * 16}, "must have an id of 0 to 15, x and y"),
        ({"joints": [[10**400, 1]] * 16}, "must have an id of 0 to 15, x and y"),
    ],
)
def test_entries_of_lists_that_cannot_be_are_rejects(lists, tmp_path, change, message):
    place = shutil.copytree(lists["hrnet"], tmp_path / "mpii")
    path = place / "annot" / "train.json"
    people = json.loads(path.read_text())
    people[0].update(change)
    path.write_text(json.dumps(people))
    source = Mpii(root=place)

    with pytest.raises(SampleError, match=message):
        _ = source.load(rows(source)[0]).targets["keypoints"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"annolist": []}', "must be a list of people"),
        ('[{"joints": []}]', "must be a list of people"),
        ('[{"image": "000000001.jpg", "image": "000000002.jpg"}]', "is there twice"),
        ('[{"image": "000000001.jpg", "scale": NaN}]', "no number of JSON"),
        ("[", "must be plain JSON.*Fetch it again"),
        ("\xff", "Fetch it again"),
    ],
)
def test_lists_in_another_form_are_told(lists, tmp_path, text, message):
    place = shutil.copytree(lists["hrnet"], tmp_path / "mpii")
    (place / "annot" / "train.json").write_bytes(text.encode("latin-1"))

    with pytest.raises(SourceError, match=message):
        Mpii(root=place).index()


def test_a_cut_file_of_the_authors_is_told(place):
    data = (place / RELEASE).read_bytes()
    (place / RELEASE).write_bytes(data[: len(data) // 2])

    with pytest.raises(SourceError, match=rf"{RELEASE}.*whole level 5 MAT file.*Fetch it again"):
        Mpii(root=place).index()


def test_a_file_that_does_not_say_what_is_to_train_is_told(place):
    edit(place, lambda release: release.update(img_train=np.ones(2)))

    with pytest.raises(SourceError, match=r"img_train.*got 5 and 2"):
        Mpii(root=place).index()


def test_a_missing_image_is_a_reject_and_no_image_at_all_is_told(place):
    (place / "images" / "000000001.jpg").unlink()
    source = Mpii(root=place, split="all")
    with pytest.raises(SampleError, match="MISSING"):
        source.load(rows(source)[0])

    shutil.rmtree(place / "images")
    with pytest.raises(SourceError, match=r"images that its annotations tell of.*000000001\.jpg"):
        Mpii(root=place).index()


def test_nothing_outside_the_dataset_is_read(place):
    (place.parent / "secret.jpg").write_bytes((place / "images" / "000000001.jpg").read_bytes())
    edit(
        place,
        lambda release: release["annolist"][0].update(image={"name": "../secret.jpg"}),
    )
    source = Mpii(root=place, split="all")

    with pytest.raises(SampleError, match="MISSING"):
        source.load(rows(source)[0])


def test_gray_images_are_read(place):
    path = place / "images" / "000000001.jpg"
    with Image.open(path) as image:
        gray = image.convert("L")
    gray.save(path)
    source = Mpii(root=place, split="all")

    sample = source.load(rows(source)[0])
    assert sample.picture.rgb.shape == (HEIGHT, WIDTH, 3)


def test_two_lists_of_one_split_are_told(place):
    shutil.copy(place / "annot" / "valid.json", place / "mpii_val.json")

    with pytest.raises(SourceError, match="say the same: point --source at the one"):
        Mpii(root=place).index()


def test_an_archive_reads_as_the_folder_it_extracts_to(root, tmp_path):
    with tarfile.open(tmp_path / "mpii_human_pose_v1.tar", "w") as archive:
        archive.add(root / "images", "images")
    shutil.copy(root / RELEASE, tmp_path)
    shutil.copytree(root / "annot", tmp_path / "annot")
    loose, packed = Mpii(root=root), Mpii(root=tmp_path)

    assert packed.index() == loose.index()
    row = rows(packed)[0]
    assert packed.load(row).picture.data == loose.load(row).picture.data


def test_a_build_goes_on_past_marks_that_cannot_be(place, tmp_path):
    def spoil(release):
        release["annolist"][0]["annorect"][0]["annopoints"][0]["point"][0]["id"] = 99.0

    edit(place, spoil)
    out = tmp_path / "out"
    built = vt.build(
        "mpii",
        source=place,
        out=out,
        workers=1,
        overrides=("source.split=all", "source.people=marked", "max_rejects=0.5"),
    )

    counts = built.manifest["counts"]
    assert (counts["rejected"], counts["written"]) == (1, 2)
    assert "must have an id of 0 to 15" in (out / "rejects.jsonl").read_text()


def test_the_joints_of_real_lists_are_those_of_the_file(samples, tmp_path):
    shutil.copytree(samples / "mpii" / "mmpose", tmp_path / "images")
    listed = json.loads((tmp_path / "images" / "test_mpii.json").read_text())
    (tmp_path / "mpii_val.json").write_text(json.dumps(listed))
    source = Mpii(root=tmp_path, split="val")
    found = {row["image_id"]: source.load(row) for row in rows(source)}

    assert set(found) == {f"mpii/{entry['image'][:-4]}" for entry in listed}
    for entry in listed:
        sample = found[f"mpii/{entry['image'][:-4]}"]
        told = sample.targets["keypoints"]
        with Image.open(tmp_path / "images" / entry["image"]) as image:
            assert told.shape == image.size[::-1]
        expected = np.array(entry["joints"]) - 1
        there = np.array(entry["joints_vis"]) == 1
        assert np.array_equal(told.present[0], there)
        assert np.allclose(told.xy_px[0][there], expected[there], atol=1e-4)
    assert sum(int(s.targets["keypoints"].present.sum()) for s in found.values()) == 76


def test_a_file_in_the_authors_form_reads_as_scipy_reads_it(samples):
    place = samples / "datumaro" / "mpii_dataset"
    source = Mpii(root=place)
    raw = scipy.io.loadmat(place / RELEASE, squeeze_me=True, struct_as_record=False)
    images = raw["RELEASE"].annolist

    assert len(rows(source)) == len(images) == 3
    for row, image in zip(rows(source), images, strict=True):
        assert row["file"] == image.image.name
        told = source.load(row).targets["keypoints"]
        people = np.atleast_1d(image.annorect)
        assert len(told.visibility) == len(people)
        for own, person in zip(range(len(people)), people, strict=True):
            for point in person.annopoints.point:
                assert np.allclose(told.xy_px[own, point.id], (point.x - 1, point.y - 1))
                assert told.visibility[own, point.id] == 1 + point.is_visible
            assert told.present[own].sum() == len(person.annopoints.point)
