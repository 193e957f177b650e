"""What another system's files are: how their bytes are read, and written where that is defined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vtencode.codecs.base import Code, codec
from vtencode.png import read_png, write_png


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """A foreign encoding of the targets that the codec named `kind` paints.

    `read` takes a file's bytes, `write` makes them, or is None where the form has what our
    targets lack. `source` says who defined it.
    """

    kind: str
    summary: str
    source: str
    read: Callable[[bytes], Any]
    write: Callable[[Any], bytes] | None = None


def preset_encoding(kind: str, preset: str, *, summary: str, source: str) -> Encoding:
    """The plain pictures of a codec's preset, which carry no spec.

    Programs wrote them, not generators: they are read as exact.
    """
    return Encoding(
        kind=kind,
        summary=f"{summary}: {kind}:{preset}",
        source=source,
        read=lambda data: codec(kind, preset).decode(Code(read_png(data))).target,
        write=lambda target: write_png(codec(kind, preset).encode(target).rgb),
    )
