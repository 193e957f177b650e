"""Panoptic segmentation: every thing its own color, every class of stuff one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.errors import SpecError
from vtencode.seeds import Chance
from vtencode.targets import PanopticMap
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.coloring import BLACK, LEGEND, draw_coloring
from vtencode.tasks.inventory import names_of
from vtencode.tasks.words import askable, listed, spoken


@dataclass(frozen=True, kw_only=True)
class PanopticTask(Finding[PanopticMap]):
    """All segments of an image; where there is nothing to find, only absent classes are asked for.

    Colors are free, or in a share `stated` of the pairs a legend says those of the stuff, at most
    `most_stated` classes. Void is black, which is not said: other segments are no background.
    What is labeled as background is void.
    """

    name: ClassVar[str] = "panoptic"
    summary: ClassVar[str] = "things in colors of their own, stuff by class"
    target: ClassVar[str] = "panoptic"
    takes: ClassVar[tuple[type, ...]] = (PanopticMap,)
    paints: ClassVar[type] = PanopticMap
    fields: ClassVar[tuple[str, ...]] = ("classes", "background", *LEGEND)
    codec: ClassVar[str] = "panoptic"
    pool: ClassVar[str] = "panoptic"

    stated: float = 0.6
    most_stated: int = 12
    absent: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "stated")
        if self.absent < 1:
            raise SpecError(f"panoptic: absent must be >= 1, got {self.absent}.")

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """Free colors, stated ones of stuff, and the names of classes alone."""
        free = ("classes", "background")
        kinds = (Wording(free), Wording(free, (("classes",),)))
        return (*kinds, Wording((*free, *LEGEND), (LEGEND,))) if self.stated else kinds

    def ask(
        self, target: PanopticMap, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """Everything, or classes that are not there."""
        absent = names_of(target)[1]
        if self.wants_negative(chance) and absent:
            return self._empty(target, absent, codec, chance)
        target = _merged(target)
        if not target.segments:
            raise nothing(self.target, where, "has no segment")
        stuff = {spoken(s.label): s.id for s in target.segments if not s.thing}
        said = 0 < len(stuff) <= self.most_stated and chance.share("stated") < self.stated
        coloring = draw_coloring(
            list(stuff) if said else (), chance, background=BLACK, ground_told=False
        )
        things = list(dict.fromkeys(spoken(s.label) for s in target.segments if s.thing))
        return Question(
            target,
            codec,
            {**coloring.fields, "classes": listed([*stuff, *things])},
            (LEGEND,) if said else (),
            colors={stuff[name]: color for name, color in coloring.colors.items()} or None,
            asked=(*stuff, *things),
        )

    def _empty(
        self, target: PanopticMap, absent: list[str], codec: Codec[Any], chance: Chance
    ) -> Question:
        rng = chance.generator("absent classes")
        count = int(rng.integers(1, min(len(absent), self.absent) + 1))
        names = [absent[at] for at in rng.permutation(len(absent))[:count]]
        coloring = draw_coloring((), chance, background=BLACK)
        return Question(
            PanopticMap(np.zeros(target.shape, dtype=np.int32), ()),
            codec,
            {**coloring.fields, "classes": listed(names)},
            (("classes",),),
            asked=tuple(names),
            negative=True,
        )


def _merged(target: PanopticMap) -> PanopticMap:
    """One segment for all stuff whose names are said alike, and none for the background.

    Nor for crowds, whose things nobody told apart: the prompt asks to.
    """
    first: dict[str, int] = {}
    owners = [0]
    for segment in target.segments:
        name = spoken(segment.label)
        mine = segment.id if segment.thing else first.setdefault(name, segment.id)
        owners.append(mine if askable(name) and not segment.crowd else 0)
    if owners == [0, *(segment.id for segment in target.segments)]:
        return target
    return replace(target, ids=np.array(owners).take(target.places()))
