"""People's joints, framed by arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vtencode.framing.transform import Transform
from vtencode.targets import Array, Keypoints, Visibility


def frame_keypoints(keypoints: Keypoints, transform: Transform) -> Keypoints:
    """Joints where they come to lie; those off the crop are absent, and people without any go.

    Boxes are edges, as COCO's are: a box of the whole image is 0, 0, width, height. They are
    clipped to the crop; a person whose joints are all gone stays while a box is left. A flip
    swaps the joints of `flip_pairs`.
    """
    visibility = np.where(transform.holds(keypoints.xy_px), keypoints.visibility, Visibility.ABSENT)
    xy = transform.points(keypoints.xy_px)
    if transform.flip:
        order = _swapped(keypoints)
        xy, visibility = xy[:, order], visibility[:, order]
    stays = (visibility != Visibility.ABSENT).any(axis=1)
    boxes = keypoints.boxes
    if boxes is not None:
        boxes, left = _boxes(boxes.astype(np.float64), transform)
        stays |= left
        boxes = boxes[stays]
    return replace(
        keypoints,
        xy_px=xy[stays],
        visibility=visibility[stays],
        boxes=boxes,
        shape=transform.shape,
    )


def _swapped(keypoints: Keypoints) -> list[int]:
    order = list(range(len(keypoints.names)))
    for one, other in keypoints.flip_pairs:
        order[one], order[other] = other, one
    return order


def _boxes(boxes: Array, transform: Transform) -> tuple[Array, Array]:
    """Boxes clipped to the crop, in framed pixels, and which of them have any of it."""
    left, top, right, bottom = transform.crop
    inside = (boxes[:, :2] < (right, bottom)) & (boxes[:, 2:] > (left, top))
    clipped = np.clip(boxes, (left, top, left, top), (right, bottom, right, bottom))
    x, y = transform.axes
    across = np.sort(x.edges(clipped[:, 0::2]), axis=1)
    down = y.edges(clipped[:, 1::2])
    framed = np.stack([across[:, 0], down[:, 0], across[:, 1], down[:, 1]], axis=1)
    return framed, np.asarray(inside.all(axis=1))
