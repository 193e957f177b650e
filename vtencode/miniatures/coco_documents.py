"""The documents of a tiny COCO: what its authors would have annotated of scenes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from vtencode.miniatures import ground_truth
from vtencode.miniatures.outlines import polygons_of
from vtencode.miniatures.scenes import Scene
from vtencode.rle import packed, runs_of_mask
from vtencode.sources.coco.classes import OTHER, STUFF, THINGS
from vtencode.targets import Array, InstanceMasks, Region

#: What things of a scene are called here, and stuff; pictures on walls are not annotated.
THING_OF = {
    "sofa": "couch", "table": "dining table", "chair": "chair", "plant": "potted plant",
    "ball": "sports ball", "car": "car", "person": "person",
}  # fmt: skip
STUFF_OF = {
    "floor": "floor-wood", "wall": "wall-other", "ceiling": "ceiling-other", "ground": "road",
    "sky": "sky-other", "building": "building-other", "window": "window-other",
    "door": "door-stuff", "rug": "rug", "cabinet": "cabinet", "bookshelf": "shelf",
    "lamp": "light", "box": "cardboard", "tree": "tree",
}  # fmt: skip
#: The 53 classes of stuff of panoptic_coco_categories.json (panopticapi); many are merged.
PANOPTIC_STUFF = {
    92: "banner", 93: "blanket", 95: "bridge", 100: "cardboard", 107: "counter", 109: "curtain",
    112: "door-stuff", 118: "floor-wood", 119: "flower", 122: "fruit", 125: "gravel", 128: "house",
    130: "light", 133: "mirror-stuff", 138: "net", 141: "pillow", 144: "platform",
    145: "playingfield", 147: "railroad", 148: "river", 149: "road", 151: "roof", 154: "sand",
    155: "sea", 156: "shelf", 159: "snow", 161: "stairs", 166: "tent", 168: "towel",
    171: "wall-brick", 175: "wall-stone", 176: "wall-tile", 177: "wall-wood", 178: "water-other",
    180: "window-blind", 181: "window-other", 184: "tree-merged", 185: "fence-merged",
    186: "ceiling-merged", 187: "sky-other-merged", 188: "cabinet-merged", 189: "table-merged",
    190: "floor-other-merged", 191: "pavement-merged", 192: "mountain-merged", 193: "grass-merged",
    194: "dirt-merged", 195: "paper-merged", 196: "food-other-merged",
    197: "building-other-merged", 198: "rock-merged", 199: "wall-other-merged", 200: "rug-merged",
}  # fmt: skip
_THING_IDS = {name: number for number, name in THINGS.items()}
_STUFF_IDS = {name: number for number, name in STUFF.items()}
_PANOPTIC_IDS = {
    name.removesuffix("-merged").removesuffix("-other"): number
    for number, name in PANOPTIC_STUFF.items()
}
#: An outline of no width, as of annotation 918 (cocodataset/cocoapi#355), and its class.
_NO_WIDTH = [296.65, 388.33, 296.65, 388.33, 297.68, 388.33, 297.68, 388.33]
_HOT_DOG = 58

Entry = dict[str, Any]


@dataclass(frozen=True)
class Shown:
    """A scene as the image `id`, and which of the four kinds of images it is (see `write`)."""

    found: Scene
    id: int
    kind: int

    @cached_property
    def things(self) -> tuple[Region, ...]:
        """What is outlined, with COCO's names; the class of most things may be one crowd."""
        every = ground_truth.instances(self.found)
        things = [
            replace(region, label=THING_OF[region.label])
            for region in every.regions
            if region.label in THING_OF
        ]
        return tuple(_with_crowd(things, every.shape) if self.kind == 1 else things)

    @cached_property
    def unmarked(self) -> int | None:
        """The smallest person, if nobody marked the joints."""
        people = [(r.area, r.id) for r in self.things if r.label == "person" and not r.crowd]
        return min(people)[1] if people and self.kind == 3 else None

    @property
    def stuff(self) -> Iterator[tuple[str, Array]]:
        """Every class of stuff that shows, and where: bool (H, W)."""
        classes = ground_truth.semantic(self.found)
        for at in np.unique(classes.ids).tolist():
            name = classes.vocabulary[at]
            if name in STUFF_OF:
                yield STUFF_OF[name], classes.ids == at

    def joints(self, person: int) -> Array:
        """The joints of a person: int64 (17, 3) of x, y, visibility; 0 where there is none."""
        at = self.found.people.tolist().index(person)
        seen = self.found.joint_visibility[at].astype(np.int64)
        xy = np.rint(self.found.joints[at]).astype(np.int64)
        joints: Array = np.column_stack([xy, seen]) * (seen > 0)[:, None]
        return joints


