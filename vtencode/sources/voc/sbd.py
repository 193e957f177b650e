"""The MATLAB structs of the Semantic Boundaries Dataset (Hariharan et al., ICCV 2011).

Read as mature readers do (torchvision, chainercv); no file of the authors was seen by this
project. `GTcls.Segmentation` is the class of each pixel in VOC's numbers, 0 for background;
`GTinst.Segmentation` the number of its object. Neither has a ring of void.
"""

from __future__ import annotations

import numpy as np

from vtencode.errors import SampleError
from vtencode.formats.mat_tree import read_mat_arrays
from vtencode.sources.files import check_shape, decoded
from vtencode.targets import Array

#: The struct of each field's file, in `cls` and in `inst`.
STRUCTS = {"semantic": "GTcls", "instances": "GTinst"}


def numbers(data: bytes, shape: tuple[int, int], *, field: str, where: str) -> Array:
    """The class of each pixel, or its object's number: uint8 (H, W)."""
    struct = decoded(lambda: read_mat_arrays(data, STRUCTS[field]), field=field, where=where)
    if "Segmentation" not in struct:
        raise SampleError("DECODE", field, where, f"{STRUCTS[field]} must have Segmentation")
    found = struct["Segmentation"]
    if found.dtype != np.uint8:
        raise SampleError("MODE", field, where, f"must be uint8, got {found.dtype}")
    check_shape(found, shape, field=field, where=where)
    return found
