"""Where datasets are kept on this machine, and what of them is there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vtencode.sources.base import Publication, RemoteFile


def data_home() -> Path:
    """Where datasets are kept: `$VTENCODE_DATA`, else the platform's folder for user data."""
    import platformdirs

    home = os.environ.get("VTENCODE_DATA")
    return Path(home).expanduser() if home else platformdirs.user_data_path("vtencode")


def dataset_folder(name: str) -> Path:
    """The folder of the dataset of that name under `data_home()`."""
    return data_home() / name


def missing(publication: Publication, folder: Path) -> tuple[RemoteFile, ...]:
    """The files of a publication that are not in `folder` with their size."""
    return tuple(file for file in publication.files if not in_place(file, folder / file.name))


def in_place(file: RemoteFile, path: Path) -> bool:
    """Whether the file is there, with its size where that is known."""
    return path.is_file() and file.size in (None, path.stat().st_size)


def begun(publication: Publication, folder: Path) -> bool:
    """Whether all that is in `folder` is what a download that was stopped left there."""
    own = ("checksums.json", *(file.name for file in publication.files))
    names = (path.name.lstrip(".") for path in folder.iterdir())
    return all(name.startswith(own) for name in names)
