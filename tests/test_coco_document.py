"""COCO's JSON is cut into the shares of images, and told where it breaks."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import CodeError, SourceError
from vtencode.sources.coco.document import read_document, strict

WORDS = st.text(max_size=6)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
IMAGES = st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=5)


def cut(document, **options):
    return read_document(json.dumps(document, **options).encode(), "a.json")


def image(number: int, **more):
    return {"id": number, **more}


def annotation(number: int, **more):
    return {"image_id": number, **more}


@given(IMAGES, st.data())
def test_every_annotation_comes_back_with_its_image_in_the_order_of_the_document(ids, data):
    more = st.dictionaries(WORDS, VALUES, max_size=3)
    images = [{**data.draw(more), "id": number} for number in ids]
    owners = data.draw(st.lists(st.sampled_from(ids), max_size=8)) if ids else []
    annotations = [{**data.draw(more), "image_id": number} for number in owners]
    rest = data.draw(st.dictionaries(WORDS, VALUES, max_size=3))
    rest = {key: value for key, value in rest.items() if key not in ("images", "annotations")}
    document = {"annotations": annotations, **rest, "images": images}

    found = cut(
        document,
        indent=data.draw(st.sampled_from([None, 1])),
        ensure_ascii=data.draw(st.booleans()),
    )

    shares = [(strict(entry), strict(own)) for entry, own in found.shares()]
    assert shares == [(e, [a for a in annotations if a["image_id"] == e["id"]]) for e in images]
    assert found.rest == rest


def test_images_may_come_after_annotations_and_have_none():
    document = {"annotations": [annotation(9, a=1), annotation(7), annotation(9, a=2)]}
    found = cut({**document, "images": [image(7), image(8), image(9)], "info": {"year": 2017}})

    assert [json.loads(own) for _, own in found.shares()] == [
        [annotation(7)],
        [],
        [annotation(9, a=1), annotation(9, a=2)],
    ]


def test_a_byte_order_mark_and_other_spaces_are_borne():
    data = b'\xef\xbb\xbf \r\n{ "images" :\t[ {"id":1} ] , "annotations" : [ ] }\n '

    assert [*read_document(data, "a.json").shares()] == [('{"id":1}', "[]")]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "must be an object|must have an object"),
        (b"[]", "must have an object at letter 0"),
        (b'{"images": [{"id": 1}]}', "must have the list 'annotations'"),
        (b'{"annotations": []}', "must have the list 'images'"),
        (b'{"images": {}, "annotations": []}', "must have a list for 'images'"),
        (b'{"images": [7], "annotations": []}', "must have objects alone in 'images'"),
        (b'{"images": [{"id": "7"}], "annotations": []}', "id of each entry of 'images'"),
        (b'{"images": [{"id": true}], "annotations": []}', "id of each entry of 'images'"),
        (b'{"images": [{}], "annotations": []}', "must be a whole number, got None"),
        (b'{"images": [{"id": 7.0}], "annotations": []}', "must be a whole number, got 7.0"),
        (b'{"images": [{"id": 1}, {"id": 1}], "annotations": []}', "two images have the id 1"),
        (b'{"images": [], "annotations": [{"image_id": 3}]}', "1 annotations are of images"),
        (b'{"images": [], "images": [], "annotations": []}', "'images' must be there once"),
        (b'{"images": [{"id": 1}', "must have a comma or"),
        (b'{"images": [{"id": 1', "must be whole JSON"),
        (b'{"images": [], "annotations": []} {}', "must have nothing more at letter 34"),
        (b'{"images": [], "annotations": [], "a": ' + b"[" * 100_000, "must be whole JSON"),
        (b'{"images": [{"id": ' + b"9" * 5000 + b"}]}", "must be whole JSON"),
        (b'{"images": [{"id": ' + b"9" * 30 + b'}], "annotations": []}', "a whole number"),
        (b'{"images": "\xff"}', "must be UTF-8 JSON"),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(data, told):
    with pytest.raises(SourceError, match=told) as error:
        read_document(data, "annotations/a.json")
    assert "annotations/a.json" in str(error.value)


@pytest.mark.parametrize("at", [1, 20, 40, 60, 80])
def test_a_document_that_is_cut_anywhere_is_refused(at):
    whole = json.dumps({"images": [image(1)], "annotations": [annotation(1, area=2.5)] * 3})

    with pytest.raises(SourceError):
        read_document(whole[: len(whole) * at // 100].encode(), "a.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' is there twice"),
        ('[{"b": {"a": 1, "a": 1}}]', "the key 'a' is there twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": [-Infinity]}', "-Infinity is no number"),
        ("[" * 100_000, "must be plain JSON"),
        ("{", "must be plain JSON"),
    ],
)
def test_json_that_others_read_in_two_ways_is_refused(text, told):
    with pytest.raises(CodeError, match=told):
        strict(text)
