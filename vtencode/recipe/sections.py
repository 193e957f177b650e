"""The sections of a recipe file, checked by type; each makes what it describes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from vtencode.codecs.base import Codec
from vtencode.framing import Framing
from vtencode.instructions import Pool, load_pool
from vtencode.leaks import DISTANCE, LeakGuard, guard_of
from vtencode.registry import find
from vtencode.sources.base import Source
from vtencode.spec import defaults, from_params, read_params, to_params
from vtencode.tasks import Task, find_task
from vtencode.tasks.dense import Paint


def _ascending(interval: list[float]) -> list[float]:
    if len(interval) == 2 and not interval[0] < interval[1]:
        raise ValueError("must be [low, high] with low < high")
    return interval


_WORDS = r"^[a-z0-9]+(-[a-z0-9]+)*$"

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


class PoolSection(Section):
    """A shipped pool, or none, and phrasings of one's own beside it."""

    pool: str = Field(default="", description="A shipped pool.")
    add: list[str] = Field(default=[], description="More phrasings.")
    confusion: list[str] = Field(default=[], description="More sentences on what it is not.")


class TaskSection(Section):
    """What to ask of each sample."""

    task: str = Field(
        pattern=_WORDS, description="A task, such as semantic; or a target to paint as it is."
    )
    name: str = Field(
        default="", pattern=f"^$|{_WORDS}", description="What keys end in; the task's if left out."
    )
    target: str = Field(default="", description="The target to ask about; else the task's own.")
    codec: CodecSection | None = Field(default=None, description="Else the task's own.")
    instructions: str | list[str] | PoolSection | None = Field(
        default=None, description="A shipped pool, the phrasings, or both; else the task's own."
    )
    options: dict[str, Any] = Field(default={}, description="Options of the task.")
    share: float = Field(
        default=1.0, gt=0, le=1, description="Of the samples, how many are asked this."
    )
    confusion: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Share of prompts that also say which other task this is not.",
    )

    @property
    def key(self) -> str:
        """What the keys of the pairs end in."""
        return self.name or self.task

    @property
    def kind(self) -> type[Task[Any]]:
        """The class of the task."""
        return find_task(self.task) or Paint

    @property
    def target_name(self) -> str:
        """The target that is asked about."""
        return self.target or self.kind.target or self.task

    def make_task(self) -> Task[Any]:
        """The task with its options. Raises `SpecError` naming every one that is wrong."""
        return from_params(self.kind, self.options, where=self.task)

    def make_codec(self) -> Codec[Any]:
        """The codec that paints the answer."""
        section = self.codec or CodecSection(name=self.kind.codec)
        made: Codec[Any] = find("codec", section.name).with_params(section.preset, section.params)
        return made

    @property
    def phrasings(self) -> dict[str, Any]:
        """The pool as `load_pool` takes it."""
        given = self.kind.pool if self.instructions is None else self.instructions
        if isinstance(given, PoolSection):
            return given.model_dump(exclude_unset=True)
        return {"pool": given} if isinstance(given, str) else {"add": given}


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


class Recipe(Section):
    """A dataset to build: source, tasks, contract, framing, output."""

    name: str = Field(pattern=_WORDS, description="Lower-case, with dashes.")
    title: str = ""
    summary: str = ""
    source: SourceSection
    tasks: list[TaskSection] = Field(min_length=1)
    contract: ContractSection = ContractSection()
    framing: FramingSection = FramingSection()
    leak_guard: GuardSection = GuardSection()
    output: OutputSection = OutputSection()
    max_rejects: float = Field(
        default=0.001,
        ge=0,
        le=1,
        description="Share of samples that may be rejected (up to 10 are, unless it is 0).",
    )
    heldout: float = Field(
        default=0.2,
        ge=0,
        lt=1,
        description="Share of phrasings and legends kept for splits other than train.",
    )
    seed: int = Field(default=0, description="Decides order, phrasings, legends, framing.")

    def pool(self, task: TaskSection) -> Pool:
        """The phrasings of a task. Raises `ValueError` naming all that is wrong with them."""
        if task.key not in self._pools:
            given = {**task.phrasings, "heldout": self.heldout}
            self._pools[task.key] = load_pool(given, known=task.kind.fields)
        return self._pools[task.key]

    @cached_property
    def _pools(self) -> dict[str, Pool]:
        return {}

    def identity(self) -> dict[str, Any]:
        """Everything in the recipe that decides bytes of the output, as JSON."""
        options = {**defaults(self.source.reader, skip=("root",)), **self.source.options()[0]}
        return {
            "recipe": self.name,
            "source": json.loads(json.dumps({"name": self.source.name, **options})),
            "tasks": [self._task_identity(task) for task in self.tasks],
            "contract": self.contract.model_dump(),
            "framing": to_params(self.framing.made),
            "leak_guard": {**self.leak_guard.model_dump(), "digest": self.leak_guard.guard.digest},
            "output": self.output.model_dump(),
            "heldout": self.heldout,
            "seed": self.seed,
        }

    def _task_identity(self, task: TaskSection) -> dict[str, Any]:
        pool = self.pool(task).spec()
        return {
            "task": task.task,
            "name": task.key,
            "target": task.target_name,
            "options": to_params(task.make_task()),
            "codec": task.make_codec().spec(),
            "instructions": {"add": pool["add"], "confusion": pool["confusion"]},
            "share": task.share,
            "confusion": task.confusion,
        }

    @classmethod
    def from_identity(cls, identity: Mapping[str, Any]) -> Recipe:
        """The recipe that a plan or manifest records; titles are not part of it."""
        guard = {k: v for k, v in identity["leak_guard"].items() if k != "digest"}
        rest = {k: v for k, v in identity.items() if k not in ("recipe", "tasks", "leak_guard")}
        tasks = [_task_of(task) for task in identity["tasks"]]
        return cls.model_validate(
            {"name": identity["recipe"], "tasks": tasks, "leak_guard": guard, **rest}
        )


def _task_of(task: Mapping[str, Any]) -> dict[str, Any]:
    codec = {"name": task["codec"]["name"], "params": task["codec"]["params"]}
    return {**task, "codec": codec}
