"""SA-Co: every pair of an image and a phrase reads back as it was answered, negatives too."""

from __future__ import annotations

import io
import json
import shutil
import zipfile

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from readers import rows

import vtencode as vt
from vtencode.errors import SampleError, SampleFiltered, SourceError, SpecError
from vtencode.miniatures.sa_co import HEIGHT, WIDTH, answers, file_name, shot, write
from vtencode.rle import packed, runs_of_mask
from vtencode.seeds import Chance
from vtencode.sources.sa_1b import Sa1b
from vtencode.sources.sa_co import SaCo
from vtencode.tasks import find_task

# pycocotools is older than numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COUNT = 2
SHAPE = (30, 40)
GOLD = "gold_fg_food_merged_a_release_test.json"
PICTURE = "1/1001/metaclip_1_1001_c1.jpeg"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write(tmp_path_factory.mktemp("saco"), count=COUNT)


@pytest.fixture(scope="module")
def truth():
    return [shot(index) for index in range(COUNT)]


def answered(truth, by):
    """What a person answered, by subset, in the order of its pairs."""
    return {
        "metaclip": list(answers(truth[0], by)),
        "sa1b": list(answers(truth[1], by)),
    }


def cover(masks) -> np.ndarray:
    return masks.id_map() > 0


def box(left, top, right, bottom) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def entry(mask, number=1, **changed):
    told = {
        "id": number,
        "image_id": 7,
        "segmentation": {"size": list(mask.shape), "counts": packed(runs_of_mask(mask))},
        "category_id": 1,
        "iscrowd": 0,
    }
    return {**told, **changed}


def one(place, annotations, *, name=GOLD, picture=None, **image) -> SaCo:
    """A dataset of one pair."""
    told = {
        "id": 7,
        "file_name": PICTURE,
        "text_input": "the fish ball",
        "width": SHAPE[1],
        "height": SHAPE[0],
        "is_instance_exhaustive": 1,
        "is_pixel_exhaustive": 1,
        **image,
    }
    path = place / "images" / PICTURE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(jpeg() if picture is None else picture)
    document = {"images": [told], "annotations": annotations, "categories": [CATEGORY]}
    (place / name).write_text(json.dumps(document))
    return SaCo(root=place)


CATEGORY = {"id": 1, "name": "object"}


def jpeg(shape=SHAPE, **more) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", shape[::-1]).save(buffer, "JPEG", **more)
    return buffer.getvalue()


def target(source: SaCo, name="instances"):
    (row,) = rows(source)
    return source.load(row).targets[name]


# The miniature


@pytest.mark.parametrize("by", ["a", "b"])
def test_every_pair_reads_back_as_it_was_answered(root, truth, by):
    source = SaCo(root=root, annotator=by)
    expected = answered(truth, by)

    assert [row["scene"] for row in rows(source)] == [
        subset for subset, pairs in expected.items() for _ in pairs
    ]
    for row in rows(source):
        pair = expected[row["scene"]][row["pair"] - 10_000_000]
        sample = source.load(row)
        found = sample.targets["instances"]
        name = pair.phrase.removeprefix("the ")
        assert found.vocabulary == (name,)
        assert [region.label for region in found.regions] == [name] * len(pair.masks)
        for region, mask in zip(found.regions, pair.masks, strict=True):
            left, top, right, bottom = region.box
            assert np.array_equal(region.mask, mask[top:bottom, left:right])
            assert region.area == mask.sum()
        said = sample.targets["expressions"]
        assert [(each.text, each.ids) for each in said.expressions] == [
            (pair.phrase, tuple(region.id for region in found.regions))
        ]


