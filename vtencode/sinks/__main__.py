"""`python -m vtencode.sinks > schemas/pair.schema.json`."""

from vtencode.sinks.meta import pair_schema

if __name__ == "__main__":
    print(pair_schema(), end="")  # noqa: T201  # what this module is for
