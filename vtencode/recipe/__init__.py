"""Recipes: YAML in, checked at the door; every fault is told at once, with its line."""

from vtencode.recipe.load import load_recipe, override_tree, recipe_names, recipe_schema
from vtencode.recipe.sections import DepthContract, Recipe, TaskSection

__all__ = [
    "DepthContract",
    "Recipe",
    "TaskSection",
    "load_recipe",
    "override_tree",
    "recipe_names",
    "recipe_schema",
]
