"""The mask of one class: in one color, everything else background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.codecs.class_colors import BACKGROUND
from vtencode.colors import RGB
from vtencode.seeds import Chance
from vtencode.targets import Array, InstanceMasks, SemanticMask
from vtencode.targets.spans import pixels
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.classes import CLASS_COLORS, class_codec
from vtencode.tasks.coloring import BLACK, GROUND, LEGEND, Coloring, draw_coloring
from vtencode.tasks.inventory import classes_of, names_of, regions_of
from vtencode.tasks.words import written

_WHITE: RGB = (255, 255, 255)


@dataclass(frozen=True, kw_only=True)
class BinaryTask(Finding[SemanticMask | InstanceMasks]):
    """One class against the rest: in a share `white` of the pairs white on black, else in color."""

    name: ClassVar[str] = "binary"
    summary: ClassVar[str] = "the mask of one class"
    target: ClassVar[str] = "semantic"
    takes: ClassVar[tuple[type, ...]] = (SemanticMask, InstanceMasks)
    paints: ClassVar[type] = SemanticMask
    fields: ClassVar[tuple[str, ...]] = ("name", "color", "background_color", "background")
    codec: ClassVar[str] = "semantic"
    pool: ClassVar[str] = "binary"
    drawn: ClassVar[tuple[str, ...]] = CLASS_COLORS

    white: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "white")

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """The mask's color, and the background's where it is not black."""
        return mask_wordings("name")

    def ask(
        self, target: SemanticMask | InstanceMasks, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """One class that is there, or one that is not."""
        present, absent = names_of(target)
        negative = self.wants_negative(chance) and bool(absent)
        choice = absent if negative else present
        if not choice:
            raise nothing(self.target, where, "has no class to ask for")
        name = choice[chance.draw("class") % len(choice)]
        coloring = mask_coloring(name, chance, white=self.white)
        mask = _mask(target, name)
        fields = {"name": written(name)}
        return painted_masks([mask], codec, coloring, fields=fields, negative=negative)


def mask_wordings(subject: str) -> tuple[Wording, ...]:
    """The wordings of a single mask, which is told by the field `subject`."""
    supplied = (subject, "color", *GROUND)
    told = ((subject, *LEGEND), ("color", *LEGEND))
    return Wording(supplied, told), Wording(supplied, (*told, GROUND))


def mask_coloring(name: str, chance: Chance, *, white: float) -> Coloring:
    """White on black in a share of the pairs, and colors of the pair's own in the rest."""
    if chance.share("white") < white:
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


def _mask(target: SemanticMask | InstanceMasks, name: str) -> Array:
    if isinstance(target, InstanceMasks):
        return covered(target, {region.id for region in regions_of(target).get(name, ())})
    mask: Array = np.isin(target.ids, classes_of(target.vocabulary)[name]) & target.labeled
    return mask
