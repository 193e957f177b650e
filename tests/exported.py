"""Small datasets to export, and what must come back from whatever a trainer reads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

import vtencode as vt
from vtencode.dataset import Dataset
from vtencode.exports.run import export
from vtencode.images import Picture

#: A pair as a trainer reads it: prompt, the target's file, the input's file.
Read = tuple[str, bytes, bytes]


def dataset(recipe: str = "coco", count: int = 2) -> Dataset:
    """A small dataset; of `coco` the inputs are JPEGs, of `scenes` PNGs."""
    return _built(recipe, count)


@cache
def _built(recipe: str, count: int) -> Dataset:
    out = Path(mkdtemp(prefix=f"vtencode-{recipe}-")) / recipe
    vt.build(recipe, demo=count, limit=count, out=out, workers=1)
    return vt.open_dataset(out)


def exported(trainer: str, out: Path, *, of: Dataset | None = None, **options) -> Path:
    """An export of a small dataset for one trainer."""
    found = dataset() if of is None else of
    return export(found.root, to=[trainer], out=out, workers=1, **options).out


def check_same(read: Iterable[Read], of: Dataset | None = None) -> None:
    """Every pair of the dataset, in its order, byte for byte."""
    pairs = list(dataset() if of is None else of)
    found = list(read)
    assert [prompt for prompt, _, _ in found] == [pair.instruction for pair in pairs]
    for pair, (_, target, shown) in zip(pairs, found, strict=True):
        assert target == pair.record.target.data, pair.key
        assert shown == pair.record.input.data, pair.key


def same_pixels(data: bytes, picture: Picture) -> bool:
    """Whether a file shows the very pixels of a picture."""
    return np.array_equal(Picture.from_bytes(data).rgb, picture.rgb)
