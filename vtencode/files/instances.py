"""Instances in files: id maps, whose 0 is background, and COCO's JSON."""

from __future__ import annotations

from pathlib import Path

from vtencode.errors import SourceError, TargetError
from vtencode.files.coco import read_coco, write_coco
from vtencode.files.ids import read_ids, write_ids
from vtencode.targets import InstanceMasks


def read_instances(
    file: str, *, image: str | None = None, size: tuple[int, int] | None = None
) -> tuple[InstanceMasks, list[str]]:
    """Read `x.png` or `x.npy` of ids, or `x.json` (see `read_coco`), and what was changed.

    Raises `SourceError` for what cannot be read.
    """
    if file.endswith(".json"):
        return read_coco(file, image=image, size=size)
    try:
        return InstanceMasks.from_ids(read_ids(file)), []
    except TargetError as error:
        raise SourceError(f"{file}: {error}") from error


def write_instances(out: Path, masks: InstanceMasks) -> list[str]:
    """Write ids to a .npy or .png, or all of it to a .json; returns what was changed."""
    if out.suffix == ".json":
        write_coco(out, masks)
        return []
    ids = masks.id_map()
    write_ids(out, ids)
    hidden = sum(region.area for region in masks.regions) - int((ids > 0).sum())
    left_out = any(region.label is not None or region.crowd for region in masks.regions)
    told = {
        f"{hidden} hidden pixels left out": hidden,
        "labels and crowds left out (a .json keeps them)": left_out,
    }
    return [text for text, said in told.items() if said]
