"""A tiny full ADE20K in the layout of ADE20K_2021_17_01.zip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.ade20k import write_codes
from vtencode.miniatures.scenes import CLASSES, PARTS, Scene
from vtencode.miniatures.series import in_turns, jpeg, series
from vtencode.png import write_png, write_png_gray
from vtencode.sources.ade20k.annotation import Annotated, write_annotation
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 576, 768
CAMERA = Camera(fx=675.0, fy=675.0, cx=383.5, cy=287.5)
#: The class of each of the scene's, by number and name: those of the three images that the authors
#: publish, and numbers above 3688, which are of no class, for the others.
OF_SCENE = {
    "none": (2420, "sky"),
    "ground": (2131, "road, route"),
    "building": (312, "building, edifice"),
    "window": (3055, "windowpane, window"),
    "door": (774, "door"),
    "car": (401, "car, auto, automobile, machine, motorcar"),
    "tree": (2855, "tree"),
    "person": (1831, "person, individual, someone, somebody, mortal, soul"),
    "floor": (3701, "floor, flooring"),
    "wall": (3702, "wall"),
    "ceiling": (3703, "ceiling"),
    "picture": (3704, "painting, picture"),
    "rug": (3705, "rug, carpet, carpeting"),
    "sofa": (3706, "sofa, couch, lounge"),
    "table": (3707, "table"),
    "chair": (3708, "chair"),
    "cabinet": (3709, "cabinet"),
    "bookshelf": (3710, "bookcase"),
    "lamp": (3711, "lamp"),
    "plant": (3712, "plant, flora, plant life"),
    "box": (3713, "box"),
    "ball": (3714, "ball"),
}
#: Classes of parts are numbered from here.
_PARTS_FROM = 3800
_WHEEL = (3035, "wheel")


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` frames to train and a quarter as many to validate; return `root`.

    Rooms and streets in turns, with people; every third frame has no parts. Differs from the
    official data in what is shown, in its pictures' sizes, which are mostly larger there, and in
    that what is hidden of an object is the rest of its box. The same arguments give the same bytes.
    """
    shots = series(
        count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=in_turns, people=2
    )
    for shot in shots:
        number = shot.number + 1
        place = "urban/street" if in_turns(shot.index) else "home_or_hotel/living_room"
        frame = f"ADE_{'val' if shot.test else 'train'}_{number:08d}"
        split = "validation" if shot.test else "training"
        folder = f"ADE20K_2021_17_01/images/ADE/{split}/{place}"
        (root / folder / frame).mkdir(parents=True, exist_ok=True)
        for name, data in _files(shot.found, folder, frame, parted=number % 3 != 0):
            write_whole(root / folder / name, data)
    return root


def objects_of(found: Scene) -> tuple[list[Annotated], Array]:
    """The objects of a scene, walls and sky too, and where each is seen: their ids plus 1."""
    pairs = found.semantic.astype(np.int64) << 16 | found.instance
    listed, ids = np.unique(pairs, return_inverse=True)
    objects = [
        Annotated(at, *OF_SCENE[CLASSES[pair >> 16]], level=0, owner=None, mask="")
        for at, pair in enumerate(listed.tolist())
    ]
    return objects, ids.reshape(pairs.shape) + 1


def parts_of(found: Scene, objects: list[Annotated], ids: Array) -> tuple[list[Annotated], Array]:
    """The parts of objects, one of each kind an object, and where they are seen: ids plus 1."""
    pairs = np.where(found.parts > 0, ids.astype(np.int64) << 16 | found.parts, 0)
    listed, which = np.unique(pairs, return_inverse=True)
    parts = []
    for at, pair in enumerate(listed[listed > 0].tolist(), len(objects)):
        kind = pair & 0xFFFF
        word = PARTS[kind].split()[-1]
        index = _WHEEL[0] if word == _WHEEL[1] else _PARTS_FROM + kind
        parts.append(Annotated(at, index, word, level=1, owner=(pair >> 16) - 1, mask=""))
    numbers = np.array([0, *(each.id + 1 for each in parts)]) if 0 in listed else None
    table = np.array([each.id + 1 for each in parts]) if numbers is None else numbers
    return parts, table[which.reshape(pairs.shape)]


def _files(found: Scene, folder: str, frame: str, *, parted: bool) -> Iterator[tuple[str, bytes]]:
    objects, ids = objects_of(found)
    parts, part_ids = parts_of(found, objects, ids) if parted else ([], 0 * ids)
    named = [
        Annotated(o.id, o.index, o.name, o.level, o.owner, f"{frame}/{_own(o, frame)}")
        for o in (*objects, *parts)
    ]
    facts = {
        "filename": f"{frame}.jpg",
        "folder": folder,
        "imsize": [HEIGHT, WIDTH, 3],
        "source": {"folder": "", "filename": "", "origin": ""},
        "scene": folder.split("/")[-2:],
    }
    yield f"{frame}.jpg", jpeg(found.rgb)
    yield f"{frame}.json", write_annotation(named, facts)
    yield f"{frame}_seg.png", write_png(_codes(objects, ids))
    if parts:
        yield f"{frame}_parts_1.png", write_png(_codes(parts, part_ids))
    for each in (*objects, *parts):
        seen = (part_ids if each.level else ids) == each.id + 1
        yield f"{frame}/{_own(each, frame)}", write_png_gray(_amodal(seen))


def _own(each: Annotated, frame: str) -> str:
    return f"instance_{each.id:03d}_{frame}.png"


def _codes(listed: list[Annotated], ids: Array) -> Array:
    """Classes, and numbers spread over blue, as in the official files."""
    classes, numbers = np.zeros((2, ids.max() + 1), dtype=np.int64)
    for at, each in enumerate(listed, 1):
        classes[each.id + 1] = each.index
        numbers[each.id + 1] = round(255 * at / len(listed))
    return write_codes(classes[ids], numbers[ids])


def _amodal(seen: Array) -> Array:
    """255 where it is seen, and 128 in the rest of its box: uint8 (H, W)."""
    mask = np.zeros(seen.shape, dtype=np.uint8)
    rows, columns = np.nonzero(seen.any(axis=1))[0], np.nonzero(seen.any(axis=0))[0]
    mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = 128
    mask[seen] = 255
    return mask
