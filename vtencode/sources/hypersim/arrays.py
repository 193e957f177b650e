"""The arrays that frames are stored as, each checked to be what it must be."""

from __future__ import annotations

from vtencode.errors import SampleError
from vtencode.formats.hdf5 import read_hdf5
from vtencode.formats.npy import read_npy
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.tree import Tree
from vtencode.targets import Array

#: Every .hdf5 holds one array, of this name.
_NAME = "dataset"


def stored(
    tree: Tree, name: str, *, field: str, integer: bool = False, shape: tuple[int, ...] | None
) -> Array:
    """The array of a .hdf5 or .npy: float, or integer, of that shape (any, where None)."""
    data = tree.read(name, field=field)
    packed = name.endswith(".npy")
    values = decoded(
        lambda: read_npy(data) if packed else read_hdf5(data, _NAME), field=field, where=name
    )
    if values.dtype.kind not in ("iu" if integer else "f"):
        need = "integer" if integer else "float"
        raise SampleError("MODE", field, name, f"must be {need}, got {values.dtype}")
    if shape is not None:
        check_shape(values, shape, field=field, where=name)
    return values