def test_people_answer_differently(root, truth):
    whole, narrow = (
        [np.sum(pair.masks) for pair in answered(truth, by)["metaclip"] if pair.masks]
        for by in ("a", "b")
    )
    assert all(a > b for a, b in zip(whole, narrow, strict=True))

    rows_of = {by: rows(SaCo(root=root, annotator=by)) for by in ("a", "b")}
    assert [row["pair"] for row in rows_of["a"]] == [row["pair"] for row in rows_of["b"]]
    assert {row["key"] for row in rows_of["a"]}.isdisjoint(row["key"] for row in rows_of["b"])


def test_the_same_arguments_give_the_same_bytes(root, tmp_path):
    again = write(tmp_path, count=COUNT)
    files = sorted(path.relative_to(root) for path in root.rglob("*.*"))

    assert len(files) == 6 + COUNT
    assert all((again / name).read_bytes() == (root / name).read_bytes() for name in files)


def test_silver_has_one_answer(tmp_path):
    place = write(tmp_path, count=1, form="silver")
    source = SaCo(root=place, release="silver")
    found = rows(source)

    assert {row["scene"] for row in found} == {"geode"}
    assert found[0]["file"] == "geode/Africa_Nigeria_chair_0.jpg"
    assert found[0]["image_id"] == "sa-co-geode/Africa_Nigeria_chair_0"
    assert found[0]["key"] == "saco-geode-silver-10000000"
    expected = list(answers(shot(0), "a"))
    for row, pair in zip(found, expected, strict=True):
        masks = source.load(row).targets["instances"]
        assert [region.area for region in masks.regions] == [mask.sum() for mask in pair.masks]


def test_pictures_pass_through_untouched_and_have_the_ids_of_their_datasets(root):
    source = SaCo(root=root)
    by_subset = {row["scene"]: row for row in rows(source)}

    metaclip, sa1b = by_subset["metaclip"], by_subset["sa1b"]
    assert metaclip["file"] == f"metaclip-images/{file_name('metaclip', 0)}"
    assert metaclip["image_id"].startswith("metaclip/metaclip_1_1001_")
    assert sa1b["file"] == "sa1b-images/sa_2.jpg"
    for row in by_subset.values():
        assert source.load(row).picture.data == (root / row["file"]).read_bytes()


def test_an_image_of_sa_1b_is_called_as_sa_1b_itself_calls_it(root):
    pair = next(row for row in rows(SaCo(root=root)) if row["scene"] == "sa1b")
    (image,) = rows(Sa1b(root=root / "sa1b-images"))

    assert pair["image_id"] == image["image_id"] == "sa-1b/2"


# Positives and negatives


def test_every_pair_is_asked_as_it_is_and_the_share_of_negatives_is_the_datasets(root, truth):
    task, codec = find_task("instance")(negatives=1.0), vt.codec("instances")
    source = SaCo(root=root)
    expected = [pair for pairs in answered(truth, "a").values() for pair in pairs]
    asked = [
        task.ask(
            source.load(row).targets["instances"], codec, Chance(0, row["key"]), where=row["key"]
        )
        for row in rows(source)
    ]

    for question, pair in zip(asked, expected, strict=True):
        assert question.asked == (pair.phrase.removeprefix("the "),)
        assert question.negative == (not pair.masks)
        assert len(question.target.regions) == len(pair.masks)
    assert 0.3 < np.mean([question.negative for question in asked]) < 0.9


def test_every_phrase_is_asked_as_it_is(root, truth):
    task, codec = find_task("referring")(negatives=1.0, most=1), vt.codec("semantic")
    source = SaCo(root=root, subsets=("sa1b",))
    for row, pair in zip(rows(source), answered(truth, "a")["sa1b"], strict=True):
        sample = source.load(row)
        question = task.ask(
            sample.targets["expressions"], codec, Chance(0, row["key"]), where=row["key"]
        )
        assert question.fields["phrase"] == pair.phrase
        assert question.negative == (not pair.masks)
        expected = np.any(pair.masks, axis=0) if pair.masks else np.zeros((HEIGHT, WIDTH), bool)
        assert np.array_equal(question.target.ids == 1, expected)


