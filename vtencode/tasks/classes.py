"""Semantic segmentation by a legend: every pixel the color of its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.codecs.class_colors import BACKGROUND
from vtencode.errors import SpecError
from vtencode.seeds import Chance
from vtencode.targets import Array, SemanticMask
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.coloring import LEGEND, Coloring, draw_coloring
from vtencode.tasks.words import listed, spoken


@dataclass(frozen=True, kw_only=True)
class SemanticTask(Finding[SemanticMask]):
    """Classes in the colors of a legend that is drawn for each pair.

    With `legend` "sampled" the legend has classes of the image, in a share `subset` of the pairs
    only some of them, at most `most`, with up to `absent` more that are not in it: of the
    vocabulary, and of `distractors`, names that no image of the dataset shows. With "whole" it
    has the whole vocabulary, in every pair. Names come in any order. What the legend does not
    have, and what nobody labeled, is background.
    """

    name: ClassVar[str] = "semantic"
    summary: ClassVar[str] = "classes in the colors of a legend"
    target: ClassVar[str] = "semantic"
    takes: ClassVar[tuple[type, ...]] = (SemanticMask,)
    paints: ClassVar[type] = SemanticMask
    fields: ClassVar[tuple[str, ...]] = (*LEGEND, "classes")
    codec: ClassVar[str] = "semantic"
    pool: ClassVar[str] = "semantic"

    legend: Literal["sampled", "whole"] = "sampled"
    subset: float = 0.5
    most: int = 12
    absent: int = 3
    distractors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "subset")
        if self.most < 1 or self.absent < 0:
            raise SpecError(
                f"{self.name}: most must be >= 1 and absent >= 0, got {self.most} and "
                f"{self.absent}."
            )

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """Every prompt has the legend."""
        return (Wording((*LEGEND, "classes"), (LEGEND,)),)

    def ask(
        self, target: SemanticMask, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """Some classes, or none that is there."""
        present, absent = _classes(target)
        negative = self.wants_negative(chance)
        if self.legend == "whole":
            names = [*present, *absent] if present and not negative else absent
        elif negative:
            names = self._unseen(absent, chance, least=1)
        else:
            names = [*self._seen(present, chance), *self._unseen(absent, chance)]
        if not names or not (negative or present):
            raise nothing(self.target, where, "has no class to ask for")
        order = chance.generator("order").permutation(len(names))
        return painted_classes(
            target, [names[at] for at in order], codec, chance, negative=negative
        )

    def _seen(self, present: list[str], chance: Chance) -> list[str]:
        count = min(len(present), self.most)
        rng = chance.generator("classes")
        if count > 1 and rng.random() < self.subset:
            count = int(rng.integers(1, count))
        return [present[at] for at in rng.permutation(len(present))[:count]]

    def _unseen(self, absent: list[str], chance: Chance, *, least: int = 0) -> list[str]:
        others = [*absent, *(name for name in self.distractors if name not in absent)]
        rng = chance.generator("absent classes")
        most = min(len(others), max(self.absent, least))
        count = int(rng.integers(min(least, most), most + 1))
        return [others[at] for at in rng.permutation(len(others))[:count]]


@dataclass(frozen=True, kw_only=True)
class PartTask(SemanticTask):
    """Parts of objects in the colors of a legend."""

    name: ClassVar[str] = "part"
    summary: ClassVar[str] = "parts of objects in the colors of a legend"
    target: ClassVar[str] = "parts"
    pool: ClassVar[str] = "part"


def painted_classes(
    target: SemanticMask,
    names: Sequence[str],
    codec: Codec[Any],
    chance: Chance,
    *,
    negative: bool,
) -> Question:
    """Ask for these classes, everything else background; the codec gets the pair's colors."""
    said = [spoken(name) for name in names]
    coloring = draw_coloring(said, chance)
    numbers = np.zeros(len(target.vocabulary), dtype=np.int32)
    for at, name in enumerate(names, start=1):
        if name in target.vocabulary:
            numbers[target.vocabulary.index(name)] = at
    ids = np.where(target.labeled, numbers.take(np.where(target.labeled, target.ids, 0)), 0)
    return Question(
        SemanticMask(ids, (BACKGROUND, *said)),
        class_codec(codec, coloring),
        {**coloring.fields, "classes": listed(said)},
        (LEGEND,),
        asked=tuple(said),
        negative=negative,
    )


def class_codec(codec: Codec[Any], coloring: Coloring) -> Codec[Any]:
    """The codec, with the names and colors of this pair."""
    changed: Any = codec
    made: Codec[Any] = replace(
        changed,
        vocabulary=(BACKGROUND, *coloring.colors),
        colors=coloring.hexes,
        background=coloring.background,
        void=coloring.spare,
    )
    return made


def _classes(target: SemanticMask) -> tuple[list[str], list[str]]:
    """The classes that the image has, and the others; the background is none."""
    ids: Array = target.ids[target.labeled]
    counts = np.bincount(ids, minlength=len(target.vocabulary))
    known = [
        (name, bool(count))
        for name, count in zip(target.vocabulary, counts, strict=True)
        if spoken(name) != BACKGROUND
    ]
    return [name for name, here in known if here], [name for name, here in known if not here]
