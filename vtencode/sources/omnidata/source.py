"""Omnidata and Taskonomy: depth and normals of scanned buildings, rendered for photographs of them.

Formats after the authors' documents (READMEs of omnidata_tools/dataset and of taskonomy/data) and
code (omnidata_annotator, omnidata_tools), and checked on files of theirs. Depth is uint16 of
1/512 m, 65535 where the mesh has a hole: `depth_zbuffer` along the optical axis, `depth_euclidean`
along the line of sight. On a Taskonomy view the two differ by the length of the ray, to 1.5e-4,
with the principal point at (W - 1) / 2; at W / 2 to 4.0e-4. `normal` holds (n + 1) / 2 of
255 in OpenCV's axes (as depth shows; 127.5 in the middle fits unit length, the "127-centered" of a
README does not), (128, 128, 128) in holes. `field_of_view_rads` of a view's JSON is its camera.
The meaning of a depth of 0 is told nowhere: unknown here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.formats.point_info import read_field_of_view
from vtencode.frames import from_frame
from vtencode.geometry import unit
from vtencode.scaled import ScaledDepth
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.omnidata.layout import COMPONENTS, PATTERN, View, views
from vtencode.sources.omnidata.publication import PUBLICATION
from vtencode.sources.omnidata.splits import NEITHER, merged, read_split
from vtencode.sources.pngs import colors_png, depth_png, numbers_png
from vtencode.sources.tree import Maker, TreeSource
from vtencode.targets import Array, Camera, DepthMap, DepthState, NormalMap

#: `transform_16bit_depth` of the authors' loader; the largest number is a hole (their issue 4).
DEPTH = ScaledDepth(per_meter=512, unknown=65535)
#: Components whose depth is in meters, through a pinhole. BlendedMVG is known up to scale, and
#: z-buffers are "not meaningful for Hypersim camera model" (README, "Modalities").
METRIC = ("taskonomy", "replica", "replica_gso", "hm3d")
_ELSEWHERE = {
    "hypersim": "the source hypersim knows its cameras",
    "blendedmvg": "it is known up to scale: ask the source blendedmvs for relative-depth",
}


@dataclass(frozen=True, kw_only=True)
class Omnidata(TreeSource):
    """Omnidata views: 512x512 color, z depth to 128 m, and normals, of rooms.

    `components` keeps some of the starter dataset's, those that are there; all are read but
    CLEVR. `depth` says which files are read; of "euclidean" ones z depth is made, for which the
    camera must be there. Hypersim and BlendedMVG have normals alone.
    """

    name: ClassVar[str] = "omnidata"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", NEITHER, "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap, "normals": NormalMap}
    holds: ClassVar[str] = "Omnidata: {rgb,depth_zbuffer,normal,point_info}/taskonomy/*/point_*"
    pattern: ClassVar[re.Pattern[str]] = PATTERN
    publication: ClassVar[Publication] = PUBLICATION

    depth: Literal["zbuffer", "euclidean"] = "zbuffer"
    components: tuple[str, ...] = ()

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every color image of the components that are asked for."""
        found = views(sizes, self.root)
        held = {(view.component, view.domain) for view in found}
        self._check_components({component for component, _ in held})
        lists = {name: self._listed(name) for name in sizes if name.endswith(".csv")}
        split_of = merged(lists)
        for view in found:
            if view.domain != "rgb" or view.component not in (self.components or COMPONENTS):
                continue
            split = split_of.get(view.building, NEITHER) if lists else "train"
            cameras = [name for name in view.cameras() if name in sizes]
            has = partial(_held, view, held)
            yield {
                "key": _key(view),
                "image": "png",
                "split": split,
                "scene": view.building,
                "component": view.component,
                "file": view.file,
                "image_id": _image_id(view),
                "depth": has(f"depth_{self.depth}") if view.component in METRIC else "",
                "normals": has("normal"),
                "mask": view.beside("mask_valid") if view.beside("mask_valid") in sizes else "",
                "camera": cameras[0] if cameras else "",
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth along the axis, and normals, of what the mesh has."""
        return {
            "depth": partial(self._depth, row, shape),
            "normals": partial(self._normals, row, shape),
        }

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` unless the data have these targets; depth must be metric z depth."""
        wanted = tuple(names)
        if "depth" in wanted:
            self._check_depth()
        super().require(wanted)

    def _check_depth(self) -> None:
        for name, reason in _ELSEWHERE.items():
            if name in self._table["component"].unique().to_pylist():
                raise SourceError(
                    f"{self.root}: depth of {name} cannot be read here: {reason}. Set components "
                    f"to the others: {', '.join(METRIC)}."
                )
        if "depth" not in self.available():
            other = "euclidean" if self.depth == "zbuffer" else "zbuffer"
            raise SourceError(
                f"{self.root} must hold *_domain_depth_{self.depth}.png, and holds none. Fetch "
                f"the domain depth_{self.depth}, or set depth: {other}."
            )
        if self.depth == "euclidean" and self._table["camera"].unique().to_pylist() == [""]:
            raise SourceError(
                f"{self.root} must hold point_info/…/*.json: without a camera depth_euclidean "
                "cannot be turned into z depth. Fetch the domain point_info, or set depth: zbuffer."
            )

    def _check_components(self, here: set[str]) -> None:
        for name in self.components:
            if name not in COMPONENTS:
                clevr = " CLEVR has no meters." if name.startswith("clevr") else ""
                raise SourceError(
                    f"components must be of {', '.join(COMPONENTS)}, got {name!r}.{clevr}"
                )
        if here and not here.intersection(self.components or COMPONENTS):
            have, wanted = ", ".join(sorted(here)), ", ".join(self.components)
            raise SourceError(f"{self.root} must hold a component of {wanted}, and holds {have}.")

    def _listed(self, name: str) -> dict[str, str]:
        return read_split(self.tree.read(name, field="split"), f"{self.root}: {name}")

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        name = row["depth"]
        found = depth_png(self.tree.read(name, field="depth"), DEPTH, shape, where=name)
        seen = self._seen(row, shape, "depth") & (found.meters > 0)
        state = np.where(seen, found.state, DepthState.UNKNOWN)
        measure: Literal["z", "ray"] = "ray" if self.depth == "euclidean" else "z"
        return DepthMap(found.meters, state, measure, self._camera(row, shape)).as_measure("z")

    def _normals(self, row: Row, shape: tuple[int, int]) -> NormalMap:
        name = row["normals"]
        data = self.tree.read(name, field="normals")
        stored = colors_png(data, shape, field="normals", where=name)
        vectors = unit(stored.astype(np.float32) / 127.5 - 1)
        known = self._seen(row, shape, "normals") & vectors.any(axis=2)
        return from_frame(vectors, "omnidata", valid=known)

    def _seen(self, row: Row, shape: tuple[int, int], field: str) -> Array:
        """Where `mask_valid` is not 0; everywhere, where there is none."""
        name = row["mask"]
        if not name:
            return np.ones(shape, dtype=bool)
        data = self.tree.read(name, field=field)
        return np.asarray(numbers_png(data, shape, field=field, where=name) != 0)

    def _camera(self, row: Row, shape: tuple[int, int]) -> Camera | None:
        """The pinhole of a view; None where nothing tells it and depth is along the axis anyway."""
        name = row["camera"]
        if not name and self.depth == "zbuffer":
            return None
        data = self.tree.read(name, field="camera")
        angle = decoded(lambda: read_field_of_view(data), field="camera", where=name)
        height, width = shape
        if height != width:
            message = f"one field of view is of a square image, got {width}x{height}"
            raise SampleError("SHAPE", "camera", name, message)
        focal, middle = width / 2 / math.tan(angle / 2), (width - 1) / 2
        return Camera(fx=focal, fy=focal, cx=middle, cy=middle)


def _held(view: View, held: set[tuple[str, str]], domain: str) -> str:
    """The file of a view in a domain that its component has; "" where no view of it does."""
    return view.beside(domain) if (view.component, domain) in held else ""


def _key(view: View) -> str:
    names = (view.component, view.building, view.point, view.view)
    return sample_key("omnidata", *(name for name in names if name))


def _image_id(view: View) -> str:
    """Where the building is not told, so is not which image it is."""
    name = f"{view.component}/{view.building}/point_{view.point}_view_{view.view}"
    return f"omnidata/{name}" if view.building else ""
