"""Referring and reasoning segmentation: the masks that words mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.errors import SpecError
from vtencode.seeds import Chance
from vtencode.targets import Expression, Expressions
from vtencode.tasks.base import Question, Wording, nothing
from vtencode.tasks.coloring import GROUND, LEGEND, draw_coloring
from vtencode.tasks.inventory import names_of
from vtencode.tasks.masks import Masking, covered, painted_masks
from vtencode.tasks.words import askable

#: Share of referring pairs that ask for several phrases at once, where there are.
_SEVERAL = 0.3


@dataclass(frozen=True, kw_only=True)
class ReferringTask(Masking[Expressions]):
    """What one phrase means, or up to `most` phrases whose regions do not meet, by a legend."""

    name: ClassVar[str] = "referring"
    summary: ClassVar[str] = "what a phrase means"
    target: ClassVar[str] = "expressions"
    takes: ClassVar[tuple[type, ...]] = (Expressions,)
    fields: ClassVar[tuple[str, ...]] = ("phrase", "color", "background_color", *LEGEND)
    pool: ClassVar[str] = "referring"
    subject: ClassVar[str] = "phrase"

    most: int = 3
    white: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.most < 1:
            raise SpecError(f"{self.name}: most must be >= 1, got {self.most}.")

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:
        """One phrase; or several, which a legend names."""
        several = Wording(GROUND, (LEGEND,))
        one = super().wordings(codec)
        return (*one, several) if self.most > 1 else one

    def ask(
        self, target: Expressions, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """Phrases that mean something here, or one that means nothing."""
        mine = _unambiguous(e for e in target.expressions if not e.reasoning)
        empty = _meaningless(mine, target)
        meaning = [e for e in mine if e.ids]
        negative = bool(empty) and (self.wants_negative(chance) or not meaning)
        choice = empty if negative else meaning
        if not choice:
            raise nothing(self.target, where, "has no phrase to ask for")
        rng = chance.generator("phrases")
        order = [choice[at] for at in rng.permutation(len(choice))]
        several = not negative and self.most > 1 and rng.random() < _SEVERAL
        count = int(rng.integers(2, self.most + 1)) if several else 1
        chosen = _apart(order, target, count)
        masks = [covered(target.masks, set(e.ids)) for e in chosen]
        texts = [e.text for e in chosen]
        names = [*map(_noun, texts)]
        if len(texts) > 1:
            return painted_masks(
                masks, codec, draw_coloring(names, chance), fields={}, negative=negative
            )
        coloring = self.mask_coloring(names[0], chance)
        return painted_masks(masks, codec, coloring, fields={"phrase": texts[0]}, negative=negative)


@dataclass(frozen=True, kw_only=True)
class ReasoningTask(Masking[Expressions]):
    """What the answer to a question is."""

    name: ClassVar[str] = "reasoning"
    summary: ClassVar[str] = "what answers a question"
    target: ClassVar[str] = "expressions"
    takes: ClassVar[tuple[type, ...]] = (Expressions,)
    fields: ClassVar[tuple[str, ...]] = ("question", "color", "background_color")
    pool: ClassVar[str] = "reasoning"
    subject: ClassVar[str] = "question"

    def ask(
        self, target: Expressions, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """A question that something here answers, or that nothing does."""
        mine = _unambiguous(e for e in target.expressions if e.reasoning)
        empty = [e for e in mine if not e.ids]
        answered = [e for e in mine if e.ids]
        negative = bool(empty) and (self.wants_negative(chance) or not answered)
        choice = empty if negative else answered
        if not choice:
            raise nothing(self.target, where, "has no question to ask")
        chosen = choice[chance.draw("question") % len(choice)]
        coloring = self.mask_coloring(chosen.text, chance)
        mask = covered(target.masks, set(chosen.ids))
        fields = {"question": chosen.text}
        return painted_masks([mask], codec, coloring, fields=fields, negative=negative)


def _meaningless(mine: list[Expression], target: Expressions) -> list[Expression]:
    """Phrases that mean nothing in this image; made of absent classes where none is given."""
    given = [e for e in mine if not e.ids]
    absent = names_of(target.masks)[1]
    return given or [Expression(f"the {name}", ids=()) for name in absent]


def _unambiguous(expressions: Iterable[Expression]) -> list[Expression]:
    """Each text once, and none that means now this and now that, or the background."""
    meant: dict[str, dict[frozenset[int], Expression]] = {}
    for expression in expressions:
        name = _noun(expression.text).rstrip(".").lower()
        meant.setdefault(name, {}).setdefault(frozenset(expression.ids), expression)
    return [
        expression
        for name, meanings in meant.items()
        for expression in meanings.values()
        if len(meanings) == 1 and askable(name)
    ]


def _noun(text: str) -> str:
    """A phrase without what a legend puts before it, or leaves out."""
    return text.removeprefix("the ").removeprefix("all ")


def _apart(order: list[Expression], target: Expressions, most: int) -> list[Expression]:
    """The first phrases whose regions do not meet those of the phrases before them."""
    chosen: list[Expression] = []
    taken = np.zeros(target.shape, dtype=bool)
    for expression in order:
        mask = covered(target.masks, set(expression.ids))
        if len(chosen) < most and not (mask & taken).any():
            chosen.append(expression)
            taken |= mask
    return chosen
