"""What one stored thing is: its format in words, its size, and the numbers or parts in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vtencode.errors import CodeError, SampleError, VtencodeError
from vtencode.formats.npy import read_npy
from vtencode.formats.rgb16 import read_rgb16
from vtencode.generic.cameras import camera_of, read_camera
from vtencode.generic.coco import Document
from vtencode.generic.stored import Stored
from vtencode.images import Picture
from vtencode.png import INDEXED, RGB_TYPE, SIGNATURE, png_header, read_png
from vtencode.targets import Array

_JPEG, _NPY = b"\xff\xd8\xff", b"\x93NUMPY"


@dataclass(frozen=True, eq=False)
class Seen:
    """One stored thing.

    `size` is width and height; `plane` holds one number a pixel, `triple` three. `camera` tells
    that it can be read as a camera, `document` that it is one in the form of COCO. `refused` says
    why it can be no image, and is "" for an image.
    """

    kind: str
    size: tuple[int, int] | None = None
    plane: Array | None = None
    triple: Array | None = None
    camera: bool = False
    document: Document | None = None
    refused: str = "it is no JPEG or PNG"


def peek(stored: Stored) -> Seen:
    """Look at a file, or at an array."""
    if isinstance(stored.data, Document):
        return Seen("JSON in the form of COCO", document=stored.data)
    try:
        if isinstance(stored.data, np.ndarray):
            return _array(stored.data, "array")
        return _file(stored, stored.data)
    except (CodeError, SampleError) as error:
        return Seen(f"unreadable ({error})")


def _file(stored: Stored, data: bytes) -> Seen:
    if data.startswith((SIGNATURE, _JPEG)):
        return _picture(stored, data)
    if data.startswith(_NPY):
        return _array(read_npy(data), ".npy of")
    if data[:64].lstrip()[:1] in (b"{", b"["):
        return _json(data, stored.where)
    if _is_camera(data):
        return Seen("text of a camera", camera=True)
    try:
        return _array(stored.plane("file"), "TIFF or PFM of")
    except SampleError:
        words = data[:4096].decode("ascii", "ignore")
        plain = len(words) == len(data[:4096]) and "\0" not in words
        return Seen("text" if plain else f"a file that starts with {data[:8]!r}")


def _picture(stored: Stored, data: bytes) -> Seen:
    refused, size = "", None
    try:
        picture = Picture.from_bytes(data)
        size = picture.width, picture.height
    except CodeError as error:
        refused = str(error)
    if data.startswith(_JPEG):
        return Seen("JPEG", size, refused=refused)
    header = png_header(data)
    kind, size = f"{str(header).rpartition(' ')[0]} PNG", (header.width, header.height)
    if header.color_type == RGB_TYPE:
        triple = read_png(data) if header.bit_depth == 8 else read_rgb16(data)
        return Seen(kind, size, triple=triple, refused=refused)
    if header.color_type == INDEXED or "gray PNG" in kind:
        return Seen(kind, size, plane=stored.ids("file"), refused=refused)
    return Seen(kind, size, refused=refused)


def _array(values: Array, kind: str) -> Seen:
    told, shape = f"{kind} {values.dtype}", values.shape
    if shape in ((4,), (3, 3), (4, 4)):
        try:
            camera_of(values)
            return Seen(f"{told} {shape}", camera=True)
        except (CodeError, VtencodeError):
            pass
    if values.ndim == 3 and shape[2] == 1:
        values = values[..., 0]
    if values.ndim == 2 and values.dtype.kind in "iuf":
        return Seen(told, (shape[1], shape[0]), plane=values)
    if shape[2:] == (3,) and values.dtype.kind in "uf":
        return Seen(told, (shape[1], shape[0]), triple=values)
    return Seen(f"{told} {shape}")


def _json(data: bytes, where: str) -> Seen:
    if _is_camera(data):
        return Seen("JSON of a camera", camera=True)
    try:
        value = json.loads(data)
        if isinstance(value, Mapping) and {"images", "annotations"} <= set(value):
            return Seen("JSON in the form of COCO", document=Document(data, where=where))
    except (ValueError, RecursionError, VtencodeError) as error:
        return Seen(f"JSON that cannot be read ({error})")
    return Seen("JSON")


def _is_camera(data: bytes) -> bool:
    try:
        read_camera(data)
    except (CodeError, VtencodeError):
        return False
    return True
