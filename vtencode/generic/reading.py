"""The targets of one sample, as its recipe's options say they are stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from vtencode.codecs.base import Code
from vtencode.codecs.normals import NormalCodec
from vtencode.errors import SampleError
from vtencode.files.depth import UNITS
from vtencode.files.rgb16 import is_rgb16, read_vectors
from vtencode.formats.npy import read_npy
from vtencode.frames import from_frame
from vtencode.generic.cameras import camera_of, read_camera
from vtencode.generic.classes import Classes
from vtencode.generic.coco import instances_in, people_in
from vtencode.generic.faults import RELATIVE
from vtencode.generic.options import Options
from vtencode.generic.stored import Stored
from vtencode.png import RGB_TYPE, SIGNATURE, png_header, read_png
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.regions import instances_of
from vtencode.targets import (
    Array,
    Camera,
    DepthMap,
    DepthState,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    RelativeDepthMap,
    SemanticMask,
)


@dataclass(frozen=True)
class Reading:
    """One sample to be read: by which options, and the name and shape (H, W) of its image.

    `get` gives what is stored under an option's name, and raises `SampleError` where nothing is.
    """

    told: Options
    classes: Classes | None
    image: str
    shape: tuple[int, int]
    get: Callable[[str], Stored]

    def makers(self) -> Mapping[str, Callable[[], Any]]:
        """What makes each target that the options give."""
        every = {
            "depth": self.depth,
            "relative_depth": self.depth,
            "normals": self.normals,
            "semantic": self.semantic,
            "instances": self.instances,
            "panoptic": self.panoptic,
            "keypoints": self.keypoints,
        }
        return {name: every[name] for name in self.told.available()}

    def depth(self) -> DepthMap:
        """Depth in meters, or in a length that nobody knows."""
        stored, told, camera = self.get("depth"), self.told, self.camera()
        values = stored.plane("depth")
        check_shape(values, self.shape, field="depth", where=stored.where)
        state = np.full(values.shape, DepthState.VALID, dtype=np.uint8)
        if told.depth_far is not None:
            state[values == _like(values, told.depth_far)] = DepthState.FAR
        state[np.isposinf(values)] = DepthState.FAR
        for number in (0.0, *told.depth_unknown):
            state[values == _like(values, number)] = DepthState.UNKNOWN
        state[np.isnan(values)] = DepthState.UNKNOWN
        least = values[state == DepthState.VALID].min(initial=0)
        if least < 0:
            message = f"must be >= 0 or in depth_unknown, got {least:g}"
            raise SampleError("RANGE", "depth", stored.where, message)
        meters = values.astype(np.float64) * _meters_per_unit(told.depth_unit)
        kind = RelativeDepthMap if told.depth_unit == RELATIVE else DepthMap
        return decoded(
            lambda: kind(meters, state, told.depth_measure, camera),
            field="depth",
            where=stored.where,
        )

    def normals(self) -> NormalMap:
        """Normals in `NormalMap`'s frame; vectors of 0 and NaN are unknown."""
        stored, frame = self.get("normals"), self.told.normals_frame
        found = decoded(lambda: _normals(stored, frame), field="normals", where=stored.where)
        check_shape(found.valid, self.shape, field="normals", where=stored.where)
        return found

    def semantic(self) -> SemanticMask:
        """A class for every pixel, or void."""
        if self.classes is None:
            raise SampleError("MISSING", "semantic", "", "no classes are named")
        stored = self.get("semantic")
        mask = self.classes.read(stored, "semantic")
        check_shape(mask.ids, self.shape, field="semantic", where=stored.where)
        return mask

    def instances(self) -> InstanceMasks:
        """Instances, with the names of their classes where classes are mapped beside them."""
        stored = self.get("instances")
        document = stored.document("instances")
        if document is not None:
            read = document.of(self.image, self.shape, option="instances")
            return decoded(lambda: instances_in(read), field="instances", where=stored.where)
        numbers = self._numbers(stored)
        if not self.told.semantic:
            make = InstanceMasks.from_ids
            return decoded(lambda: make(numbers), field="instances", where=stored.where)
        classes = self.semantic()
        made = partial(instances_of, classes, numbers)
        return decoded(made, field="instances", where=stored.where)

    def panoptic(self) -> PanopticMap:
        """Classes, and every instance its own segment."""
        stored = self.get("instances")
        made = partial(PanopticMap.from_parts, self.semantic(), self._numbers(stored))
        return decoded(made, field="panoptic", where=stored.where)

    def keypoints(self) -> Keypoints:
        """Joints, of a document in the form of COCO."""
        stored = self.get("keypoints")
        document = stored.document("keypoints")
        if document is None:
            raise SampleError("MODE", "keypoints", stored.where, "must be JSON in COCO's form")
        read = document.of(self.image, self.shape, option="keypoints")
        return decoded(lambda: people_in(read), field="keypoints", where=stored.where)

    def camera(self) -> Camera | None:
        """The camera that the options tell, or where it is written."""
        told = self.told.camera
        if told is None:
            return None
        if not isinstance(told, str):
            return Camera(*told)
        stored = self.get("camera")
        read = camera_of if isinstance(stored.data, np.ndarray) else read_camera
        data: Any = stored.data
        return decoded(lambda: read(data), field="camera", where=stored.where)

    def _numbers(self, stored: Stored) -> Array:
        """The numbers of instances, 0 where there is none: int64 (H, W)."""
        ids = stored.ids("instances").astype(np.int64)
        check_shape(ids, self.shape, field="instances", where=stored.where)
        ids[np.isin(ids, self.told.instances_none)] = 0
        return ids


def _like(values: Array, number: float) -> Any:
    """A number as the array's type has it, so that equal ones compare equal."""
    with np.errstate(over="ignore"):
        return np.float64(number).astype(values.dtype) if values.dtype.kind == "f" else number


def _meters_per_unit(unit: str | float) -> float:
    """Meters in one unit; 1 of the length that is not known."""
    return UNITS.get(unit, 1.0) if isinstance(unit, str) else unit


def _normals(stored: Stored, frame: str) -> NormalMap:
    if isinstance(stored.data, np.ndarray):
        return _of_array(stored.data, stored.where, frame)
    data = stored.file("normals")
    if data.startswith(b"\x93NUMPY"):
        return _of_array(read_npy(data), stored.where, frame)
    if not data.startswith(SIGNATURE):
        jpeg = data.startswith(b"\xff\xd8\xff")
        got = "a JPEG, whose compression turns normals" if jpeg else f"{data[:8]!r}"
        raise _other_kind(stored, f"must be an RGB PNG or a .npy, got {got}")
    header = png_header(data)
    if is_rgb16(header):
        return from_frame(read_vectors(data), frame)
    if (header.bit_depth, header.color_type) != (8, RGB_TYPE):
        raise _other_kind(stored, f"must be an RGB PNG of 8 or 16 bits, got {header}")
    return NormalCodec(frame=frame).decode(Code(read_png(data))).target


def _of_array(values: Array, where: str, frame: str) -> NormalMap:
    if values.dtype == np.uint8 and values.shape[2:] == (3,):
        return NormalCodec(frame=frame).decode(Code(values)).target
    if values.dtype.kind != "f" or values.shape[2:] != (3,):
        message = f"must be float or uint8 (H, W, 3), got {values.dtype} {values.shape}"
        raise SampleError("MODE", "normals", where, message)
    return from_frame(values, frame)


def _other_kind(stored: Stored, message: str) -> SampleError:
    return SampleError("MODE", "normals", stored.where, message)
