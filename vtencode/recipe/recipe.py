"""A recipe: what to read, what to ask of it, and how to store it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from pydantic import Field

from vtencode.instructions import Pool, load_pool
from vtencode.recipe.sections import (
    WORDS,
    ContractSection,
    FramingSection,
    GuardSection,
    KnownBad,
    OutputSection,
    Section,
    SourceSection,
)
from vtencode.recipe.task import TaskSection
from vtencode.spec import defaults, to_params


class Recipe(Section):
    """A dataset to build: source, tasks, contract, framing, output."""

    name: str = Field(pattern=WORDS, description="Lower-case, with dashes.")
    title: str = ""
    summary: str = ""
    source: SourceSection
    tasks: list[TaskSection] = Field(min_length=1)
    contract: ContractSection = ContractSection()
    framing: FramingSection = FramingSection()
    leak_guard: GuardSection = GuardSection()
    known_bad: list[KnownBad] = Field(default=[], description="Samples to leave out.")
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

    def broken(self, key: str) -> str | None:
        """Why a sample is known to be broken; None where it is not."""
        bad = (bad.reason for bad in self.known_bad if fnmatchcase(key, bad.samples))
        return next(bad, None)

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
            "known_bad": [bad.model_dump() for bad in self.known_bad],
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
