"""The leak guard: evaluation images are known again, and other images are not taken for them."""

from __future__ import annotations

import io
import json
import pickle
import time
from functools import cache

import by_hand
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vtencode.errors import CodeError, SourceError
from vtencode.images import Picture
from vtencode.leaks import DISTANCE, LeakGuard, faults, guard_of
from vtencode.leaks.fingerprints import Look, fingerprint
from vtencode.leaks.guard import Known
from vtencode.leaks.id_lists import list_names, shipped_list
from vtencode.leaks.looks import Looks, ones
from vtencode.mat5 import read_mat5
from vtencode.miniatures.scenes import scene
from vtencode.targets import Camera

HEIGHT, WIDTH, COUNT = 120, 160, 60
CAMERA = Camera(fx=130.0, fy=130.0, cx=81.5, cy=63.25)
IDS = "nyu-depth-v2-test"


@cache
def renders(seed: int = 0, count: int = COUNT) -> tuple[Picture, ...]:
    """Different pictures: rooms, and a street for each fourth."""
    return tuple(
        Picture.from_rgb(
            scene(seed, i, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=i % 4 == 3).rgb
        )
        for i in range(count)
    )


def guarding(*pictures: Picture, distance: int = DISTANCE) -> LeakGuard:
    seen = [fingerprint(picture) for picture in pictures]
    known = (Known("test", f"t{i}", "", one.exact, one.look) for i, one in enumerate(seen))
    return LeakGuard(tuple(known), distance=distance)


def saved(rgb, form: str, **options) -> Picture:
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, form, **options)
    return Picture.from_bytes(out.getvalue())


def cropped(rgb, share: float):
    height, width = (round(side * share) for side in rgb.shape[:2])
    top, left = (rgb.shape[0] - height) // 2, (rgb.shape[1] - width) // 2
    return rgb[top : top + height, left : left + width]


COPIES = {
    "JPEG of quality 75": lambda rgb: saved(rgb, "JPEG", quality=75),
    "JPEG of quality 40": lambda rgb: saved(rgb, "JPEG", quality=40),
    "half size": lambda rgb: saved(cv2.resize(rgb, None, fx=0.5, fy=0.5), "PNG"),
    "double size": lambda rgb: saved(cv2.resize(rgb, None, fx=2, fy=2), "PNG"),
    "square": lambda rgb: saved(cv2.resize(rgb, (256, 256)), "JPEG", quality=90),
    "98 % of both sides": lambda rgb: saved(cropped(rgb, 0.98), "PNG"),
    "95 % of the area": lambda rgb: saved(cropped(rgb, 0.95**0.5), "PNG"),
    "brighter": lambda rgb: saved(cv2.convertScaleAbs(rgb, alpha=1.1, beta=8), "PNG"),
}


def test_a_png_that_was_encoded_again_has_the_same_pixels():
    picture = renders()[0]
    again = saved(picture.rgb, "PNG", compress_level=1)

    assert again.data != picture.data
    assert guarding(picture).find("", lambda: fingerprint(again)).kind == "exact"
    assert fingerprint(again) == fingerprint(picture)


def test_a_jpeg_and_the_png_of_its_pixels_are_the_same_image():
    photo = saved(renders()[1].rgb, "JPEG", quality=90)

    assert fingerprint(photo).exact == fingerprint(Picture.from_rgb(photo.rgb)).exact


def test_the_same_bytes_in_another_shape_are_another_image():
    wide = Picture.from_rgb(np.zeros((2, 6, 3), np.uint8))
    tall = Picture.from_rgb(np.zeros((6, 2, 3), np.uint8))

    assert fingerprint(wide).exact != fingerprint(tall).exact


@pytest.mark.parametrize("how", COPIES)
def test_a_copy_is_known_by_its_looks(how):
    guard = guarding(*renders())

    for i, picture in enumerate(renders()):
        copy = COPIES[how](picture.rgb)
        leak = guard.find("", lambda copy=copy: fingerprint(copy))
        assert (leak.kind, leak.key) == ("perceptual", f"t{i}")


def test_a_crop_to_95_percent_of_both_sides_is_known_19_times_in_20():
    guard = guarding(*renders())

    crops = [Picture.from_rgb(cropped(p.rgb, 0.95).copy()) for p in renders()]
    found = [guard.find("", lambda crop=crop: fingerprint(crop)) for crop in crops]

    assert all(leak is None or leak.key == f"t{i}" for i, leak in enumerate(found))
    assert sum(leak is not None for leak in found) >= 0.95 * COUNT