def test_what_is_painted_decodes_to_the_same_instances(root):
    source, codec = SaCo(root=root), vt.codec("instances")
    for row in rows(source):
        found = source.load(row).targets["instances"]
        back = codec.decode(codec.encode(found)).target
        told = {(region.id, region.label, region.area) for region in found.regions}
        assert {(region.id, region.label, region.area) for region in back.regions} == told


def test_pairs_with_missing_or_grouped_instances_are_not_asked_for_instances(root, truth):
    source = SaCo(root=root, annotator="c")
    expected = [pair for pairs in answered(truth, "c").values() for pair in pairs]
    seen = set()
    for row, pair in zip(rows(source), expected, strict=True):
        targets = source.load(row).targets
        seen.add((pair.instances, pair.pixels))
        if pair.instances:
            assert len(targets["instances"].regions) == len(pair.masks)
        else:
            with pytest.raises(SampleFiltered, match="not every instance"):
                _ = targets["instances"]
        if pair.pixels:
            said = targets["expressions"]
            assert [region.crowd for region in said.masks.regions] == [pair.group] * len(pair.masks)
        else:
            with pytest.raises(SampleFiltered, match="not all that is meant"):
                _ = targets["expressions"]
    assert seen == {(True, True), (False, True), (False, False)}


@pytest.mark.parametrize("by", ["a", "c"])
def test_agreed_pairs_are_those_that_the_authors_score_counts(root, by):
    documents = {
        (subset, who): json.loads(
            (root / f"gold_{subset}_merged_{who}_release_test.json").read_text()
        )
        for subset in ("metaclip", "sa1b")
        for who in "abc"
    }
    # cgf1_eval.py: those that are exhaustive in the first document, and in all others.
    expected = [
        (subset, image["id"])
        for subset in ("metaclip", "sa1b")
        for image in documents[subset, by]["images"]
        if all(
            other["is_instance_exhaustive"]
            for who in "abc"
            for other in documents[subset, who]["images"]
            if other["id"] == image["id"]
        )
    ]
    source = SaCo(root=root, annotator=by, agreed=True)
    found = [(row["scene"], row["pair"]) for row in rows(source)]

    assert found == expected
    assert len(found) < len(rows(SaCo(root=root)))
    assert len(source.files()) == 6 + COUNT


def test_silver_cannot_be_agreed_on(root):
    with pytest.raises(SpecError, match="agreed must be false for silver"):
        SaCo(root=root, release="silver", agreed=True)


# Which documents, and where images are


def test_subsets_can_be_kept_and_their_images_alone_are_needed(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "saco")
    shutil.rmtree(place / "sa1b-images")

    kept = SaCo(root=place, subsets=("metaclip",))
    assert {row["scene"] for row in rows(kept)} == {"metaclip"}
    with pytest.raises(SourceError, match=r"gold_sa1b_.* images such as sa_2\.jpg.*subsets"):
        SaCo(root=place).index()
    with pytest.raises(SourceError, match="the subset 'fg_food', and has metaclip, sa1b"):
        SaCo(root=place, subsets=("fg_food",)).index()


def test_what_is_there_of_other_releases_and_people_is_told(root, tmp_path):
    with pytest.raises(SourceError, match=r"must hold SA-Co/Silver.*and holds gold"):
        SaCo(root=root, release="silver").index()
    one(tmp_path, [])
    with pytest.raises(SourceError, match=r"Gold as b annotated it.*holds gold, gold of a"):
        SaCo(root=tmp_path, annotator="b").index()
    with pytest.raises(SourceError, match="as b annotated it"):
        SaCo(root=tmp_path, agreed=True).index()
    (tmp_path / GOLD).unlink()
    with pytest.raises(SourceError, match="holds none of it"):
        SaCo(root=tmp_path).index()


def test_the_same_document_twice_is_refused(tmp_path):
    one(tmp_path, [])
    shutil.copy(tmp_path / GOLD, tmp_path / "images" / GOLD.replace("_release", ""))

    with pytest.raises(SourceError, match="are both fg_food"):
        SaCo(root=tmp_path).index()


