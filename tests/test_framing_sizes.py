"""Default sizes pass trainers' loaders unchanged: each loader's rule of sizes, and ours against it.

A rule says which size a loader makes of an image; it is bit-exact where that is the image's own.
"""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.framing import Framing, Transform
from vtencode.framing.sizes import bucket, passes
from vtencode.seeds import Chance

MEGAPIXEL = 1024 * 1024
RATIOS = [(1, 1), (4, 5), (5, 4), (2, 3), (3, 2), (3, 4), (4, 3), (9, 16), (16, 9), (1, 2), (2, 1)]


def floor16(side: float) -> int:
    return int(side) // 16 * 16


def round16(side: float) -> int:
    return max(16, round(side / 16) * 16)


def diffusers_square(width, height):
    return 1024, 1024


def diffusers_buckets(width, height):
    """Rungs of eleven aspects with the image's own area; the one nearest in aspect."""
    side = min(1024, round(math.sqrt(width * height)))
    rungs = [
        (round16(side * math.sqrt(a / b)), round16(side * math.sqrt(b / a))) for a, b in RATIOS
    ]
    return min(reversed(rungs), key=lambda rung: abs(height * rung[0] - width * rung[1]))


def ai_toolkit(width, height):
    """At most 1 MP, each side to one of its two multiples of 16; the nearest area wins."""
    scale = min(1, math.sqrt(MEGAPIXEL / (width * height)))
    sides = [(floor16(s * scale), math.ceil(s * scale / 16) * 16) for s in (width, height)]
    fitting = [size for size in product(*sides) if math.prod(size) <= MEGAPIXEL]
    return min(fitting, key=lambda size: abs(math.prod(size) - width * height * scale**2))


def diffsynth(width, height):
    """Scaled down to 1 MP, then floored to multiples of 16."""
    scale = max(1, math.sqrt(width * height / MEGAPIXEL))
    return floor16(int(width / scale)), floor16(int(height / scale))


