"""Names: patterns of paths, spellings of splits, lists of images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import SourceError
from vtencode.generic.drafts.naming import grouped, pattern_of, role_of
from vtencode.generic.lists import listed_splits
from vtencode.generic.patterns import PathPattern
from vtencode.generic.splits import known_split, split_of, split_of_path, told_faults

PLAIN = st.text("ab-_.0(", min_size=1, max_size=5).filter(lambda t: t not in (".", ".."))
NAME = st.text("ab0", min_size=1, max_size=4)


@given(scene=NAME, id_=NAME, before=PLAIN, after=PLAIN)
def test_a_path_filled_in_gives_its_values_back(scene, id_, before, after):
    pattern = PathPattern(f"{before}/{{scene}}/{after}~{{id}}.png")
    values = {"scene": scene, "id": id_}

    assert pattern.values(pattern.filled(values)) == values


def test_a_scene_may_be_several_folders_and_an_id_one_name():
    pattern = PathPattern("rgb/{scene}/{id}.jpg")

    assert pattern.values("rgb/a/b/c/7.jpg") == {"scene": "a/b/c", "id": "7"}
    assert pattern.values("rgb/7.jpg") is None
    assert PathPattern("rgb/{id}.jpg").values("rgb/a/7.jpg") is None


def test_a_name_that_stands_twice_means_the_same_text():
    pattern = PathPattern("{id}/{id}.png")

    assert pattern.values("7/7.png") == {"id": "7"}
    assert pattern.values("7/8.png") is None
    assert pattern.names == ("id",)


def test_a_star_is_anything_in_one_name_but_may_not_mean_two_files():
    pattern = PathPattern("{id}.*")

    assert pattern.files(["a.jpg", "b.png", "c/d.png"], option="image") == {
        ("a",): "a.jpg",
        ("b",): "b.png",
    }
    with pytest.raises(
        SourceError, match=r"image: \{id\}\.\* must match one file.*a\.jpg and a\.p"
    ):
        pattern.files(["a.jpg", "a.png"], option="image")


def test_letters_that_regular_expressions_know_mean_themselves():
    assert PathPattern("a+(b)/{id}.p.g").values("a+(b)/1.p.g") == {"id": "1"}
    assert PathPattern("a+(b)/{id}.p.g").values("aa(b)/1.png") is None


@pytest.mark.parametrize("text", ["{ID}.png", "{}.png", "a{id.png", "/a/{id}", "../{id}", "a/../b"])
def test_texts_that_are_no_pattern_are_told(text):
    assert PathPattern(text).fault is not None
    assert PathPattern("a/{id}.png").fault is None


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Training", "train"),
        ("train2017", "train"),
        ("train-00000-of-00002.parquet", "train"),
        ("validation", "val"),
        ("dev", "val"),
        ("test_0", "test"),
        ("trainval", None),
        ("kitchen", None),
        ("2017", None),
    ],
)
def test_splits_are_known_in_their_usual_spellings(name, split):
    assert known_split(name) == split


def test_a_split_of_another_name_is_refused_until_the_recipe_says_what_it_is():
    with pytest.raises(SourceError, match=r'got \'trainval\'.*split_as: \["trainval=train"\]'):
        split_of("trainval", (), where="x")

    assert split_of("trainval", ("trainval=train",), where="x") == "train"
    assert [option for option, _ in told_faults(["a=b", "=train", "a=train"])] == ["split_as"] * 2


def test_the_last_telling_part_of_a_path_says_the_split():
    assert split_of_path("training/test-0.tar", ()) == "test"
    assert split_of_path("val/0.tar", ()) == "val"
    assert split_of_path("a/0.tar", ()) is None


ROWS = [
    {"file": "rgb/a/1.jpg", "id": "a/1"},
    {"file": "rgb/b/1.jpg", "id": "b/1"},
    {"file": "rgb/b/2.jpg", "id": "b/2"},
]


def lists(**texts: str) -> dict[str, str]:
    return listed_splits(texts, ROWS, below="rgb/", strict=True, where="here")


@pytest.mark.parametrize(
    "line", ["rgb/b/2.jpg", "rgb/b/2", "b/2.jpg", "b/2", "2", "/b/2.jpg d/2.png 518.8", "./b/2"]
)
def test_a_line_names_an_image_in_any_of_the_ways_that_people_do(line):
    assert lists(val=line) == {"rgb/b/2.jpg": "val"}


def test_lines_that_mean_several_images_or_none_or_two_splits_are_told():
    with pytest.raises(SourceError, match="the list of val has '1', which is the name of several"):
        lists(val="1")
    with pytest.raises(SourceError, match="the list of val has 'c/1', which is no image here"):
        lists(val="c/1")
    with pytest.raises(SourceError, match="must be in one list, and is in those of train and val"):
        lists(train="a/1", val="a/1.jpg")


@pytest.mark.parametrize(
    ("paths", "patterns"),
    [
        (
            ["rgb/01.jpg", "rgb/02.jpg", "depth/01.png", "depth/02.png"],
            {"image": "rgb/{id}.jpg", "depth": "depth/{id}.png"},
        ),
        (
            ["train/a/rgb_1.png", "val/b/rgb_2.png", "train/a/depth_1.npy", "val/b/depth_2.npy"],
            {"image": "{split}/{scene}/rgb_{id}.png", "depth": "{split}/{scene}/depth_{id}.npy"},
        ),
        (
            [
                "s1/cam0/01_rgb.png",
                "s2/cam1/02_rgb.png",
                "s1/cam0/01_normal.png",
                "s2/cam1/02_normal.png",
            ],
            {"image": "{scene}/{id}_rgb.png", "normals": "{scene}/{id}_normal.png"},
        ),
        (
            ["images/a.JPG", "images/b.jpeg", "labels/a.png", "labels/b.png"],
            {"image": "images/{id}.*", "semantic": "labels/{id}.png"},
        ),
        (
            ["img/kitchen1.jpg", "img/kitten2.jpg", "d/x_depth.png", "d/y_depth.png"],
            {"image": "img/{id}.jpg", "depth": "d/{id}_depth.png"},
        ),
        (["rgb_1.png", "depth_1.png"], {"image": "rgb_{id}.png", "depth": "depth_{id}.png"}),
    ],
)
def test_names_of_files_give_their_patterns(paths, patterns):
    assert {group.role: pattern_of(group.paths) for group in grouped(paths)} == patterns


def test_a_name_says_what_a_file_may_be_as_its_ending_allows():
    assert role_of("cam0/rgb", "png") == "image"
    assert role_of("cam0/rgb", "txt") == "camera"
    assert role_of("depth_normals/1", "png") == "normals"
    assert role_of("gt/1", "png") == ""
    assert {g.role for g in grouped(["a_depth.npy", "a_depth_mask.npy"])} == {"depth"}
    assert len(grouped(["a_depth.npy", "a_depth_mask.npy"])) == 2