def instances(shown: Shown) -> Iterator[Entry]:
    """The things of an image: polygons, or of a crowd runs."""
    for region in shown.things:
        yield _outlined(shown, region)
    if shown.kind == 2:
        yield {
            "segmentation": [_NO_WIDTH], "area": 0.0, "iscrowd": 0, "image_id": shown.id,
            "bbox": [296.65, 388.33, 1.03, 0.0], "category_id": _HOT_DOG, "id": shown.id * 100,
        }  # fmt: skip


def people(shown: Shown) -> Iterator[Entry]:
    """The people of an image with their joints."""
    for region in shown.things:
        if region.label == "person":
            hidden = region.crowd or region.id == shown.unmarked
            joints = np.zeros((17, 3), np.int64) if hidden else shown.joints(region.id)
            yield {
                **_outlined(shown, region),
                "num_keypoints": int((joints[:, 2] > 0).sum()),
                "keypoints": joints.reshape(-1).tolist(),
            }


def stuff(shown: Shown) -> Iterator[Entry]:
    """The stuff of an image, and as "other" what is a thing: runs, packed."""
    found = [(_STUFF_IDS[name], mask) for name, mask in shown.stuff]
    things = InstanceMasks(shown.found.semantic.shape, shown.things).id_map() > 0
    for number, mask in [*found, (OTHER, things)]:
        if mask.any():
            yield {
                "segmentation": {"counts": packed(runs_of_mask(mask)), "size": [*mask.shape]},
                "area": float(mask.sum()), "iscrowd": 0, "image_id": shown.id,
                "bbox": _box(Region.from_mask(mask, id=1)), "category_id": number,
                "id": 10_000_000 + shown.id * 200 + number,
            }  # fmt: skip


def panoptic(shown: Shown) -> tuple[Entry, Array]:
    """The segments of an image, and the numbers of its pixels: int32 (H, W), 0 for void."""
    ids = np.zeros(shown.found.semantic.shape, dtype=np.int32)
    parts = [(_THING_IDS[str(r.label)], r) for r in shown.things]
    parts += [
        (_PANOPTIC_IDS[name.removesuffix("-other")], Region.from_mask(mask, id=1))
        for name, mask in shown.stuff
    ]
    segments = []
    for at, (number, region) in enumerate(parts):
        color = 1 + (shown.id * 7919 + at * 104_729) % 16_000_000
        left, top, right, bottom = region.box
        ids[top:bottom, left:right][region.mask] = color
        segments.append({
            "id": color, "category_id": number, "iscrowd": int(region.crowd),
            "bbox": _box(region), "area": region.area,
        })  # fmt: skip
    name = f"{shown.id:012d}.png"
    return {"segments_info": segments, "file_name": name, "image_id": shown.id}, ids


def _outlined(shown: Shown, region: Region) -> Entry:
    number = _THING_IDS[str(region.label)]
    if region.crowd:
        left, top, right, bottom = region.box
        whole = np.zeros(shown.found.semantic.shape, dtype=bool)
        whole[top:bottom, left:right] = region.mask
        outline: Any = {"counts": runs_of_mask(whole), "size": [*whole.shape]}
        own = 900_000_000_000 + number * 100_000_000 + shown.id
    else:
        outline, own = polygons_of(region), shown.id * 100 + region.id
    return {
        "segmentation": outline, "area": round(1.03 * region.area, 4),
        "iscrowd": int(region.crowd), "image_id": shown.id, "bbox": _box(region),
        "category_id": number, "id": own,
    }  # fmt: skip


def _with_crowd(things: list[Region], shape: tuple[int, int]) -> list[Region]:
    labels = [str(region.label) for region in things]
    most = max(sorted({*labels}), key=labels.count, default="")
    group = [region for region in things if region.label == most]
    if len(group) < 2:
        return things
    together = InstanceMasks(shape, tuple(group)).id_map() > 0
    crowd = Region.from_mask(together, id=group[0].id, label=most, crowd=True)
    return [*(region for region in things if region.label != most), crowd]


def _box(region: Region) -> list[float]:
    left, top, right, bottom = map(float, region.box)
    return [left, top, right - left, bottom - top]
