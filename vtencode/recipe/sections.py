"""The sections of a recipe file, checked by type; each makes what it describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vtencode.codecs.base import Codec
from vtencode.instructions import Pool, load_pool
from vtencode.registry import find
from vtencode.sources.base import Source
from vtencode.spec import read_params


def _ascending(interval: list[float]) -> list[float]:
    if len(interval) == 2 and not interval[0] < interval[1]:
        raise ValueError("must be [low, high] with low < high")
    return interval


Interval = Annotated[list[float], Field(min_length=2, max_length=2), AfterValidator(_ascending)]


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
    def reader(self) -> Any:
        """The class of the source."""
        return find("source", self.name)


class CodecSection(Section):
    """Which codec paints the target."""

    name: str = Field(description="A codec of `vtencode codecs`.")
    preset: str | None = Field(default=None, description="One of the codec's presets.")
    params: dict[str, Any] = Field(default={}, description="Parameters changed on top of it.")


class TaskSection(Section):
    """What to ask of each sample."""

    task: str = Field(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="The target to paint, such as depth."
    )
    codec: CodecSection
    instructions: str | list[str] = Field(description="A shipped pool, or the phrasings.")

    def make_codec(self) -> Codec[Any]:
        """The codec that paints the target."""
        cls = find("codec", self.codec.name)
        made: Codec[Any] = cls.with_params(self.codec.preset, self.codec.params)
        return made

    @cached_property
    def pool(self) -> Pool:
        """The phrasings to draw from."""
        return load_pool(self.instructions)


class DepthContract(Section):
    """What depth of this dataset can be; a wrong unit or scale falls outside."""

    range_m: Interval = Field(description="Every valid depth lies in [low, high] meters.")
    median_m: Interval = Field(description="The median of a frame usually lies in [low, high].")


class ContractSection(Section):
    """Plausibility, checked on a few frames before a build and on every frame in it."""

    depth: DepthContract | None = None


class OutputSection(Section):
    """How pairs are stored."""

    format: str = Field(default="webdataset", description="A sink.")
    input: Literal["source", "png"] = Field(
        default="source",
        description="`source` passes the dataset's image bytes through; `png` re-encodes JPEGs.",
    )
    samples_per_shard: int = Field(default=500, ge=1, description="Pairs in each shard file.")


class Recipe(Section):
    """A dataset to build: source, tasks, contract, output."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="Lower-case, with dashes.")
    title: str = ""
    summary: str = ""
    source: SourceSection
    tasks: list[TaskSection] = Field(min_length=1)
    contract: ContractSection = ContractSection()
    output: OutputSection = OutputSection()
    max_rejects: float = Field(
        default=0.001,
        ge=0,
        le=1,
        description="Share of samples that may be rejected (up to 10 are, unless it is 0).",
    )
    seed: int = Field(default=0, description="Decides order and phrasings.")

    @property
    def unit(self) -> str:
        """What errors are measured in; several units where tasks differ."""
        return ", ".join(sorted({task.make_codec().unit for task in self.tasks}))

    def identity(self) -> dict[str, Any]:
        """Everything in the recipe that decides bytes of the output, as JSON."""
        options = {o.name: o.default for o in fields(self.source.reader) if o.name != "root"}
        options.update(self.source.options()[0])
        return {
            "recipe": self.name,
            "source": json.loads(json.dumps({"name": self.source.name, **options})),
            "tasks": [
                {
                    "task": task.task,
                    "codec": task.make_codec().spec(),
                    "instructions": [template.text for template in task.pool.templates],
                }
                for task in self.tasks
            ],
            "contract": self.contract.model_dump(),
            "output": self.output.model_dump(),
            "seed": self.seed,
        }

    @classmethod
    def from_identity(cls, identity: Mapping[str, Any]) -> Recipe:
        """The recipe that a plan or manifest records; titles are not part of it."""
        rest = {key: value for key, value in identity.items() if key not in ("recipe", "tasks")}
        tasks = [
            {**task, "codec": {"name": task["codec"]["name"], "params": task["codec"]["params"]}}
            for task in identity["tasks"]
        ]
        return cls.model_validate({"name": identity["recipe"], "tasks": tasks, **rest})
