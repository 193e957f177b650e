"""Surface normals as other systems store them: RGB, each in its own frame."""

from __future__ import annotations

from dataclasses import replace

from vtencode.encodings.base import Encoding, preset_encoding
from vtencode.files.rgb16 import is_rgb16, read_vectors, write_vectors
from vtencode.frames import from_frame, to_frame
from vtencode.png import png_header

_EIGHT_BIT = {
    f"{preset}-normals": preset_encoding(
        "normals", preset, summary=f"8-bit RGB, {summary}", source=source
    )
    for preset, summary, source in (
        ("dsine", "red left, black unknown; 16-bit is read too", "DSINE README: outward normals"),
        ("marigold", "red right", "diffusers, Marigold: right, top, facing the observer"),
        ("sensenova", "red left, truncated", "SenseNova-Vision, prepare_normal.py"),
        ("omnidata", "red right, green down, blue forward", "Omnidata and Taskonomy PNGs"),
        ("nyu-eigen", "red right, green forward, blue up", "Eigen and Fergus, norm_gt PNGs"),
    )
}


def _of_either_depth(narrow: Encoding, frame: str) -> Encoding:
    """Also read the same of 16 bits, which DSINE's own example has."""
    return replace(
        narrow,
        read=lambda data: (
            from_frame(read_vectors(data), frame)
            if is_rgb16(png_header(data))
            else narrow.read(data)
        ),
    )


NORMALS = {
    **_EIGHT_BIT,
    "dsine-normals": _of_either_depth(_EIGHT_BIT["dsine-normals"], "dsine"),
    "moge-normals": Encoding(
        kind="normals",
        summary="16-bit RGB, red right, black unknown",
        source="MoGe, moge/utils/io.py: n * (.5, -.5, -.5) + .5 of OpenCV normals",
        read=lambda data: from_frame(read_vectors(data), "opengl"),
        write=lambda normals: write_vectors(to_frame(normals, "opengl")),
    ),
}
