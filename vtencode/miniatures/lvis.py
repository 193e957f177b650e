"""A tiny LVIS: pictures in COCO's folders, of which each tells of some classes alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vtencode.durable import write_whole
from vtencode.miniatures import ground_truth
from vtencode.miniatures.outlines import polygons_of
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import in_turns, jpeg, series
from vtencode.targets import Camera, Region

HEIGHT, WIDTH = 480, 640
CAMERA = Camera(fx=520.0, fy=520.0, cx=319.5, cy=239.5)
#: What things of a scene are called here; others are of no class, or of one nobody looked for.
NAME_OF = {
    "ball": "ball", "bookshelf": "bookcase", "box": "carton", "cabinet": "cabinet",
    "car": "car_(automobile)", "chair": "chair", "lamp": "lamp", "picture": "painting",
    "plant": "flowerpot", "sofa": "sofa", "table": "table",
}  # fmt: skip
NAMES = sorted(NAME_OF.values())
#: Classes that are in no scene.
ABSENT = ("giraffe", "hot-air_balloon", "orange_(fruit)", "sled", "zebra")
CATEGORIES = {name: number for number, name in enumerate(sorted([*NAMES, *ABSENT]), 1)}
#: The class that nobody looked for, although it is there.
OVERLOOKED = "painting"
#: How many verified absent classes an image lists, at most.
_VERIFIED = 4

Version = Literal["v1", "v0.5"]
Entry = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What is told of a scene: objects, classes of which some are missing, and absent classes."""

    regions: tuple[Region, ...]
    not_exhaustive: tuple[str, ...]
    negative: tuple[str, ...]


def write(root: Path, *, count: int = 8, seed: int = 0, version: Version = "v1") -> Path:
    """Write `count` train images and a quarter as many to validate; return `root`.

    Every other image to validate is in COCO's train2017, as in v1. Differs from the official
    documents in what is shown, and in having few categories, under numbers of their own. The same
    arguments give the same bytes.
    """
    images: dict[str, list[Entry]] = {"train": [], "val": []}
    outlines: dict[str, list[Entry]] = {"train": [], "val": []}
    shots = series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=in_turns)
    for shot in shots:
        split = "val" if shot.test else "train"
        folder = "val2017" if shot.test and shot.number % 2 else "train2017"
        number = image_id(shot.index)
        (root / folder).mkdir(parents=True, exist_ok=True)
        write_whole(root / folder / f"{number:012d}.jpg", jpeg(shot.found.rgb))
        told = told_of(shot.found)
        images[split].append(_image(number, folder, told, version))
        outlines[split] += _outlines(number, told)
    for split, entries in images.items():
        document = {
            "info": {"description": "LVIS 2020 Dataset", "version": version.removeprefix("v")},
            "licenses": [],
            "images": entries,
            "annotations": outlines[split],
            "categories": [_category(name, number) for name, number in CATEGORIES.items()],
        }
        write_whole(root / f"lvis_{version}_{split}.json", json.dumps(document).encode())
    return root


def image_id(index: int) -> int:
    """The id of the image of a scene: COCO's have gaps."""
    return 139 + 146 * index


def told_of(found: Scene) -> Told:
    """What annotators told: of the class with most objects, if it has several, not the last.

    Of what is absent a few classes are verified to be, some that other images show among them.
    """
    things = [
        Region(region.id, region.spans, NAME_OF[str(region.label)])
        for region in ground_truth.instances(found).regions
        if region.label in NAME_OF
    ]
    labels = [region.label for region in things]
    there = {*labels}
    told = [region for region in things if region.label != OVERLOOKED]
    most = max(sorted({region.label for region in told if region.label}), key=labels.count)
    missing: tuple[str, ...] = ()
    if labels.count(most) > 1:
        told.remove(next(region for region in reversed(told) if region.label == most))
        missing = (most,)
    absent = [name for name in (*NAMES, *ABSENT) if name not in there and name != OVERLOOKED]
    return Told(tuple(told), missing, tuple(absent[::2][:_VERIFIED]))


def _image(number: int, folder: str, told: Told, version: Version) -> Entry:
    entry: Entry = {
        "id": number,
        "width": WIDTH,
        "height": HEIGHT,
        "license": 1,
        "coco_url": f"http://images.cocodataset.org/{folder}/{number:012d}.jpg",
        "neg_category_ids": [CATEGORIES[name] for name in told.negative],
        "not_exhaustive_category_ids": [CATEGORIES[name] for name in told.not_exhaustive],
    }
    if version == "v0.5":
        entry["file_name"] = f"COCO_val2014_{number:012d}.jpg"
    return entry


def _outlines(number: int, told: Told) -> Iterator[Entry]:
    for region in told.regions:
        left, top, right, bottom = map(float, region.box)
        yield {
            "id": number * 100 + region.id,
            "image_id": number,
            "category_id": CATEGORIES[str(region.label)],
            "segmentation": polygons_of(region),
            "area": round(0.99 * region.area, 2),
            "bbox": [left, top, right - left, bottom - top],
        }


def _category(name: str, number: int) -> Mapping[str, Any]:
    plain = name.partition("_(")[0]
    return {
        "id": number,
        "name": name,
        "synset": f"{plain}.n.01",
        "synonyms": [name],
        "def": f"what one calls {plain}",
        "frequency": "f",
        "image_count": 100,
        "instance_count": 100,
    }