def test_a_mirrored_copy_is_known_and_told_apart():
    guard = guarding(*renders())

    for i, picture in enumerate(renders()):
        copy = saved(np.ascontiguousarray(picture.rgb[:, ::-1]), "JPEG", quality=75)
        leak = guard.find("", lambda copy=copy: fingerprint(copy))
        assert (leak.kind, leak.key) == ("mirrored", f"t{i}")
        assert "mirrored" in str(leak)


def test_different_scenes_are_not_taken_for_each_other():
    whole = guarding(*renders())

    for i, picture in enumerate(renders()):
        rest = LeakGuard(whole.known[:i] + whole.known[i + 1 :])
        assert rest.reason("", picture) is None


def test_scenes_of_another_seed_are_not_taken_for_these():
    guard = guarding(*renders())

    assert [guard.reason("", picture) for picture in renders(1, 20)] == [None] * 20


def test_the_hash_alone_would_not_do():
    seen = [fingerprint(picture).look for picture in renders()]

    near = [a for i, a in enumerate(seen) for b in seen[:i] if a.distance(b) <= DISTANCE]

    assert near


@pytest.mark.parametrize(
    "rgb",
    [
        np.full((90, 120, 3), 200, np.uint8),
        np.full((1, 1, 3), 7, np.uint8),
        np.linspace(120, 220, 90).astype(np.uint8)[:, None, None].repeat(120, 1).repeat(3, 2),
    ],
    ids=["a wall", "one pixel", "a clear sky"],
)
def test_what_shows_too_little_is_known_by_its_pixels_alone(rgb):
    plain = fingerprint(Picture.from_rgb(rgb))
    other = Picture.from_rgb(rgb // 2)

    assert plain.look is None
    assert plain.mirrored is None
    assert guarding(Picture.from_rgb(rgb)).reason("", Picture.from_rgb(rgb.copy()))
    assert guarding(other).find("", lambda: plain) is None


def test_a_broken_picture_is_an_error_not_a_clean_one():
    whole = saved(renders()[0].rgb, "JPEG")
    cut = Picture(whole.data[:-200], "jpg", whole.width, whole.height)

    with pytest.raises(CodeError, match="whole"):
        guarding(renders()[0]).reason("", cut)


def test_an_id_decides_without_a_look_at_the_pixels():
    guard = guard_of([IDS])
    cut = Picture(b"\xff\xd8\xff", "jpg", 1, 1)

    told = "is nyu-depth-v2/0001 of the evaluation set nyu-depth-v2-test"
    assert guard.reason("nyu-depth-v2/0001", cut) == told
    assert guard.reason("nyu-depth-v2/0003", cut) is None
    assert guard.reason("", cut) is None


def test_a_reason_says_how_the_image_is_known():
    picture = renders()[2]
    copy = saved(picture.rgb, "JPEG", quality=30)
    differ = fingerprint(copy).look.distance(fingerprint(picture).look)

    guard = guarding(picture)

    assert guard.reason("", picture) == "has the pixels of t0 of the evaluation set test"
    assert guard.reason("", copy) == (
        f"looks like t0 of the evaluation set test ({differ} of 64 bits differ)"
    )


def test_a_guard_without_sets_lets_everything_pass():
    assert LeakGuard().reason("nyu-depth-v2/0001", renders()[0]) is None


def test_distance_0_still_knows_what_hashes_alike():
    picture = renders()[0]
    guards = [guarding(picture, distance=distance) for distance in (0, DISTANCE)]
    crop = Picture.from_rgb(cropped(picture.rgb, 0.97).copy())

    assert guards[0].reason("", picture)
    assert not guards[0].reason("", crop)
    assert guards[1].reason("", crop)


def test_a_guard_travels_to_workers_and_through_json_unchanged():
    plain = Picture.from_rgb(np.zeros((9, 9, 3), np.uint8))
    guard = LeakGuard(guarding(*renders()[:3], plain).known + guard_of([IDS]).known)
    digest = guard.digest

    there = pickle.loads(pickle.dumps(guard))
    stored = LeakGuard.from_json(json.loads(json.dumps(guard.to_json())))

    assert guard == there == stored
    assert digest == there.digest == stored.digest
    assert stored.reason("", saved(renders()[1].rgb, "JPEG"))


def test_the_digest_is_of_everything_a_guard_holds():
    one = guarding(renders()[0])
    others = [guarding(renders()[1]), guarding(renders()[0], distance=3), LeakGuard()]

    assert guarding(renders()[0]).digest == one.digest
    assert len({one.digest, *(other.digest for other in others)}) == 4


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50))
def test_set_bits_are_counted(numbers):
    counted = ones(np.array(numbers, dtype=np.uint64))

    assert counted.tolist() == [number.bit_count() for number in numbers]


