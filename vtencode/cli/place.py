"""The `--out` and `DIR` of commands that take a dataset: a folder, here or on an object store."""

from __future__ import annotations

from pathlib import Path

import click

from vtencode.locations import Location, is_url, location


def place(_ctx: click.Context, _param: click.Parameter, value: str) -> Location:
    """What `out/nyu` or `s3://bucket/nyu` stands for; faults of a URL are told at once."""
    return location(value)


def here(_ctx: click.Context, _param: click.Parameter, value: str) -> Path:
    """A folder on this machine, for what works nowhere else."""
    if is_url(value):
        raise click.UsageError(f"{value} must be a folder on this machine.")
    return Path(value)
