"""Surface normals in files: .npy of vectors, and RGB PNG, in a frame that must be told."""

from __future__ import annotations

from pathlib import Path

from vtencode.codecs.base import Code
from vtencode.codecs.normals import NormalCodec
from vtencode.durable import write_whole
from vtencode.errors import CodeError, SourceError, SpecError, TargetError
from vtencode.files.rasters import read_bytes, read_npy, suffix_error, write_npy
from vtencode.files.rgb16 import is_rgb16, read_vectors
from vtencode.frames import FRAMES, from_frame, to_frame
from vtencode.png import png_header, read_png, write_png
from vtencode.targets import NormalMap


def read_normals(file: str, frame: str | None) -> NormalMap:
    """Read `x.npy`, float (H, W, 3), or `x.png`, (n + 1) / 2, written in `frame`.

    A PNG has 8 or 16 bits. Vectors of 0 or NaN are unknown, and so are colors whose vector is
    too short or too long to be a direction.

    Raises `SourceError` for what cannot be read, `SpecError` without a frame.
    """
    told = _told(frame)
    try:
        if file.endswith(".npy"):
            return from_frame(read_npy(file), told)
        if file.endswith(".png"):
            data = read_bytes(file)
            if is_rgb16(png_header(data)):
                return from_frame(read_vectors(data), told)
            return _codec(told).decode(Code(read_png(data))).target
    except (TargetError, CodeError) as error:
        raise SourceError(f"{file}: {error}") from error
    raise SourceError(f"{file} must be a .npy or a .png.")


def write_normals(out: Path, normals: NormalMap, frame: str | None) -> list[str]:
    """Write vectors to a .npy, 0 where unknown, or 8-bit RGB to a .png.

    Returns what was changed: nothing.
    """
    told = _told(frame)
    if out.suffix == ".npy":
        write_npy(out, to_frame(normals, told))
    elif out.suffix == ".png":
        write_whole(out, write_png(_codec(told).encode(normals).rgb))
    else:
        raise suffix_error(out, ".npy", ".png")
    return []


def _codec(frame: str) -> NormalCodec:
    return NormalCodec(frame=frame)


def _told(frame: str | None) -> str:
    if frame is None:
        raise SpecError(
            "files of normals do not say what their axes are: --frame NAME. "
            f"Choose from: {', '.join(sorted(FRAMES))}."
        )
    return frame
