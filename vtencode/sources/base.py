"""What every reader of a public dataset gives: an index without pixels, and samples on demand."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

    from vtencode.images import Picture

Row = Mapping[str, Any]

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")


@dataclass(frozen=True)
class RemoteFile:
    """One file at its official address.

    `size` in bytes and `sha256` are given where the authors, or this project's own download of
    the file, established them; `magic` is what the file starts with.
    """

    url: str
    name: str
    magic: bytes
    size: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Publication:
    """What the authors say of their dataset, for people who are about to use it.

    `how_to_get` says in a line whether anybody may download it, and how large it is; `place` what
    to put where, path by path. `traps` are the ways in which others have read it wrongly, and
    what this reader does. `files` are those at open addresses.
    """

    title: str
    home: str
    license: str
    citation: str
    how_to_get: str
    files: tuple[RemoteFile, ...] = ()
    place: str = ""
    traps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One image of a dataset with its targets, and where exactly they came from.

    `targets` may be read as they are asked for (`LazyTargets`). `provenance` is flat JSON: `file`
    (relative to the dataset's root) and, for containers, `member`; `image_id` names the image
    the same way in every form that the dataset is published in, and is "" where that is unknown;
    `sha256` is that of an image file of its own.
    """

    key: str
    picture: Picture
    targets: Mapping[str, Any]
    provenance: Mapping[str, str]

    @property
    def where(self) -> str:
        """What was read, for messages: the member of a container, or the file."""
        return self.provenance.get("member", self.provenance["file"])


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """A reader of one published layout. Deterministic, picklable; never writes beside the data.

    Subclasses are frozen dataclasses; their fields other than `root` are the options that a
    recipe's `source:` section may set.
    """

    name: ClassVar[str]
    publication: ClassVar[Publication]
    splits: ClassVar[tuple[str, ...]]
    #: What a recipe may ask for: the name of each target of a sample, and its type.
    targets: ClassVar[Mapping[str, type]]
    #: Whether it makes its samples itself; then `root` is not read.
    generated: ClassVar[bool] = False

    root: Path
    split: str = field(default="train")

    @abstractmethod
    def index(self) -> pa.Table:
        """One row a sample, in a fixed order: `key`, `image` ("jpg" or "png"), `split`, references.

        Raises `SourceError` when the folder or file is not this dataset.
        """

    @abstractmethod
    def load(self, row: Row) -> Sample:
        """Read one row's pixels.

        Raises `SampleError` for a fault that would be there at every try; an `OSError` means
        that trying again may help.
        """

    @classmethod
    def option_faults(cls, options: Mapping[str, Any]) -> list[tuple[str, str]]:  # noqa: ARG003  # for subclasses
        """What is wrong with options together, each of which is of its type: (option, message)."""
        return []

    @classmethod
    def targets_of(cls, options: Mapping[str, Any]) -> Mapping[str, type]:  # noqa: ARG003  # for subclasses
        """What a recipe may ask for that sets these options."""
        return cls.targets

    def available(self) -> Mapping[str, type]:
        """The targets that the data at `root` have; some forms of a dataset lack some of them."""
        return self.targets

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` unless the data at `root` have each of these targets."""
        have = self.available()
        missing = next((name for name in names if name not in have), None)
        if missing is not None:
            raise SourceError(
                f"{self.root} must have the target {missing!r}, and has {', '.join(sorted(have))} "
                f"only. {self.publication.title} has it in another form."
            )

    @abstractmethod
    def files(self) -> tuple[tuple[str, int], ...]:
        """Every file read, relative to the root, with its size in bytes; sorted."""

    def __getstate__(self) -> dict[str, Any]:
        """Only the options travel to another process, never an open file."""
        return {option.name: getattr(self, option.name) for option in fields(self)}

    def fingerprint(self) -> str:
        """sha256 over names and sizes of the files; moving or touching a dataset keeps it."""
        digest, separator = hashlib.sha256(), ""
        for name, size in self.files():
            digest.update(f"{separator}{size} {name}".encode("utf-8", "surrogateescape"))
            separator = "\n"
        return digest.hexdigest()


def sample_key(*parts: str) -> str:
    """A key of `[a-z0-9_-]{1,80}` for a name of any spelling; distinct names stay distinct.

    A part that has to be changed gets eight digits of its hash, so that `A` and `a` differ.

    >>> sample_key("nyu", "basement_0001a", "00042")
    'nyu-basement_0001a-00042'
    """
    raw = "-".join(parts)
    plain = re.sub(r"[^a-z0-9_-]+", "-", raw.lower()).strip("-_")
    if plain == raw and len(plain) <= 64:
        return plain
    digest = hashlib.sha256(raw.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{plain[:55].rstrip('-_') or 'x'}-{digest}"
