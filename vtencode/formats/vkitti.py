"""The text files of Virtual KITTI 2: colors of classes, and cameras of frames.

Each has a line of headings, and values separated by blanks: `Category r g b` in `colors.txt`, and
`frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]` in `intrinsic.txt`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vtencode.errors import CodeError, TargetError
from vtencode.targets import Camera

Color = tuple[int, int, int]

_COLORS = "Category r g b"
_INTRINSICS = "frame cameraID K[0,0] K[1,1] K[0,2] K[1,2]"


def read_colors(data: bytes) -> dict[str, Color]:
    """The color of each class, in the order of the file.

    Raises `CodeError` for lines that are no such color, and for two classes of one color.
    """
    colors: dict[str, Color] = {}
    for words in _lines(data, _COLORS):
        try:
            red, green, blue = (int(word) for word in words[1:])
        except ValueError as error:
            raise CodeError(f"must have lines of {_COLORS!r}, got {words}.") from error
        if not 0 <= min(red, green, blue) <= max(red, green, blue) <= 255:
            raise CodeError(f"must have colors of 0 to 255, got {words}.")
        if words[0] in colors or (red, green, blue) in colors.values():
            raise CodeError(f"must have one color a class, got {words} twice.")
        colors[words[0]] = red, green, blue
    if not colors:
        raise CodeError("must have a class at least, and has none.")
    return colors


def write_colors(colors: Mapping[str, Color]) -> bytes:
    """Write the color of each class."""
    lines = [f"{name} {red} {green} {blue}" for name, (red, green, blue) in colors.items()]
    return "\n".join([_COLORS, *lines, ""]).encode()


def read_intrinsics(data: bytes) -> dict[tuple[int, int], Camera]:
    """The camera of each frame, by the frame's number and the camera's.

    Raises `CodeError` for lines that are no camera.
    """
    cameras = {}
    for words in _lines(data, _INTRINSICS):
        try:
            frame, camera, *numbers = words
            fx, fy, cx, cy = map(float, numbers)
            cameras[int(frame), int(camera)] = Camera(fx, fy, cx, cy)
        except (ValueError, TargetError) as error:
            raise CodeError(f"must have lines of {_INTRINSICS!r}, got {words}.") from error
    return cameras


def write_intrinsics(cameras: Mapping[tuple[int, int], Camera]) -> bytes:
    """Write the camera of each frame."""
    lines = [
        f"{frame} {camera} {found.fx!r} {found.fy!r} {found.cx!r} {found.cy!r}"
        for (frame, camera), found in cameras.items()
    ]
    return "\n".join([_INTRINSICS, *lines, ""]).encode()


def _lines(data: bytes, headings: str) -> Iterator[list[str]]:
    """The words of each line but the headings and what is blank."""
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CodeError(f"must be a text file of {headings!r}, got bytes: {error}.") from error
    first, _, _ = headings.partition(" ")
    for line in lines:
        words = line.split()
        if words and words[0] != first:
            yield words
