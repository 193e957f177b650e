"""BlendedMVS: pictures blended with the rendering of a textured mesh, and that mesh's depth.

Layout after the authors' README; files after MVSNet's, which it refers to. A `.pfm` holds depth
along the optical axis, 0 where the mesh is not, in a unit that differs from scene to scene
(Vis-MVSNet, issue 7: 0.1 to 2 around objects, 10 to 200 in large scenes), so that only ratios
mean something. `_cam.txt` holds "extrinsic", 4 x 4 numbers, "intrinsic", 3 x 3 numbers, and the
range of depth. Not told, and taken as the rest of vtencode does: that pixel centers are at
integers. No real file was at hand when this was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from vtencode.errors import SampleError, SourceError
from vtencode.formats.pfm import read_pfm
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Camera, RelativeDepthMap

#: `project_lists/validation_list.txt` of the authors; all other scenes are for training.
VALIDATION = frozenset(
    (
        "5b7a3890fc8fcf6781e2593a",
        "5c189f2326173c3a09ed7ef3",
        "5b950c71608de421b1e7318f",
        "5a6400933d809f1d8200af15",
        "59d2657f82ca7774b1ec081d",
        "5ba19a8a360c7c30c1c169df",
        "59817e4a1bd4b175e7038d19",
    )
)

_CAMERA_FILE = re.compile(r"\s*extrinsic(?:\s+\S+){16}\s+intrinsic((?:\s+\S+){9})(?:\s+\S+)*\s*")


@dataclass(frozen=True, kw_only=True)
class BlendedMvs(TreeSource):
    """BlendedMVS, + and ++ frames: 768x576 or 2048x1536 color, and depth up to scale.

    `scenes` are project ids of 24 hex digits. Masked copies of the pictures are left alone.
    """

    name: ClassVar[str] = "blendedmvs"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": RelativeDepthMap}
    holds: ClassVar[str] = (
        "BlendedMVS: PID/{blended_images/*.jpg, rendered_depth_maps/*.pfm, cams/*_cam.txt}"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<folder>(?:.*/)?(?P<scene>[0-9a-f]{24})/)(?:blended_images/(?P<frame>\d{8})\.jpg"
        r"|rendered_depth_maps/\d{8}\.pfm|cams/\d{8}_cam\.txt)"
    )
    publication: ClassVar[Publication] = Publication(
        title="BlendedMVS",
        home="https://github.com/YoYo000/BlendedMVS",
        license="CC BY 4.0",
        citation=(
            "Y. Yao et al.: BlendedMVS: A Large-scale Dataset for Generalized Multi-view Stereo "
            "Networks. CVPR 2020."
        ),
        how_to_get=(
            "open download: BlendedMVS 27.5 GB (17 000 frames); + and ++ 82 and 80 GB, in pieces "
            "that `zip -s 0 BlendedMVS1.zip --out plus.zip` joins"
        ),
        place=(
            "PID/blended_images/00000000.jpg, PID/rendered_depth_maps/00000000.pfm, "
            "PID/cams/00000000_cam.txt"
        ),
        traps=(
            "depth is up to scale, of another unit in every scene: no metric task takes it",
            "rows of a .pfm go from the bottom up: turned here",
            "depth is 0 where the mesh is not: unknown here; frames that are so whole are rejected",
            "_masked.jpg are copies of the pictures with black holes: not read",
        ),
        files=(
            RemoteFile(
                "https://github.com/YoYo000/BlendedMVS/releases/download/v1.0.0/BlendedMVS.zip",
                "BlendedMVS.zip",
                b"PK\x03\x04",
            ),
        ),
    )

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every picture; a scene may be here in one resolution only."""
        homes: dict[str, str] = {}
        for name, part in matched(sizes, self.pattern):
            if not part["frame"]:
                continue
            folder, scene, frame = part["folder"], part["scene"], part["frame"]
            if homes.setdefault(scene, folder) != folder:
                raise SourceError(
                    f"{self.root} holds the scene {scene} twice, in {homes[scene]} and {folder}. "
                    "Point --source at the resolution that you mean."
                )
            depth = f"{folder}rendered_depth_maps/{frame}.pfm"
            camera = f"{folder}cams/{frame}_cam.txt"
            yield {
                "key": sample_key("blendedmvs", scene, frame),
                "image": "jpg",
                "split": "val" if scene in VALIDATION else "train",
                "scene": scene,
                "file": name,
                "image_id": f"blendedmvs/{scene}/{frame}",
                "depth": depth if depth in sizes else "",
                "camera": camera if camera in sizes else "",
            }

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth, with the camera where its file is there."""
        return {"depth": partial(self._depth, row, shape)}

    def _depth(self, row: Row, shape: tuple[int, int]) -> RelativeDepthMap:
        where = row["depth"]
        data = self.tree.read(where, field="depth")
        lengths = decoded(lambda: read_pfm(data), field="depth", where=where)
        if lengths.ndim != 2:
            raise SampleError("MODE", "depth", where, "must be a PFM of one channel, got color")
        check_shape(lengths, shape, field="depth", where=where)
        camera = self._camera(row["camera"])
        return decoded(lambda: RelativeDepthMap(lengths, camera=camera), field="depth", where=where)

    def _camera(self, name: str) -> Camera | None:
        if not name:
            return None
        text = self.tree.read(name, field="camera").decode("ascii", "replace")
        found = _CAMERA_FILE.fullmatch(text)
        try:
            matrix = np.array(found[1].split(), dtype=float).reshape(3, 3) if found else None
        except ValueError:
            matrix = None
        if matrix is None or matrix[2].tolist() != [0, 0, 1] or matrix[1, 0]:
            message = "must hold 'extrinsic', 16 numbers, 'intrinsic' and a camera matrix"
            raise SampleError("DECODE", "camera", name, message)
        (fx, _, cx), (_, fy, cy) = matrix[:2].tolist()
        return decoded(lambda: Camera(fx, fy, cx, cy), field="camera", where=name)
