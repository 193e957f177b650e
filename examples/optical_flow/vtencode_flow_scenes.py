"""A dataset with optical flow, `<frame>.png` beside `<frame>.npy`: its reader and its miniature."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from vtencode_flow import FlowMap

from vtencode.durable import write_whole
from vtencode.errors import SampleError, SourceError
from vtencode.images import Picture
from vtencode.miniatures.scenes import scene
from vtencode.png import write_png
from vtencode.sources.base import Publication, Row, Sample, Source, sample_key
from vtencode.sources.files import decoded, existing, read_bytes, walk
from vtencode.targets import Array, Camera

if TYPE_CHECKING:
    import pyarrow as pa

HEIGHT, WIDTH = 120, 160
CAMERA = Camera(fx=130.0, fy=130.0, cx=(WIDTH - 1) / 2, cy=(HEIGHT - 1) / 2)
#: How far the camera moves, to the right and down, in meters.
MOVE_M = (0.10, 0.05)


@dataclass(frozen=True, kw_only=True)
class FlowScenes(Source):
    """Pictures and the flow that a small sideways move of the camera makes of them.

    `root` holds `<frame>.png`, 8-bit RGB, and `<frame>.npy`, float (H, W, 2), pixels to the right
    and down, NaN where unknown.
    """

    name: ClassVar[str] = "flow-scenes"
    splits: ClassVar[tuple[str, ...]] = ("train",)
    targets: ClassVar[Mapping[str, type]] = {"flow": FlowMap}
    publication: ClassVar[Publication] = Publication(
        title="Flow scenes",
        home="examples/optical_flow of vtencode",
        license="CC0-1.0",
        citation="none",
        how_to_get="vtencode demo examples/optical_flow/recipe.yaml --out DIR",
    )

    def index(self) -> pa.Table:
        """One row a picture, in the order of their names."""
        import pyarrow as pa

        frames = [Path(name).stem for name in self._sizes if name.endswith(".png")]
        if not frames:
            raise SourceError(f"{self.root} must hold <frame>.png with <frame>.npy, and does not.")
        rows = [
            {
                "key": sample_key("flow", frame),
                "image": "png",
                "split": "train",
                "file": f"{frame}.png",
                "flow": f"{frame}.npy",
            }
            for frame in frames
        ]
        return pa.Table.from_pylist(rows)

    def load(self, row: Row) -> Sample:
        """Read one picture and its flow."""
        file, flow_file = row["file"], row["flow"]
        data = read_bytes(self.root, file, field="image")
        picture = decoded(lambda: Picture.from_bytes(data), field="image", where=file)
        xy_px = _read_npy(read_bytes(self.root, flow_file, field="flow"), where=flow_file)
        flow = decoded(lambda: FlowMap(xy_px), field="flow", where=flow_file)
        if flow.shape != (picture.height, picture.width):
            message = f"must be as large as its image {picture.height, picture.width}, got "
            raise SampleError("SHAPE", "flow", flow_file, f"{message}{flow.shape}")
        return Sample(row["key"], picture, {"flow": flow}, {"file": file, "flow": flow_file})

    def files(self) -> tuple[tuple[str, int], ...]:
        """The pictures and the flows."""
        return tuple(self._sizes.items())

    @cached_property
    def _sizes(self) -> dict[str, int]:
        found = walk(existing(self.root))
        return {
            name: size
            for name, size in found
            if "/" not in name and name.endswith((".png", ".npy"))
        }


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write a miniature of `count` frames, rooms and streets in turn; return `root`."""
    root.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        found = scene(seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 2 == 1)
        flow = io.BytesIO()
        np.save(flow, flow_of(found.depth_z))
        write_whole(root / f"{index:05d}.npy", flow.getvalue())
        write_whole(root / f"{index:05d}.png", write_png(found.rgb, kind="photo"))
    return root


def flow_of(depth_z: Array) -> Array:
    """The flow, float32 (H, W, 2), when the camera moves by `MOVE_M` before a still scene.

    A point at z moves by -f * move / z, and not at all at infinity; what leaves the picture is
    unknown.
    """
    per_meter = np.array([CAMERA.fx * MOVE_M[0], CAMERA.fy * MOVE_M[1]])
    xy_px = -per_meter / depth_z[..., None]
    rows, columns = np.indices(depth_z.shape)
    landing = np.stack([columns, rows], axis=-1) + xy_px
    inside = (landing >= -0.5) & (landing < np.array(depth_z.shape[::-1]) - 0.5)
    return np.where(inside.all(axis=-1, keepdims=True), xy_px, np.nan).astype(np.float32)


def _read_npy(data: bytes, *, where: str) -> Array:
    try:
        xy_px: Array = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise SampleError("DECODE", "flow", where, f"must be a .npy: {error}") from error
    return xy_px
