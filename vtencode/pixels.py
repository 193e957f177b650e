"""RGB bytes read and written as packed uint32, one overlapping four-byte word a pixel.

A pixel (r, g, b) is the number r + 256 g + 65536 b. Words are stored at a stride of three bytes
in ascending order: each one's fourth byte is overwritten by the next pixel. The last pixel of an
image has no byte to spare and is handled alone.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vtencode.errors import CodeError
from vtencode.targets import Array

#: Pixels handled at a time: big enough to hide a call's cost, small enough for the cache.
BLOCK = 1 << 17
_RGB_BITS = 0xFFFFFF


def blocks(count: int) -> Iterator[tuple[int, int]]:
    """Split `count` pixels into (start, stop) runs of at most `BLOCK`."""
    for start in range(0, count, BLOCK):
        yield start, min(start + BLOCK, count)


def pack(colors: Array) -> Array:
    """Colors uint8 (N, 3) as uint32 (N,)."""
    wide = colors.astype(np.uint32)
    packed: Array = wide[:, 0] | wide[:, 1] << 8 | wide[:, 2] << 16
    return packed


def unpack(packed: Array) -> Array:
    """Packed colors uint32 (N,) as uint8 (N, 3)."""
    return np.stack([packed & 255, packed >> 8 & 255, packed >> 16], axis=1).astype(np.uint8)


def store(packed: Array, rgb: Array, start: int) -> None:
    """Write packed colors into contiguous uint8 `rgb` from pixel `start` on."""
    flat = rgb.reshape(-1)
    count = len(packed)
    spare = start + count < flat.size // 3
    words = count if spare else count - 1
    _words(flat, start, words)[...] = packed[:words]
    if not spare:
        flat[-3:] = unpack(packed[-1:])[0]


def load(rgb: Array, start: int, stop: int) -> Array:
    """Read pixels `start` … `stop` of contiguous uint8 `rgb` as packed colors, uint32."""
    flat = rgb.reshape(-1)
    spare = stop < flat.size // 3
    packed = np.empty(stop - start, dtype=np.uint32)
    words = len(packed) if spare else len(packed) - 1
    np.bitwise_and(_words(flat, start, words), _RGB_BITS, out=packed[:words])
    if not spare:
        packed[-1] = pack(flat[-3:].reshape(1, 3))[0]
    return packed


def canvas(shape: tuple[int, ...], out: Array | None) -> Array:
    """Where to paint: `out` if given, else a new uint8 (H, W, 3); `shape` is (H, W).

    Raises `CodeError` for an `out` that cannot be painted in place.
    """
    if out is None:
        return np.empty((*shape, 3), dtype=np.uint8)
    fits = out.dtype == np.uint8 and out.shape == (*shape, 3)
    if not (fits and out.flags.c_contiguous and out.flags.writeable):
        raise CodeError(
            f"out must be writable contiguous uint8 {(*shape, 3)}, got {out.dtype} {out.shape}."
        )
    return out


def check_rgb(picture: object) -> Array:
    """Return the picture as contiguous uint8 (H, W, 3), or raise `CodeError`."""
    try:
        rgb = np.asarray(picture)
    except ValueError as error:
        raise CodeError(f"a code must be uint8 (H, W, 3), got no array: {error}.") from error
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
        hint = " Drop or flatten the alpha channel first." if rgb.shape[2:] == (4,) else ""
        raise CodeError(f"a code must be uint8 (H, W, 3), got {rgb.dtype} {rgb.shape}.{hint}")
    return np.ascontiguousarray(rgb)


def _words(flat: Array, start: int, count: int) -> Array:
    return np.ndarray((count,), dtype="<u4", buffer=flat, offset=3 * start, strides=(3,))
