"""Hypersim as a source of depth, normals, classes and objects.

Facts after ml-hypersim's README and the scripts that wrote the data (`generate_hdf5_from_vrimg.py`,
`scene_generate_images_semantic_segmentation.py`): one array named `dataset` in every .hdf5, of
768 x 1024 pixels; color is linear float16; `depth_meters` is float16, the distance to the optical
center, NaN where there is nothing; `normal_cam` is float16 in the camera's frame, NaN likewise,
and some normals face away, are 0 or not of unit length (issue 26); `semantic` is int16, 1 to 40
or -1; `semantic_instance` is int16, -1 for none.

The processed form is what Marigold's `preprocess_hypersim.py` and `preprocess_hypersim_normals.py`
write: planar depth as uint16 millimeters, cut, 0 where there is nothing, taken with 886.81 px in
every scene, which is undone here; and normals that are turned already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.frames import from_frame
from vtencode.geometry import facing, unit
from vtencode.images import Picture
from vtencode.scaled import ScaledDepth
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.hypersim import layout, tables
from vtencode.sources.hypersim.arrays import stored
from vtencode.sources.hypersim.classes import NYU40, STUFF, THINGS
from vtencode.sources.hypersim.layout import Frame
from vtencode.sources.hypersim.publication import PUBLICATION
from vtencode.sources.hypersim.tonemap import tonemap
from vtencode.sources.hypersim.view import View
from vtencode.sources.pngs import depth_png
from vtencode.sources.regions import instances_of
from vtencode.sources.tree import Maker, TreeSource
from vtencode.targets import (
    Array,
    Camera,
    DepthMap,
    InstanceMasks,
    NormalMap,
    PanopticMap,
    SemanticMask,
)

#: The pinhole of Marigold's script, in every scene.
_PROCESSED = Camera(fx=886.81, fy=886.81, cx=511.5, cy=383.5)
_MILLIMETERS = ScaledDepth(per_meter=1000, unknown=0)
#: The files of images, for messages.
_IMAGES = {
    "tonemap": "frame.*.color.hdf5",
    "preview": "frame.*.tonemap.jpg",
    "rgb": "rgb_cam_*_fr*.png",
}
#: Stored classes count from 1, -1 is unlabeled, and 0 does not occur.
_UNLABELED = -1


@dataclass(frozen=True, kw_only=True)
class Hypersim(TreeSource):
    """Hypersim frames: 1024x768 renderings of rooms with depth, normals, classes and objects.

    `image` is the authors' tone map of the linear color ("tonemap"), or their JPEG of it
    ("preview"); the processed form has one PNG a frame. Depth is z, made of distances with each
    scene's own rays; its `camera` is None in scenes whose image plane is at a slant to the
    axis (tilt-shift; more than half). One instance may span classes: each class of it is an object.
    """

    name: ClassVar[str] = "hypersim"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "depth": DepthMap,
        "normals": NormalMap,
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
    }
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "instances": ("semantic", "numbers"),
        "panoptic": ("semantic", "numbers"),
    }
    holds: ClassVar[str] = (
        "Hypersim: ai_*/images/scene_cam_*_{final,geometry}_hdf5/frame.*.hdf5, or Marigold's "
        "ai_*/rgb_cam_*_fr*.png"
    )
    pattern: ClassVar[re.Pattern[str]] = layout.PATTERN
    publication: ClassVar[Publication] = PUBLICATION

    image: Literal["tonemap", "preview"] = "tonemap"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image of the public release that is here."""
        official, processed = layout.frames(sizes)
        if official and processed:
            raise SourceError(
                f"{self.root} holds the dataset twice, as published and processed. Point "
                "--source at the one you mean."
            )
        held = official or processed
        if not held:
            return
        image = self.image if official else "rgb"
        self._check_images({kind for files in held.values() for kind in files}, image)
        public = tables.splits(self.tree, sizes)
        kept = [frame for frame in sorted(held) if frame in public and image in held[frame]]
        if not kept:
            raise SourceError(f"{self.root} must hold frames of the public release, and has none.")
        for frame in kept:
            yield _row(frame, held[frame], image, public[frame])

    def picture(self, row: Row) -> Picture:
        """The tone map of linear color, or the image file as it is."""
        if not row["file"].endswith(".hdf5"):
            return super().picture(row)
        color = stored(self.tree, row["file"], field="image", shape=None)
        if color.ndim != 3 or color.shape[2] != 3:
            message = f"color must be (H, W, 3), got {color.shape}"
            raise SampleError("SHAPE", "image", row["file"], message)
        entities = stored(
            self.tree, row["entities"], field="image", integer=True, shape=color.shape[:2]
        )
        return Picture.from_rgb(tonemap(color, entities, where=row["file"]))

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth along the axis, normals toward the camera, and objects of both maps."""
        classes = cache(partial(self._classes, row, shape))
        numbers = cache(partial(self._numbers, row, shape, classes))
        return {
            "depth": partial(self._depth, row, shape),
            "normals": partial(self._normals, row, shape),
            "semantic": classes,
            "instances": lambda: instances_of(classes(), numbers()),
            "panoptic": lambda: PanopticMap.from_parts(classes(), numbers(), things=THINGS),
        }

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` also for depth or normals without the table of cameras."""
        wanted = list(names)
        super().require(wanted)
        if not tables.has_cameras(self._sizes) and {"depth", "normals"}.intersection(wanted):
            _ = self._views

    @cached_property
    def _views(self) -> dict[str, View]:
        return tables.views(self.tree, self._sizes)

    def _check_images(self, kinds: set[str], image: str) -> None:
        if image not in kinds:
            other = "preview" if image == "tonemap" else "tonemap"
            hint = f" It has {_IMAGES[other]}: set image: {other}." if other in kinds else ""
            raise SourceError(f"{self.root} must hold {_IMAGES[image]}, and has none.{hint}")
        if image == "tonemap" and "entities" not in kinds:
            raise SourceError(
                f"{self.root} must hold frame.*.render_entity_id.hdf5, which the tone map needs, "
                "and has none. Fetch them, or set image: preview."
            )

    def _view(self, row: Row, field: str) -> View:
        if row["scene"] not in self._views:
            message = f"{tables.CAMERAS.name} must list {row['scene']}, and does not"
            raise SampleError("MISSING", field, row["file"], message)
        return self._views[row["scene"]]

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        view, where = self._view(row, "depth"), row["depth"]
        if where.endswith(".png"):
            given = depth_png(
                self.tree.read(where, field="depth"), _MILLIMETERS, shape, where=where
            )
            rays = given.meters * _PROCESSED.ray_lengths(*shape)
        else:
            rays = stored(self.tree, where, field="depth", shape=shape).astype(np.float64)
        meters = rays * view.cosines(*shape)
        camera = view.camera(*shape)
        return decoded(lambda: DepthMap(meters, camera=camera), field="depth", where=where)

    def _normals(self, row: Row, shape: tuple[int, int]) -> NormalMap:
        view = self._view(row, "normals")
        given = stored(self.tree, row["normals"], field="normals", shape=(*shape, 3))
        found = from_frame(unit(given.astype(np.float32)), "hypersim")
        return NormalMap(facing(found.xyz, view.lines(*shape)), found.valid)

    def _classes(self, row: Row, shape: tuple[int, int]) -> SemanticMask:
        where = row["semantic"]
        given = stored(self.tree, where, field="semantic", integer=True, shape=shape)
        ids = given.astype(np.int32) - 1
        return decoded(
            lambda: SemanticMask(ids, NYU40, void=_UNLABELED - 1), field="semantic", where=where
        )

    def _numbers(
        self, row: Row, shape: tuple[int, int], classes: Callable[[], SemanticMask]
    ) -> Array:
        """The instance of every pixel, 0 for none, and for walls, floors and ceilings."""
        given = stored(self.tree, row["numbers"], field="instances", integer=True, shape=shape)
        stuff = np.isin(classes().ids, [NYU40.index(name) for name in STUFF])
        return np.where(stuff | (given < 0), 0, given.astype(np.int32))


def _row(frame: Frame, files: Mapping[str, str], image: str, split: str) -> dict[str, Any]:
    number = f"{frame.number:04d}"
    targets = ("depth", "normals", "semantic", "numbers", "entities")
    return {
        "key": sample_key("hypersim", frame.scene, frame.camera, number),
        "image": "jpg" if image == "preview" else "png",
        "split": split,
        "scene": frame.scene,
        "file": files[image],
        "image_id": f"hypersim/{frame.scene}/{frame.camera}/{number}",
        **{name: files.get(name, "") for name in targets},
    }
