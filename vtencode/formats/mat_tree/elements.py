"""Elements of a MAT file: what kind each is, and where it is. Raises `ValueError` for damage."""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from vtencode.formats.mat_tree.layout import COMPRESSED, INT32, UINT32, VERSION

#: MPII's, the largest file that is read here, takes 190 MB, as measured on one of as many people.
MAX_INFLATED_BYTES = 2**29


class Element(NamedTuple):
    """What an element holds, where its payload starts and ends, and where the next one starts."""

    kind: int
    start: int
    end: int
    after: int


class Elements:
    """The elements of some bytes, in the byte order of a file."""

    def __init__(self, data: bytes, order: str) -> None:
        self.data, self.order = data, order
        self.tag = struct.Struct(f"{order}II").unpack_from

    def whole(self, element: Element) -> tuple[int, ...]:
        """The whole numbers of 32 bits in an element, at least one."""
        count = (element.end - element.start) // 4
        if element.kind not in (INT32, UINT32) or not count:
            raise ValueError(f"sizes must be of data type {INT32}, got {element.kind}")
        return struct.unpack_from(f"{self.order}{count}i", self.data, element.start)

    def element(self, at: int, end: int) -> Element:
        """The element at a place; payloads of up to 4 bytes may sit inside their own tag."""
        if at + 8 > end:
            raise ValueError("it is cut")
        kind, size = self.tag(self.data, at)
        if kind >> 16:
            return Element(kind & 0xFFFF, at + 4, at + 4 + min(kind >> 16, 4), at + 8)
        start, stop = at + 8, at + 8 + size
        if stop > end:
            raise ValueError("it is cut")
        padding = 0 if kind == COMPRESSED else -size % 8
        return Element(kind, start, stop, min(stop + padding, end))


def byte_order(data: bytes) -> str:
    """The byte order of a file, as `struct` writes it."""
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:128]))
    if order is None:
        raise ValueError(f"it must say 'IM' or 'MI' at byte 126, got {data[126:128]!r}")
    version = struct.unpack_from(f"{order}H", data, 124)[0]
    if version != VERSION:
        raise ValueError(f"its version must be {VERSION:#06x}, got {version:#06x}")
    return order


def inflated(body: memoryview, room: int) -> bytes:
    """What a compressed element holds, if that is no more than `room` bytes."""
    stream = zlib.decompressobj()
    plain = stream.decompress(body, room + 1)
    if len(plain) > room:
        raise ValueError(f"it must inflate to at most {MAX_INFLATED_BYTES} bytes")
    if not stream.eof:
        raise ValueError("it is cut")
    return plain
