"""What generators, encoders and resizers do to a code: seeded models to measure codecs under.

"vblike" stands in for an image generator: a slight blur, a slow drift of color and a little grain,
set to what genuine Vision Banana outputs show (class colors off by 0.2 to 12.6 levels with a
deviation of 0.3 to 3.6; boundaries one pixel wide). "vbx2" is twice as bad.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from vtencode.errors import UnknownNameError
from vtencode.pixels import check_rgb
from vtencode.seeds import generator
from vtencode.targets import Array

#: Correlation length of the drift, in pixels.
DRIFT_PX = 48

_Noise = Callable[[Array, np.random.Generator], Array]


def degraded(rgb: Array, kind: str, *, seed: int = 0) -> Array:
    """The picture, uint8 (H, W, 3), after one of `KINDS`; the same seed gives the same picture.

    Raises `UnknownNameError` for another kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("noise", kind, tuple(KINDS))
    picture = check_rgb(rgb)
    return KINDS[kind](picture, generator(seed, "noise", kind)) if picture.size else picture


def _gaussian(deviation: float) -> _Noise:
    def add(rgb: Array, rng: np.random.Generator) -> Array:
        return _rounded(rgb + rng.normal(scale=deviation, size=rgb.shape))

    return add


def _jpeg(quality: int) -> _Noise:
    def compress(rgb: Array, _: np.random.Generator) -> Array:
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
        return np.asarray(Image.open(buffer))

    return compress


def _halved(rgb: Array, _: np.random.Generator) -> Array:
    """Downsampled to half by area, and back up bilinearly."""
    import cv2

    height, width = rgb.shape[:2]
    half = (max(width // 2, 1), max(height // 2, 1))
    small = cv2.resize(rgb, half, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))


def _painted(*, blur_px: float, drift: float, grain: float) -> _Noise:
    def paint(rgb: Array, rng: np.random.Generator) -> Array:
        import cv2

        height, width = rgb.shape[:2]
        soft = cv2.GaussianBlur(rgb.astype(np.float64), (0, 0), blur_px)
        coarse = rng.normal(scale=drift, size=(height // DRIFT_PX + 2, width // DRIFT_PX + 2, 3))
        slow = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        return _rounded(soft + slow + rng.normal(scale=grain, size=rgb.shape))

    return paint


def _rounded(values: Array) -> Array:
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


#: Gaussian noise of so many levels, JPEG 4:2:0 of a quality, half size and back, a generator.
KINDS: dict[str, _Noise] = {
    "g1": _gaussian(1),
    "g2": _gaussian(2),
    "g4": _gaussian(4),
    "g8": _gaussian(8),
    "jpg95": _jpeg(95),
    "jpg90": _jpeg(90),
    "jpg75": _jpeg(75),
    "rs": _halved,
    "vblike": _painted(blur_px=0.6, drift=2.5, grain=0.8),
    "vbx2": _painted(blur_px=0.9, drift=5.0, grain=1.5),
}
