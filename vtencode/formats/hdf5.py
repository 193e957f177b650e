"""Plain numeric arrays in HDF5 files that are held in memory.

What such a file may hold beside its own numbers is refused: links to other files, external and
virtual storage, references, objects.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]

#: An array of more bytes is no frame of any dataset here (ETH3D's largest depth has 98 MB).
MAX_BYTES = 2**29


def read_hdf5(data: bytes, name: str) -> Array:
    """The array `name` of a file. Raises `CodeError` where there is no such plain array."""
    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            found = stored(file, name)
            if found is None or found.dtype.kind not in "biuf":
                raise CodeError(f"must hold the plain array {name!r}; it has {sorted(file)}.")
            if found.size * found.dtype.itemsize > MAX_BYTES:
                raise CodeError(f"{name!r} must have at most {MAX_BYTES} bytes, got {found.shape}.")
            return np.asarray(found[()])
    except (OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, CodeError):
            raise
        raise CodeError(f"must be a whole HDF5 file with {name!r}: {error}.") from error


def write_hdf5(arrays: Mapping[str, Array], *, chunks: tuple[int, ...] | None = None) -> bytes:
    """A file of these arrays, gzip-compressed; `chunks` is the shape of a chunk, else h5py's."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=("earliest", "v108")) as file:
        for name, values in arrays.items():
            file.create_dataset(
                name, data=values, compression="gzip", chunks=chunks or True, track_times=False
            )
    return buffer.getvalue()


def stored(file: h5py.File, name: str) -> Any:
    """The array `name` of an HDF5 file, or None; one kept in another file is none of its own."""
    data = file.get(name) if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    own = isinstance(data, h5py.Dataset) and not data.external and not data.is_virtual
    return data if own else None
