"""One pair of an export, as trainers' files tell of it."""

from __future__ import annotations

from dataclasses import dataclass

#: Width and height, in pixels.
Size = tuple[int, int]


@dataclass(frozen=True)
class Entry:
    """One pair of an export.

    `input` and `target` are the names of its pictures, relative to the export's folder, as
    `source/<key>.jpg` and `target/<key>.png`. Where `Trainer.equal_names` asks for it, `twin` is
    the name of a PNG of the input's very pixels.
    """

    key: str
    prompt: str
    input: str
    target: str
    twin: str
    width: int
    height: int
