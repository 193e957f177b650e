"""Scenes in turns for training and for testing, as miniatures use them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from vtencode.errors import SpecError
from vtencode.miniatures.scenes import Scene, scene
from vtencode.targets import Array, Camera

#: A JPEG of a miniature, as cameras write them: lossy, colors halved.
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Shot:
    """A scene, its place in the series from 0, its place in its own split, and which that is."""

    found: Scene
    index: int
    number: int
    test: bool


def indoors(index: int) -> bool:  # noqa: ARG001  # one rule among others
    """No scene is a street."""
    return False


def outdoors(index: int) -> bool:  # noqa: ARG001  # one rule among others
    """Every scene is a street, under a sky."""
    return True


def in_turns(index: int) -> bool:
    """Every other scene is a street."""
    return index % 2 == 1


def series(
    count: int,
    seed: int,
    *,
    height: int,
    width: int,
    camera: Camera,
    street: Callable[[int], bool] = indoors,
    people: int = 0,
) -> Iterator[Shot]:
    """`count` scenes to train and a quarter as many to test, at least 1, in turns.

    Scene i is `scene(seed, i)`, a street where `street(i)` says so, with up to `people`
    mannequins. Scenes are rendered as they are asked for. Raises `SpecError` for no scenes, before
    anything is written.
    """
    tested = turns(count)
    drawn = partial(scene, seed, height=height, width=width, camera=camera, people=people)
    return _rendered(tested, street, drawn)


def turns(count: int) -> list[bool]:
    """Which of the scenes are to test."""
    if count < 1:
        raise SpecError(f"count must be >= 1 (train frames), got {count}.")
    test = max(1, count // 4)
    total = count + test
    steps = (np.arange(total + 1) * test + total // 2) // total
    return [bool(step) for step in np.diff(steps)]


def jpeg(rgb: Array) -> bytes:
    """A JPEG file of uint8 (H, W, 3); the same pixels give the same bytes."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _rendered(
    tested: list[bool], street: Callable[[int], bool], drawn: Callable[..., Scene]
) -> Iterator[Shot]:
    numbers = {True: 0, False: 0}
    for index, test in enumerate(tested):
        yield Shot(drawn(index, sky=street(index)), index, numbers[test], test)
        numbers[test] += 1
