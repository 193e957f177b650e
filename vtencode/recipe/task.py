"""The section of a recipe that says what to ask of each sample."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from vtencode.codecs.base import Codec
from vtencode.recipe.sections import WORDS, Section
from vtencode.registry import find
from vtencode.spec import from_params
from vtencode.tasks import Task, find_task
from vtencode.tasks.dense import Paint


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
        pattern=WORDS, description="A task, such as semantic; or a target to paint as it is."
    )
    name: str = Field(
        default="", pattern=f"^$|{WORDS}", description="What keys end in; the task's if left out."
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
        name, _, preset = getattr(self.kind, "codec", "").partition(":")
        section = self.codec or CodecSection(name=name, preset=preset or None)
        made: Codec[Any] = find("codec", section.name).with_params(section.preset, section.params)
        return made

    @property
    def phrasings(self) -> dict[str, Any]:
        """The pool as `load_pool` takes it."""
        given = self.kind.pool if self.instructions is None else self.instructions
        if isinstance(given, PoolSection):
            return given.model_dump(exclude_unset=True)
        return {"pool": given} if isinstance(given, str) else {"add": given}
