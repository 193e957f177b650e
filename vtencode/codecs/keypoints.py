"""Keypoints as small discs: the color says whose joint it is and whether it is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import LATER, Code, Codec, Decoded
from vtencode.codecs.keypoint_records import recall, record
from vtencode.colors import RGB
from vtencode.discs import GRID, DiscCodes, Marks
from vtencode.errors import CodeError, SpecError, TargetError
from vtencode.legends import Legend
from vtencode.palettes import CAPACITY, as_colors, clash, distinct, min_distance, parse_color
from vtencode.spec import canonical_json
from vtencode.targets import Array, Keypoints, Visibility

BLACK: RGB = (0, 0, 0)

#: COCO's joints, in the order of its person_keypoints JSON.
COCO_JOINTS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip",
    "left_knee", "right_knee", "left_ankle", "right_ankle",
)  # fmt: skip

#: Half a grid step in x and in y.
GRID_ERROR_PX = float(np.sqrt(2) / (2 * GRID))
#: A joint has a color where it is seen, then one where it is occluded.
_WAYS = 2


@dataclass(frozen=True, kw_only=True)
class KeypointCodec(Codec[Keypoints]):
    """Every joint of every person an anti-aliased disc on black, in a color of its own.

    A disc is `radius_px`, or `radius_share` of the image's short side if that is more. Where
    discs meet, each keeps the pixels nearest to its center, so that two on one spot both come
    back. Colors are the first of one farthest-first palette for `people` of `joints`: a joint has
    the same color in every picture, and a picture of fewer people has colors farther apart. Other
    joints are held too, as many as there are colors; the legend names them. A picture without a
    legend is read as `people` of `joints`. Or `colors` gives them, in any notation that prompts
    use: of each person each joint, where it is seen and where it is occluded.

    Decoding goes from colors to blobs to centers of mass, and where discs meet, or are sharp, to
    the centers whose painting is nearest to the picture. Positions are multiples of
    1/64 px. The encoder decodes what it paints: joints that cannot be kept are left out and
    listed in the legend's fact `lost`, those displaced by more than the grid in `moved`; the
    positions as they were given are there too, for `recorded`.
    """

    name: ClassVar[str] = "keypoints"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "joints of people as small discs, colored by joint and person"
    unit: ClassVar[str] = "px"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"coco": {}, "coco-person": {"people": 1}}

    joints: tuple[str, ...] = COCO_JOINTS
    people: int = 10
    radius_px: float = 4.0
    radius_share: float = 0.015
    colors: tuple[str, ...] = field(default=(), metadata={LATER: True})

    def __post_init__(self) -> None:
        if not 0 < _WAYS * self._most <= CAPACITY or len({*self.joints}) < len(self.joints):
            raise SpecError(
                f"keypoints: joints must be distinct and {_WAYS} x joints x people 1 to {CAPACITY} "
                f"colors, got {len(self.joints)} joints, {self.people} people."
            )
        if self.colors and (
            len(self.colors) != _WAYS * self._most or clash([BLACK, *self._colors(self._most)])
        ):
            raise SpecError(
                f"keypoints: colors must be {_WAYS} x joints x people, all different and none "
                f"black, got {', '.join(self.colors)}."
            )
        if not (3 <= self.radius_px < np.inf and 0 <= self.radius_share <= 1):
            raise SpecError(
                "keypoints: radius_px must be 3 or more and radius_share a share, "
                f"got {self.radius_px} and {self.radius_share}."
            )

    @property
    def correction_radius(self) -> float:
        """A color off by less, in RGB levels, is still read as the joint it was painted as."""
        return min_distance(np.vstack([BLACK, self._colors(self._most)])) / 2

    def encode(self, target: Keypoints) -> Code:
        """Paint the joints. Raises `TargetError` for more than there are colors."""
        marks = self._kept(target)
        off = self._off(target, _points(marks, target))
        moved = np.argwhere(np.isfinite(off) & (off > GRID_ERROR_PX)).tolist()
        facts = {
            "people": len(off),
            "joints": canonical_json(target.names),
            "lost": canonical_json(np.argwhere(np.isinf(off)).tolist()),
            "moved": canonical_json([[*at, round(off[*at], 4)] for at in moved]),
            "recorded": record(target),
        }
        rgb = self._discs(target).paint(marks, target.shape)
        return Code(rgb, Legend(self._legend(target), facts))

    def read(self, code: Code) -> Decoded[Keypoints]:
        """Read the people and joints of the legend, or all that may be if it is silent."""
        blank = self._blank(code)
        discs = self._discs(blank)
        marks = discs.find(code.rgb)
        residual = np.zeros(blank.shape, dtype=np.float32)
        if not np.array_equal(discs.paint(marks, blank.shape), code.rgb):
            marks = discs.settle(marks, blank.shape)
            off = np.subtract(discs.paint(marks, blank.shape), code.rgb, dtype=np.float32)
            np.sqrt(np.einsum("hwc,hwc->hw", off, off), out=residual)
        confidence = np.maximum(0, 1 - residual / np.float32(self.correction_radius))
        return Decoded(_points(marks, blank), confidence, residual)

    def recorded(self, code: Code) -> Keypoints:
        """The joints as they were given to `encode`, which wrote them down beside the picture.

        Raises `CodeError` if the legend lacks them.
        """
        if "recorded" not in code.legend.facts:
            raise CodeError("the legend of this picture must have the fact `recorded`.")
        return recall(code.legend.facts["recorded"])

    def pages(self, target: Keypoints) -> tuple[Keypoints, ...]:
        """The same people in as many images as they need; `Keypoints.joined` is the inverse."""
        each = self._most // len(target.names)
        if not each:
            raise TargetError(_too_many(target, self._most))
        starts = range(0, max(len(target.visibility), 1), each)
        return tuple(target.of(slice(start, start + each)) for start in starts)

    def tolerance(self, target: Keypoints) -> Array:
        """Pixels by which a joint may come back displaced: float64 (N, K); 0 where absent.

        Half a grid step in x and y, or what the self-check measured if that is more; a joint
        that the encoder reports lost may be anywhere in the image.
        """
        off = self._off(target, _points(self._kept(target), target))
        off[np.isinf(off)] = _anywhere(target)
        bound: Array = np.where(target.present, np.maximum(off, GRID_ERROR_PX), 0)
        return bound

    def error(self, target: Keypoints, decoded: Keypoints) -> Array:
        """Pixels between joints: float64 (N, K); +inf where what is known of one changed.

        A joint that the encoder reports lost, and that is gone, is off by the image's diagonal.
        """
        if target.visibility.shape != decoded.visibility.shape:
            raise TargetError(
                f"keypoints: decoded must have {target.visibility.shape} joints, "
                f"got {decoded.visibility.shape}."
            )
        off = self._off(target, decoded)
        gone = target.present & ~decoded.present
        if gone.any():
            kept = _points(self._kept(target), target)
            off[gone & ~kept.present] = _anywhere(target)
        return off

    def contract(self) -> dict[str, Any]:
        """Domain, capacity, disc size, worst error, correction radius, reserved colors."""
        return {
            "domain": "joints absent, occluded or visible, at positions in pixels",
            "joints": list(self.joints),
            "people": self.people,
            "colors": _WAYS * self._most,
            "radius_px": f"max({self.radius_px:g}, {self.radius_share:g} x short side)",
            "grid_px": 1 / GRID,
            "correction_radius": round(self.correction_radius, 1),
            "reserved": {"background": list(BLACK)},
            "tolerance_px": float(f"{GRID_ERROR_PX:.3g}"),
            "beyond": "joints lost or moved by more are listed in the legend by the self-check",
            "source": "discs as in InstructDiffusion, arXiv:2309.03895; anti-aliased, divided",
        }

    @property
    def _most(self) -> int:
        """How many joints an image holds, of all people together."""
        return self.people * len(self.joints)

    def _colors(self, count: int) -> Array:
        """The colors of so many joints: uint8 (2 count, 3)."""
        if self.colors:
            return as_colors([*map(parse_color, self.colors)])[: _WAYS * count]
        return distinct(_WAYS * self._most, reserved=(BLACK,))[: _WAYS * count]

    def _discs(self, target: Keypoints) -> DiscCodes:
        radius = max(self.radius_px, self.radius_share * min(target.shape))
        colors = self._colors(target.visibility.size)
        return DiscCodes(colors.astype(np.float64), _WAYS, radius)

    def _legend(self, target: Keypoints) -> dict[str, RGB]:
        people = len(target.visibility)
        owners = [f"person {n + 1} " for n in range(people)] if self.people > 1 else [""] * people
        keys = product(owners, target.names, ("", ", occluded"))
        colors = map(tuple, self._colors(target.visibility.size).tolist())
        return dict(zip(map("".join, keys), colors, strict=True))

    def _kept(self, target: Keypoints) -> Marks:
        """What the picture of a target holds, by the encoder's self-check."""
        if target.visibility.size > self._most:
            raise TargetError(_too_many(target, self._most))
        ranks = np.flatnonzero(target.present)
        codes = ranks * _WAYS + Visibility.VISIBLE - target.visibility.reshape(-1)[ranks]
        xy = target.xy_px.reshape(-1, 2)[ranks].astype(np.float64)
        marks = Marks(codes, np.round(xy * GRID) / GRID)
        return self._discs(target).settle(marks, target.shape)

    def _blank(self, code: Code) -> Keypoints:
        """Nobody's joints, as many as the legend says that the picture may show."""
        shape, joints, people = code.rgb.shape[:2], self.joints, self.people
        with suppress(KeyError, TypeError, ValueError):
            said = tuple(json.loads(code.legend.facts["joints"]))
            count = int(code.legend.facts["people"])
            if 0 <= count * len(said) <= self._most:
                return _nobody(said, count, shape)
        return _nobody(joints, people, shape)

    def _off(self, target: Keypoints, other: Keypoints) -> Array:
        """Pixels between joints: float64 (N, K); +inf where one's visibility is another."""
        between = np.nan_to_num(target.xy_px).astype(np.float64) - np.nan_to_num(other.xy_px)
        off: Array = np.sqrt((between**2).sum(axis=2))
        off[target.visibility != other.visibility] = np.inf
        return off


def _nobody(names: tuple[str, ...], people: int, shape: tuple[int, int]) -> Keypoints:
    visibility = np.zeros((people, len(names)), dtype=np.uint8)
    return Keypoints(np.zeros((*visibility.shape, 2)), visibility, names, shape=shape)


def _points(marks: Marks, like: Keypoints) -> Keypoints:
    """Marks as joints of the same names, people and image."""
    xy = np.zeros((like.visibility.size, 2), dtype=np.float32)
    visibility = np.zeros(len(xy), dtype=np.uint8)
    ranks, way = np.divmod(marks.codes, _WAYS)
    xy[ranks], visibility[ranks] = marks.xy_px, Visibility.VISIBLE - way
    grid = like.visibility.shape
    return Keypoints(xy.reshape(*grid, 2), visibility.reshape(grid), like.names, shape=like.shape)


def _too_many(target: Keypoints, most: int) -> str:
    people, joints = target.visibility.shape
    return (
        f"keypoints: an image holds {most} joints, got {people} people of {joints}. "
        "Encode each of the codec's `pages`, or make it with more `people`."
    )


def _anywhere(target: Keypoints) -> float:
    """How far from a joint it may seem to be when nothing shows it: the image's diagonal."""
    return float(np.hypot(*target.shape))
