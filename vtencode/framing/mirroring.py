"""Which targets a mirror would belie: words for left and right stay while the image turns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from vtencode.targets import (
    DepthMap,
    Expression,
    Expressions,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    SemanticMask,
)

_KNOWN = (
    DepthMap,
    Expressions,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    SemanticMask,
)
#: The words of a joint's name: left_eye, L_Eye (AP-10K), leftEye, right-hand-root.
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def mirrorable(target: Any) -> str | None:
    """Why `target` may not be mirrored, or None where it may.

    >>> mirrorable(SemanticMask([[0, 1]], ("left hand", "right hand")))
    "class 'left hand' names a side"
    """
    if not isinstance(target, _KNOWN) and not hasattr(target, "framed"):
        return f"nobody says what a mirror makes of {type(target).__name__}"
    if isinstance(target, Keypoints):
        return _unpaired(target)
    return next((f"{what} names a side" for what, name in _names(target) if _lateral(name)), None)


def _names(target: Any) -> Iterable[tuple[str, str]]:
    match target:
        case Expressions():
            said = ((f"expression {e.text!r}", e.text) for e in target.expressions)
            return chain(said, _names(target.masks))
        case SemanticMask():
            names: Iterable[str | None] = target.vocabulary
        case PanopticMap():
            names = (*target.vocabulary, *(segment.label for segment in target.segments))
        case InstanceMasks():
            names = (*target.vocabulary, *(region.label for region in target.regions))
        case _:
            return ()
    return ((f"class {name!r}", name) for name in names if name is not None)


def _lateral(name: str) -> bool:
    words = " ".join(re.split(r"[\s_]+", name.strip("_")))
    return bool(words) and Expression(words, ids=()).lateral


def _unpaired(keypoints: Keypoints) -> str | None:
    paired = {*chain.from_iterable(keypoints.flip_pairs)}
    for joint, name in enumerate(keypoints.names):
        if joint not in paired and any(map(_is_side, _WORDS.findall(name))):
            return f"joint {name!r} names a side, and flip_pairs does not say what becomes of it"
    return None


def _is_side(word: str) -> bool:
    return word in ("l", "r", "L", "R") or word.lower().startswith(("left", "right"))
