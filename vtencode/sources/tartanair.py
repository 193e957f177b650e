"""TartanAir: rendered flights through 18 environments, its second release, and TartanGround.

Layouts and formats after the authors' tartanair_tools (`README.md`, `data_type.md`) and tartanairpy
(`docs/modalities.rst`, `tartanair/reader.py`). V1 stores depth as .npy of (480, 640) meters along
the optical axis: float32 that were rendered in half precision (measured), though the document says
16 bits; both are read. V2 and TartanGround pack float32 into RGBA PNGs of 640x640. A sky is a far
sphere "(e.g. 10000)" in the document, 65504 in a real frame; where far begins is not told there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.formats.float_png import read_float_png
from vtencode.formats.npy import read_npy
from vtencode.png import RGBA_TYPE, png_header
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import check_shape, decoded, walk
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Array, Camera, DepthMap

#: `data_type.md`, "Camera intrinsics". (The field of view of 90 degrees, and the authors' later
#: code, say half a pixel less: 0.09 degrees.)
CAMERA = Camera(fx=320.0, fy=320.0, cx=320.0, cy=240.0)
#: `docs/modalities.rst`, "Raw RGB image"; the six views of a side alike.
CAMERA_V2 = Camera(fx=320.0, fy=320.0, cx=320.0, cy=320.0)
#: From here on is sky, as CUT3R and its successors read it (`src/dust3r/datasets/tartanair.py`);
#: skies were counted to be 10 km away and more (DepthAnything/Depth-Anything-V2#144).
FAR_M = 1000.0

#: What a frame is called by.
_PLACE = ("scene", "level", "trajectory", "view", "frame")
_ZIP = re.compile(r".+/.+\.zip")


@dataclass(frozen=True, kw_only=True)
class TartanAir(TreeSource):
    """TartanAir frames: 640x480 color (V2 and TartanGround 640x640) and metric z depth.

    `difficulty` keeps the Easy or the Hard trajectories; those of TartanGround's robots are
    neither. `camera` keeps a side of the stereo rig, of V2 with its six views. `scenes` are
    environments. Depth of `far_m` and more is far. Fisheye and panorama files are no pinholes
    and not read; poses and the ids of meshes (`seg_*`) are no targets.
    """

    name: ClassVar[str] = "tartanair"
    splits: ClassVar[tuple[str, ...]] = ("train", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = (
        "TartanAir: ENVIRONMENT/{Easy,Hard}/P000/image_left/000000_left.png, or "
        "ENVIRONMENT/Data_easy/P000/image_lcam_front/000000_lcam_front.png"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<base>(?:.*/)?(?P<scene>[^/]+)/"
        r"(?P<level>Easy|Hard|Data_(?:easy|hard|omni|diff|anymal))/(?P<trajectory>P\d{3,4}))/"
        r"(?:image|(?P<depth>depth))_"
        r"(?P<view>left|right|[lr]cam_(?:front|back|left|right|top|bottom))/"
        r"(?P<frame>\d{6})_(?P=view)(?(depth)_depth\.(?:npy|png)|\.png)"
    )
    inner: ClassVar[re.Pattern[str]] = re.compile(
        r".+/(?:Easy|Hard|Data_(?:easy|hard))/(?:image|depth)_[a-z_]+\.zip"
    )
    publication: ClassVar[Publication] = Publication(
        title="TartanAir",
        home="https://theairlab.org/tartanair-dataset/",
        license="CC BY 4.0",
        citation=(
            "W. Wang et al.: TartanAir: A Dataset to Push the Limits of Visual SLAM. IROS 2020."
        ),
        how_to_get=(
            "open download by the authors' scripts, a zip for each environment, difficulty and "
            "camera: color and depth of the left camera 210 GB, of both 419 GB"
        ),
        place=(
            "abandonedfactory/Easy/P000/image_left/000000_left.png, "
            "depth_left/000000_left_depth.npy\n"
            "or the zips, as abandonedfactory/Easy/image_left.zip, or, as download_training.py of "
            "castacks/tartanair_tools names them, abandonedfactory_Easy_image_left.zip\n"
            "or AbandonedCable/Data_easy/P000/image_lcam_front/000000_lcam_front.png, "
            "depth_lcam_front/000000_lcam_front_depth.png (V2, TartanGround; extracted)"
        ),
        traps=(
            "the sky has depths of 10 km and more: far here",
            "`amusement` has a near dome as sky (castacks/tartanair_tools#46): not in the recipe",
            "V2's depth is four bytes of a float, BGRA: other orders give plausible, wrong meters",
            "V2's depth loses its exponent where a reader drops alpha: only 8-bit RGBA is read",
            "there is no validation split; the frames of the SLAM challenge have no depth",
        ),
    )

    difficulty: Literal["Easy", "Hard", "all"] = "all"
    camera: Literal["left", "right", "both"] = "left"
    far_m: float = FAR_M

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every color image of the difficulty and the camera that are asked for."""
        if not sizes:
            self._refuse_archives_in_folders()
        images = [(name, part) for name, part in matched(sizes, self.pattern) if not part["depth"]]
        asked = [(name, part) for name, part in images if self._asks(part)]
        if images and not asked:
            held = sorted({f"{part['level']} {part['view']}" for _, part in images})
            raise SourceError(
                f"{self.root} must hold frames of difficulty {self.difficulty!r} and camera "
                f"{self.camera!r}, and holds {', '.join(held)}."
            )
        for name, part in asked:
            view, place = part["view"], [part[word] for word in _PLACE]
            ending = "png" if "cam_" in view else "npy"
            depth = f"{part['base']}/depth_{view}/{part['frame']}_{view}_depth.{ending}"
            yield {
                "key": sample_key("tartanair", *(word.lower() for word in place)),
                "image": "png",
                "split": "train",
                "scene": part["scene"],
                "file": name,
                "image_id": "/".join(["tartanair", *place]),
                "depth": depth if depth in sizes else "",
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth, far from `far_m` on."""
        return {"depth": partial(self._depth, row, shape)}

    def _asks(self, part: Mapping[str, str]) -> bool:
        """Whether the options ask for a frame. `lcam_right` is the left camera's, to the right."""
        difficulty = part["level"].removeprefix("Data_").capitalize()
        side = "left" if part["view"][0] == "l" else "right"
        return self.difficulty in ("all", difficulty) and self.camera in ("both", side)

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        name = row["depth"]
        data = self.tree.read(name, field="depth")
        packed = name.endswith(".png")
        meters = _packed(data, name) if packed else _plane(data, name)
        check_shape(meters, shape, field="depth", where=name)
        meters = np.where(meters >= self.far_m, np.inf, meters)
        camera = CAMERA_V2 if packed else CAMERA
        return decoded(lambda: DepthMap(meters, camera=camera), field="depth", where=name)

    def _refuse_archives_in_folders(self) -> None:
        """Say what to do with archives as mirrors and tartanairpy lay them out, which share names.

        Those of TartanAir hold paths from the root on; those of TartanGround, from where they lie.
        """
        if self.tree.root.is_file():
            return
        found = [name for name, _ in walk(self.tree.root, _ZIP)]
        if found:
            raise SourceError(
                f"{self.root} must hold {self.holds}, and holds archives in folders, such as "
                f"{found[0]}. Extract those of TartanAir in {self.root} itself (or put them there "
                f"as {found[0].replace('/', '_')}), and those of TartanGround where they lie."
            )


def _plane(data: bytes, name: str) -> Array:
    values = decoded(lambda: read_npy(data), field="depth", where=name)
    if values.dtype not in (np.float16, np.float32):
        message = f"must be float32, or float16, got {values.dtype}"
        raise SampleError("MODE", "depth", name, message)
    return values.astype(np.float32)


def _packed(data: bytes, name: str) -> Array:
    header = decoded(lambda: png_header(data), field="depth", where=name)
    if (header.bit_depth, header.color_type) != (8, RGBA_TYPE):
        message = f"must be an 8-bit RGBA PNG, four bytes of a float, got {header}"
        raise SampleError("MODE", "depth", name, message)
    return decoded(lambda: read_float_png(data), field="depth", where=name)
