"""What a recipe says of data that no reader was written for: what is where, and what it means."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

from vtencode.errors import SourceError, SpecError
from vtencode.generic.faults import CHOOSE, RELATIVE, Fault, depth_faults, meaning_faults
from vtencode.generic.splits import SPLITS, told_faults
from vtencode.sources.base import Publication, Source
from vtencode.spec import defaults
from vtencode.targets import (
    DepthMap,
    InstanceMasks,
    Keypoints,
    Measure,
    NormalMap,
    PanopticMap,
    RelativeDepthMap,
    SemanticMask,
)

#: What stands in for the words of authors, where a recipe says nothing.
UNSTATED = "not stated: ask the owner of the data"


@dataclass(frozen=True, kw_only=True)
class Options(Source):
    """Data described by their recipe.

    `image`, `depth`, `normals`, `semantic`, `instances` and `keypoints` say where each is, as the
    source has it (a path, a column, a member); the rest says what it means, and nothing that a
    file does not say by itself is guessed:

    - `depth_unit`: m, cm, mm, meters per unit, or relative (up to an unknown factor). 0, NaN and
      the numbers in `depth_unknown` are unknown; +inf and `depth_far` are infinitely far;
      `depth_measure` is z (along the optical axis) or ray (along the line of sight).
    - `normals_frame`: the axes, by a name that `vtencode.frames` knows.
    - `semantic_names`: the names of ids 0, 1, …, or a file of them (see `classes.read_classes`);
      `semantic_void`: the id, or name, of pixels that nobody labeled, or none.
    - `instances` are ids; 0 and the numbers in `instances_none` are no instance. With `semantic`
      beside them they get its classes' names, and make `panoptic` too. Or they are a document in
      the form of COCO, as `keypoints` are.
    - `camera`: fx, fy, cx, cy in pixels, or where it is written.

    `missing` says what becomes of samples that lack something of this: a reject each, or skipped.
    `prefix` is what keys and image ids start with. `split_as` says what splits of other names
    are, as `trainval=train`. `license`, `citation` and `home` go into the manifest.
    """

    splits: ClassVar[tuple[str, ...]] = SPLITS
    targets: ClassVar[Mapping[str, type]] = {
        "depth": DepthMap,
        "relative_depth": RelativeDepthMap,
        "normals": NormalMap,
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
        "keypoints": Keypoints,
    }
    publication: ClassVar[Publication] = Publication(
        title="data of one's own",
        home="",
        license=UNSTATED,
        citation="",
        how_to_get="they are yours: --source PATH",
    )

    prefix: str = ""
    image: str = ""
    depth: str = ""
    depth_unit: str | float = ""
    depth_unknown: tuple[float, ...] = ()
    depth_far: float | None = None
    depth_measure: Measure = "z"
    normals: str = ""
    normals_frame: str = ""
    semantic: str = ""
    semantic_names: tuple[str, ...] | str = ()
    semantic_void: int | str = ""
    instances: str = ""
    instances_none: tuple[int, ...] = ()
    keypoints: str = ""
    camera: tuple[float, float, float, float] | str | None = None
    missing: Literal["reject", "skip"] = "reject"
    split_as: tuple[str, ...] = ()
    license: str = ""
    citation: str = ""
    home: str = ""

    def __post_init__(self) -> None:
        faults = self.option_faults({name: getattr(self, name) for name in self._options()})
        if faults:
            told = "; ".join(f"{option} {message}" for option, message in faults)
            raise SpecError(f"source {self.name}: {told}.")

    @classmethod
    def option_faults(cls, options: Mapping[str, Any]) -> list[Fault]:
        """What is wrong with options together, each of which is of its type."""
        told: Any = SimpleNamespace(**{**defaults(cls, skip=("root",)), **options})
        chosen = [
            (name, "must be chosen: see the lines above it in the recipe")
            for name, value in vars(told).items()
            if value == CHOOSE
        ]
        faults = [
            *cls.place_faults(told),
            *depth_faults(told),
            *meaning_faults(told),
            *told_faults(told.split_as),
        ]
        undecided = {name for name, _ in chosen}
        return [*chosen, *(fault for fault in faults if fault[0] not in undecided)]

    @classmethod
    @abstractmethod
    def place_faults(cls, told: Any) -> list[Fault]:
        """What is wrong with the places of things, which are attributes of `told`."""

    @classmethod
    def targets_of(cls, options: Mapping[str, Any]) -> Mapping[str, type]:
        """The targets that these options give."""
        told: Any = SimpleNamespace(**{**defaults(cls, skip=("root",)), **options})
        have = {
            name for name in ("normals", "semantic", "instances", "keypoints") if vars(told)[name]
        }
        if told.depth:
            have.add("relative_depth" if told.depth_unit == RELATIVE else "depth")
        if {"semantic", "instances"} <= have:
            have.add("panoptic")
        return {name: kind for name, kind in cls.targets.items() if name in have}

    def available(self) -> Mapping[str, type]:
        """The targets that the recipe says where to find."""
        return self.targets_of({name: getattr(self, name) for name in self._options()})

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` unless the recipe says where each of these targets is."""
        have = self.available()
        missing = next((name for name in names if name not in have), None)
        if missing is not None:
            remedy = _REMEDIES.get(missing, "ask for one of those it has")
            raise SourceError(
                f"the recipe's source {self.name} must say where the target {missing!r} is, and "
                f"has {', '.join(sorted(have)) or 'none'}: {remedy}."
            )

    @classmethod
    def _options(cls) -> tuple[str, ...]:
        return tuple(defaults(cls, skip=("root",)))


#: What to set for a target.
_REMEDIES = {
    "depth": "set depth and depth_unit",
    "relative_depth": "set depth, and depth_unit: relative",
    "normals": "set normals and normals_frame",
    "semantic": "set semantic, semantic_names and semantic_void",
    "instances": "set instances",
    "panoptic": "set semantic and instances",
    "keypoints": "set keypoints",
}
