"""How images are framed: a recipe's options, and the transform that they make of each image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from vtencode.errors import SpecError, TargetError
from vtencode.framing.sizes import (
    Size,
    bucket,
    check_area,
    check_size,
    passes,
    scaled,
    window,
)
from vtencode.framing.transform import Transform
from vtencode.png import MAX_PIXELS
from vtencode.seeds import Chance

Box = tuple[int, int, int, int]
Resize = Literal["auto", "bucket", "none", "exact", "short", "long", "area"]
At = Literal["center", "random"]
#: How many numbers `size` holds.
_NUMBERS = {"auto": 0, "bucket": 0, "none": 0, "exact": 2, "short": 1, "long": 1, "area": 1}


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Crop, then window, then resize, then pad, then flip; by default what trainers need.

    `crop` is a fixed box: left, top, right, bottom, such as Eigen's of NYU Depth V2, (41, 45, 601,
    471). `window` is a width and height to cut from the rest. `at` says where: in the middle, or
    anywhere. `resize`:

    - "auto": nothing where every trainer takes the size as it is, else "bucket"
    - "bucket": the nearest of a few sizes that trainers take as they are; `max_aspect` above 2
      keeps long images whole (see `vtencode.framing.sizes.bucket`)
    - "exact": to `size` (width, height)
    - "short", "long": that side to `size`; "area": to about `size` pixels in all; sides become
      multiples of `multiple`
    - "none"

    What does not fit the new aspect is cut off, so that nothing is ever squashed. `pad` is a width
    and height to reach with margins on both sides. `flip` is the share of images to mirror.
    """

    crop: Box | None = None
    window: Size | None = None
    at: At = "center"
    resize: Resize = "auto"
    size: Size | int | None = None
    multiple: int = 1
    max_aspect: float = 2.0
    pad: Size | None = None
    flip: float = 0.0

    def __post_init__(self) -> None:
        for name, allowed in (("at", get_args(At)), ("resize", get_args(Resize))):
            if getattr(self, name) not in allowed:
                choices = ", ".join(map(repr, allowed))
                raise SpecError(
                    f"framing: {name} must be one of {choices}, got {getattr(self, name)!r}."
                )
        if self.crop is not None and not _is_box(self.crop):
            raise SpecError(
                "framing: crop must be left, top, right, bottom, whole numbers >= 0 with "
                f"left < right and top < bottom, got {self.crop!r}."
            )
        for name in ("window", "pad"):
            if getattr(self, name) is not None:
                check_size(name, getattr(self, name), 2)
        check_size("multiple", self.multiple, 1)
        self._check_numbers()

    def transform(
        self, width: int, height: int, chance: Chance, *, mirror: bool = True
    ) -> Transform:
        """What is done to an image of this size; `mirror` says whether it may be flipped.

        Raises `TargetError` for an image that cannot hold the crop or the window, and for one that
        would have more than `MAX_PIXELS` pixels.
        """
        box = self.crop or (0, 0, width, height)
        if min(width, height) < 1 or box[2] > width or box[3] > height:
            raise TargetError(f"framing: an image must hold {box}, got {width}x{height}.")
        if self.window is not None:
            box = self._cut(box, self.window, chance, "window")
        size = self._size(box[2] - box[0], box[3] - box[1])
        whole = [max(side, wish) for side, wish in zip(size, self.pad or size, strict=True)]
        if math.prod(whole) > MAX_PIXELS:
            raise TargetError(
                f"framing: an image must become at most {MAX_PIXELS} pixels, got "
                f"{whole[0]}x{whole[1]} of {width}x{height}."
            )
        box = self._cut(box, window(box[2] - box[0], box[3] - box[1], size), chance, "aspect")
        return Transform(
            source=(width, height),
            crop=box,
            size=size,
            pad=self._margins(size),
            flip=mirror and chance.share("framing", "flip") < self.flip,
        )

    def _size(self, width: int, height: int) -> Size:
        match self.resize, self.size:
            case ("none", _):
                return width, height
            case ("auto", _) if passes(width, height):
                return width, height
            case ("exact", (int(across), int(down))):
                return across, down
            case ("short", int(side)):
                scale = side / min(width, height)
            case ("long", int(side)):
                scale = side / max(width, height)
            case ("area", int(pixels)):
                scale = math.sqrt(pixels / (width * height))
            case _:
                return bucket(width, height, max_aspect=self.max_aspect)
        return scaled(width, height, scale, multiple=self.multiple)

    def _cut(self, box: Box, size: Size, chance: Chance, name: str) -> Box:
        """The window of that size in `box`, where `at` says."""
        room = box[2] - box[0] - size[0], box[3] - box[1] - size[1]
        if min(room) < 0:
            raise TargetError(
                f"framing: an image must hold a window of {size[0]}x{size[1]}, got "
                f"{box[2] - box[0]}x{box[3] - box[1]}."
            )
        if self.at == "random":
            left = chance.draw("framing", name, "left") % (room[0] + 1)
            top = chance.draw("framing", name, "top") % (room[1] + 1)
        else:
            left, top = room[0] // 2, room[1] // 2
        left, top = box[0] + left, box[1] + top
        return left, top, left + size[0], top + size[1]

    def _margins(self, size: Size) -> Box:
        across, down = (
            max(0, wish - side) for wish, side in zip(self.pad or size, size, strict=True)
        )
        return across // 2, down // 2, across - across // 2, down - down // 2

    def _check_numbers(self) -> None:
        count = _NUMBERS[self.resize]
        if count:
            check_size("size", self.size, count)
        elif self.size is not None:
            raise SpecError(f"framing: size must be left out of {self.resize!r}, got {self.size}.")
        areas = {"pad": self.pad, "size": self.size if self.resize in ("exact", "area") else None}
        for name, given in areas.items():
            if given is not None:
                check_area(name, given)
        if not 2 <= self.max_aspect <= 8:
            raise SpecError(f"framing: max_aspect must be 2 to 8, got {self.max_aspect}.")
        if not 0 <= self.flip <= 1:
            raise SpecError(f"framing: flip must be a share, 0 to 1, got {self.flip}.")


def _is_box(box: Box) -> bool:
    whole = [type(side) for side in box] == [int] * 4 and min(box) >= 0
    return whole and box[0] < box[2] and box[1] < box[3]
