"""The `--out FILE` of commands that write one file."""

from __future__ import annotations

from pathlib import Path

import click


class OutFile(click.Path):
    """A file to write: its folder is there, it is none itself, and its ending is as asked."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self.suffixes = suffixes

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Check the path, before anything is read or computed."""
        path = Path(str(super().convert(value, param, ctx)))  # type: ignore[arg-type]
        if not path.name or not path.parent.is_dir():
            self.fail(f"the folder of {path} must be there, and is not.", param, ctx)
        if self.suffixes and path.suffix not in self.suffixes:
            self.fail(f"{path} must end in {' or '.join(self.suffixes)}.", param, ctx)
        return path


def keep_apart(out: Path | None, files: tuple[Path, ...]) -> None:
    """Refuse to write over what is read."""
    for file in files:
        if out is not None and out.exists() and out.samefile(file):
            raise click.UsageError(f"--out {out} is the file that is read. Choose another.")
