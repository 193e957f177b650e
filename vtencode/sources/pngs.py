"""PNG files of a dataset: one that is of another kind than its format says is a reject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vtencode.errors import SampleError
from vtencode.png import (
    GRAY,
    INDEXED,
    RGB_TYPE,
    png_header,
    read_png,
    read_png_gray16,
    read_png_numbers,
)
from vtencode.scaled import ScaledDepth
from vtencode.sources.files import check_shape, decoded
from vtencode.targets import Array, Camera, DepthMap

Shape = tuple[int, int]


def depth_png(
    data: bytes, scale: ScaledDepth, shape: Shape, *, where: str, camera: Camera | None = None
) -> DepthMap:
    """Depth along the optical axis, of a 16-bit gray PNG."""
    steps = gray16_png(data, shape, field="depth", where=where)
    return replace(scale.read(steps), camera=camera)


def gray16_png(data: bytes, shape: Shape, *, field: str, where: str) -> Array:
    """The numbers of a 16-bit gray PNG: uint16 (H, W)."""
    _check_kind(data, {(16, GRAY)}, "16-bit gray", field=field, where=where)
    return _plane(read_png_gray16, data, shape, field=field, where=where)


def numbers_png(data: bytes, shape: Shape, *, field: str, where: str) -> Array:
    """The indices of an 8-bit palette PNG, or the numbers of an 8-bit gray one: uint8 (H, W)."""
    kinds = {(8, INDEXED), (8, GRAY)}
    _check_kind(data, kinds, "8-bit palette", field=field, where=where)
    return _plane(read_png_numbers, data, shape, field=field, where=where)


def colors_png(data: bytes, shape: Shape, *, field: str, where: str) -> Array:
    """The colors of an 8-bit RGB PNG: uint8 (H, W, 3)."""
    _check_kind(data, {(8, RGB_TYPE)}, "8-bit RGB", field=field, where=where)
    return _plane(read_png, data, (*shape, 3), field=field, where=where)


def _plane(
    read: Callable[[bytes], Array],
    data: bytes,
    shape: tuple[int, ...],
    *,
    field: str,
    where: str,
) -> Array:
    values = decoded(lambda: read(data), field=field, where=where)
    check_shape(values, shape, field=field, where=where)
    return values


def _check_kind(
    data: bytes, kinds: set[tuple[int, int]], need: str, *, field: str, where: str
) -> None:
    header = decoded(lambda: png_header(data), field=field, where=where)
    if (header.bit_depth, header.color_type) not in kinds:
        raise SampleError("MODE", field, where, f"must be a {need} PNG, got {header}")
