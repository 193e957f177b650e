"""Recipes: YAML in, checked at the door; every fault is told at once, with its line."""

from vtencode.recipe.load import (
    load_mix,
    load_recipe,
    mix_names,
    mix_schema,
    override_tree,
    recipe_names,
    recipe_schema,
)
from vtencode.recipe.mix import Mix, Part
from vtencode.recipe.recipe import Recipe
from vtencode.recipe.sections import ContractSection, DepthContract, NormalsContract
from vtencode.recipe.task import TaskSection

__all__ = [
    "ContractSection",
    "DepthContract",
    "Mix",
    "NormalsContract",
    "Part",
    "Recipe",
    "TaskSection",
    "load_mix",
    "load_recipe",
    "mix_names",
    "mix_schema",
    "override_tree",
    "recipe_names",
    "recipe_schema",
]
