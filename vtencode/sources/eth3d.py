"""ETH3D, high-resolution multi-view: 24-megapixel photographs and laser-scanned depth.

After the authors' dataset-pipeline: a file of `ground_truth_depth` has the name of its photograph,
.JPG and all, and is a headless buffer of float32, "of the same size as the image", "set to
infinity at pixels for which no depth is available" (README, "Ground Truth Creation").
`ground_truth_creator.cc` writes the smallest z, in the camera's frame, of the scan points that fall
on a pixel: meters along the optical axis, and sparse. Not told, and taken so: that bytes are
little-endian, as on the machines that wrote them. No real file was at hand when this was written.

`dslr_images` are the photographs as they were taken: their camera is COLMAP's THIN_PRISM_FISHEYE,
no pinhole, so that depth comes without a camera. No depth is published for the undistorted ones.

The authors name the 13 scenes with depth "training". Depth estimation evaluates on all of them
(MiDaS, Marigold, Depth Anything), and so they are the split `test` here: their phrasings are
those that training never sees. The 12 scenes whose depth is secret are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.formats.float32 import read_float32
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.tree import Maker, TreeSource, image_format, matched
from vtencode.targets import DepthMap, DepthState

#: The test scenes of the benchmark: nobody but the authors has their depth.
SECRET = frozenset(
    (
        "botanical_garden", "boulders", "bridge", "door", "exhibition_hall", "lecture_room",
        "living_room", "lounge", "observatory", "old_computer", "statue", "terrace_2",
    )
)  # fmt: skip

_UNDISTORTED = re.compile(r"(?:.*/)?\w+/images/dslr_images_undistorted/[^/]+\.(?i:jpg)")


@dataclass(frozen=True, kw_only=True)
class Eth3d(TreeSource):
    """ETH3D frames: 6048x4032 photographs, and z depth in meters where the scanner saw.

    Pixels without depth are unknown, the sky too: +inf means that nothing was measured. A frame
    has 98 MB of depth, and takes 0.3 GB of memory to read and 0.6 GB to build a pair of.
    """

    name: ClassVar[str] = "eth3d"
    splits: ClassVar[tuple[str, ...]] = ("test", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = "ETH3D: SCENE/{images,ground_truth_depth}/dslr_images/*.JPG"
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?P<scene>\w+)/(?P<kind>images|ground_truth_depth)/dslr_images/"
        r"(?P<frame>[^/.]+)\.(?i:jpg)"
    )
    publication: ClassVar[Publication] = Publication(
        title="ETH3D, high-resolution multi-view",
        home="https://www.eth3d.net",
        license="CC BY-NC-SA 4.0",
        citation=(
            "T. Schöps et al.: A Multi-View Stereo Benchmark with High-Resolution Images and "
            "Multi-Camera Videos. CVPR 2017."
        ),
        how_to_get=(
            "open download at eth3d.net/datasets: SCENE_dslr_jpg.7z and SCENE_dslr_depth.7z of 13 "
            "scenes, some 11 GB, and 50 GB extracted (454 frames)"
        ),
        place=(
            "what `7z x` makes of them: office/images/dslr_images/DSC_0219.JPG and "
            "office/ground_truth_depth/dslr_images/DSC_0219.JPG; above them any folders"
        ),
        traps=(
            "depth files are named .JPG and are raw float32 of the image's size: read so here",
            "+inf is a pixel without a measurement, not the sky: unknown here",
            "depth is sparse, scan points seen through the camera: nothing is filled in here",
            "images are distorted, so that no pinhole fits: depth has no camera here",
            "undistorted images have no depth of their own: refused here",
            "the authors' training scenes are what others evaluate on: the split test here",
        ),
    )

    split: str = field(default="test")

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every photograph of a scene whose depth is published."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for name, part in matched(sizes, self.pattern):
            if part["scene"] not in SECRET:
                files = found.setdefault((part["scene"], part["frame"]), {})
                files.setdefault(part["kind"], name)
        photographs = {place: files for place, files in found.items() if "images" in files}
        if not photographs:
            self._refuse_undistorted()
        for (scene, frame), files in sorted(photographs.items()):
            yield {
                "key": sample_key("eth3d", scene, frame),
                "image": image_format(files["images"]),
                "split": "test",
                "scene": scene,
                "file": files["images"],
                "image_id": f"eth3d/{scene}/{frame}",
                "depth": files.get("ground_truth_depth", ""),
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth as it is stored."""
        return {"depth": partial(self._depth, row["depth"], shape)}

    def _depth(self, name: str, shape: tuple[int, int]) -> DepthMap:
        data = self.tree.read(name, field="depth")
        height, width = shape
        if len(data) != 4 * height * width:
            message = (
                f"must be {4 * height * width} bytes, a float32 for each pixel of its {width}x"
                f"{height} image, got {len(data)}"
            )
            raise SampleError("SHAPE", "depth", name, message)
        meters = decoded(lambda: read_float32(data, shape), field="depth", where=name)
        state = np.full(shape, DepthState.VALID, dtype=np.uint8)
        state[np.isposinf(meters)] = DepthState.UNKNOWN
        return decoded(lambda: DepthMap(meters, state), field="depth", where=name)

    def _refuse_undistorted(self) -> None:
        if self.tree.sizes(_UNDISTORTED):
            raise SourceError(
                f"{self.root} must hold dslr_images, which are what the depth of ETH3D belongs "
                "to, and holds dslr_images_undistorted. Get SCENE_dslr_jpg.7z too."
            )
