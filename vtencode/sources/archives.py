"""Archives as they are published, read where they lie: a list of members, and their bytes."""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from vtencode.errors import CodeError, SourceError

#: A member that grows to more than this is no file of any dataset here.
MAX_MEMBER_BYTES = 2**30
ARCHIVE = re.compile(r".+\.(zip|tar)")
PACKED = re.compile(r".+\.(tar\.gz|tgz|tar\.bz2|tar\.xz|7z|rar)")


class Archive:
    """A .zip, or a .tar that is not compressed; members are read in any order."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of every regular file in it, by its path.

        Raises `SourceError` for an archive that is cut short or names a path outside itself.
        """
        try:
            found = self._zip_sizes() if self.path.suffix == ".zip" else self._tar_sizes()
        except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
            raise SourceError(
                f"{self.path} must be a whole archive, and is not ({error}). Fetch it again."
            ) from error
        strange = next((n for n in found if n.startswith("/") or ".." in n.split("/")), None)
        if strange is not None:
            raise SourceError(f"{self.path} must name files below itself, got {strange!r}.")
        return found

    def read(self, name: str) -> bytes:
        """The bytes of one member. Raises `CodeError` where they are damaged."""
        if self.sizes[name] > MAX_MEMBER_BYTES:
            raise CodeError(f"must have at most {MAX_MEMBER_BYTES} bytes, got {self.sizes[name]}.")
        try:
            if self.path.suffix == ".zip":
                return self._zip.read(name)
            start, size = self._members[name]
            with self.path.open("rb") as file:
                file.seek(start)
                data = file.read(size)
            if len(data) < size:
                raise CodeError(f"must be a whole member of {self.path.name}, and is cut short.")
            return data
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
            raise CodeError(f"must be a whole member of {self.path.name}: {error}.") from error

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        return zipfile.ZipFile(self.path)

    @cached_property
    def _members(self) -> Mapping[str, tuple[int, int]]:
        """Where each file starts in a .tar, and its size, by its path."""
        with tarfile.open(self.path, "r:") as archive:
            regular = [m for m in archive if m.type in (tarfile.REGTYPE, tarfile.AREGTYPE)]
        return {m.name.removeprefix("./"): (m.offset_data, m.size) for m in regular}

    def _zip_sizes(self) -> dict[str, int]:
        return {m.filename: m.file_size for m in self._zip.infolist() if not m.is_dir()}

    def _tar_sizes(self) -> dict[str, int]:
        return {name: size for name, (_, size) in self._members.items()}
