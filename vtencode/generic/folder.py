"""Folders of files, of which a recipe says by patterns what is where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.errors import SampleError
from vtencode.generic.arrangement import Arrangement
from vtencode.generic.faults import Fault
from vtencode.generic.mapped import Mapped
from vtencode.generic.patterns import PathPattern
from vtencode.generic.splits import of_split
from vtencode.generic.stored import Stored
from vtencode.sources.base import Row
from vtencode.sources.tree import Tree

if TYPE_CHECKING:
    import pyarrow as pa

#: Options that are patterns of files which belong to an image.
_BESIDE = ("depth", "normals", "semantic", "instances", "keypoints", "camera")
#: Of those, the ones that one file may hold for all images.
_SHARED = ("camera", "instances", "keypoints")


@dataclass(frozen=True, kw_only=True)
class Folder(Mapped):
    """A folder, or an archive, of images and what belongs to them.

    `image`, `depth`, … are patterns of paths below the root: `rgb/{scene}/{id}.jpg` and
    `depth/{scene}/{id}.png` belong together where their placeholders stand for the same (see
    `PathPattern`). `{split}` tells the split; or `lists`, such as `splits/{split}.txt`, are files
    that list images, a line each, by path or id. Without either, all are of the split asked for.
    """

    name: ClassVar[str] = "folder"

    lists: str = ""

    @classmethod
    def place_faults(cls, told: Any) -> list[Fault]:
        """What is wrong with the patterns."""
        given = _patterns(told, ("image", "lists", *_BESIDE))
        faults = [(name, fault) for name, each in given.items() if (fault := each.fault)]
        if "image" not in given:
            return [*faults, ("image", "must say where images are, as rgb/{id}.jpg")]
        known = given.pop("image").names
        if not known:
            faults.append(("image", f"must have a placeholder, as {{id}}, got {told.image!r}"))
        lists = given.pop("lists", None)
        if lists is not None and (lists.names != ("split",) or "split" in known):
            message = f"must have the placeholder {{split}}, and image not, got {told.lists!r}"
            faults.append(("lists", message))
        for name, each in given.items():
            strange = [part for part in each.names if part not in known]
            if strange:
                faults.append((name, f"must have placeholders of image only, got {{{strange[0]}}}"))
            elif not each.names and name not in _SHARED:
                faults.append((name, f"must have a placeholder, as {{id}}, got {each.text!r}"))
        if told.keypoints and not told.keypoints.endswith(".json"):
            faults.append(("keypoints", f"must be .json in COCO's form, got {told.keypoints!r}"))
        return faults

    def index(self) -> pa.Table:
        """One row an image that is of the split asked for."""
        import pyarrow as pa

        _ = self.classes  # told now if it cannot be read
        where = str(self.root)
        return pa.Table.from_pylist(of_split(self._rows, self.split, self.split_as, where=where))

    def files(self) -> tuple[tuple[str, int], ...]:
        """Every file that a pattern matches, the lists, and the names of classes."""
        return tuple(self._files.sizes.items())

    @cached_property
    def _files(self) -> Arrangement:
        names = self.semantic_names if isinstance(self.semantic_names, str) else ""
        return Arrangement(
            Tree(self.root),
            image=PathPattern(self.image),
            others=_patterns(self, _BESIDE),
            lists=self.lists,
            extras=(names,),
            prefix=self.prefix,
            split=self.split,
            split_as=self.split_as,
            skip=self.missing == "skip",
        )

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return self._files.rows()

    def stored(self, row: Row, option: str) -> Stored:
        """What is stored under an option; nothing is a reject."""
        path = row["file"] if option == "image" else row[option]
        if not path:
            message = f"needs {self._files.wanted(row['file'], option)}, which is not there"
            raise SampleError("MISSING", option, row["file"], message)
        shared = option != "image" and not self._files.others[option].names
        if shared and path in self._shared:
            return self._shared[path]
        stored = Stored(self._files.tree.read(path, field=option), path)
        if shared:
            document = stored.document(option)
            self._shared[path] = stored if document is None else Stored(document, path)
        return stored

    def facts(self, row: Row) -> dict[str, str]:
        """The file, its scene, and what the image is called."""
        return {name: row[name] for name in ("file", "scene", "image_id")}

    def beside(self, name: str) -> bytes:
        """A file that all samples share."""
        return self._files.tree.read(name, field="semantic_names")

    @cached_property
    def _shared(self) -> dict[str, Stored]:
        """Files that belong to all images, documents parsed, by their paths."""
        return {}


def _patterns(told: Any, options: tuple[str, ...]) -> dict[str, PathPattern]:
    """The patterns that these options are; a camera may be numbers instead."""
    given = {name: getattr(told, name) for name in options}
    return {n: PathPattern(text) for n, text in given.items() if text and isinstance(text, str)}
