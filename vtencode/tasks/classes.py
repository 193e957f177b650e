"""Semantic segmentation by a legend: every pixel the color of its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.codecs.class_colors import BACKGROUND
from vtencode.errors import SampleFiltered, SpecError
from vtencode.palettes import CAPACITY
from vtencode.seeds import Chance
from vtencode.targets import SemanticMask
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.coloring import LEGEND, Coloring, draw_coloring
from vtencode.tasks.inventory import classes_of, names_of
from vtencode.tasks.words import askable, listed, spoken

#: What each pair decides of a codec of classes.
CLASS_COLORS = ("vocabulary", "colors", "palette", "seed", "background", "void")


@dataclass(frozen=True, kw_only=True)
class SemanticTask(Finding[SemanticMask]):
    """Classes in the colors of a legend that is drawn for each pair.

    With `legend` "sampled" the legend has classes of the image, in a share `subset` of the pairs
    only some of them, at most `most`, with up to `absent` more that are not in it: of the
    vocabulary, and of `distractors`, names that no image of the dataset shows. With "whole" it
    has the whole vocabulary, in every pair. Names come in any order. What the legend does not
    have, and what nobody labeled, is background. With `fixed` no colors are drawn: every class has
    the one that the codec gives it, in every pair, and models learn no other.
    """

    name: ClassVar[str] = "semantic"
    summary: ClassVar[str] = "classes in the colors of a legend"
    target: ClassVar[str] = "semantic"
    takes: ClassVar[tuple[type, ...]] = (SemanticMask,)
    paints: ClassVar[type] = SemanticMask
    fields: ClassVar[tuple[str, ...]] = (*LEGEND, "classes")
    codec: ClassVar[str] = "semantic"
    pool: ClassVar[str] = "semantic"
    drawn: ClassVar[tuple[str, ...]] = CLASS_COLORS

    legend: Literal["sampled", "whole"] = "sampled"
    subset: float = 0.5
    most: int = 12
    absent: int = 3
    distractors: tuple[str, ...] = ()
    fixed: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "subset")
        if self.most < 1 or self.absent < 0:
            raise SpecError(
                f"{self.name}: most must be >= 1 and absent >= 0, got {self.most} and "
                f"{self.absent}."
            )

    def overrules(self) -> tuple[str, ...]:
        """None of a codec whose colors are fixed."""
        return () if self.fixed else self.drawn

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """Every prompt has the legend."""
        return (Wording((*LEGEND, "classes"), (LEGEND,)),)

    def ask(
        self, target: SemanticMask, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """Some classes, or none that is there."""
        present, absent = names_of(target)
        others = absent if self.legend == "whole" else self._others(present, absent)
        negative = self.wants_negative(chance) and bool(others)
        if not (negative or present):
            raise nothing(self.target, where, "has no class to ask for")
        if self.legend == "whole":
            names = others if negative else [*present, *others]
        elif negative:
            names = self._unseen(others, chance, least=1)
        else:
            names = [*self._seen(present, chance), *self._unseen(others, chance)]
        if len(names) >= CAPACITY:
            message = f"must name less than {CAPACITY} classes, got {len(names)}: ask for fewer"
            raise SampleFiltered("LONG", "instruction", where, message)
        order = chance.generator("order").permutation(len(names))
        ordered = [names[at] for at in order]
        coloring = _fixed(ordered, codec, chance) if self.fixed else draw_coloring(ordered, chance)
        return _painted_classes(target, coloring, codec, negative=negative)

    def _seen(self, present: list[str], chance: Chance) -> list[str]:
        count = min(len(present), self.most)
        rng = chance.generator("classes")
        if count > 1 and rng.random() < self.subset:
            count = int(rng.integers(1, count))
        return [present[at] for at in rng.permutation(len(present))[:count]]

    def _others(self, present: list[str], absent: list[str]) -> list[str]:
        """Absent classes, and the distractors that are not in the image either."""
        strange = [spoken(name) for name in self.distractors if askable(name)]
        return [name for name in dict.fromkeys([*absent, *strange]) if name not in present]

    def _unseen(self, others: list[str], chance: Chance, *, least: int = 0) -> list[str]:
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


def _painted_classes(
    target: SemanticMask, coloring: Coloring, codec: Codec[Any], *, negative: bool
) -> Question:
    """Ask for the classes of a coloring, everything else background."""
    names = list(coloring.colors)
    ids_of = classes_of(target.vocabulary)
    numbers = np.zeros(len(target.vocabulary), dtype=np.int32)
    for at, name in enumerate(names, start=1):
        numbers[ids_of.get(name, [])] = at
    ids = np.where(target.labeled, numbers.take(np.where(target.labeled, target.ids, 0)), 0)
    return Question(
        SemanticMask(ids, (BACKGROUND, *names)),
        class_codec(codec, coloring),
        {**coloring.fields, "classes": listed(names)},
        (LEGEND,),
        asked=tuple(names),
        negative=negative,
    )


def _fixed(names: Sequence[str], codec: Codec[Any], chance: Chance) -> Coloring:
    """The colors that the codec itself gives these classes and the background."""
    blank = SemanticMask(np.zeros((1, 1), dtype=np.int32), (BACKGROUND, *names))
    ground, *colors = codec.encode(blank).legend.colors.values()
    return draw_coloring(names, chance, colors=colors, background=ground)


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
