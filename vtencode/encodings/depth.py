"""Depth as other systems store it."""

from __future__ import annotations

import struct

import numpy as np

from vtencode.curves import PowerCurve
from vtencode.encodings.base import Encoding, preset_encoding
from vtencode.errors import CodeError, TargetError
from vtencode.paths import CubePath
from vtencode.paths.projection import Projection
from vtencode.pixels import pack
from vtencode.png import (
    MAX_PIXELS,
    png_text,
    read_png,
    read_png_gray16,
    write_png,
    write_png_gray,
)
from vtencode.scaled import ScaledDepth
from vtencode.targets import DepthMap, DepthState

#: MoGe's finite levels are 1 to 65534; 0 is NaN and 65535 infinity (moge/utils/io.py).
_MOGE_STEPS, _MOGE_FAR = 65533, 65535
#: Its writer's least near and widest far / near.
_MOGE_LEAST, _MOGE_RANGE = 1e-5, 1e5
#: "PIEH" as little-endian float32: 202021.25 (MPI-Sintel-depth, sdk/python/sintel_io.py).
_DPT_TAG = b"PIEH"


def _scaled(summary: str, source: str, depth: ScaledDepth) -> Encoding:
    return Encoding(
        kind="depth",
        summary=f"16-bit PNG, {summary}",
        source=source,
        read=lambda data: depth.read(read_png_gray16(data)),
        write=lambda target: write_png_gray(depth.write(target)),
    )


def read_moge(data: bytes) -> DepthMap:
    """Read a PNG of ln(d / near) / ln(far / near) in 65533 steps; near and far are its text."""
    text = png_text(data)
    try:
        near, far = float(text["near"]), float(text["far"])
        unit = float(text.get("unit", "1"))
    except (KeyError, ValueError) as error:
        raise CodeError("a MoGe depth PNG must have numbers near and far as text.") from error
    if not (0 < near < far < np.inf and 0 < unit < np.inf):
        raise CodeError(f"a MoGe depth PNG must have 0 < near < far, got {near} and {far}.")
    values = read_png_gray16(data)
    state = np.zeros(values.shape, dtype=np.uint8)
    state[values == 0], state[values == _MOGE_FAR] = DepthState.UNKNOWN, DepthState.FAR
    share = (values.clip(1, _MOGE_STEPS + 1) - 1.0) / _MOGE_STEPS
    return DepthMap(unit * near ** (1 - share) * far**share, state)


def write_moge(depth: DepthMap) -> bytes:
    """Write what `read_moge` reads, from the nearest valid depth to the farthest."""
    valid = depth.meters[depth.valid].astype(np.float64)
    near = max(float(valid.min(initial=np.inf)), _MOGE_LEAST) if valid.size else 1.0
    most = float(valid.max(initial=0))
    far = max(near * 1.1, min(most, near * _MOGE_RANGE))
    values = np.zeros(depth.shape, dtype=np.uint16)
    share = np.log(valid.clip(near, far) / near) / np.log(far / near)
    values[depth.valid] = 1 + np.floor(share * _MOGE_STEPS + 0.5)
    values[depth.state == DepthState.FAR] = _MOGE_FAR
    return write_png_gray(values, text={"near": repr(near), "far": repr(far)})


def read_dpt(data: bytes) -> DepthMap:
    """Read a .dpt: tag, width and height as int32, float32 meters in rows, little-endian."""
    width, height = struct.unpack("<ii", data[4:12]) if len(data) >= 12 else (0, 0)
    if data[:4] != _DPT_TAG or not (width > 0 and height > 0 and width * height <= MAX_PIXELS):
        raise CodeError(
            f"a .dpt must start with {_DPT_TAG!r}, width and height, got {data[:12]!r}."
        )
    if len(data) != 12 + 4 * width * height:
        raise CodeError(f"a .dpt of {width}x{height} must have {12 + 4 * width * height} bytes.")
    try:
        return DepthMap(np.frombuffer(data, dtype="<f4", offset=12).reshape(height, width))
    except TargetError as error:
        raise CodeError(f"a .dpt must hold depths: {error}") from error


def write_dpt(depth: DepthMap) -> bytes:
    """Write what `read_dpt` reads; unknown is NaN and far infinity."""
    height, width = depth.shape
    return _DPT_TAG + struct.pack("<ii", width, height) + depth.meters.astype("<f4").tobytes()


def read_hilbertmap(data: bytes) -> DepthMap:
    """Read 8-bit colors of `hilbertmap.depth_to_rgb`: the nearest level, black being unknown."""
    rgb = read_png(data)
    colors = CubePath().colors()
    nearest = Projection(colors)
    level = nearest.entries(pack(rgb.reshape(-1, 3))) & nearest.mask
    meters = PowerCurve().inverse(level / (len(colors) - 1))
    return DepthMap(meters.reshape(rgb.shape[:2]))


def write_hilbertmap(depth: DepthMap) -> bytes:
    """Write `hilbertmap.depth_to_rgb` x 255, rounded; it has no states: unknown is black, 0 m."""
    colors = CubePath().colors()
    share = PowerCurve().forward(np.nan_to_num(depth.meters, nan=0.0, posinf=np.inf))
    level = np.floor(share * (len(colors) - 1) + 0.5).astype(np.int64)
    return write_png(colors[level])


DEPTH = {
    "kitti-depth": _scaled(
        "1/256 m, 0 unknown",
        "KITTI depth development kit, readme.txt",
        ScaledDepth(per_meter=256),
    ),
    "vkitti-depth": _scaled(
        "cm, 65535 far",
        "Virtual KITTI 2, depth ground truth",
        ScaledDepth(per_meter=100, far=65535),
    ),
    "nyu-depth": _scaled(
        "mm, 0 unknown",
        "the BTS and Marigold copies of NYU Depth V2; ScanNet",
        ScaledDepth(per_meter=1000),
    ),
    "omnidata-depth": _scaled(
        "1/512 m, 65535 unknown",
        "Taskonomy, data/README: depth_zbuffer and depth_euclidean",
        ScaledDepth(per_meter=512, unknown=65535),
    ),
    "moge": Encoding(
        kind="depth",
        summary="16-bit PNG, log from near to far (its text), 0 unknown, 65535 far",
        source="MoGe, moge/utils/io.py",
        read=read_moge,
        write=write_moge,
    ),
    "sintel-depth": Encoding(
        kind="depth",
        summary=".dpt, float32 meters",
        source="MPI-Sintel-depth, sdk/python/sintel_io.py",
        read=read_dpt,
        write=write_dpt,
    ),
    "hilbertmap": Encoding(
        kind="depth",
        summary="8-bit RGB, the depth codec's path without its states: black unknown, white far",
        source="hilbertmap 0.1.3, transform.py and cubewalk.py",
        read=read_hilbertmap,
        write=write_hilbertmap,
    ),
    "realsense-hue": preset_encoding(
        "depth",
        "realsense",
        summary="8-bit RGB, hue from 0.29 to 10 m, black unknown",
        source="Sonoda and Grunnet-Jepsen, Depth image compression by colorization, 2021",
    ),
}
