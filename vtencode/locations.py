"""Where a dataset is: a folder here, or a folder of an object store, with the verbs of a path."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from vtencode.errors import MissingExtraError, SpecError

if TYPE_CHECKING:
    from upath import UPath

    Location: TypeAlias = Path | UPath
else:
    Location = Path

#: Protocols whose file system is an extra of vtencode, and the package it is in.
_EXTRAS = {"s3": "s3fs", "gs": "gcsfs", "hf": "huggingface_hub"}
#: Protocols of folders of this machine.
_HERE = ("file", "local")


def location(where: Location | str) -> Location:
    """A path, or what stands for one where `where` is a URL such as s3://bucket/folder.

    >>> location("file:///data/nyu")
    PosixPath('/data/nyu')

    Raises `SpecError` for protocols that nobody knows, `MissingExtraError` for those whose
    package is not installed.
    """
    if not isinstance(where, str):
        return where
    if not is_url(where):
        return Path(where)
    from upath import UPath

    protocol = where.partition("://")[0]
    try:
        found = UPath(where)
        found.fs  # noqa: B018  # made here, so that what lacks is told here
    except ImportError as error:
        package = _EXTRAS.get(protocol)
        if package is None:
            raise SpecError(f"{where}: {error}") from error
        raise MissingExtraError(package, protocol) from error
    except ValueError as error:
        raise SpecError(f"{where} must be a path or a URL that fsspec knows: {error}.") from error
    return Path(found.path) if protocol in _HERE else found


def on_store(where: Location) -> TypeGuard[UPath]:
    """Whether this is a folder or file of an object store, not of this machine."""
    return is_url(where)


def is_url(where: object) -> bool:
    """Whether this is the URL of a folder, not a path.

    >>> is_url("s3://bucket/nyu"), is_url("out/nyu"), is_url("C:/nyu")
    (True, False, False)
    """
    return "://" in str(where)
