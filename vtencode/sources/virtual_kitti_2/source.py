"""The reader of Virtual KITTI 2.

Formats after the authors' page (version 2.0.3) as mature readers quote it (google-research,
factors_of_influence/fids/vkitti2.py; Marigold; Depth Anything V2), and not seen in files of the
authors by this project: depth is uint16 centimeters to the camera plane, cut at 655.35 m, where
the sky is; classes are RGB colors of `colors.txt`; instances are the indices of an 8-bit palette
PNG, the track's number plus 1, 0 for none, and only vehicles are tracked; `intrinsic.txt` has the
same camera in every line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

from vtencode.errors import CodeError, UnknownNameError
from vtencode.formats.vkitti import Color, read_colors, read_intrinsics
from vtencode.scaled import ScaledDepth
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.pngs import Shape, colors_png, depth_png, numbers_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.sources.virtual_kitti_2 import classes
from vtencode.sources.virtual_kitti_2.normals import normals_of_rounded
from vtencode.targets import (
    Array,
    Camera,
    DepthMap,
    InstanceMasks,
    NormalMap,
    PanopticMap,
    SemanticMask,
)

#: Every line of `intrinsic.txt`; the center of 1242x375, pixel centers at integers.
CAMERA = Camera(fx=725.0087, fy=725.0087, cx=620.5, cy=187.0)
DEPTH = ScaledDepth(per_meter=100, unknown=0, far=65535)
VARIATIONS = (
    "15-deg-left", "15-deg-right", "30-deg-left", "30-deg-right",
    "clone", "fog", "morning", "overcast", "rain", "sunset",
)  # fmt: skip
#: There is no official split: this is Marigold's (data_split/vkitti_depth/vkitti_val.txt).
VALIDATION = "Scene01"

_URL = "https://download.europe.naverlabs.com/virtual_kitti_2.0.3"


@dataclass(frozen=True, kw_only=True)
class VirtualKitti2(TreeSource):
    """Virtual KITTI 2 frames: 1242x375 color, z depth to 655 m and sky, classes and vehicles.

    `variations` keeps some weathers and directions, and `camera` one of the stereo pair; all are
    read when none is named. The same drives are rendered in each weather, so that clone, fog,
    morning, overcast, rain and sunset share their depth. Normals are derived from depth.
    """

    name: ClassVar[str] = "virtual-kitti-2"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {
        "depth": DepthMap,
        "normals": NormalMap,
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
    }
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "normals": ("depth",),
        "instances": ("instances", "semantic"),
        "panoptic": ("instances", "semantic"),
    }
    holds: ClassVar[str] = (
        "Virtual KITTI 2: Scene01/clone/frames/rgb/Camera_0/rgb_00000.jpg, "
        "…/depth/Camera_0/depth_00000.png"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        rf"(?:.*/)?(?P<scene>Scene(?:01|02|06|18|20))/(?P<variation>{'|'.join(VARIATIONS)})/"
        r"(?:(?P<text>colors|intrinsic)\.txt"
        r"|frames/(?:rgb|depth|class[sS]egmentation|instance[sS]egmentation)/"
        r"(?P<camera>Camera_[01])/(?P<kind>rgb|depth|classgt|instancegt)_(?P<frame>\d{5})"
        r"\.(?:jpg|png))"
    )
    publication: ClassVar[Publication] = Publication(
        title="Virtual KITTI 2",
        home="https://europe.naverlabs.com/proxy-virtual-worlds-vkitti-2/",
        license="CC BY-NC-SA 3.0",
        citation="Y. Cabon, N. Murray, M. Humenberger: Virtual KITTI 2. arXiv:2001.10773, 2020.",
        how_to_get=(
            "open download: color 7.5 GB, depth 8.1 GB, classes 1 GB, instances 0.2 GB; "
            "42 520 frames"
        ),
        place=(
            "vkitti_2.0.3_rgb.tar, vkitti_2.0.3_depth.tar, …, as they are or extracted:\n"
            "Scene01/clone/frames/{rgb,depth,classSegmentation,instanceSegmentation}/Camera_0/"
            "{rgb_00000.jpg,depth_00000.png,classgt_00000.png,instancegt_00000.png}\n"
            "Scene01/clone/{colors,intrinsic}.txt (optional: vkitti_2.0.3_textgt.tar.gz, extracted)"
        ),
        traps=(
            "depth is in centimeters, along the optical axis",
            "65535 is the sky and what is farther than 655.34 m: far here, never a depth",
            "classes are colors, and instances palette indices that most readers turn into colors",
            "instances are the track's number plus 1",
            "there is no official split: Scene01 is val here, as in Marigold",
            "normals are not published by the authors: derived by vtencode from depth here",
            "depth shows what fog hides: leave that variation out",
        ),
        # A .tar starts with the name of its first member, which is not documented: no magic.
        files=(
            RemoteFile(f"{_URL}/vkitti_2.0.3_rgb.tar", "vkitti_2.0.3_rgb.tar", b""),
            RemoteFile(f"{_URL}/vkitti_2.0.3_depth.tar", "vkitti_2.0.3_depth.tar", b""),
            RemoteFile(
                f"{_URL}/vkitti_2.0.3_classSegmentation.tar",
                "vkitti_2.0.3_classSegmentation.tar",
                b"",
            ),
            RemoteFile(
                f"{_URL}/vkitti_2.0.3_instanceSegmentation.tar",
                "vkitti_2.0.3_instanceSegmentation.tar",
                b"",
            ),
            RemoteFile(
                f"{_URL}/vkitti_2.0.3_textgt.tar.gz", "vkitti_2.0.3_textgt.tar.gz", b"\x1f\x8b"
            ),
        ),
    )

    variations: tuple[str, ...] = ()
    camera: Literal["all", "Camera_0", "Camera_1"] = "all"

    def __post_init__(self) -> None:
        for name in self.variations:
            if name not in VARIATIONS:
                raise UnknownNameError("variation", name, VARIATIONS)

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every color image, of the variations and cameras that are kept."""
        held: defaultdict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for name, part in matched(sizes, self.pattern):
            place = part["scene"], part["variation"], part["camera"], part["frame"]
            held[place].setdefault(part["kind"] or part["text"], name)
        for (scene, variation, camera, frame), files in sorted(held.items()):
            if "rgb" not in files or not self._kept(variation, camera):
                continue
            texts = held[scene, variation, "", ""]
            yield {
                "key": sample_key("vkitti2", scene[-2:], variation, camera[-1], frame),
                "image": "jpg",
                "split": "val" if scene == VALIDATION else "train",
                "scene": scene,
                "file": files["rgb"],
                "image_id": f"virtual-kitti-2/{scene}/{variation}/{camera}/{frame}",
                "depth": files.get("depth", ""),
                "semantic": files.get("classgt", ""),
                "instances": files.get("instancegt", ""),
                "colors": texts.get("colors", ""),
                "intrinsic": texts.get("intrinsic", ""),
                "place": f"{frame} {camera[-1]}",
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth and classes of their own files; the rest from these."""
        return {
            "depth": partial(self._depth, row, shape),
            "normals": lambda: normals_of_rounded(self._depth(row, shape)),
            "semantic": partial(self._semantic, row, shape),
            "instances": lambda: classes.instances(*self._objects(row, shape)),
            "panoptic": lambda: classes.panoptic(*self._objects(row, shape)),
        }

    def _kept(self, variation: str, camera: str) -> bool:
        wanted = not self.variations or variation in self.variations
        return wanted and self.camera in ("all", camera)

    def _depth(self, row: Row, shape: Shape) -> DepthMap:
        data = self.tree.read(row["depth"], field="depth")
        return depth_png(data, DEPTH, shape, where=row["depth"], camera=self._camera(row))

    def _camera(self, row: Row) -> Camera:
        """The frame's line of `intrinsic.txt`, or the camera that all of them tell."""
        name = row["intrinsic"]
        if not name:
            return CAMERA
        frame, number = map(int, row["place"].split())
        data = self.tree.read(name, field="depth")
        cameras = decoded(lambda: read_intrinsics(data), field="depth", where=name)

        def listed() -> Camera:
            if (frame, number) not in cameras:
                raise CodeError(f"must list frame {frame} of camera {number}, and does not.")
            return cameras[frame, number]

        return decoded(listed, field="depth", where=name)

    def _semantic(self, row: Row, shape: Shape) -> SemanticMask:
        name = row["semantic"]
        data = self.tree.read(name, field="semantic")
        rgb = colors_png(data, shape, field="semantic", where=name)
        return classes.semantic(rgb, self._colors(row), where=name)

    def _colors(self, row: Row) -> Mapping[str, Color]:
        name = row["colors"]
        if not name:
            return classes.COLORS
        data = self.tree.read(name, field="semantic")
        return decoded(lambda: read_colors(data), field="semantic", where=name)

    def _objects(self, row: Row, shape: Shape) -> tuple[SemanticMask, Array]:
        name = row["instances"]
        data = self.tree.read(name, field="instances")
        tracks = numbers_png(data, shape, field="instances", where=name)
        return self._semantic(row, shape), tracks
