"""Mixes: several recipes in one dataset, each with its weight; a recipe alone is a mix of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from vtencode.recipe.recipe import Recipe
from vtencode.recipe.sections import GuardSection, OutputSection, Section


class MixEntry(Section):
    """One recipe of a mix."""

    recipe: str = Field(description="A shipped recipe, or a file beside this one.")
    weight: float | None = Field(
        default=None, gt=0, description="Share of the mix, against the other weights."
    )
    repeats: int = Field(default=1, ge=1, le=1000, description="How often each sample may be used.")
    cap: int | None = Field(default=None, ge=1, description="At most so many pairs.")
    tasks: dict[str, float] = Field(
        default={}, description="Share of this recipe's pairs for each of its tasks; else its own."
    )
    set: list[str] = Field(default=[], description="Keys of the recipe, as --set takes them.")


class MixFile(Section):
    """A dataset to build of several recipes; they are interleaved evenly."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", description="Lower-case, with dashes.")
    title: str = ""
    summary: str = ""
    recipes: list[MixEntry] = Field(min_length=1)
    leak_guard: GuardSection | None = Field(default=None, description="Replaces the recipes'.")
    output: OutputSection = OutputSection()
    max_rejects: float = Field(default=0.001, ge=0, le=1, description="As in a recipe.")
    heldout: float = Field(default=0.2, ge=0, lt=1, description="As in a recipe.")
    seed: int = Field(default=0, description="As in a recipe; replaces the recipes'.")


@dataclass(frozen=True)
class Part:
    """One recipe of a mix, which has the mix's output and seed, and how much of it is wanted.

    `shares` are those of its tasks among its pairs, by the tasks' keys; empty where the recipe's
    own shares decide.
    """

    recipe: Recipe
    weight: float | None = None
    repeats: int = 1
    cap: int | None = None
    shares: Mapping[str, float] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[str, ...]:
        """Keys of the tasks that are asked, in the recipe's order."""
        keys = (task.key for task in self.recipe.tasks)
        return tuple(key for key in keys if not self.shares or key in self.shares)


@dataclass(frozen=True)
class Mix:
    """What a build is of: parts, and what they have in common."""

    name: str
    title: str
    summary: str
    parts: tuple[Part, ...]
    output: OutputSection
    max_rejects: float
    seed: int
    alone: bool = False

    @classmethod
    def of(cls, recipe: Recipe) -> Mix:
        """A recipe alone."""
        return cls(
            recipe.name,
            recipe.title,
            recipe.summary,
            (Part(recipe),),
            recipe.output,
            recipe.max_rejects,
            recipe.seed,
            alone=True,
        )

    @classmethod
    def of_file(cls, file: MixFile, recipes: list[Recipe]) -> Mix:
        """A mix file, and the recipes that its entries name."""
        common: dict[str, Any] = {
            "output": file.output,
            "max_rejects": file.max_rejects,
            "heldout": file.heldout,
            "seed": file.seed,
        }
        if file.leak_guard is not None:
            common["leak_guard"] = file.leak_guard
        parts = tuple(
            Part(
                recipe.model_copy(update=common),
                entry.weight,
                entry.repeats,
                entry.cap,
                dict(entry.tasks),
            )
            for entry, recipe in zip(file.recipes, recipes, strict=True)
        )
        return cls(
            file.name, file.title, file.summary, parts, file.output, file.max_rejects, file.seed
        )

    @property
    def split(self) -> str:
        """The split of all parts; "mixed" where they differ."""
        splits = {part.recipe.source.split for part in self.parts}
        return splits.pop() if len(splits) == 1 else "mixed"

    def identity(self) -> dict[str, Any]:
        """Everything that decides bytes of the output, as JSON; a recipe alone is its own."""
        if self.alone:
            return self.parts[0].recipe.identity()
        return {
            "mix": self.name,
            "output": self.output.model_dump(),
            "seed": self.seed,
            "parts": [
                {
                    "recipe": part.recipe.identity(),
                    "weight": part.weight,
                    "repeats": part.repeats,
                    "cap": part.cap,
                    "shares": dict(part.shares),
                }
                for part in self.parts
            ],
        }

    @classmethod
    def from_identity(cls, identity: Mapping[str, Any]) -> Mix:
        """The mix that a plan or manifest records; titles are not part of it."""
        if "mix" not in identity:
            return cls.of(Recipe.from_identity(identity))
        parts = tuple(
            Part(**{**part, "recipe": Recipe.from_identity(part["recipe"])})
            for part in identity["parts"]
        )
        output = OutputSection.model_validate(identity["output"])
        rejects = parts[0].recipe.max_rejects
        return cls(identity["mix"], "", "", parts, output, rejects, identity["seed"])