@given(st.lists(st.integers(0, 2**64 - 1), max_size=30), st.integers(0, 63), st.integers(0, 63))
def test_the_nearest_is_the_first_with_the_fewest_bits_changed(numbers, bit, distance):
    thumbnail = bytes(range(192))
    looks = [Look(number, thumbnail) for number in numbers]
    asked = Look(1 << bit, thumbnail)
    apart = [(asked.distance(look), at) for at, look in enumerate(looks)]
    best = min(((d, at) for d, at in apart if d <= distance), default=None)

    assert Looks(looks).nearest(asked, distance) == (best and best[::-1])


def test_a_hundred_thousand_looks_are_searched_in_milliseconds():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**64, 100_000, dtype=np.uint64).tolist()
    looks = Looks(Look(number, bytes(range(192))) for number in bits)
    asked = Look(bits[70_000] ^ 0b101, bytes(range(192)))
    times = []
    for _ in range(3):
        started = time.perf_counter()
        assert looks.nearest(asked, DISTANCE) == (70_000, 2)
        times.append(time.perf_counter() - started)

    assert min(times) < 0.03


def test_the_nyu_list_is_the_published_one(samples):
    split = read_mat5((samples / "nyu/nyuv2-meta-data/splits.mat").read_bytes())
    numbers = sorted(split["testNdxs"].reshape(-1).astype(int).tolist())

    assert shipped_list(IDS).ids == tuple(f"nyu-depth-v2/{number:04d}" for number in numbers)


@pytest.mark.parametrize(("name", "count"), [(IDS, 654), ("kitti-eigen-test", 697)])
def test_a_shipped_list_is_whole_and_says_where_it_is_from(name, count):
    found = shipped_list(name)

    assert name in list_names()
    assert len(found.ids) == count
    assert "github.com" in found.about or "http://" in found.about
    assert len(guard_of([name]).known) == count


def test_a_list_of_ones_own_has_comments_and_any_line_ends(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_bytes(
        b"\xef\xbb\xbf# of a paper\r\n\r\ncoco/000000000785\r\n  coco/1 \r\ncoco/1\r\n"
    )

    guard = guard_of([path])

    assert [one.image_id for one in guard.known] == ["coco/000000000785", "coco/1"]
    assert guard.reason("coco/1", renders()[0]) == "is coco/1 of the evaluation set mine"


def test_a_built_folder_is_known_by_ids_pixels_and_looks(tmp_path):
    pictures = renders()[:3]
    pairs = [(f"p{i}-{task}", p, f"x/{i}") for i, p in enumerate(pictures) for task in ("a", "b")]
    guard = guard_of([by_hand.dataset(tmp_path / "val", pairs)])

    assert len(guard.known) == 3
    assert guard.reason("x/1", renders()[9]) == "is x/1 of the evaluation set val"
    assert "has the pixels of p2-a" in guard.reason("", pictures[2])
    assert "looks like p0-a" in guard.reason("", saved(pictures[0].rgb, "JPEG"))


def test_a_guard_depends_on_what_a_folder_holds_and_not_on_where_it_is(tmp_path, monkeypatch):
    pairs = [("p0", renders()[0], "")]
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        by_hand.dataset(tmp_path / place / "val", pairs)
    monkeypatch.chdir(tmp_path / "a")

    assert guard_of(["val"]).digest == guard_of([tmp_path / "b" / "val"]).digest


def test_every_fault_of_the_names_is_told(tmp_path):
    (tmp_path / "binary.txt").write_bytes(b"\x00\xff\xfe")
    (tmp_path / "empty.txt").write_text("# nothing yet\n")
    (tmp_path / "unfinished" / ".vtencode").mkdir(parents=True)
    (tmp_path / "unfinished" / ".vtencode" / "plan.json").write_text("{}")
    (tmp_path / "photos").mkdir()
    names = ("binary.txt", "empty.txt", "unfinished", "photos")

    found = faults(["nyu-depth-v2-tset", *(str(tmp_path / name) for name in names), IDS, IDS])

    assert len(found) == 6
    assert "Did you mean 'nyu-depth-v2-test'?" in found[0]
    told = ("one a line", "holds none", "unfinished build", "manifest.json", "2 times")
    assert all(words in fault for words, fault in zip(told, found[1:], strict=True))


def test_names_without_fault_have_none(tmp_path):
    assert faults([IDS, by_hand.dataset(tmp_path / "val", [])]) == []


def test_a_name_that_is_nothing_is_refused():
    with pytest.raises(SourceError, match="Did you mean 'kitti-eigen-test'"):
        guard_of(["kiti-eigen-test"])
