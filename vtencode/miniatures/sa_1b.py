"""A tiny SA-1B: shards of pictures, and nested masks that have no class."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import in_turns, jpeg
from vtencode.rle import packed, runs_of_mask
from vtencode.seeds import generator
from vtencode.sinks.tar import ending, member
from vtencode.targets import Array, Camera

HEIGHT, WIDTH = 480, 640
CAMERA = Camera(fx=520.0, fy=520.0, cx=319.5, cy=239.5)
#: The authors removed smaller pieces of masks (appendix B of the paper, postprocessing).
LEAST_PX = 100

Form = Literal["shards", "folders", "published"]


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "shards") -> Path:
    """Write `count` images, half of them in a second shard; return `root`.

    `form` is plain .tar files, the folders that they extract to, or shards as they are published,
    gzipped. Differs from the official shards in what is shown, and in smaller pictures. The same
    arguments give the same bytes.
    """
    if count < 1:
        raise SpecError(f"count must be >= 1 (images), got {count}.")
    half = -(-count // 2)
    for shard, numbers in enumerate((range(1, half + 1), range(half + 1, count + 1))):
        if numbers:
            files = [file for number in numbers for file in _files(seed, number)]
            _put(root, f"sa_{shard:06d}", files, form)
    return root


def masks_of(found: Scene) -> Iterator[Array]:
    """Every mask of a scene that is large enough: surfaces, objects, and parts of objects."""
    for where, numbers in (
        (found.instance == 0, found.semantic),
        (found.instance > 0, found.instance),
    ):
        for number in np.unique(numbers[where & (numbers > 0)]).tolist():
            mask = where & (numbers == number)
            parts = np.unique(found.parts[mask])
            inner = [mask & (found.parts == part) for part in parts[parts > 0].tolist()]
            nested = inner if len(inner) > 1 else []
            yield from (each for each in (mask, *nested) if each.sum() >= LEAST_PX)


def _files(seed: int, number: int) -> Iterator[tuple[str, bytes]]:
    index = number - 1
    found = scene(
        seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=in_turns(index), people=2
    )
    rng = generator(seed, "sa-1b", str(number))
    told = {
        "image": {
            "image_id": number,
            "width": WIDTH,
            "height": HEIGHT,
            "file_name": f"sa_{number}.jpg",
        },
        "annotations": [
            _annotation(mask, 1000 * number + at, rng) for at, mask in enumerate(masks_of(found))
        ],
    }
    yield f"sa_{number}.jpg", jpeg(found.rgb)
    yield f"sa_{number}.json", json.dumps(told).encode()


def _annotation(mask: Array, number: int, rng: np.random.Generator) -> dict[str, Any]:
    """A mask as the authors tell it: its box a pixel too small, scores above their thresholds."""
    rows, columns = np.nonzero(mask)
    at = int(rng.integers(len(rows)))
    left, top = int(columns.min()), int(rows.min())
    crop = [0, 0, WIDTH, HEIGHT]
    return {
        "bbox": [left, top, int(columns.max()) - left, int(rows.max()) - top],
        "area": len(rows),
        "segmentation": {"size": [HEIGHT, WIDTH], "counts": packed(runs_of_mask(mask))},
        "predicted_iou": float(rng.uniform(0.88, 1)),
        "point_coords": [[float(columns[at]), float(rows[at])]],
        "crop_box": crop if number % 2 else [float(side) for side in crop],
        "id": number,
        "stability_score": float(rng.uniform(0.95, 1)),
    }


def _put(root: Path, shard: str, files: list[tuple[str, bytes]], form: Form) -> None:
    root.mkdir(parents=True, exist_ok=True)
    if form == "folders":
        (root / shard).mkdir(exist_ok=True)
        for name, data in files:
            write_whole(root / shard / name, data)
        return
    archive = b"".join(member(f"./{name}", data) for name, data in files)
    archive += ending(len(archive))
    data = archive if form == "shards" else gzip.compress(archive, mtime=0)
    write_whole(root / f"{shard}.tar", data)
