"""`python -m vtencode.recipe > schemas/recipe.schema.json`; `… mix > schemas/mix.schema.json`."""

import sys

from vtencode.recipe.load import mix_schema, recipe_schema

if __name__ == "__main__":
    print(mix_schema() if sys.argv[1:] == ["mix"] else recipe_schema(), end="")  # noqa: T201  # what this module is for
