"""`python -m vtencode.recipe > schemas/recipe.schema.json`."""

from vtencode.recipe.load import recipe_schema

if __name__ == "__main__":
    print(recipe_schema(), end="")  # noqa: T201  # what this module is for
