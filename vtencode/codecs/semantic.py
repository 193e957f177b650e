"""Semantic segmentation as flat colors: one for each class, listed in the image's legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.codecs.class_colors import (
    BACKGROUND,
    VOID,
    checked,
    class_colors,
    dataset_palette,
    written,
)
from vtencode.codecs.class_key import LEAST, MOST, SHARE, ClassKey, class_key
from vtencode.colors import RGB
from vtencode.errors import SpecError, TargetError
from vtencode.legends import Legend
from vtencode.nearest import Nearest, nearest_color
from vtencode.palettes import as_colors, min_distance
from vtencode.pixels import blocks, canvas, pack, store
from vtencode.surroundings import local, mode5, near
from vtencode.targets import Array, SemanticMask

#: Longest distance of two colors: what confidence is measured in where there is only one.
_DIAGONAL = float(np.sqrt(3) * 255)


@dataclass(frozen=True, kw_only=True)
class SemanticCodec(Codec[SemanticMask]):
    """Classes as flat colors that the image's legend lists by name.

    `palette` says where colors come from: "optimized" for the number of classes, "random" by
    `seed`, "css" and "xkcd" (words), or a dataset's ("voc", "cityscapes", "painter-ade"). Or
    `colors` gives one to each class of `vocabulary`, in any notation that prompts use. With a
    `vocabulary` classes keep their color in every image, and pictures without a legend are read
    by it. The class "background" is painted `background`, and pixels without a class `void`.

    Decoding takes the nearest color of the legend. In a picture that a generator painted, a color
    farther from it than the key's reach is void (or not: `unsure` "nearest"), and `robust` may
    let surroundings decide: "mode5", the most frequent label of 5 x 5 pixels, or "local", which
    mends unsure pixels only.
    """

    name: ClassVar[str] = "semantic"
    version: ClassVar[int] = 1
    summary: ClassVar[str] = "classes as flat colors, listed in the legend"
    unit: ClassVar[str] = "class"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "vision-banana": {"unsure": "nearest"},
        "painted": {"robust": "local"},
        "cityscapes": {"palette": "cityscapes", "void": (0, 0, 0)},
        "voc": {"palette": "voc", "void": (224, 224, 192)},
        "painter-ade": {"palette": "painter-ade", "void": (0, 0, 0)},
    }

    palette: str = "optimized"
    seed: int = 0
    vocabulary: tuple[str, ...] = ()
    colors: tuple[str, ...] = ()
    background: tuple[int, int, int] = (0, 0, 0)
    void: tuple[int, int, int] = (128, 128, 128)
    robust: Literal["none", "mode5", "local"] = "none"
    unsure: Literal["void", "nearest"] = "void"

    def __post_init__(self) -> None:
        for field in ("background", "void"):
            if not all(0 <= value <= 255 for value in getattr(self, field)):
                raise SpecError(f"semantic: {field} must be 8-bit RGB, got {getattr(self, field)}.")
        if len({*self.vocabulary, VOID}) <= len(self.vocabulary):
            raise SpecError("semantic: vocabulary must name each class once, and none 'void'.")
        dataset_palette(self.palette)
        try:
            self._listed()
        except TargetError as error:
            raise SpecError(f"semantic: {error}") from None

    def encode(self, target: SemanticMask, *, out: Array | None = None) -> Code:
        """Paint a mask, into `out` (contiguous uint8 (H, W, 3)) if given."""
        if VOID in target.vocabulary:
            raise TargetError(
                "SemanticMask.vocabulary must not name a class 'void': give its id as void."
            )
        colors = self._paint(target.vocabulary, painted_void=target.void is not None)
        rgb = canvas(target.shape, out)
        packed = pack(colors)
        # As unsigned numbers, void ids lie past the vocabulary, negative ones too.
        ids = target.ids.reshape(-1).view(np.uint32)
        for start, stop in blocks(ids.size):
            store(packed.take(np.minimum(ids[start:stop], len(packed) - 1)), rgb, start)
        names = (*target.vocabulary, VOID)
        listed = {name: _rgb(color) for name, color in zip(names, colors, strict=False)}
        return Code(rgb, Legend(listed, {} if target.void is None else {VOID: target.void}))

    def read(self, code: Code) -> Decoded[SemanticMask]:
        """Read a mask by the code's legend, or by `vocabulary` where it has none.

        Without either, everything is void. Confidence is the margin to the second nearest color,
        in smallest distances of the legend's colors; it is 0 for what surroundings or `unsure`
        decided. Raises `CodeError` for a legend that paints two classes alike.
        """
        key = class_key(code, otherwise=self._listed(), background=self.background, void=self.void)
        if not len(key.colors):
            shape = code.rgb.shape[:2]
            none = np.zeros((2, *shape), dtype=np.float32)
            return Decoded(SemanticMask(_full(shape, key), (), key.void), none[0], none[1])
        found = nearest_color(key.colors).read(code.rgb)
        apart = np.float32(min(min_distance(key.colors), _DIAGONAL))
        confidence = np.minimum(found.margin / apart, np.float32(1))
        labels = found.index if code.exact else self._believed(found, code.rgb, key, confidence)
        id_of = np.arange(len(key.colors) + 1, dtype=np.int32)
        id_of[len(key.vocabulary) :] = -1 if key.void is None else key.void
        mask = SemanticMask(id_of.take(labels), key.vocabulary, key.void)
        return Decoded(mask, confidence, found.residual)

    def tolerance(self, target: SemanticMask) -> Array:
        """Zeros (H, W): every class comes back."""
        return np.zeros(target.shape)

    def error(self, target: SemanticMask, decoded: SemanticMask) -> Array:
        """0 where the class is the same by name, 1 where not, +inf where only one is void."""
        places = {name: place for place, name in enumerate(target.vocabulary)}
        same = [places.get(name, -1) for name in decoded.vocabulary]
        place = np.array([*same, -1]).take(
            np.where(decoded.labeled, decoded.ids, len(same)).astype(np.int64)
        )
        off: Array = (place != target.ids).astype(np.float64)
        off[~target.labeled] = 0
        off[target.labeled != decoded.labeled] = np.inf
        return off

    def contract(self) -> dict[str, Any]:
        """Domain, correction radius by number of classes, reserved colors, tolerance."""
        radius = {}
        for count in (1, 3, 7, 19, 49, 150, 364, 998):
            names = self.vocabulary or tuple(f"class {place}" for place in range(count))
            try:
                colors = self._paint(names, painted_void=False)
            except TargetError:
                break
            taken = {self.background, *map(_rgb, colors)}
            apart = min(min_distance(sorted(taken)), _DIAGONAL)
            radius[str(len(names))] = round(apart / 2, 1)
        return {
            "domain": "one class of a vocabulary, or void, for every pixel",
            "correction_radius": radius,
            "painted_reach": f"{SHARE:g} of it, at least {LEAST:g} and at most {MOST:g}",
            "reserved": {BACKGROUND: list(self.background), VOID: list(self.void)},
            "tolerance": 0,
            "source": "Image Generators are Generalist Vision Learners, arXiv:2604.20329",
        }

    def _believed(self, found: Nearest, rgb: Array, key: ClassKey, confidence: Array) -> Array:
        """Labels of a painted picture; len(key.colors) is void. Corrects the residual too."""
        sure = found.residual <= key.reach
        labels = mode5(found.index) if self.robust == "mode5" else found.index.copy()
        if self.unsure == "void":
            labels[~(near(sure) if self.robust == "mode5" else sure)] = len(key.colors)
        if self.robust == "local":
            labels = local(found.index, sure, rgb, key.colors, otherwise=labels)
        moved = labels != found.index
        confidence[moved | ~sure] = 0
        moved &= labels < len(key.colors)
        offset = rgb[moved].astype(np.float32) - key.colors[labels[moved]]
        found.residual[moved] = np.sqrt((offset**2).sum(axis=1))
        return labels

    def _paint(self, vocabulary: tuple[str, ...], *, painted_void: bool) -> Array:
        """Colors of these classes, then void's if it is painted."""
        void = self.void if painted_void else None
        if not self.vocabulary:
            return self._colors(vocabulary, void)
        listed = self._listed()
        if self._free_background:
            listed.setdefault(BACKGROUND, self.background)
        strange = [name for name in vocabulary if name not in listed]
        if strange:
            raise TargetError(
                f"the codec's vocabulary must name {strange[0]!r} too, got "
                f"{', '.join(self.vocabulary)}."
            )
        colors = as_colors([listed[name] for name in vocabulary])
        return checked(vocabulary, colors, void, where="the codec")

    def _listed(self) -> dict[str, RGB]:
        """What this codec paints in every image, void last; empty where each image decides."""
        named = dataset_palette(self.palette)
        names = self.vocabulary or (named.names if named and not self.colors else ())
        if not names and not self.colors:
            return {}
        colors = self._colors(names, self.void)
        return {name: _rgb(color) for name, color in zip((*names, VOID), colors, strict=True)}

    def _colors(self, vocabulary: tuple[str, ...], void: RGB | None) -> Array:
        if self.colors:
            return written(vocabulary, self.colors, void)
        return class_colors(
            vocabulary,
            source=self.palette,
            seed=self.seed,
            background=self.background if self._free_background else None,
            void=void,
        )

    @property
    def _free_background(self) -> bool:
        """Whether the background has a color of its own; some datasets paint void black."""
        return self.background != self.void


def _rgb(color: Array) -> RGB:
    red, green, blue = color.tolist()
    return red, green, blue


def _full(shape: tuple[int, ...], key: ClassKey) -> Array:
    return np.full(shape, key.void, dtype=np.int32)
