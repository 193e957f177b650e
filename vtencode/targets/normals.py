"""Surface normals, in one frame, with what is known of every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array, ReadOnly

#: How far from 1 a given length may be: vectors read from 8-bit files are 0.986 to 1.007 long.
LENGTH_TOLERANCE = 0.02
#: Vectors this close to unit length are kept bit for bit; a float32 division leaves as much.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class NormalMap(ReadOnly):
    """Unit surface normals of one image, facing the camera that took it.

    `xyz` is float (H, W, 3) in the camera's right-handed frame: +x right, +y up, +z toward the
    viewer; `vtencode.frames` converts from every other. It is kept as float32 of unit length,
    and (0, 0, 0), which is no direction, wherever nothing is known. `valid` is bool (H, W); left
    out, it is where xyz is finite and not zero.

    Raises `TargetError` for integers, other shapes, and valid vectors whose length is off 1 by
    more than `LENGTH_TOLERANCE`: such vectors were blended or scaled, and only their owner
    knows which.

    >>> NormalMap(xyz=np.array([[[0, 0, 1.01], [0, 0, 0]]])).xyz.tolist()
    [[[0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]]
    """

    xyz: Array
    valid: Array = None  # type: ignore[assignment]  # derived from xyz when left out

    def __post_init__(self) -> None:
        given = np.asarray(self.xyz)
        if given.dtype.kind != "f" or given.ndim != 3 or given.shape[2] != 3:
            raise TargetError(
                f"NormalMap.xyz must be float32 (H, W, 3), got {given.dtype} {given.shape}."
                + (" Decode the picture first." if given.dtype.kind in "iu" else "")
            )
        valid = _valid(self.valid, given)
        with np.errstate(over="ignore"):
            xyz = np.array(given, dtype=np.float32, order="C")
        xyz[~valid] = 0
        _normalize(xyz, valid)
        for name, array in (("xyz", xyz), ("valid", valid)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.valid.shape
        return height, width


def _valid(given: Any, xyz: Array) -> Array:
    if given is None:
        return np.asarray(np.isfinite(xyz).all(axis=2) & xyz.any(axis=2))
    mask = np.array(given, order="C")
    if mask.dtype != np.bool_ or mask.shape != xyz.shape[:2]:
        raise TargetError(
            f"NormalMap.valid must be bool {xyz.shape[:2]}, got {mask.dtype} {mask.shape}."
        )
    return mask


def _normalize(xyz: Array, valid: Array) -> None:
    """Scale the valid vectors to unit length, in place; NaN and inf are no length near 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        length = np.sqrt(np.einsum("hwc,hwc->hw", xyz, xyz))
    off = np.abs(length - 1)
    off[~valid] = 0
    worst = off.max(initial=0)
    if not worst <= LENGTH_TOLERANCE:
        row, column = np.unravel_index(off.argmax(), off.shape)
        count = np.count_nonzero(~(off <= LENGTH_TOLERANCE))
        raise TargetError(
            f"NormalMap.xyz must have lengths within {LENGTH_TOLERANCE} of 1 where valid, got "
            f"{length[row, column]:.3g} in row {row}, column {column} and {count} such in all. "
            "Normalize them, or mark them not valid."
        )
    if worst > _ROUNDING:
        scaled = off > _ROUNDING
        xyz[scaled] /= length[scaled][:, None]