def test_images_are_read_where_they_lie_in_archives(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "saco")
    for name in ("metaclip-images", "sa1b-images"):
        with zipfile.ZipFile(place / f"{name}.zip", "w") as archive:
            for path in sorted((place / name).rglob("*.jp*g")):
                archive.write(path, path.relative_to(place / name))
        shutil.rmtree(place / name)
    loose, within = SaCo(root=root), SaCo(root=place)

    assert [r["key"] for r in rows(loose)] == [r["key"] for r in rows(within)]
    for a, b in zip(rows(loose)[::9], rows(within)[::9], strict=True):
        assert loose.load(a).picture.data == within.load(b).picture.data


def test_an_image_that_is_not_there_is_a_reject(tmp_path):
    pair = {"file_name": "1/1001/other.jpeg", "id": 8}
    source = one(tmp_path, [])
    document = json.loads((tmp_path / GOLD).read_text())
    document["images"].append({**document["images"][0], **pair})
    (tmp_path / GOLD).write_text(json.dumps(document))

    with pytest.raises(SampleError, match=r"1/1001/other\.jpeg.*MISSING"):
        source.load(rows(source)[1])


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/secret.jpg", "a/../../b.jpg", ""])
def test_images_elsewhere_are_not_read(tmp_path, name):
    source = one(tmp_path, [], file_name=name)

    with pytest.raises(SourceError, match="must tell of images below the root"):
        source.index()


def test_turned_pictures_stay_in_the_pixels_of_their_masks(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    found = target(one(tmp_path, [entry(box(30, 20, 40, 30))], picture=jpeg(exif=exif)))

    assert found.regions[0].box == (30, 20, 40, 30)


# Phrases


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("chili", "chili"),
        ("the fish ball", "fish ball"),
        ("A  red\nchair", "red chair"),
        ("an apple", "apple"),
        ("the", "the"),
        ("theater seat", "theater seat"),
        ("Anton", "Anton"),
    ],
)
def test_prompts_say_the_article_themselves(tmp_path, phrase, label):
    source = one(tmp_path, [entry(box(1, 1, 5, 5))], text_input=phrase)

    assert target(source).vocabulary == (label,)
    assert target(source, "expressions").expressions[0].text == " ".join(phrase.split())


@pytest.mark.parametrize("phrase", ["", "  ", None, 7, "\ud800"])
def test_a_phrase_that_is_none_is_a_reject(tmp_path, phrase):
    source = one(tmp_path, [], text_input=phrase)

    for name in ("instances", "expressions"):
        with pytest.raises(SampleError, match=r"pair 7.*text_input must be words.*RANGE"):
            target(source, name)


@pytest.mark.parametrize("key", ["iscrowd", "is_crowd"])
def test_groups_are_groups_by_either_name(tmp_path, key):
    told = {k: v for k, v in entry(box(1, 1, 5, 5)).items() if k != "iscrowd"}
    found = target(one(tmp_path, [{**told, key: 1}]))

    assert [region.crowd for region in found.regions] == [True]


def test_a_pair_whose_masks_have_no_pixel_is_no_negative(tmp_path):
    source = one(tmp_path, [entry(box(0, 0, 0, 0))])

    assert target(source).vocabulary == ()
    with pytest.raises(SampleError, match="without a pixel alone"):
        target(source, "expressions")


