"""MPI Sintel: depth and cameras of scenes of the film Sintel, rendered in two passes.

Formats after `sintel_io.py` of the authors' SDK (`vtencode.formats.dpt`, `.cam`). Depth is metric
here: its unit is the film's, in which the authors count the 10 cm between the cameras of their
stereo pairs (README of the stereo archive, 2015), and Depth Pro (arXiv:2410.02073) evaluates metric
depth on it. It is a cartoon's meter, though: MoGe counts it as up to scale
(`configs/eval/all_benchmarks.json`), and most align predictions first. Not told by the authors,
and after those who use it: that depth is along the axis, and that of the sky, about 1e5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import CodeError, SourceError
from vtencode.formats.cam import read_cam
from vtencode.formats.dpt import read_dpt
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Camera, DepthMap

#: Between the farthest surfaces (below 400 m) and the sky (about 1e5), both as users of the data
#: report. Evaluations leave out much nearer ones: from 70 m (DepthCrafter, CUT3R) or 72 m (MiDaS).
FAR_M = 1000.0

_HOST = "http://files.is.tue.mpg.de"


@dataclass(frozen=True, kw_only=True)
class Sintel(TreeSource):
    """MPI Sintel training frames: 1024x436 color and z depth; 23 sequences, 1064 frames.

    `render` picks the "clean" pass or the "final" one, with blur, fog and depth of field. Depth of
    `far_m` and more is far. The masks of optical flow (`invalid`, `occlusions`) say nothing of
    depth and are not read, nor are the stereo archive's images.
    """

    name: ClassVar[str] = "sintel"
    splits: ClassVar[tuple[str, ...]] = ("train", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = (
        "MPI Sintel: training/{clean,final}/SCENE/frame_0001.png, training/depth/SCENE/*.dpt"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:(?:.*/)?training/)?"
        r"(?P<kind>(?:clean|final)(?=.*\.png)|depth(?=.*\.dpt)|camdata_left(?=.*\.cam))/"
        r"(?P<scene>[a-z]+_\d+)/frame_(?P<frame>\d{4})\.(?:png|dpt|cam)"
    )
    publication: ClassVar[Publication] = Publication(
        title="MPI Sintel",
        home="http://sintel.is.tue.mpg.de",
        license="the film: CC BY 3.0, Blender Foundation (durian.blender.org)",
        citation=(
            "D. J. Butler, J. Wulff, G. B. Stanley, M. J. Black: A Naturalistic Open Source Movie "
            "for Optical Flow Evaluation. ECCV 2012."
        ),
        how_to_get="open download: depth and cameras 1.6 GB, training images 1.8 GB",
        place=(
            "MPI-Sintel-depth-training-20150305.zip and MPI-Sintel-training_images.zip (or "
            "MPI-Sintel-complete.zip)\n"
            "or what they hold: training/{clean,final}/alley_1/frame_0001.png, "
            "training/depth/alley_1/frame_0001.dpt, training/camdata_left/alley_1/frame_0001.cam"
        ),
        traps=(
            "the sky has a depth of about 1e5: far here",
            "the focal length differs by sequence, and in some by frame: read from the .cam",
            "the film's unit is the authors' meter, which others align before they compare",
            "there is no official split of the frames with depth: all are train",
            "the frames of test have no depth: not read",
        ),
        files=(
            RemoteFile(
                f"{_HOST}/jwulff/sintel/MPI-Sintel-depth-training-20150305.zip",
                "MPI-Sintel-depth-training-20150305.zip",
                b"PK",
            ),
            RemoteFile(
                f"{_HOST}/sintel/MPI-Sintel-training_images.zip",
                "MPI-Sintel-training_images.zip",
                b"PK",
            ),
        ),
    )

    render: Literal["clean", "final"] = "final"
    far_m: float = FAR_M

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image of the pass, wherever its archive and depth's were extracted."""
        found = {
            (part["kind"], part["scene"], part["frame"]): name
            for name, part in matched(sizes, self.pattern)
        }
        passes = {kind for kind, _, _ in found} & {"clean", "final"}
        if passes and self.render not in passes:
            raise SourceError(
                f"{self.root} must hold the {self.render} pass, and holds the {min(passes)} one: "
                f"set render to {min(passes)!r}."
            )
        for (kind, scene, frame), name in found.items():
            if kind == self.render:
                yield {
                    "key": sample_key("sintel", kind, scene, frame),
                    "image": "png",
                    "split": "train",
                    "scene": scene,
                    "file": name,
                    "image_id": f"sintel/{kind}/{scene}/frame_{frame}",
                    "depth": found.get(("depth", scene, frame), ""),
                    "camera": found.get(("camdata_left", scene, frame), ""),
                }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth, far from `far_m` on, seen through the camera of its frame."""
        return {"depth": partial(self._depth, row, shape)}

    def _depth(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        name = row["depth"]
        data = self.tree.read(name, field="depth")
        meters = decoded(lambda: read_dpt(data), field="depth", where=name)
        check_shape(meters, shape, field="depth", where=name)
        meters = np.where(meters >= self.far_m, np.inf, meters)
        camera = self._camera(row["camera"])
        return decoded(lambda: DepthMap(meters, camera=camera), field="depth", where=name)

    def _camera(self, name: str) -> Camera | None:
        """The pinhole of a frame; None where no .cam was published with it."""
        if not name:
            return None
        data = self.tree.read(name, field="depth")
        return decoded(lambda: _pinhole(data), field="depth", where=name)


def _pinhole(data: bytes) -> Camera:
    """The camera in a .cam; raises `CodeError` for one that is no pinhole without skew."""
    (fx, skew, cx), (turn, fy, cy), bottom = read_cam(data)[0].tolist()
    if [skew, turn, *bottom] != [0, 0, 0, 0, 1]:
        raise CodeError(f"must be a pinhole without skew, got {skew}, {turn} and {bottom}.")
    return Camera(fx, fy, cx, cy)
