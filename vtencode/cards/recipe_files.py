"""The recipe of a built dataset as files that build it again, and the command that does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil
from typing import Any

from vtencode.cards.facts import Manifest, recipes, title
from vtencode.cards.yaml_text import yaml_text
from vtencode.recipe import Recipe, TaskSection
from vtencode.registry import find

#: Parts of a recipe that a mix has for all of its recipes.
_COMMON = ("output", "heldout", "seed")
#: A bound on rejects is told to so many decimals.
_DECIMALS = 4


def recipe_files(manifest: Manifest) -> dict[str, str]:
    """YAML by file name: the recipe, or the mix and then each recipe that it names.

    Everything that decides a byte is in them, so that no change of what ships changes what they
    build. Names of a mix's files hold a `_`, which names of recipes cannot.
    """
    recipe, name = manifest["recipe"], f"{manifest['dataset']}.yaml"
    told = {"name": manifest["dataset"], "title": title(manifest)}
    rejects = _rejects(manifest)
    if "mix" not in recipe:
        return {name: yaml_text({**told, **_sections(recipe), **rejects}, short=True)}
    files = {f"{part['recipe']}_{at}.yaml": part for at, part in enumerate(recipes(manifest), 1)}
    entries = [_entry(name, part) for name, part in zip(files, recipe["parts"], strict=True)]
    common = {key: recipes(manifest)[0][key] for key in _COMMON}
    mix = {**told, "recipes": entries, **common, **rejects}
    parts = {file: {"name": part["recipe"], **_sections(part)} for file, part in files.items()}
    return {file: yaml_text(value, short=True) for file, value in {name: mix, **parts}.items()}


def command(manifest: Manifest) -> str:
    """The command line that builds the dataset of these files."""
    names = dict.fromkeys(recipe["source"]["name"] for recipe in recipes(manifest))
    read = [name for name in names if not find("source", name).generated]
    places = [f"--source {f'{name}=' if len(read) > 1 else ''}PATH" for name in read]
    limit = [] if manifest["limit"] is None else [f"--limit {manifest['limit']}"]
    words = ["vtencode build", f"{manifest['dataset']}.yaml", *places, *limit, "--out OUT"]
    return " ".join(words)


def _sections(recipe: Mapping[str, Any]) -> dict[str, Any]:
    """The identity of a recipe without its name, as its file has it."""
    tasks = zip(recipe["tasks"], Recipe.from_identity(recipe).tasks, strict=True)
    return {
        "source": {"name": recipe["source"]["name"], **recipe["source"]},
        "tasks": [_task(task, section) for task, section in tasks],
        **{name: recipe[name] for name in ("contract", "framing")},
        "leak_guard": {k: v for k, v in recipe["leak_guard"].items() if k != "digest"},
        **{name: recipe[name] for name in ("known_bad", *_COMMON)},
    }


def _task(task: Mapping[str, Any], section: TaskSection) -> dict[str, Any]:
    first = {name: task[name] for name in ("task", "name", "target")}
    first["codec"] = _codec(task["codec"], section.make_task().overrules())
    return {**first, **{name: value for name, value in task.items() if name not in first}}


def _codec(spec: Mapping[str, Any], drawn: Collection[str]) -> dict[str, Any]:
    """A codec as a recipe may ask for it: what pairs draw for themselves only by a preset."""
    cls, params = find("codec", spec["name"]), spec["params"]
    given = {name: value for name, value in params.items() if name not in drawn}
    presets = (name for name in cls.presets if cls.with_params(name, given).spec() == spec)
    preset = None if cls.with_params(None, given).spec() == spec else next(presets, None)
    return {"name": spec["name"], **({"preset": preset} if preset else {}), "params": given}


def _entry(file: str, part: Mapping[str, Any]) -> dict[str, Any]:
    told = {"weight": part["weight"], "cap": part["cap"], "tasks": part["shares"]}
    given = {name: value for name, value in told.items() if value}
    return {"recipe": file, "repeats": part["repeats"], **given}


def _rejects(manifest: Manifest) -> dict[str, float]:
    """The share of rejects that such a build must bear, where it is more than builds usually do.

    What its recipe bore is no part of a manifest.
    """
    counts = manifest["counts"]
    usual = Recipe.model_fields["max_rejects"].default
    share = counts["rejected"] / counts["planned"]
    if share <= usual:
        return {}
    return {"max_rejects": min(1.0, ceil(share * 10**_DECIMALS) / 10**_DECIMALS)}
