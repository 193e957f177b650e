"""A tiny Open Images: some images, their masks, and the tables that tell of both."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from vtencode.miniatures.putting import put
from vtencode.miniatures.scenes import CLASSES, Scene
from vtencode.miniatures.series import in_turns, jpeg, series
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 768, 1024
CAMERA = Camera(fx=900.0, fy=900.0, cx=511.5, cy=383.5)
#: Masks have a resolution of their own.
MASK_HEIGHT, MASK_WIDTH = 1200, 1600
#: The label and the name of the scene's classes (class-descriptions-boxable.csv).
OF_SCENE = {
    "car": ("/m/0k4j", "Car"),
    "chair": ("/m/01mzpv", "Chair"),
    "sofa": ("/m/02crq1", "Couch"),
    "table": ("/m/04bcr3", "Table"),
    "person": ("/m/01g317", "Person"),
    "plant": ("/m/03fp41", "Houseplant"),
    "lamp": ("/m/0dtln", "Lamp"),
    "bookshelf": ("/m/03__z0", "Bookcase"),
    "box": ("/m/025dyy", "Box"),
    "ball": ("/m/018xm", "Ball"),
}
#: Classes that have boxes alone.
_BOXED = "box"
_MASKS = "MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks"
_LABELS = "ImageID,Source,LabelName,Confidence"
_BOXES = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,"
    "IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
)


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` frames to train and a quarter as many to validate; return `root`.

    Rooms and streets in turns, with people. Of the classes that an image does not show, people
    were asked about every other. Boxes of things in boxes have no masks. Differs from the official
    data in what is shown, and in that masks lie loose in a folder. The same arguments give the
    same bytes.
    """
    tables: dict[str, dict[str, list[str]]] = {}
    shots = series(
        count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=in_turns, people=2
    )
    for shot in shots:
        split, found = "validation" if shot.test else "train", shot.found
        image = f"{shot.index + 1:016x}"
        blank = {"masks": [_MASKS], "labels": [_LABELS], "boxes": [_BOXES]}
        told = tables.setdefault(split, blank)
        put(root / split / f"{image}.jpg", jpeg(found.rgb))
        for name, mask in _masks(found, image, told).items():
            put(root / f"{split}-masks" / name, _one_bit(mask))
        told["labels"] += _labels(found, image)
    for split, told in tables.items():
        names = {
            "masks": f"{split}-annotations-object-segmentation.csv",
            "labels": f"{split}-annotations-human-imagelabels-boxable.csv",
            "boxes": f"{'oidv6-' if split == 'train' else ''}{split}-annotations-bbox.csv",
        }
        for kind, lines in told.items():
            put(root / names[kind], _text(lines))
    described = [f"{label},{name}" for label, name in OF_SCENE.values()]
    put(root / "class-descriptions-boxable.csv", _text(described))
    return root


def masked(found: Scene) -> dict[int, str]:
    """The class of each object that has a mask, by its number in the scene."""
    numbers, first = np.unique(found.instance, return_index=True)
    kinds = found.semantic.reshape(-1)[first]
    listed = dict(zip(numbers.tolist(), (CLASSES[kind] for kind in kinds), strict=True))
    return {at: kind for at, kind in listed.items() if at and kind in OF_SCENE and kind != _BOXED}


def _masks(found: Scene, image: str, told: Mapping[str, list[str]]) -> dict[str, Array]:
    rows, columns = (
        (2 * np.arange(stored) + 1) * size // (2 * stored)
        for stored, size in ((MASK_HEIGHT, HEIGHT), (MASK_WIDTH, WIDTH))
    )
    numbers = found.instance[rows[:, None], columns]
    masks = {}
    for at, kind in masked(found).items():
        label = OF_SCENE[kind][0]
        box = f"{at:08x}"
        name = f"{image}_{label.replace('/', '')}_{box}.png"
        masks[name] = numbers == at
        place = _box(masks[name])
        told["masks"].append(f"{name},{image},{label},{box},{place},0.90000,")
        told["boxes"].append(f"{image},xclick,{label},1,{place},0,0,0,0,0")
    if (found.semantic == CLASSES.index(_BOXED)).any():
        place = _box(found.semantic == CLASSES.index(_BOXED))
        told["boxes"].append(f"{image},xclick,{OF_SCENE[_BOXED][0]},1,{place},0,0,1,0,0")
    return masks


def _labels(found: Scene, image: str) -> list[str]:
    shown = {CLASSES[kind] for kind in np.unique(found.semantic).tolist()}
    lines = [f"{image},verification,{OF_SCENE[kind][0]},1" for kind in OF_SCENE if kind in shown]
    hidden = [kind for kind in OF_SCENE if kind not in shown]
    return lines + [f"{image},verification,{OF_SCENE[kind][0]},0" for kind in hidden[::2]]


def _box(mask: Array) -> str:
    """XMin, XMax, YMin, YMax as parts of the image."""
    height, width = mask.shape
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    across = columns[0] / width, (columns[-1] + 1) / width
    down = rows[0] / height, (rows[-1] + 1) / height
    return ",".join(f"{side:.6f}" for side in (*across, *down))


def _one_bit(mask: Array) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(mask).save(buffer, "PNG")
    return buffer.getvalue()


def _text(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
