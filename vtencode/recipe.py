"""Recipes: YAML in, checked at the door; every fault is told at once, with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vtencode.codecs.base import Codec
from vtencode.errors import RecipeError, SpecError, did_you_mean
from vtencode.instructions import Pool, load_pool
from vtencode.registry import find, names
from vtencode.shipped import shipped
from vtencode.sources.base import Source
from vtencode.spec import read_params
from vtencode.yaml12 import Document, dotted, parse
from vtencode.yaml12 import Path as YamlPath

Fault = tuple[int | None, str, str]
_ITEM = re.compile(r"[0-9]{1,9}")
Interval = Annotated[list[float], Field(min_length=2, max_length=2)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class SourceSection(_Section):
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


class CodecSection(_Section):
    """Which codec paints the target."""

    name: str = Field(description="A codec of `vtencode codecs`.")
    preset: str | None = Field(default=None, description="One of the codec's presets.")
    params: dict[str, Any] = Field(default={}, description="Parameters changed on top of it.")


class TaskSection(_Section):
    """What to ask of each sample."""

    task: Literal["depth"] = Field(description="The target to paint.")
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


class DepthContract(_Section):
    """What depth of this dataset can be; a wrong unit or scale falls outside."""

    range_m: Interval = Field(description="Every valid depth lies in [low, high] meters.")
    median_m: Interval = Field(description="The median of a frame usually lies in [low, high].")


class ContractSection(_Section):
    """Plausibility, checked on a few frames before a build and on every frame in it."""

    depth: DepthContract | None = None


class OutputSection(_Section):
    """How pairs are stored."""

    format: str = Field(default="webdataset", description="A sink.")
    input: Literal["source", "png"] = Field(
        default="source",
        description="`source` passes the dataset's image bytes through; `png` re-encodes JPEGs.",
    )
    samples_per_shard: int = Field(default=500, ge=1, description="Pairs in each shard file.")


class Recipe(_Section):
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
            "max_rejects": self.max_rejects,
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


def recipe_names() -> tuple[str, ...]:
    """The recipes that come with the package."""
    return tuple(sorted(path.stem for path in shipped("recipes").glob("*.yaml")))


def load_recipe(recipe: str | Path, overrides: Sequence[str] = ()) -> Recipe:
    """Read a shipped recipe by name, or a file; `overrides` are `path.to.key=value`.

    Raises `RecipeError` with every fault and its line.
    """
    path = _recipe_path(recipe)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), ((1, "(the file)", f"must be readable: {error}"),)) from error
    document = parse(text, where=str(path))
    faults = list(document.faults)
    for override in overrides:
        faults += _apply(override, document)
    recipe_or_none, more = _validated(document)
    faults += more
    if faults or recipe_or_none is None:
        order = sorted(faults, key=lambda fault: (fault[0] or 0, fault[1]))
        raise RecipeError(str(path), tuple(order))
    return recipe_or_none


def override_tree(overrides: Sequence[str]) -> dict[str, Any]:
    """`path.to.key=value` as nested mappings; raises `RecipeError` for anything else."""
    document = Document(value={})
    faults = [fault for override in overrides for fault in _apply(override, document)]
    if faults:
        raise RecipeError("the command line", tuple(faults))
    tree: dict[str, Any] = document.value
    return tree


def recipe_schema() -> str:
    """The JSON Schema of recipe files, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps({**schema, **Recipe.model_json_schema()}, indent=2, sort_keys=True) + "\n"


def _recipe_path(recipe: str | Path) -> Path:
    text = str(recipe)
    if text in recipe_names():
        return shipped("recipes") / f"{text}.yaml"
    path = Path(text)
    if path.is_file():
        return path
    known = recipe_names()
    message = f"must be a shipped recipe or a file.{did_you_mean(text, known)}"
    raise RecipeError(text, ((1, "(the file)", message),))


def _apply(override: str, document: Document) -> list[Fault]:
    """Set one `path.to.key=value` in the document; its faults have no line."""
    path_text, equals, value_text = override.partition("=")
    path: YamlPath = tuple(int(p) if _ITEM.fullmatch(p) else p for p in path_text.split("."))
    if not equals or not path_text:
        return [(None, override, "must be path.to.key=value")]
    value, faults = _parsed(value_text)
    place = document.value
    if faults or not isinstance(place, dict):  # a file that is no mapping is told of anyway
        return [(None, path_text, message) for message in faults]
    for part, following in pairwise(path):
        if isinstance(place, dict):
            place = place.setdefault(part, {})
        elif isinstance(place, list) and isinstance(part, int) and part < len(place):
            place = place[part]
        if not isinstance(place, dict | list):
            return [(None, path_text, f"must lead to a section, and {part!r} is a value")]
        if isinstance(place, list) and not (isinstance(following, int) and following < len(place)):
            return [(None, path_text, f"must name an item of {part!r} by number, from 0")]
    place[path[-1]] = value
    document.lines = {p: n for p, n in document.lines.items() if p[: len(path)] != path}
    for end in range(1, len(path) + 1):
        document.lines.setdefault(path[:end], 0)
    return []


