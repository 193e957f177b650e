"""What the phrase of a pair means: instances, and the phrase with its mask."""

from __future__ import annotations

import re
from dataclasses import replace

from vtencode.errors import SampleError, SampleFiltered
from vtencode.sources.coco.annotated import Annotated
from vtencode.sources.coco.instances import instances_of
from vtencode.targets import Expression, Expressions, InstanceMasks

#: What prompts say before the name of a class themselves.
_ARTICLE = re.compile(r"(?:the|an?) (?=\S)", re.IGNORECASE)


def pair_instances(found: Annotated) -> InstanceMasks:
    """Every instance that the phrase means; none, where nothing in the image is meant.

    The label is the phrase without its article, and the one class that was looked for. Raises
    `SampleFiltered` where not every instance is annotated as one.
    """
    _check(found, "is_instance_exhaustive", "not every instance is annotated as one")
    return _masks(found)


def pair_expressions(found: Annotated) -> Expressions:
    """The phrase, and the regions that it means.

    Raises `SampleFiltered` where not all that is meant is annotated.
    """
    _check(found, "is_pixel_exhaustive", "not all that is meant is annotated")
    masks = _masks(found)
    ids = tuple(region.id for region in masks.regions)
    if found.annotations and not ids:
        raise SampleError("EMPTY", found.field, found.where, "has masks without a pixel alone")
    return Expressions(masks, (Expression(_phrase(found), ids),))


def _masks(found: Annotated) -> InstanceMasks:
    name = _ARTICLE.sub("", _phrase(found), count=1)
    # README.md says is_crowd, and files say iscrowd.
    told = tuple(
        {**entry, "iscrowd": entry.get("iscrowd") or entry.get("is_crowd")}
        for entry in found.annotations
    )
    return instances_of(replace(found, annotations=told), label=lambda _: name, looked_for=(name,))


def _check(found: Annotated, flag: str, message: str) -> None:
    if found.image.get(flag) != 1:
        raise SampleFiltered("NOTHING", found.field, found.where, message)


def _phrase(found: Annotated) -> str:
    """The phrase on one line."""
    given = found.image.get("text_input")
    text = " ".join(given.split()) if isinstance(given, str) else ""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = ""
    if not text:
        message = f"text_input must be words, got {given!a:.60}"
        raise SampleError("RANGE", found.field, found.where, message)
    return text
