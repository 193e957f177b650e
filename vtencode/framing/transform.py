"""What was done to an image, to be done to its targets and undone on predictions."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from vtencode.errors import SpecError
from vtencode.framing.axis import Axis
from vtencode.spec import canonical_json, from_params, to_params
from vtencode.targets import Array, Camera


@dataclass(frozen=True)
class Transform:
    """A crop of a `source`, resized to `size`, padded, and mirrored left for right at last.

    `source` and `size` are width, height; `crop` is left, top, right, bottom in source pixels,
    right and bottom outside; `pad` is left, top, right, bottom in pixels. Points have their pixel
    centers at integers: x becomes (x - left + 1/2) * size / crop - 1/2.

    >>> Transform(source=(640, 480), crop=(0, 0, 640, 480), size=(320, 240)).to_json()
    '{"crop":[0,0,640,480],"flip":false,"pad":[0,0,0,0],"size":[320,240],"source":[640,480]}'
    """

    source: tuple[int, int]
    crop: tuple[int, int, int, int]
    size: tuple[int, int]
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    flip: bool = False

    def __post_init__(self) -> None:
        left, top, right, bottom = self.crop
        width, height = self.source
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise SpecError(
                f"Transform.crop must lie within {width}x{height} pixels, got {self.crop}."
            )
        if min(self.size) < 1 or min(self.pad) < 0:
            raise SpecError(
                f"Transform.size must be >= 1 and pad >= 0, got {self.size} and {self.pad}."
            )

    @classmethod
    def whole(cls, width: int, height: int) -> Transform:
        """The transform that changes nothing."""
        return cls((width, height), (0, 0, width, height), (width, height))

    @classmethod
    def from_json(cls, text: str) -> Transform:
        """Read what `to_json` wrote."""
        return from_params(cls, json.loads(text))

    def to_json(self) -> str:
        """One line of JSON that depends on the transform alone."""
        return canonical_json(to_params(self))

    @property
    def identity(self) -> bool:
        """Whether nothing changes."""
        return self == Transform.whole(*self.source)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of what is framed."""
        x, y = self.axes
        return y.total, x.total

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """What happens across, and what happens down."""
        (left, top, right, bottom), (x0, y0, x1, y1) = self.crop, self.pad
        across = Axis(self.source[0], left, right - left, self.size[0], x0, x1, self.flip)
        return across, Axis(self.source[1], top, bottom - top, self.size[1], y0, y1)

    @property
    def inverse(self) -> Transform:
        """The transform that puts the crop back in its place; what lay outside it is margin."""
        x, y = (axis.inverse for axis in self.axes)
        # Margins are laid before the flip, so that mirrored ones change sides.
        margins = (x.before, y.before, x.after, y.after)
        return Transform(
            source=(x.source, y.source),
            crop=(x.start, y.start, x.start + x.length, y.start + y.length),
            size=(x.size, y.size),
            pad=margins,
            flip=self.flip,
        )

    def points(self, xy: Array) -> Array:
        """Where points (..., 2) of the source come to lie: float64."""
        x, y = self.axes
        places = np.asarray(xy, dtype=np.float64)
        return np.stack([x.centers(places[..., 0]), y.centers(places[..., 1])], axis=-1)

    def holds(self, xy: Array) -> Array:
        """Which points (..., 2) of the source lie on pixels of the crop: bool (...)."""
        places = np.asarray(xy, dtype=np.float64) + 0.5
        low, high = np.array(self.crop[:2]), np.array(self.crop[2:])
        return np.asarray(((places >= low) & (places < high)).all(axis=-1))

    def camera(self, camera: Camera) -> Camera:
        """The camera that sees what is framed."""
        x, y = self.axes
        cropped = camera.crop(left=x.start, top=y.start)
        resized = cropped.resize(x=x.size / x.length, y=y.size / y.length)
        padded = resized.crop(left=-x.before, top=-y.before)
        return padded.flip(width=x.total) if self.flip else padded
