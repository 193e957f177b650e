"""DIODE: laser-scanned depth and normals of indoor and outdoor scenes.

Layout and formats after the authors' diode-devkit. `_depth.npy` is float32 (768, 1024, 1) meters
along the optical axis; `_depth_mask.npy` is 1 where the scanner got an answer; `_normal.npy` is
float (768, 1024, 3), 0 where there is none, in the camera's frame of OpenGL. Not told there, and
after mature readers: that depth is along the axis (ZoeDepth, Metric3D), and the axes of normals
(Metric3D), some of which face away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from vtencode.errors import SampleError
from vtencode.formats.npy import read_npy
from vtencode.frames import from_frame
from vtencode.geometry import facing, lines_of_sight, unit
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Array, Camera, DepthMap, NormalMap

#: `intrinsics.txt` of the authors: the focal lengths differ.
CAMERA = Camera(fx=886.81, fy=927.06, cx=512.0, cy=384.0)

_S3 = "http://diode-dataset.s3.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class Diode(TreeSource):
    """DIODE frames: 1024x768 color, z depth of 0.6 to 350 m, and normals.

    `domain` keeps the scenes indoors or outdoors. Normals are a download of their own, and are
    found beside the images. What the mask leaves out is unknown.
    """

    name: ClassVar[str] = "diode"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap, "normals": NormalMap}
    holds: ClassVar[str] = "DIODE: {train,val}/{indoors,outdoor}/scene_*/scan_*/*.png, *_depth.npy"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?P<split>train|val)/(?P<domain>indoors|outdoor)/(?P<scene>scene_\d+)/"
        r"(?P<scan>scan_\d+)/(?P<frame>\d+_\d+_(?:indoors|outdoor)_\d+_\d+)"
        r"(?:_(?P<kind>depth|depth_mask|normal)\.npy|\.png)"
    )
    publication: ClassVar[Publication] = Publication(
        title="DIODE: A Dense Indoor and Outdoor DEpth Dataset",
        home="https://diode-dataset.org",
        license="MIT (devkit); data free for research",
        citation=(
            "I. Vasiljevic et al.: DIODE: A Dense Indoor and Outdoor DEpth Dataset. "
            "arXiv:1908.00463, 2019."
        ),
        how_to_get="open download: validation 2.6 GB (771 frames), training 81 GB; normals apart",
        place=(
            "val/{indoors,outdoor}/scene_00019/scan_00183/00019_00183_indoors_000_010.png, "
            "…_depth.npy, …_depth_mask.npy, …_normal.npy"
        ),
        traps=(
            "depth has a channel axis, (768, 1024, 1): dropped here",
            "fx and fy differ: both are in the camera here",
            "pixels that the mask leaves out hold numbers: unknown here",
            "some normals face away from the camera: turned here",
        ),
        files=(
            RemoteFile(f"{_S3}/val.tar.gz", "val.tar.gz", b"\x1f\x8b"),
            RemoteFile(f"{_S3}/val_normals.tar.gz", "val_normals.tar.gz", b"\x1f\x8b"),
            RemoteFile(f"{_S3}/train.tar.gz", "train.tar.gz", b"\x1f\x8b"),
            RemoteFile(f"{_S3}/train_normals.tar.gz", "train_normals.tar.gz", b"\x1f\x8b"),
        ),
    )

    domain: str = "all"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every color image."""
        for name, part in matched(sizes, self.pattern):
            if part["kind"] or self.domain not in ("all", part["domain"]):
                continue
            stem = name.removesuffix(".png")
            beside = {kind: f"{stem}_{kind}.npy" for kind in ("depth", "depth_mask", "normal")}
            held = {kind: path if path in sizes else "" for kind, path in beside.items()}
            yield {
                "key": sample_key("diode", part["frame"]),
                "image": "png",
                "split": part["split"],
                "scene": part["scene"],
                "file": name,
                "image_id": f"diode/{part['split']}/{part['frame']}",
                "depth": held["depth"],
                "mask": held["depth_mask"],
                "normals": held["normal"],
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth through its mask, and normals turned toward the camera."""
        return {
            "depth": partial(self._depth, row, shape),
            "normals": partial(self._normals, row, shape),
        }

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        meters = self._array(row["depth"], "depth", (*shape, 1))[..., 0]
        valid = self._array(row["mask"], "depth", shape) == 1
        meters = np.where(valid, meters, np.nan)
        return decoded(lambda: DepthMap(meters, camera=CAMERA), field="depth", where=row["depth"])

    def _normals(self, row: Row, shape: tuple[int, int]) -> NormalMap:
        stored = self._array(row["normals"], "normals", (*shape, 3))
        found = from_frame(unit(stored), "diode")
        lines = lines_of_sight(CAMERA, *shape)
        return NormalMap(facing(found.xyz, lines), found.valid)

    def _array(self, name: str, field: str, shape: tuple[int, ...]) -> Array:
        data = self.tree.read(name, field=field)
        values = decoded(lambda: read_npy(data), field=field, where=name)
        if values.dtype.kind != "f":
            raise SampleError("MODE", field, name, f"must be float, got {values.dtype}")
        check_shape(values, shape, field=field, where=name)
        return values