def _parsed(text: str) -> tuple[Any, list[str]]:
    """The value after the `=` of an override, and what is wrong with it."""
    try:
        document = parse(text, where="--set")
    except RecipeError as error:
        return None, [message for _, _, message in error.faults]
    return document.value, [message for _, _, message in document.faults]


def _validated(document: Document) -> tuple[Recipe | None, list[Fault]]:
    value = document.value
    if not isinstance(value, dict):
        return None, [(1, "(the file)", f"must be a mapping, got {value!r}")]
    recipe, faults = None, []
    try:
        recipe = Recipe.model_validate(value)
    except ValidationError as error:
        faults = [_fault(document, dict(item)) for item in error.errors()]
    meaning = _source_faults(_section(SourceSection, value.get("source")))
    tasks = value.get("tasks")
    for at, task in enumerate(tasks if isinstance(tasks, list) else []):
        meaning += _task_faults(_section(TaskSection, task), at)
    meaning += _output_faults(_section(OutputSection, value.get("output", {})))
    faults += [(document.line_of(path) or None, dotted(path), text) for path, text in meaning]
    return recipe, faults


S = TypeVar("S", bound=_Section)


def _section(cls: type[S], value: Any) -> S | None:
    """A section that is well formed, even where its neighbors are not."""
    try:
        return cls.model_validate(value)
    except ValidationError:
        return None


def _source_faults(section: SourceSection | None) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    known = names("source")
    if section.name not in known:
        hint = did_you_mean(section.name, known)
        return [(("source", "name"), f"must be a source, got {section.name!r}.{hint}")]
    _, faults = section.options()
    if section.split not in section.reader.splits:
        choice = ", ".join(section.reader.splits)
        faults.append(("split", f"must be one of {choice}, got {section.split!r}"))
    return [(("source", option), message) for option, message in faults]


def _task_faults(section: TaskSection | None, at: int) -> list[tuple[YamlPath, str]]:
    if section is None:
        return []
    faults: list[tuple[YamlPath, str]] = []
    try:
        section.make_codec()
    except SpecError as error:
        faults.append((("tasks", at, "codec"), str(error)))
    try:
        load_pool(section.instructions)
    except ValueError as error:
        faults.append((("tasks", at, "instructions"), str(error)))
    return faults


def _output_faults(section: OutputSection | None) -> list[tuple[YamlPath, str]]:
    known = names("sink")
    if section is None or section.format in known:
        return []
    hint = did_you_mean(section.format, known)
    return [(("output", "format"), f"must be a sink, got {section.format!r}.{hint}")]


def _fault(document: Document, error: Mapping[str, Any]) -> Fault:
    """One pydantic error in our words."""
    unknown_key = error["type"] == "extra_forbidden"
    path: YamlPath = tuple(part for part in error["loc"] if unknown_key or _is_key(part))
    hint = did_you_mean(str(path[-1]), _known(path)) if unknown_key else ""
    got = repr(error["input"])
    limits = error.get("ctx") or {}
    messages = {
        "extra_forbidden": f"is not a field here.{hint}",
        "missing": "is missing",
        "int_type": f"must be a whole number, got {got}",
        "float_type": f"must be a number, got {got}",
        "finite_number": f"must be a finite number, got {got}",
        "string_type": f"must be text, got {got}",
        "list_type": f"must be a list, got {got}",
        "model_type": f"must be a section with keys of its own, got {got}",
        "greater_than_equal": f"must be >= {limits.get('ge')}, got {got}",
        "less_than_equal": f"must be <= {limits.get('le')}, got {got}",
        "literal_error": f"must be {limits.get('expected')}, got {got}",
        "string_pattern_mismatch": f"must match {limits.get('pattern')}, got {got}",
        "too_short": f"must have at least {limits.get('min_length')} items, got {got}",
        "too_long": f"must have at most {limits.get('max_length')} items, got {got}",
    }
    message = messages.get(error["type"], f"{error['msg'].lower()}, got {got}")
    return document.line_of(path) or None, dotted(path), message


def _is_key(part: str | int) -> bool:
    """Whether a part of a pydantic location is a key, and not the name of a union's branch."""
    return not (isinstance(part, str) and (part in {"str", "list[str]"} or "[" in part))


def _known(path: YamlPath) -> tuple[str, ...]:
    """The fields of the section that a path is in."""
    section: Any = Recipe
    for part in path[:-1]:
        if isinstance(part, str):
            section = section.model_fields[part].annotation
        options = get_args(section) or (section,)
        section = next(
            (o for o in options if isinstance(o, type) and issubclass(o, BaseModel)), section
        )
    return tuple(section.model_fields)


if __name__ == "__main__":
    print(recipe_schema(), end="")  # noqa: T201  # python -m vtencode.recipe > schemas/recipe.schema.json
