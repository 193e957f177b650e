"""iBims-1: 100 rooms, laser-scanned, to test depth of one image with.

Formats after the authors' `evaluate_ibims.py` and `evaluate_ibims_error_metrics.py` (the .mat:
fields of the struct `data`, masks to multiply by, depth along the optical axis, pixels counted
from 1, a transposed calibration) and mature readers (the PNGs: ZoeDepth; the four numbers of
`calib/*.txt`: fx, fy, cx, cy with commas between). No file of theirs has been read by this
project, so that either width of masks is taken, and any blanks between numbers. That
`calib/*.txt` counts pixels from 1 as the .mat does is inferred: it is the same calibration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from vtencode.errors import CodeError, SampleError
from vtencode.formats.mat_tree import read_mat_arrays
from vtencode.images import Picture
from vtencode.png import read_png_numbers
from vtencode.scaled import ScaledDepth
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.pngs import depth_png
from vtencode.sources.tree import Maker, TreeSource, matched
from vtencode.targets import Array, Camera, DepthMap

#: 16 bits span 50 m (ZoeDepth, ibims.py); 0 is what was not measured (evaluate_ibims.py).
DEPTH = ScaledDepth(per_meter=65535 / 50, unknown=0)
#: Masks by which the authors multiply depth before they compare it.
MASKS = ("mask_invalid", "mask_transp")
_RAW = ("depth", *MASKS)


@dataclass(frozen=True, kw_only=True)
class Ibims(TreeSource):
    """iBims-1 frames: 640x480 color and z depth to 50 m, all of them to test with.

    Reads the PNGs (`ibims1_core_raw`), or where they are not there the .mat files
    (`ibims1_core_mat`). Glass, and what the scanner did not reach, is unknown.
    """

    name: ClassVar[str] = "ibims-1"
    splits: ClassVar[tuple[str, ...]] = ("test", "all")
    targets: ClassVar[Mapping[str, type]] = {"depth": DepthMap}
    holds: ClassVar[str] = (
        "iBims-1: ibims1_core_raw/{rgb,depth,mask_invalid,mask_transp}/*.png and calib/*.txt, or "
        "ibims1_core_mat/*.mat (these folders themselves, not what is in them)"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?P<above>(?:.*/)?)ibims1_core_(?:raw/(?:"
        r"(?P<kind>rgb|depth|mask_invalid|mask_transp)/(?P<frame>[^/]+)\.png|calib/[^/]+\.txt)|"
        r"mat/(?P<mat>[^/]+)\.mat)"
    )
    publication: ClassVar[Publication] = Publication(
        title="iBims-1: independent Benchmark images and matched scans",
        home="https://www.asg.ed.tum.de/lmf/ibims1/",
        license="terms of the authors, told where they publish it: mediaTUM 1455541",
        citation=(
            "T. Koch, L. Liebel, F. Fraundorfer, M. Körner: Evaluation of CNN-based Single-Image "
            "Depth Estimation Methods. ECCV Workshops 2018."
        ),
        how_to_get="open download from the page, 100 frames: ibims1_core_raw.zip",
        place=(
            "ibims1_core_raw/{rgb,depth,mask_invalid,mask_transp}/livingroom_01.png, "
            "ibims1_core_raw/calib/livingroom_01.txt (or the .zip with them)\n"
            "or ibims1_core_mat/livingroom_01.mat"
        ),
        traps=(
            "depth PNGs are 50 m / 65535 a step, not millimeters",
            "mask_invalid and mask_transp are 0 where depth is not to be used, whatever it holds",
            "pixels are counted from 1: the principal point is moved by 1 here",
            "calib of the .mat is transposed",
        ),
    )

    split: str = "test"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every color image, and for every .mat that has none."""
        found = list(matched(sizes, self.pattern))
        pngs = {part["frame"]: part["above"] for _, part in found if part["kind"] == "rgb"}
        mats = {part["mat"]: name for name, part in found if part["mat"]}
        for frame in sorted({*pngs, *mats}):
            row = {
                "key": sample_key("ibims", frame),
                "image": "png",
                "split": "test",
                "scene": re.sub(r"_\d+$", "", frame),
                "image_id": f"ibims-1/{frame}",
            }
            if frame in pngs:
                folder = f"{pngs[frame]}ibims1_core_raw"
                beside = {kind: f"{folder}/{kind}/{frame}.png" for kind in _RAW}
                calibration = f"{folder}/calib/{frame}.txt"
                yield {**row, "file": f"{folder}/rgb/{frame}.png", **beside, "calib": calibration}
            else:
                nothing = dict.fromkeys((*MASKS, "calib"), "")
                yield {**row, "file": mats[frame], "depth": mats[frame], **nothing}

    def picture(self, row: Row) -> Picture:
        """The color file, or the pixels of the .mat."""
        if _is_png(row):
            return super().picture(row)
        rgb = _field(self._struct(row, "image"), "rgb", row, field="image", kinds="u")
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3:
            message = f"rgb must be uint8 (H, W, 3), got {rgb.dtype} {rgb.shape}"
            raise SampleError("MODE", "image", row["file"], message)
        return Picture.from_rgb(np.ascontiguousarray(rgb))

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Depth through both masks."""
        make = self._depth_png if _is_png(row) else self._depth_mat
        return {"depth": partial(make, row, shape)}

    def _depth_png(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        name = row["calib"]
        text = self.tree.read(name, field="camera")
        camera = decoded(lambda: read_calibration(text), field="camera", where=name)
        data = self.tree.read(row["depth"], field="depth")
        depth = depth_png(data, DEPTH, shape, where=row["depth"], camera=camera)
        return _masked(depth, [self._mask(row[mask], shape) for mask in MASKS])

    def _depth_mat(self, row: Row, shape: tuple[int, int]) -> DepthMap:
        found, where = self._struct(row, "depth"), row["file"]
        matrix = _field(found, "calib", row, field="camera", kinds="f")
        camera = decoded(lambda: camera_of(matrix), field="camera", where=where)
        meters = _field(found, "depth", row, field="depth", kinds="f")
        masks = [_field(found, mask, row, field="depth", kinds="biuf") for mask in MASKS]
        for plane in (meters, *masks):
            check_shape(plane, shape, field="depth", where=where)
        depth = decoded(lambda: DepthMap(meters, camera=camera), field="depth", where=where)
        return _masked(depth, masks)

    def _mask(self, name: str, shape: tuple[int, int]) -> Array:
        data = self.tree.read(name, field="depth")
        mask = decoded(lambda: read_png_numbers(data), field="depth", where=name)
        check_shape(mask, shape, field="depth", where=name)
        return mask

    def _struct(self, row: Row, field: str) -> dict[str, Array]:
        """Every array of a .mat."""
        data = self.tree.read(row["file"], field=field)
        return decoded(lambda: read_mat_arrays(data, "data"), field=field, where=row["file"])


def read_calibration(text: bytes) -> Camera:
    """The camera of a `calib/*.txt`: fx, fy, cx, cy, of which the last two count from 1."""
    try:
        fx, fy, cx, cy = (float(word) for word in re.split(r"[,\s]+", text.decode().strip()))
    except ValueError as error:
        raise CodeError(f"must be the numbers fx, fy, cx, cy, got {text[:60]!r}.") from error
    return Camera(fx=fx, fy=fy, cx=cx - 1, cy=cy - 1)


def camera_of(matrix: Array) -> Camera:
    """The camera of a MATLAB calibration: [[fx, 0, 0], [0, fy, 0], [cx, cy, 1]], from 1."""
    if matrix.shape != (3, 3) or matrix[0, 2] or matrix[1, 2] or not matrix[2, :2].all():
        raise CodeError(f"calib must be [fx 0 0; s fy 0; cx cy 1], got {matrix.tolist()}.")
    (fx, fy), (cx, cy) = matrix.diagonal()[:2].tolist(), matrix[2, :2].tolist()
    return Camera(fx=fx, fy=fy, cx=cx - 1, cy=cy - 1)


def _field(found: Mapping[str, Array], name: str, row: Row, *, field: str, kinds: str) -> Array:
    """One array of a .mat, of one of those kinds of numbers."""
    if name not in found:
        message = f"the struct data must have the field {name!r}, has {', '.join(found)}"
        raise SampleError("MISSING", field, row["file"], message)
    if found[name].dtype.kind not in kinds:
        message = f"{name} must be of dtype kind {kinds}, got {found[name].dtype}"
        raise SampleError("MODE", field, row["file"], message)
    return found[name]


def _masked(depth: DepthMap, masks: list[Array]) -> DepthMap:
    """Depth where every mask is not 0."""
    seen = np.logical_and.reduce([mask != 0 for mask in masks])
    return DepthMap(np.where(seen, depth.meters, np.nan), camera=depth.camera)


def _is_png(row: Row) -> bool:
    return bool(row["calib"])
