"""The sections of a recipe file, checked by type; each makes what it describes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vtencode.framing import Framing
from vtencode.leaks import DISTANCE, LeakGuard, guard_of
from vtencode.registry import find
from vtencode.sources.base import Publication, Source
from vtencode.spec import from_params, read_params


def _ascending(interval: list[float]) -> list[float]:
    if len(interval) == 2 and not interval[0] < interval[1]:
        raise ValueError("must be [low, high] with low < high")
    return interval


#: Names of recipes and tasks: lower-case words joined by dashes.
WORDS = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Interval = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_ascending)]


#: What sources of any data take as options, since no author said it.
_TERMS = ("license", "citation", "home")


class Section(BaseModel):
    """Keys that a section does not know are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class SourceSection(Section):
    """Which dataset to read, and how; other keys are the options of that source."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    name: str = Field(description="A source of `vtencode recipes`, such as nyu-depth-v2.")
    split: str = Field(default="train", description="A published split, or `all`.")

    def open(self, root: Path) -> Source:
        """The source, reading from `root`."""
        made: Source = self.reader(root=root, **self.options()[0])
        return made

    def options(self) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The source's own options as given here, and their faults."""
        given = {"split": self.split, **(self.model_extra or {})}
        return read_params(self.reader, given, skip=("root",))

    @property
    def targets(self) -> Mapping[str, type]:
        """What tasks may ask about, by the options that are given here."""
        targets: Mapping[str, type] = self.reader.targets_of(self.options()[0])
        return targets

    @property
    def publication(self) -> Publication:
        """What is said of the dataset: by its authors, and by the owner of one's own in here."""
        given = self.options()[0]
        told = {name: given[name] for name in _TERMS if given.get(name)}
        publication: Publication = self.reader.publication
        return replace(publication, **told)

    @property
    def reader(self) -> Any:
        """The class of the source."""
        return find("source", self.name)


class DepthContract(Section):
    """What depth of this dataset can be; a wrong unit, scale or measure falls outside."""

    range_m: Interval = Field(description="Every valid depth lies in [low, high] meters.")
    median_m: Interval = Field(description="The median of a frame usually lies in [low, high].")
    near_m: Interval | None = Field(default=None, description="So does its 5th percentile.")
    far_m: Interval | None = Field(default=None, description="So does its 95th percentile.")


class RelativeDepthContract(Section):
    """What depth up to scale can be."""

    spread: Interval = Field(
        description="The 95th percentile of a frame is usually this many times its 5th."
    )


class NormalsContract(Section):
    """What normals of this dataset can be; axes read wrongly fall outside."""

    facing: float = Field(
        ge=0, le=1, description="At least this share of a frame's normals faces the camera."
    )
    as_depth: bool = Field(
        default=False, description="Their axes are also those that explain the source's depth."
    )


class ContractSection(Section):
    """Plausibility, checked on a few frames before a build and on every frame in it."""

    depth: DepthContract | None = None
    relative_depth: RelativeDepthContract | None = None
    normals: NormalsContract | None = None


class KnownBad(Section):
    """Samples that the community knows to be broken: left out, counted, and listed."""

    samples: str = Field(description="Their keys: one, or a pattern with `*`.")
    reason: str = Field(min_length=1, description="What is wrong with them, and who says so.")


class OutputSection(Section):
    """How pairs are stored."""

    format: str = Field(default="webdataset", description="A sink.")
    input: Literal["source", "png"] = Field(
        default="source",
        description="`source` passes the dataset's image bytes through; `png` re-encodes JPEGs.",
    )
    samples_per_shard: int = Field(default=500, ge=1, description="Pairs in each shard file.")


class FramingSection(Section):
    """How pictures and targets are cut and sized; its keys are the fields of `Framing`."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    @cached_property
    def made(self) -> Framing:
        """The framing. Raises `SpecError` for options that cannot be."""
        return from_params(Framing, self.model_extra or {}, where="framing")

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong with single options."""
        return read_params(Framing, self.model_extra or {})[1]


class GuardSection(Section):
    """Evaluation sets whose images must not be trained on."""

    against: list[str] = Field(
        default=[], description="Built-in lists, files of image ids, or built datasets."
    )
    distance: int = Field(
        default=DISTANCE, ge=0, le=64, description="Bits of 64 by which a look-alike may differ."
    )

    @cached_property
    def guard(self) -> LeakGuard:
        """What finds their images."""
        return guard_of(self.against, distance=self.distance)
