"""Datasets that are folders of files: loose, or in the archives that their authors publish."""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import SampleError, SourceError
from vtencode.images import Format, Picture
from vtencode.sources.archives import ARCHIVE, PACKED, Archive
from vtencode.sources.base import Row, Sample, Source
from vtencode.sources.files import decoded, existing, read_bytes, walk
from vtencode.sources.lazy import LazyTargets

if TYPE_CHECKING:
    import pyarrow as pa

Maker = Callable[[], Any]

_IMAGE = re.compile(r"\.(png|jpe?g)$", re.IGNORECASE)
#: Rows that are held as Python objects at a time.
_ROWS = 1024


class Tree:
    """The files below `root`, a folder or an archive.

    Archives that lie in the folder itself, and those below it whose path the pattern `inner`
    matches, count as folders: their members are files under the paths that they would be extracted
    to at the root. A loose file goes before a member of the same path.
    """

    def __init__(self, root: Path, inner: re.Pattern[str] | None = None) -> None:
        self.root, self.inner = existing(root), inner

    def sizes(self, pattern: re.Pattern[str]) -> dict[str, int]:
        """Bytes of every file whose whole path the pattern matches, by path, sorted."""
        found = {} if self.root.is_file() else dict(walk(self.root, pattern))
        for archive in self._archives:
            for name, size in archive.sizes.items():
                if pattern.fullmatch(name):
                    found.setdefault(name, size)
        return dict(sorted(found.items()))

    def read(self, name: str, *, field: str) -> bytes:
        """The bytes of a file; one that is not there, or is damaged in its archive, is a reject."""
        if not name:
            raise SampleError("MISSING", field, str(self.root), "this frame has no such file")
        if name.startswith("/") or ".." in name.split("/"):  # as documents may name their images
            raise SampleError("MISSING", field, name, f"must lie below {self.root}")
        if self.root.is_dir() and (self.root / name).exists():
            return read_bytes(self.root, name, field=field)
        holder = next((each for each in self._archives if name in each.sizes), None)
        if holder is None:
            raise SampleError("MISSING", field, name, "the file is not there")
        return decoded(lambda: holder.read(name), field=field, where=name)

    def packed(self) -> list[str]:
        """Archives in the folder that cannot be read in place, for messages."""
        names = [self.root.name] if self.root.is_file() else [n for n, _ in _top(self.root)]
        return [name for name in names if PACKED.fullmatch(name)]

    @cached_property
    def _archives(self) -> tuple[Archive, ...]:
        if self.root.is_file():
            if not ARCHIVE.fullmatch(self.root.name):
                raise SourceError(
                    f"{self.root} must be a folder, a .zip or a .tar, got a file."
                    + (" Extract it first." if PACKED.fullmatch(self.root.name) else "")
                )
            return (Archive(self.root),)
        found = [path for name, path in _top(self.root) if ARCHIVE.fullmatch(name)]
        if self.inner is not None:
            found += [self.root / name for name, _ in walk(self.root, self.inner)]
        return tuple(map(Archive, found))


def _top(folder: Path) -> list[tuple[str, Path]]:
    return sorted((path.name, path) for path in folder.iterdir() if path.is_file())


