"""Instance segmentation: every object of one class in a color of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from vtencode.codecs.base import Codec
from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.seeds import Chance
from vtencode.targets import InstanceMasks, Region
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.coloring import LEGEND, Coloring, draw_coloring
from vtencode.tasks.inventory import in_a_row, names_of, regions_of
from vtencode.tasks.words import ORDINALS, written


@dataclass(frozen=True, kw_only=True)
class InstanceTask(Finding[InstanceMasks]):
    """All instances of one class, told apart by colors.

    Which color an instance gets is free, as the codec spreads them, or in a share `stated` of the
    pairs with at most `most_stated` instances a legend says it, from left to right, where one can
    see that order. Classes with a crowd, whose instances nobody told apart, are not asked for. Of
    what overlaps the topmost is painted.
    """

    name: ClassVar[str] = "instance"
    summary: ClassVar[str] = "every object of one class in a color of its own"
    target: ClassVar[str] = "instances"
    takes: ClassVar[tuple[type, ...]] = (InstanceMasks,)
    paints: ClassVar[type] = InstanceMasks
    fields: ClassVar[tuple[str, ...]] = ("name", "background", *LEGEND)
    codec: ClassVar[str] = "instances"
    pool: ClassVar[str] = "instance"
    drawn: ClassVar[tuple[str, ...]] = ("background",)

    stated: float = 0.25
    most_stated: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "stated")
        if not 1 <= self.most_stated <= len(ORDINALS):
            raise SpecError(
                f"instance: most_stated must be 1 to {len(ORDINALS)}, got {self.most_stated}."
            )

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """Free colors, on black or another background; and stated ones."""
        free, named = ("name", "background"), (("name",),)
        kinds = (Wording(free, named), Wording(free, (*named, ("background",))))
        return (*kinds, Wording((*free, *LEGEND), (*named, LEGEND))) if self.stated else kinds

    def ask(
        self, target: InstanceMasks, codec: Codec[Any], chance: Chance, *, where: str
    ) -> Question:
        """One class that is there, or one that is not."""
        regions, absent = _choice(target)
        negative = self.wants_negative(chance) and bool(absent)
        choice = absent if negative else sorted(regions)
        if not choice:
            raise nothing(self.target, where, "has no class whose instances are told apart")
        name = choice[chance.draw("class") % len(choice)]
        found = topmost(target.shape, [] if negative else regions[name])
        said = self._may_be_stated(found) and chance.share("stated") < self.stated
        coloring = draw_coloring(_places(name, found) if said else (), chance)
        changed: Any = codec
        return Question(
            found,
            replace(changed, background=coloring.background),
            {**coloring.fields, "name": written(name)},
            (("name",), LEGEND) if said else (("name",), *coloring.convey),
            colors=_colors(found, coloring) if said else None,
            asked=(name,),
            negative=negative,
        )

    def _may_be_stated(self, found: InstanceMasks) -> bool:
        middles = [_middle(region) for region in _from_left(found)]
        return 0 < len(middles) <= self.most_stated and in_a_row(middles, found.shape[1])


def topmost(shape: tuple[int, int], regions: Sequence[Region]) -> InstanceMasks:
    """Regions as they are seen: where two overlap, the one on top."""
    masks = InstanceMasks(shape, tuple(regions))
    if not masks.overlap:
        return masks
    labels = {region.id: region.label for region in regions if region.label is not None}
    return InstanceMasks.from_ids(masks.id_map(), labels=labels)


def _choice(target: InstanceMasks) -> tuple[dict[str, list[Region]], list[str]]:
    """Regions by class, without the classes that have a crowd; and the absent classes."""
    regions = regions_of(target)
    told_apart = {name: group for name, group in regions.items() if not any(r.crowd for r in group)}
    return told_apart, names_of(target)[1]


def _from_left(found: InstanceMasks) -> list[Region]:
    return sorted(found.regions, key=lambda region: (_middle(region), region.box))


def _middle(region: Region) -> float:
    return (region.box[0] + region.box[2]) / 2


def _places(name: str, found: InstanceMasks) -> list[str]:
    if len(found.regions) == 1:
        return [name]
    return [f"{ORDINALS[at]} {name} from the left" for at in range(len(found.regions))]


def _colors(found: InstanceMasks, coloring: Coloring) -> dict[int, RGB]:
    ids = [region.id for region in _from_left(found)]
    return dict(zip(ids, coloring.colors.values(), strict=True))
