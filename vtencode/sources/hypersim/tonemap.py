"""The authors' tone map, which makes an 8-bit picture of linear radiance.

The rule of `code/python/tools/scene_generate_images_tonemap.py` of ml-hypersim: the color is
scaled so that the 90th percentile of brightness is 0.8 once gamma (1 / 2.2) is applied, over the
pixels that see something (`render_entity_id` is not -1), and cut to [0, 1].
"""

from __future__ import annotations

import numpy as np

from vtencode.errors import SampleError
from vtencode.targets import Array

GAMMA = 1 / 2.2
PERCENTILE, BRIGHTNESS = 90, 0.8
#: Weights of red, green and blue: "CCIR601 YIQ", there.
WEIGHTS = (0.3, 0.59, 0.11)
#: What is darker the script paints black.
DARKEST = 0.0001
#: `render_entity_id` of a pixel that sees nothing.
NOTHING = -1


def tonemap(color: Array, entities: Array, *, where: str) -> Array:
    """Color, float (H, W, 3), as the picture uint8 (H, W, 3); `entities` are (H, W).

    Levels are cut, not rounded, as matplotlib's `imsave` and Marigold do, so that the picture of
    a frame is the same in every form of the dataset. Raises `SampleError` for color that is
    not a number, and for a frame that is black (ml-hypersim, issue 22).
    """
    radiance = color.astype(np.float32)
    if np.isnan(radiance).any():
        count = int(np.isnan(radiance).any(axis=2).sum())
        raise SampleError("RANGE", "image", where, f"color must be numbers, got NaN in {count} px")
    shown = np.maximum(_scale(radiance, entities != NOTHING, where) * radiance, 0) ** GAMMA
    picture: Array = (np.minimum(shown, 1) * 255).astype(np.uint8)
    return picture


def _scale(radiance: Array, seen: Array, where: str) -> float:
    if not seen.any():
        return 1.0
    red, green, blue = (radiance[..., channel][seen] for channel in range(3))
    brightness = WEIGHTS[0] * red + WEIGHTS[1] * green + WEIGHTS[2] * blue
    with np.errstate(invalid="ignore"):  # between two that are infinite
        current = float(np.percentile(brightness, PERCENTILE))
    if not DARKEST <= current < np.inf:
        raise SampleError(
            "RANGE",
            "image",
            where,
            f"a tenth of the pixels must be brighter than {DARKEST}, got a {PERCENTILE}th "
            f"percentile of {current:.3g}: the frame is black, or its light is not finite",
        )
    return float(BRIGHTNESS ** (1 / GAMMA) / current)
