"""Pictures, framed: the same bytes where nothing changes, and the same format where it does."""

from __future__ import annotations

import numpy as np

from vtencode.errors import TargetError
from vtencode.framing.sampling import placed
from vtencode.framing.transform import Transform
from vtencode.images import Picture
from vtencode.targets import Array


def frame_picture(picture: Picture, transform: Transform) -> Picture:
    """Crop, resize, pad with black, flip; the very picture where that is nothing.

    A PNG stays a PNG. A JPEG is decoded and written again as a JPEG of quality 95. Pixels are
    resampled by Pillow's bicubic filter, which widens as an image shrinks; it computes in
    integers, and so alike on every machine.
    """
    if (picture.width, picture.height) != transform.source:
        width, height = transform.source
        raise TargetError(
            f"framing: a picture must be {width}x{height}, got {picture.width}x{picture.height}."
        )
    if transform.identity:
        return picture
    rgb = np.ascontiguousarray(placed(_resized(picture.rgb, transform), transform, 0))
    return Picture.from_rgb(rgb) if picture.format == "png" else Picture.jpeg_from_rgb(rgb)


def _resized(rgb: Array, transform: Transform) -> Array:
    from PIL import Image

    left, top, right, bottom = transform.crop
    crop = rgb[top:bottom, left:right]
    if transform.size == (right - left, bottom - top):
        return crop
    image = Image.fromarray(np.ascontiguousarray(crop))
    return np.asarray(image.resize(transform.size, Image.Resampling.BICUBIC))
