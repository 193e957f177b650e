"""Classes and instances as other systems store them in the channels of RGB."""

from __future__ import annotations

import numpy as np

from vtencode.encodings.base import Encoding
from vtencode.errors import CodeError, SpecError, TargetError
from vtencode.files.panoptic import ids_of_rgb, rgb_of_ids
from vtencode.png import read_png, write_png
from vtencode.targets import Array, InstanceMasks, PanopticMap, SemanticMask

_ADE_SOURCE = "ADE20K, utils/utils_ade20k.py: class R // 10 * 256 + G, instance B"
#: R is a multiple of 10, up to 250.
_ADE_MOST = 25 * 256 + 255


def read_coco_ids(data: bytes) -> InstanceMasks:
    """Read ids R + 256 G + 65536 B, 0 being none; what they are is in COCO's JSON."""
    return InstanceMasks.from_ids(ids_of_rgb(read_png(data)))


def write_coco_ids(masks: InstanceMasks) -> bytes:
    """Write what `read_coco_ids` reads. Raises `TargetError` for overlap."""
    if masks.overlap:
        raise TargetError("COCO's panoptic ids must not overlap; these instances do.")
    return write_png(rgb_of_ids(masks.id_map()))


def read_ade_classes(data: bytes) -> SemanticMask:
    """Read a `_seg.png`: the classes that occur, named by their index in the release.

    0 is void.
    """
    classes, _ = _ade(data)
    found = np.unique(classes)
    found = found[found > 0]
    ids = np.searchsorted(found, classes)
    ids[classes == 0] = -1
    return SemanticMask(ids, tuple(map(str, found.tolist())), void=-1)


def write_ade_classes(mask: SemanticMask) -> bytes:
    """Write what `read_ade_classes` reads, without instances: B is 0.

    Raises `SpecError` for names that are no index.
    """
    if not all(
        name.isascii() and name.isdecimal() and 0 < int(name) <= _ADE_MOST
        for name in mask.vocabulary
    ):
        raise SpecError(
            f"ade20k-full classes must be named by their index, 1 to {_ADE_MOST}, got "
            f"{', '.join(mask.vocabulary[:5])}."
        )
    index = np.array([*map(int, mask.vocabulary), 0])
    classes = index[np.where(mask.labeled, mask.ids, len(index) - 1)]
    rgb = np.zeros((*mask.shape, 3), dtype=np.uint8)
    rgb[..., 0], rgb[..., 1] = classes // 256 * 10, classes % 256
    return write_png(rgb)


def read_ade_instances(data: bytes) -> InstanceMasks:
    """Read the instances of a `_seg.png`, labeled with their class's index in the release."""
    classes, instances = _ade(data)
    found, first = np.unique(instances, return_index=True)
    labels = {
        id_: str(classes.reshape(-1)[at])
        for id_, at in zip(found.tolist(), first.tolist(), strict=True)
    }
    return InstanceMasks.from_ids(instances, labels=labels)


def read_ade_panoptic(data: bytes) -> PanopticMap:
    """Read both of a `_seg.png`: every class of it that has instances is one of things."""
    return PanopticMap.from_parts(read_ade_classes(data), _ade(data)[1])


def _ade(data: bytes) -> tuple[Array, Array]:
    """Classes and instances: int32 (H, W) each."""
    red, green, blue = np.moveaxis(read_png(data).astype(np.int32), 2, 0)
    if (red % 10).any():
        raise CodeError(
            f"an ADE20K _seg.png must have multiples of 10 in red, got {red[red % 10 > 0][0]}."
        )
    return red // 10 * 256 + green, blue


IDS = {
    "coco-panoptic": Encoding(
        kind="instances",
        summary="8-bit RGB, id R + 256 G + 65536 B, 0 none",
        source="panopticapi, utils.py: rgb2id",
        read=read_coco_ids,
        write=write_coco_ids,
    ),
    "ade20k-full": Encoding(
        kind="semantic",
        summary="8-bit RGB, class R // 10 * 256 + G, 0 void",
        source=_ADE_SOURCE,
        read=read_ade_classes,
        write=write_ade_classes,
    ),
    "ade20k-full-instances": Encoding(
        kind="instances",
        summary="the same file, instance B",
        source=_ADE_SOURCE,
        read=read_ade_instances,
    ),
    "ade20k-full-panoptic": Encoding(
        kind="panoptic",
        summary="the same file, class and instance",
        source=_ADE_SOURCE,
        read=read_ade_panoptic,
    ),
}
