"""The mask of one class: in one color, everything else background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.seeds import Chance
from vtencode.targets import Array, InstanceMasks, SemanticMask
from vtencode.tasks.base import Question, nothing
from vtencode.tasks.inventory import classes_of, names_of, regions_of
from vtencode.tasks.masks import Masking, covered, painted_masks
from vtencode.tasks.words import written


@dataclass(frozen=True, kw_only=True)
class BinaryTask(Masking[SemanticMask | InstanceMasks]):
    """One class against the rest."""

    name: ClassVar[str] = "binary"
    summary: ClassVar[str] = "the mask of one class"
    target: ClassVar[str] = "semantic"
    takes: ClassVar[tuple[type, ...]] = (SemanticMask, InstanceMasks)
    fields: ClassVar[tuple[str, ...]] = ("name", "color", "background_color", "background")
    pool: ClassVar[str] = "binary"
    subject: ClassVar[str] = "name"

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
        coloring = self.mask_coloring(name, chance)
        mask = _mask(target, name)
        fields = {"name": written(name)}
        return painted_masks([mask], codec, coloring, fields=fields, negative=negative)


def _mask(target: SemanticMask | InstanceMasks, name: str) -> Array:
    if isinstance(target, InstanceMasks):
        return covered(target, {region.id for region in regions_of(target).get(name, ())})
    mask: Array = np.isin(target.ids, classes_of(target.vocabulary)[name]) & target.labeled
    return mask