def musubi(width, height):
    """The bucket of 1 MP nearest in aspect, up or down."""
    sides = [(w, floor16(MEGAPIXEL // w)) for w in range(512, 1025, 16)]
    buckets = sorted({*sides, *((h, w) for w, h in sides)})
    return min(buckets, key=lambda size: abs(size[0] / size[1] - width / height))


def musubi_no_upscale(width, height):
    """Up to 1 MP only floored to multiples of 16."""
    if width * height > MEGAPIXEL:
        return musubi(width, height)
    return floor16(width), floor16(height)


def omnigen2(width, height):
    """Scaled down to 1 MP and to sides of 1024, then floored to multiples of 16."""
    scale = min(1, math.sqrt(MEGAPIXEL / (width * height)), 1024 / width, 1024 / height)
    return floor16(int(width * scale)), floor16(int(height * scale))


def bagel(width, height, shortest=512):
    """The short side up to `shortest`, the long one down to 1024, rounded to multiples of 16."""

    def scaled(w, h, scale):
        return round16(round(w * scale)), round16(round(h * scale))

    scale = max(min(1, 1024 / max(width, height)), shortest / min(width, height))
    w, h = scaled(width, height, scale)
    return (w, h) if max(w, h) <= 1024 else scaled(w, h, 1024 / max(w, h))


#: What each loader made of each size when it was run; None where the image came out bit-identical.
SIZES = [
    (640, 480), (512, 512), (768, 768), (1024, 768), (1024, 1024), (1024, 576), (960, 640),
    (1024, 512), (1024, 640), (896, 1152), (1216, 352), (1242, 375), (2048, 1024),
]  # fmt: skip
SQUARE = (1024, 1024)
MEASURED = {
    diffusers_square: [*[SQUARE] * 4, None, *[SQUARE] * 8],
    diffusers_buckets: [
        *[None] * 8, (992, 656), (880, 1168), (928, 464), (960, 480), (1456, 720),
    ],
    ai_toolkit: [*[None] * 11, (1248, 368), (1456, 720)],
    diffsynth: [*[None] * 11, (1232, 368), (1440, 720)],
    musubi: [
        (1184, 880), SQUARE, SQUARE, (1184, 880), None, (1360, 768), (1248, 832), (1456, 720),
        (1296, 800), (896, 1168), (1920, 544), (1872, 560), (1456, 720),
    ],
    musubi_no_upscale: [*[None] * 11, (1232, 368), (1456, 720)],
    omnigen2: [*[None] * 9, (784, 1024), (1024, 288), (1024, 304), (1024, 512)],
    bagel: [(688, 512), *[None] * 8, (800, 1024), (1024, 288), (1024, 304), (1024, 512)],
}  # fmt: skip
#: Loaders that take more than one size as it is, or than one a given aspect.
TAKING = [diffusers_buckets, ai_toolkit, diffsynth, musubi_no_upscale, omnigen2, bagel]
ALSO_EXACT = [(800, 640), (1024, 672), (896, 672), (640, 512), (576, 1024), (768, 1024)]
#: The datasets' own sizes, portraits, and a large photo.
DATASETS = [
    (640, 480), (1242, 375), (2048, 1024), (1024, 768), (480, 640), (768, 1024), (427, 640),
    (3000, 4000), (1280, 960), (1920, 1080), (500, 375), (1216, 352), (1024, 436), (1, 1),
    (16, 9000),
]  # fmt: skip


def framed_size(width, height, **options):
    transform = Framing(**options).transform(width, height, Chance(0, "key"))
    height, width = transform.shape
    return width, height


def changed_by(size):
    """Loaders that would resample an image of this size; BAGEL told to begin at 448."""
    made = {loader.__name__: loader(*size) for loader in TAKING if loader is not bagel}
    made["bagel"] = bagel(*size, shortest=448)
    return {name: found for name, found in made.items() if found != size}


@pytest.mark.parametrize("loader", MEASURED, ids=lambda loader: loader.__name__)
def test_the_rules_say_what_the_loaders_were_seen_to_do(loader):
    expected = [made or size for made, size in zip(MEASURED[loader], SIZES, strict=True)]
    assert [loader(*size) for size in SIZES] == expected


@pytest.mark.parametrize("size", ALSO_EXACT)
def test_more_sizes_seen_to_pass_pass_by_the_rules(size):
    assert [loader(*size) for loader in TAKING] == [size] * len(TAKING)
    assert passes(*size)


@pytest.mark.parametrize("size", DATASETS)
def test_default_framing_gives_sizes_that_every_loader_keeps(size):
    framed = framed_size(*size)
    assert changed_by(framed) == {}
    assert bagel(*framed) == framed or framed == size  # only what stays may be short of 512
    assert max(framed) <= 1024
    assert min(framed) >= 448


@given(st.integers(1, 6000), st.integers(1, 6000))
def test_default_framing_of_any_size_gives_one_that_every_loader_keeps(width, height):
    assert changed_by(framed_size(width, height)) == {}


@given(st.integers(1, 64), st.integers(1, 64))
def test_framing_of_multiples_of_16_gives_sizes_that_every_loader_keeps(across, down):
    assert changed_by(framed_size(16 * across, 16 * down)) == {}


def test_sizes_pass_where_every_loader_keeps_them_and_nowhere_else():
    sides = range(432, 1057, 16)
    for size in product(sides, sides):
        known = changed_by(size) == {} and min(size) >= 448 and max(size) <= 1024
        assert passes(*size) == known, size
    assert not passes(1000, 1000)


def test_passing_sizes_pass_a_second_time():
    sides = range(448, 1025, 16)
    for size in product(sides, sides):
        framed = framed_size(*size)
        assert (framed == size) == passes(*size)
        assert framed_size(*framed) == framed


def test_sizes_that_pass_leave_the_image_untouched():
    for size in ((640, 480), (480, 640), (1024, 768), (1024, 1024), (1024, 512), (960, 640)):
        assert Framing().transform(*size, Chance(0, "key")) == Transform.whole(*size)
    assert Framing(resize="bucket").transform(640, 480, Chance(0, "key")).size == (704, 528)


@given(st.integers(300, 4000), st.integers(300, 4000))
def test_buckets_keep_seven_eighths_of_images_within_two_to_one(width, height):
    if max(width, height) <= 2 * min(width, height):
        left, top, right, bottom = Framing().transform(width, height, Chance(0, "key")).crop
        assert (right - left) * (bottom - top) >= 0.875 * width * height


def test_long_images_keep_two_to_one_by_default():
    transform = Framing().transform(1242, 375, Chance(0, "key"))
    assert transform.crop == (246, 0, 996, 375)
    assert transform.size == (1024, 512)


@pytest.mark.parametrize(
    "size", [(1242, 375), (375, 1242), (1216, 352), (3000, 1000), (8000, 1000)]
)
def test_long_images_kept_whole_pass_all_loaders_but_diffusers(size):
    transform = Framing(max_aspect=8).transform(*size, Chance(0, "key"))
    assert changed_by(transform.size).keys() <= {"diffusers_buckets", "bagel"}
    assert bagel(*transform.size) == transform.size
    left, top, right, bottom = transform.crop
    assert (right - left) * (bottom - top) >= 0.97 * math.prod(size)


def test_a_long_image_becomes_what_two_loaders_would_make_of_it():
    assert bucket(1242, 375, max_aspect=4) == bagel(1242, 375) == omnigen2(1242, 375) == (1024, 304)


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_nothing_is_squashed_by_more_than_half_a_pixel_of_the_crop(width, height):
    transform = Framing().transform(width, height, Chance(0, "key"))
    left, top, right, bottom = transform.crop
    across, down = transform.size
    off = (right - left) * down - (bottom - top) * across
    assert abs(off) <= max(across, down) / 2 or min(right - left, bottom - top) == 1
