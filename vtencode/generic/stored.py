"""What a dataset keeps of one sample under one name: a file's bytes, or an array; read exactly.

Formats are told by their first bytes, not by names. Nothing is converted on the way: numbers
come out in the type they are stored in, and pictures that would have to be converted, or that
compression has changed, are refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.formats.npy import read_npy
from vtencode.formats.pfm import read_pfm
from vtencode.formats.tiff import MAGICS, read_tiff
from vtencode.generic.coco import Document
from vtencode.png import GRAY, INDEXED, SIGNATURE, png_header, read_png_gray16, read_png_numbers
from vtencode.sources.files import decoded
from vtencode.targets import Array


class _OtherKind(Exception):  # noqa: N818  # says what a file is, where another kind is needed
    """A file is whole, as far as one looked, and of another kind than is read."""


_NPY = b"\x93NUMPY"
_PFM = (b"Pf", b"PF")

#: What other formats start with, and why they are not read.
_REFUSED: Mapping[bytes, str] = {
    b"\xff\xd8\xff": "a JPEG, whose compression changes numbers",
    b"RIFF": "a WebP",
    b"PK\x03\x04": "a .npz or .zip",
    b"\x89HDF": "an HDF5 file",
    b"v/1\x01": "an OpenEXR file",
    b"GIF8": "a GIF",
}
#: Color types and bit depths of PNGs whose pixels are ids as they are stored.
_NUMBERS = ((GRAY, 1), (GRAY, 8), (GRAY, 16))
_READ = "a gray PNG, a TIFF, a .npy or a PFM"


@dataclass(frozen=True, eq=False)
class Stored:
    """A file's bytes, an array that needs no decoding, or a document that was parsed before.

    `where` is what messages call it.
    """

    data: bytes | Array | Document
    where: str

    def file(self, field: str) -> bytes:
        """The bytes of what must be a file."""
        if isinstance(self.data, bytes):
            return self.data
        raise SampleError("MODE", field, self.where, f"must be a file's bytes, got {self._told}")

    def document(self, field: str) -> Document | None:
        """The document in COCO's form that this is; None where it is something else."""
        if isinstance(self.data, Document):
            return self.data
        if not isinstance(self.data, bytes) or self.data[:64].lstrip()[:1] != b"{":
            return None
        try:
            return Document(self.data, where=self.where)
        except SourceError as error:
            raise SampleError("DECODE", field, self.where, str(error)) from error

    def plane(self, field: str) -> Array:
        """Depths, or the like: integers or floats (H, W), as they are stored."""
        return self._numbers(field, _plane_of)

    def ids(self, field: str) -> Array:
        """Whole numbers (H, W), as they are stored: gray, or a palette's indices."""
        values = self._numbers(field, _ids_of)
        if values.dtype.kind not in "iu":
            raise SampleError("MODE", field, self.where, f"must be integers, got {values.dtype}")
        return values

    def _numbers(self, field: str, read: Callable[[bytes], Array]) -> Array:
        if isinstance(self.data, Document):
            raise SampleError("MODE", field, self.where, f"must be numbers, got {self._told}")
        values = self.data
        if isinstance(values, bytes):
            data = values
            try:
                values = decoded(lambda: read(data), field=field, where=self.where)
            except _OtherKind as error:
                raise SampleError("MODE", field, self.where, str(error)) from error
        flat: Array = values[..., 0] if values.ndim == 3 and values.shape[2] == 1 else values
        if flat.ndim != 2 or flat.dtype.kind not in "iuf":
            message = f"must be numbers (H, W), got {values.dtype} {values.shape}"
            raise SampleError("MODE", field, self.where, message)
        return flat

    @property
    def _told(self) -> str:
        if isinstance(self.data, np.ndarray):
            return f"an array {self.data.dtype} {self.data.shape}"
        return "a JSON document" if isinstance(self.data, Document) else "a file"


def _plane_of(data: bytes) -> Array:
    if not data.startswith(SIGNATURE):
        return _other(data)
    header = png_header(data)
    if (header.bit_depth, header.color_type) != (16, GRAY):
        few = ": 256 steps are no depth" if header.bit_depth == 8 else ""
        raise _OtherKind(f"must be a 16-bit gray PNG, got {header}{few}")
    return read_png_gray16(data)


def _ids_of(data: bytes) -> Array:
    if not data.startswith(SIGNATURE):
        return _other(data)
    header = png_header(data)
    if header.color_type == INDEXED or (header.color_type, header.bit_depth) in _NUMBERS:
        return read_png_numbers(data)
    raise _OtherKind(
        f"must be a palette PNG, or gray of 1, 8 or 16 bits, got {header}. If colors stand for "
        "classes, semantic_names must be a file that says which"
    )


def _other(data: bytes) -> Array:
    if data.startswith(_NPY):
        return read_npy(data)
    if data.startswith(MAGICS):
        return read_tiff(data)
    if data[:2] in _PFM:
        return read_pfm(data)
    known = next((told for magic, told in _REFUSED.items() if data.startswith(magic)), None)
    got = known or f"a file that starts with {data[:8]!r}"
    raise _OtherKind(f"must be {_READ}, got {got}")