# Documents that are not the published ones


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"segmentation": {"size": [30, 40], "counts": "0"}}, "add up to 30 x 40"),
        ({"segmentation": {"size": [40, 30], "counts": "0"}}, "the image's size"),
        ({"segmentation": [[0, 0, 1e9, 0, 5, 5]]}, "near its image"),
        ({"segmentation": 7}, "polygons or run lengths"),
    ],
)
def test_masks_that_are_none_are_rejects_that_name_them(tmp_path, changed, told):
    source = one(tmp_path, [entry(box(0, 0, 9, 9), 3, **changed)])

    for name in ("instances", "expressions"):
        with pytest.raises(SampleError, match=told) as error:
            target(source, name)
        assert error.value.args[0] == "RANGE"
        assert f"{GOLD} pair 7 annotation 3" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"id": 7', '"id": 7, "id": 7', "is there twice"),
        ('"iscrowd": 0', '"iscrowd": NaN', "NaN"),
    ],
)
def test_json_that_says_two_things_is_a_reject(tmp_path, old, new, told):
    source = one(tmp_path, [entry(box(0, 0, 9, 9))])
    text = (tmp_path / GOLD).read_text()
    (tmp_path / GOLD).write_text(text.replace(old, new, 1))

    with pytest.raises(SampleError, match=f"{told}.*DECODE"):
        target(source)


def test_a_document_that_is_cut_is_refused(tmp_path):
    source = one(tmp_path, [entry(box(0, 0, 9, 9))])
    text = (tmp_path / GOLD).read_text()
    (tmp_path / GOLD).write_text(text[: len(text) // 2])

    with pytest.raises(SourceError, match="must be whole JSON"):
        source.index()


def test_a_picture_of_another_size_is_a_reject(tmp_path):
    source = one(tmp_path, [], picture=jpeg((30, 41)))

    with pytest.raises(SampleError, match=r"of an image of \(30, 41\).*SHAPE"):
        target(source)


def test_a_build_goes_on_without_the_pairs_that_lie(root, tmp_path):
    place = shutil.copytree(root, tmp_path / "saco")
    path = place / "gold_sa1b_merged_a_release_test.json"
    document = json.loads(path.read_text())
    document["annotations"][0]["segmentation"]["counts"] = "000"
    path.write_text(json.dumps(document))
    out = tmp_path / "out"
    done = vt.build("sa-co", source=place, out=out, workers=1, overrides=["source.subsets=[sa1b]"])
    lines = (out / "rejects.jsonl").read_text().splitlines()

    counts = done.manifest["counts"]
    assert counts["rejected"] == len(lines) >= 1
    assert counts["written"] + counts["rejected"] == counts["planned"]
    assert {json.loads(line)["code"] for line in lines} == {"RANGE"}


# A real document


def test_the_real_excerpt_reads_as_cocos_own_tools_do(samples, tmp_path):
    text = (samples / "saco" / "gold" / "gold_fg_food_excerpt.json").read_text()
    told = json.loads(text)
    (tmp_path / GOLD).write_text(text)
    picture = tmp_path / "metaclip-images" / told["images"][0]["file_name"]
    picture.parent.mkdir(parents=True)
    picture.write_bytes(jpeg((600, 600)))
    source = SaCo(root=tmp_path)
    positive, negative = (source.load(row).targets for row in rows(source))

    regions = positive["instances"].regions
    assert [region.id for region in regions] == [1, 2]
    for region, each in zip(regions, told["annotations"], strict=True):
        mask = coco_mask.decode(each["segmentation"]).astype(bool)
        left, top, right, bottom = region.box
        assert np.array_equal(region.mask, mask[top:bottom, left:right])
        assert region.area == mask.sum() == pytest.approx(each["area"] * 600 * 600, abs=1e-9)
        share = np.array([left, top, right - left, bottom - top]) / 600
        assert np.allclose(each["bbox"], share, atol=1e-6)
    assert positive["expressions"].expressions[0].text == "chili"
    assert cover(positive["instances"]).sum() == 892 + 459

    assert negative["instances"].vocabulary == ("fish ball",)
    assert negative["instances"].regions == ()
    assert negative["expressions"].expressions[0].ids == ()
    assert {row["image_id"] for row in rows(source)} == {
        "metaclip/metaclip_1_1001_c122868928880ae52b33fae1"
    }
