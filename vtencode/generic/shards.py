"""WebDataset shards: others' tars, of which a recipe says what is what, and our own output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import SampleError, SourceError, did_you_mean
from vtencode.generic.answers import ANSWERS
from vtencode.generic.built import Built
from vtencode.generic.faults import Fault
from vtencode.generic.mapped import Mapped
from vtencode.generic.members import PRIVATE, Members
from vtencode.generic.splits import of_split
from vtencode.generic.stored import Stored
from vtencode.generic.tars import read_member
from vtencode.manifest import MANIFEST
from vtencode.sources.base import Row, Sample
from vtencode.sources.files import read_bytes

if TYPE_CHECKING:
    import pyarrow as pa

#: Options that name members beside the image.
_BESIDE = ("depth", "normals", "semantic", "instances", "keypoints", "camera")


@dataclass(frozen=True, kw_only=True)
class Shards(Mapped):
    """Tar archives in which a sample is the members that share a key: `<key>.jpg`, `<key>.json`.

    `image`, `depth`, … are the endings of members, as `jpg` and `depth.png`; `jpg;png` is the
    first of those that a sample has. The split is what the last telling part of a shard's path
    says (`train-0001.tar`); where none does, all are of the split asked for.

    Without `image`, the root is a dataset that `build` wrote: its inputs are the images, and the
    answers that it painted the targets, decoded by what their own files say. Pairs of one image,
    cut in one way, are one sample; of several answers to one task the most exact is taken.
    `keep` names the targets to read, else all. Licenses, image ids and splits carry over.
    """

    name: ClassVar[str] = "webdataset"
    targets: ClassVar[Mapping[str, type]] = {**Mapped.targets, **ANSWERS}

    keep: tuple[str, ...] = ()

    @classmethod
    def place_faults(cls, told: Any) -> list[Fault]:
        """What is wrong with the endings of members."""
        faults = [
            (
                "keep",
                f"must be answers of tasks, got {name!r}.{did_you_mean(name, ANSWERS)}",
            )
            for name in told.keep
            if name not in ANSWERS
        ]
        if told.image and told.keep:
            faults.append(("keep", "must be left out where image is set"))
        if not told.image:
            message = "must be left out, or image set: without it the root is a built dataset"
            faults += [(name, message) for name in _BESIDE if getattr(told, name)]
        return faults

    @classmethod
    def targets_of(cls, options: Mapping[str, Any]) -> Mapping[str, type]:
        """The targets that these options give; a built dataset has some of those it may have."""
        if options.get("image"):
            return super().targets_of(options)
        keep = tuple(options.get("keep", ())) or tuple(ANSWERS)
        return {name: kind for name, kind in ANSWERS.items() if name in keep}

    def available(self) -> Mapping[str, type]:
        """The targets that the shards have."""
        return super().available() if self.image else self._built.targets

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` unless each of these targets is there."""
        if self.image:
            super().require(names)
            return
        have = self.available()
        missing = next((name for name in names if name not in have), None)
        if missing is not None:
            raise SourceError(
                f"{self.root} must have the target {missing!r}, and was built with "
                f"{', '.join(sorted(have)) or 'none'}."
            )

    def index(self) -> pa.Table:
        """One row a sample, with where each of its members is in its shard."""
        import pyarrow as pa

        _ = self.classes  # told now if it cannot be read
        rows = self._members.rows if self.image else self._built.rows
        where = str(self.root)
        return pa.Table.from_pylist(of_split(rows, self.split, self.split_as, where=where))

    def load(self, row: Row) -> Sample:
        """Read one sample's image; its targets are read as they are asked for."""
        return super().load(row) if self.image else self._built.load(row)

    def files(self) -> tuple[tuple[str, int], ...]:
        """Every shard; of a built dataset those of its manifest."""
        return tuple(self._members.tars.items()) if self.image else self._built.files

    def fingerprint(self) -> str:
        """That of the files; a built dataset's is what its manifest says of itself."""
        return super().fingerprint() if self.image else self._built.fingerprint

    def stored(self, row: Row, option: str) -> Stored:
        """The member of a sample under an option; none is a reject."""
        name = row["member"] if option == "image" else row[option]
        if not name:
            message = self._members.need(row, option=option)
            raise SampleError("MISSING", option, row["member"], message)
        at, size = row[f"{option}_at"]
        path = self._members.path(row["file"])
        return Stored(read_member(path, at, size, field=option, where=name), name)

    def facts(self, row: Row) -> dict[str, str]:
        """The shard, the member, and what the image is called."""
        return {name: row[name] for name in ("file", "member", "image_id")}

    def beside(self, name: str) -> bytes:
        """A file in the folder of the shards."""
        folder = self.root if self.root.is_dir() else self.root.parent
        return read_bytes(folder, name, field="semantic_names")

    @cached_property
    def _built(self) -> Built:
        return Built(self.root, self.prefix, keep=self.keep, skip=self.missing == "skip")

    @cached_property
    def _members(self) -> Members:
        if (self.root / MANIFEST).is_file() and (self.root / PRIVATE).is_dir():
            raise SourceError(
                f"{self.root} was built by vtencode: leave image, and what goes with it, out of "
                "the recipe's source."
            )
        named = {name: _endings(getattr(self, name)) for name in ("image", *_BESIDE)}
        return Members(
            self.root,
            {name: endings for name, endings in named.items() if endings},
            prefix=self.prefix,
            split=self.split,
            split_as=self.split_as,
            skip=self.missing == "skip",
        )


def _endings(text: Any) -> tuple[str, ...]:
    """The endings that an option names, the preferred one first; a camera may be numbers."""
    if not isinstance(text, str) or not text:
        return ()
    return tuple(each.strip().removeprefix(".").lower() for each in text.split(";"))
