"""A tiny COCO in the layout of the official archives: rooms and streets with people."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vtencode.miniatures import coco_documents as documents
from vtencode.miniatures.coco_bodies import with_parts
from vtencode.miniatures.coco_documents import PANOPTIC_STUFF, Entry, Shown
from vtencode.miniatures.ground_truth import SKELETON
from vtencode.miniatures.putting import put
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg, turns
from vtencode.png import write_png, write_png_gray
from vtencode.sources.coco.classes import OTHER, STUFF, THINGS
from vtencode.sources.coco.joints import BODY
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 480, 640
CAMERA = Camera(fx=520.0, fy=520.0, cx=319.5, cy=239.5)
#: People that are asked for; where there is no room, fewer stand.
PEOPLE = 3
#: The value of stuff and thing maps where nobody labeled.
_VOID = 255


def write(root: Path, *, count: int = 8, seed: int = 0, year: Literal[2014, 2017] = 2017) -> Path:
    """Write `count` train images and a quarter as many to validate; return `root`.

    Of every four images of a split the first is plain; the second gray, with the class of most
    things as a crowd; the third CMYK, with an outline that has no pixel; in the fourth somebody
    has no joints. Differs from the official files in what is shown, in that joints of feet, hands
    and faces are guessed from those of the body, and, of 2014, in how images are split. The same
    arguments give the same bytes.
    """
    splits: dict[str, list[Shown]] = {"train": [], "val": []}
    for index, test in enumerate(turns(count)):
        images = splits["val" if test else "train"]
        images.append(Shown(rendered(seed, index), image_id(index), len(images) % 4))
    for split, images in splits.items():
        for each in images:
            name = f"{split}{year}/{_file_name(each, split, year)}"
            put(root / name, _picture(each))
            if year == 2017:
                put(root / f"stuffthingmaps/{split}{year}/{each.id:012d}.png", _map(each))
                put(
                    root / f"annotations/panoptic_{split}{year}/{each.id:012d}.png",
                    _colors(documents.panoptic(each)[1]),
                )
        for name, document in _documents(images, split, year).items():
            put(root / "annotations" / name, json.dumps(document).encode())
    return root


def image_id(index: int) -> int:
    """The id of the image of a scene: ids have gaps."""
    return 139 + 146 * index


def rendered(seed: int, index: int) -> Scene:
    """The scene of an image: every other one is a street."""
    return scene(
        seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 2 == 1, people=PEOPLE
    )


def _file_name(shown: Shown, split: str, year: int) -> str:
    before = f"COCO_{split}{year}_" if year == 2014 else ""
    return f"{before}{shown.id:012d}.jpg"


def _picture(shown: Shown) -> bytes:
    """A JPEG of RGB, or as a few official ones are gray or CMYK."""
    from PIL import Image

    mode = {1: "L", 2: "CMYK"}.get(shown.kind)
    if mode is None:
        return jpeg(shown.found.rgb)
    file = io.BytesIO()
    Image.fromarray(shown.found.rgb).convert(mode).save(file, "JPEG", quality=92)
    return file.getvalue()


def _map(shown: Shown) -> bytes:
    """A map of stuff and things: gray, or of every other image with a palette."""
    from PIL import Image

    numbers = np.full((HEIGHT, WIDTH), _VOID, dtype=np.uint8)
    known = {name: number for number, name in {**THINGS, **STUFF}.items()}
    for name, mask in shown.stuff:
        numbers[mask] = known[name] - 1
    for region in shown.things:
        left, top, right, bottom = region.box
        numbers[top:bottom, left:right][region.mask] = known[str(region.label)] - 1
    if shown.kind % 2 == 0:
        return write_png_gray(numbers)
    file, image = io.BytesIO(), Image.fromarray(numbers)
    image.putpalette(bytes(range(256)) * 3)
    image.save(file, "PNG")
    return file.getvalue()


def _colors(ids: Array) -> bytes:
    rgb = np.stack([ids & 0xFF, ids >> 8 & 0xFF, ids >> 16], axis=2)
    return write_png(rgb.astype(np.uint8))


def _documents(images: Sequence[Shown], split: str, year: int) -> dict[str, Entry]:
    """Every document of a split by its name."""
    things = _categories(THINGS)
    joints = {"keypoints": [*BODY], "skeleton": [[a + 1, b + 1] for a, b in SKELETON]}
    person = [{**things[0], **joints}]
    people = [entry for shown in images for entry in documents.people(shown)]
    instances = [entry for shown in images for entry in documents.instances(shown)]
    found = {
        f"instances_{split}{year}.json": (things, instances),
        f"person_keypoints_{split}{year}.json": (person, people),
    }
    if year == 2017:
        segments = [documents.panoptic(shown)[0] for shown in images]
        stuff = [entry for shown in images for entry in documents.stuff(shown)]
        told = [{**each, "isthing": 1} for each in things]
        told += [{**each, "isthing": 0} for each in _categories(PANOPTIC_STUFF)]
        found |= {
            f"panoptic_{split}{year}.json": (told, segments),
            f"stuff_{split}{year}.json": (_categories({**STUFF, OTHER: "other"}), stuff),
            f"coco_wholebody_{split}_v1.0.json": (person, list(map(with_parts, people))),
        }
    entries = [_image(shown, split, year) for shown in images]
    return {
        name: _document(entries, annotations, categories)
        for name, (categories, annotations) in found.items()
    }


def _image(shown: Shown, split: str, year: int) -> Entry:
    name = _file_name(shown, split, year)
    return {
        "license": 4, "file_name": name,
        "coco_url": f"http://images.cocodataset.org/{split}{year}/{name}",
        "height": HEIGHT, "width": WIDTH, "date_captured": "2013-11-14 11:18:45", "id": shown.id,
    }  # fmt: skip


def _categories(names: Mapping[int, str]) -> list[Entry]:
    return [{"supercategory": name, "id": number, "name": name} for number, name in names.items()]


def _document(
    images: list[Entry], annotations: Iterable[Entry], categories: list[Entry]
) -> dict[str, Any]:
    license_ = {"id": 4, "name": "Attribution License", "url": "http://creativecommons.org"}
    return {
        "info": {"description": "COCO 2017 Dataset", "version": "1.0"},
        "licenses": [license_],
        "images": images,
        "annotations": list(annotations),
        "categories": categories,
    }
