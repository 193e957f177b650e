"""Words that pick out regions of an image: referring expressions, and questions to reason about."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vtencode.errors import TargetError
from vtencode.targets.instances import InstanceMasks

_LATERAL = re.compile(
    r"\b(left|right)(most|hand|ward|wards)?\b|\b(counter)?clockwise\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Expression:
    """A text, and the regions that it means: one, several, or none at all.

    `reasoning` tells a question that takes thought ("what would one sit on?") from a phrase that
    names what it means ("the red chair").

    >>> Expression("the chair left of the table", ids=(3,)).lateral
    True
    """

    text: str
    ids: tuple[int, ...]
    reasoning: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", tuple(int(id_) for id_ in self.ids))
        if not self.text or self.text != " ".join(self.text.split()):
            raise TargetError(
                f"Expression.text must be one line with single spaces, got {self.text!r}."
            )

    @property
    def lateral(self) -> bool:
        """Whether the text speaks of left or right, so that a mirrored image belies it."""
        return _LATERAL.search(self.text) is not None


@dataclass(frozen=True, eq=False)
class Expressions:
    """The expressions of one image, and the masks that they mean.

    Raises `TargetError` for an expression that means a region which is not there.
    """

    masks: InstanceMasks
    expressions: tuple[Expression, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "expressions", tuple(self.expressions))
        known = {region.id for region in self.masks.regions}
        for expression in self.expressions:
            strange = set(expression.ids) - known
            if strange:
                raise TargetError(
                    f"Expressions must mean regions of its masks, got id {min(strange)} for "
                    f"{expression.text!r}."
                )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.masks.shape