@dataclass(frozen=True, kw_only=True)
class TreeSource(Source):
    """A dataset of files in folders: for every frame an image, and what belongs to it.

    A row of the index has, beside the columns of `Source.index`, `file` (the image), `scene`,
    `image_id`, and a column for every target that is a file of its own, named as the target:
    the file's path, "" where the frame has none. `scenes` keeps some scenes.
    """

    #: Every file that is read: a pattern of its whole path below `root`.
    pattern: ClassVar[re.Pattern[str]]
    #: Archives that are published in folders of their own, by their path; None if there are none.
    inner: ClassVar[re.Pattern[str] | None] = None
    #: What `root` must hold, for messages.
    holds: ClassVar[str]
    #: Targets that are made from others', and what from.
    derived: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    scenes: tuple[str, ...] = ()

    @abstractmethod
    def frames(self, sizes: Mapping[str, int]) -> Iterable[dict[str, Any]]:
        """The row of every frame that these files hold, in a fixed order, of all splits."""

    @abstractmethod
    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """What makes each target of a frame whose image has that shape (H, W).

        Makers raise `SampleError`; `DepthMap` and its like are made within `decoded`.
        """

    def picture(self, row: Row) -> Picture:
        """The image of a frame: by default its file, as it is."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.from_bytes(data), field="image", where=row["file"])

    def index(self) -> pa.Table:
        """One row a frame of the split and the scenes that are asked for."""
        return chosen(self._table, self.root, self.split, self.scenes)

    def load(self, row: Row) -> Sample:
        """Read one frame; image files pass through untouched."""
        picture = self.picture(row)
        makers = self.makers(row, (picture.height, picture.width))
        facts = {name: row[name] for name in ("file", "scene", "image_id")}
        if _IMAGE.search(row["file"]):
            facts["sha256"] = hashlib.sha256(picture.data).hexdigest()
        return Sample(row["key"], picture, LazyTargets(makers), facts)

    def available(self) -> Mapping[str, type]:
        """The targets that some frame has the files of."""
        import pyarrow.compute as pc

        table = self._table
        parts = {part for name in self.targets for part in self.derived.get(name, (name,))}
        held = parts.intersection(table.column_names)
        have = self._has({p: pc.any(pc.not_equal(table[p], "")).as_py() for p in held})
        return {name: kind for name, kind in self.targets.items() if name in have}

    def files(self) -> tuple[tuple[str, int], ...]:
        """Every file of the dataset that this reader knows."""
        return tuple(self._sizes.items())

    @cached_property
    def tree(self) -> Tree:
        """The files below `root`."""
        return Tree(self.root, self.inner)

    def _has(self, row: Row) -> set[str]:
        """Targets whose files a frame has."""
        return {
            name
            for name in self.targets
            if all(row.get(part) for part in self.derived.get(name, (name,)))
        }

    @cached_property
    def _sizes(self) -> dict[str, int]:
        return self.tree.sizes(self.pattern)

    @cached_property
    def _table(self) -> pa.Table:
        """Every frame of every split; as Arrow, for 50 000 dicts take six times the memory."""
        import pyarrow as pa

        rows = iter(self.frames(self._sizes))
        parts = []
        while batch := list(islice(rows, _ROWS)):
            parts.append(pa.Table.from_pylist(batch))
        if not parts:
            packed = self.tree.packed()
            first = f" Extract {', '.join(packed[:3])} first." if packed else ""
            raise SourceError(f"{self.root} must hold {self.holds}, and holds none of it.{first}")
        return pa.concat_tables(parts, promote_options="default")


def chosen(table: pa.Table, root: Path, split: str, scenes: tuple[str, ...]) -> pa.Table:
    """The rows of a split and of some scenes (all, when none is named).

    Raises `SourceError` where there are none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kept = table if split == "all" else table.filter(pc.equal(table["split"], split))
    if not len(kept):
        have = ", ".join(sorted(table["split"].unique().to_pylist())) or "no frame"
        raise SourceError(f"{root} must hold frames of the split {split!r}, and holds {have}.")
    unknown = set(scenes) - set(kept["scene"].unique().to_pylist())
    if unknown:
        raise SourceError(f"{root} has no scene {min(unknown)!r} in the split {split!r}.")
    return kept.filter(pc.is_in(kept["scene"], pa.array(scenes))) if scenes else kept


def matched(sizes: Iterable[str], pattern: re.Pattern[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every path that the pattern matches whole, with its named groups ("" for one left out)."""
    for name in sizes:
        found = pattern.fullmatch(name)
        if found is not None:
            yield name, found.groupdict("")


def image_format(name: str) -> Format:
    """The format that the name of an image file says, however it is spelled.

    >>> image_format("DSC_0219.JPG"), image_format("0.jpeg"), image_format("0.png")
    ('jpg', 'jpg', 'png')
    """
    return "png" if name.lower().endswith(".png") else "jpg"
