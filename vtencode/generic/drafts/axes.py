"""The axes of normals that nobody named, told by the depth of the same images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vtencode.errors import VtencodeError
from vtencode.frame_check import FrameReport, check_frame
from vtencode.generic.cameras import camera_of, read_camera
from vtencode.generic.drafts.peeking import peek
from vtencode.generic.stored import Stored
from vtencode.targets import Camera, DepthMap

#: Images whose normals and depth are compared.
_COMPARED = 4
#: Names that say what axes are, before those of datasets that have them too.
_GENERAL = ("opengl", "opencv", "directx", "vision-banana")


def compared(
    normals: Sequence[Stored], depth: Sequence[Stored], cameras: Sequence[Stored]
) -> list[FrameReport]:
    """What depth says of the axes of normals, image by image; the unit of depth does not matter.

    The things of one image stand at one place; a single camera is that of all images.
    """
    if len(normals) != len(depth) or not cameras:
        return []
    each = cameras if len(cameras) == len(normals) else [cameras[0]] * len(normals)
    found = []
    for stored in [*zip(normals, depth, each, strict=True)][:_COMPARED]:
        try:
            found.append(_compared(*stored))
        except VtencodeError:  # of another size, or without a pixel in common
            continue
    return found


def name_of(report: FrameReport) -> str:
    """The most general name of the axes that fit best; "" where they have none."""
    return next((name for name in (*_GENERAL, *report.names) if name in report.names), "")


def _compared(normals: Stored, depth: Stored, camera: Stored) -> FrameReport:
    plane = depth.plane("depth")
    values = plane.astype(np.float64)
    known = np.isfinite(values) & (values > 0)
    if plane.dtype.kind in "iu":
        known &= plane < np.iinfo(plane.dtype).max  # far, or unknown
    meters = DepthMap(np.where(known, values, np.nan), camera=_camera(camera))
    vectors = peek(normals).triple
    if vectors is None:
        vectors = np.empty(0)
    elif vectors.dtype == np.uint16:
        vectors = vectors * (2 / 65535) - 1
    return check_frame(vectors, meters)


def _camera(stored: Stored) -> Camera:
    if isinstance(stored.data, np.ndarray):
        return camera_of(stored.data)
    return read_camera(stored.file("camera"))
