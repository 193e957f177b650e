"""Samples of data that a recipe describes: an image as it is, and targets by its options."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property, partial

from vtencode.errors import SampleError, SourceError
from vtencode.generic.classes import Classes, listed, read_classes
from vtencode.generic.options import Options
from vtencode.generic.reading import Reading
from vtencode.generic.stored import Stored
from vtencode.images import Picture
from vtencode.sources.base import Row, Sample
from vtencode.sources.files import decoded
from vtencode.sources.lazy import LazyTargets


@dataclass(frozen=True, kw_only=True)
class Mapped(Options):
    """A source whose options say what each thing is; subclasses know where things are."""

    @abstractmethod
    def stored(self, row: Row, option: str) -> Stored:
        """What is stored of a sample under an option, such as `depth`.

        Raises `SampleError` where nothing is.
        """

    @abstractmethod
    def facts(self, row: Row) -> dict[str, str]:
        """Where a sample comes from: `Sample.provenance`."""

    @abstractmethod
    def beside(self, name: str) -> bytes:
        """The bytes of a file that all samples share; raises `SampleError` where it is not."""

    def load(self, row: Row) -> Sample:
        """Read one image, which passes through untouched; its targets are read as asked for."""
        stored = self.stored(row, "image")
        data = stored.file("image")
        picture = decoded(lambda: Picture.from_bytes(data), field="image", where=stored.where)
        reading = Reading(
            self,
            self.classes,
            image=stored.where,
            shape=(picture.height, picture.width),
            get=partial(self.stored, row),
        )
        facts = {**self.facts(row), "sha256": hashlib.sha256(data).hexdigest()}
        return Sample(row["key"], picture, LazyTargets(reading.makers()), facts)

    @cached_property
    def classes(self) -> Classes | None:
        """The classes that the options name; None where no classes are mapped."""
        given, void = self.semantic_names, self.semantic_void
        if not self.semantic:
            return None
        if not isinstance(given, str):
            return listed(given, void, where="semantic_names")
        where = f"{self.root}/{given}"
        try:
            data = self.beside(given)
        except SampleError as error:
            raise SourceError(f"{where} must hold the names of classes: {error}") from error
        return read_classes(data, void, where=where)
