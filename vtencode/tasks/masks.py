"""What the tasks share whose answer is a mask: its color, how it is said, how it is painted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.codecs.class_colors import BACKGROUND
from vtencode.colors import RGB
from vtencode.seeds import Chance
from vtencode.targets import Array, InstanceMasks, SemanticMask
from vtencode.targets.spans import pixels
from vtencode.tasks.base import Finding, Question, Wording, check_shares
from vtencode.tasks.classes import CLASS_COLORS, class_codec
from vtencode.tasks.coloring import BLACK, GROUND, LEGEND, Coloring, draw_coloring

T = TypeVar("T")

_WHITE: RGB = (255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class Masking(Finding[T]):
    """A task whose answer is a mask: white on black in a share `white` of the pairs, else in color.

    `subject` is the field that says what the mask is of.
    """

    paints: ClassVar[type] = SemanticMask
    codec: ClassVar[str] = "semantic"
    drawn: ClassVar[tuple[str, ...]] = CLASS_COLORS
    subject: ClassVar[str]

    white: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "white")

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """The subject and its color, and the background's where it is not black."""
        supplied = (self.subject, "color", *GROUND)
        told = ((self.subject, *LEGEND), ("color", *LEGEND))
        return Wording(supplied, told), Wording(supplied, (*told, GROUND))

    def mask_coloring(self, name: str, chance: Chance) -> Coloring:
        """White on black, or colors of the pair's own."""
        if chance.share("white") < self.white:
            return draw_coloring([name], chance, colors=[_WHITE], background=BLACK)
        return draw_coloring([name], chance)


def painted_masks(
    masks: list[Array],
    codec: Codec[Any],
    coloring: Coloring,
    *,
    fields: dict[str, str],
    negative: bool,
) -> Question:
    """Ask for masks, bool (H, W), one a name of the coloring; later ones lie on top.

    `fields` are what the wording may name them by, but for a legend.
    """
    ids = np.zeros(masks[0].shape, dtype=np.int32)
    for at, mask in enumerate(masks, start=1):
        ids[mask] = at
    names = tuple(coloring.colors)
    return Question(
        SemanticMask(ids, (BACKGROUND, *names)),
        class_codec(codec, coloring),
        {**coloring.fields, **fields},
        ((*fields, *LEGEND), ("color", *LEGEND), *coloring.convey),
        asked=names,
        negative=negative,
    )


def covered(masks: InstanceMasks, ids: set[int]) -> Array:
    """Where any of these regions is: bool (H, W)."""
    mask = np.zeros(masks.shape, dtype=bool)
    for region in masks.regions:
        if region.id in ids:
            mask.reshape(-1)[pixels(region.spans, masks.shape[1])] = True
    return mask
