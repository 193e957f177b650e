"""Instruction pools: many phrasings of one request, one drawn for each pair."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from vtencode.errors import RecipeError, did_you_mean
from vtencode.seeds import draw
from vtencode.shipped import shipped
from vtencode.yaml12 import parse


@dataclass(frozen=True)
class Template:
    """One phrasing; `id` is derived from the text, so that it survives edits of its pool."""

    text: str

    @property
    def id(self) -> str:
        """The first twelve hex digits of the text's sha256."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Pool:
    """Phrasings of one task, all different."""

    templates: tuple[Template, ...]

    def pick(self, seed: int, key: str) -> Template:
        """The phrasing of the pair `key`: uniform over the pool, a function of its arguments."""
        return self.templates[draw(seed, "instruction", key) % len(self.templates)]


def pool_names() -> tuple[str, ...]:
    """The pools that come with the package."""
    return tuple(sorted(path.stem for path in shipped("recipes").glob("instructions/*.yaml")))


def load_pool(pool: str | list[str]) -> Pool:
    """A shipped pool by name, or the phrasings themselves.

    Raises `ValueError` for an unknown name, and for phrasings that are empty, given twice, or
    hold a line break or a double space (some trainers split or squeeze those).
    """
    texts = _shipped_pool(pool) if isinstance(pool, str) else pool
    if not texts:
        raise ValueError("must hold at least one instruction")
    for text in texts:
        if not isinstance(text, str) or not text or text != " ".join(text.split()):
            raise ValueError(f"must be single lines with single spaces, got {text!r}")
        if texts.count(text) > 1:
            raise ValueError(f"must be different instructions, got {text!r} twice")
    return Pool(tuple(Template(text) for text in texts))


def _shipped_pool(name: str) -> list[Any]:
    if name not in pool_names():
        raise ValueError(
            f"must be an instruction pool, got {name!r}.{did_you_mean(name, pool_names())}"
        )
    path = shipped("recipes") / "instructions" / f"{name}.yaml"
    document = parse(path.read_text(encoding="utf-8"), where=str(path))
    if document.faults:
        raise RecipeError(str(path), tuple(document.faults))
    texts: list[Any] = document.value["instructions"]
    return texts
