"""A legend: what one image needs, beside its codec, to be decoded and to be prompted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.spec import canonical_json


@dataclass(frozen=True)
class Legend:
    """Names and their colors, and facts that belong to this image alone.

    `colors` maps names (a state, a class, a phrase) to 8-bit RGB in a meaningful order; `facts`
    holds JSON scalars (a depth's measure, a per-image scale).
    """

    colors: Mapping[str, RGB] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            colors = {name: _rgb(color) for name, color in self.colors.items()}
        except (ValueError, TypeError) as error:
            raise SpecError(f"a legend's colors must be 8-bit RGB, got {error}.") from error
        object.__setattr__(self, "colors", MappingProxyType(colors))
        object.__setattr__(self, "facts", MappingProxyType(dict(self.facts)))

    def __hash__(self) -> int:
        """Equal legends have equal colors and facts, in whatever order."""
        return hash(frozenset(self.colors.items()))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the plain dictionaries that the read-only views show."""
        return Legend, (dict(self.colors), dict(self.facts))

    def to_json(self) -> str:
        """One canonical line; the order of the colors is kept."""
        colors = [[name, list(color)] for name, color in self.colors.items()]
        return canonical_json({"colors": colors, "facts": dict(self.facts)})

    @classmethod
    def from_json(cls, text: str) -> Legend:
        """Read what `to_json` wrote; raises `SpecError` for anything else."""
        try:
            value = json.loads(text)
            listed = [(str(name), _rgb(color)) for name, color in value["colors"]]
            colors = _each_once(listed)
            legend = cls(colors, dict(value["facts"]))
            legend.to_json()  # NaN and Infinity are not JSON
            return legend
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise SpecError(f"a legend must be what Legend.to_json writes, got {text!r}") from error


def _each_once(listed: list[tuple[str, RGB]]) -> dict[str, RGB]:
    colors = dict(listed)
    if len(colors) < len(listed):
        raise ValueError("a name is listed twice")
    return colors


def _rgb(color: Any) -> RGB:
    red, green, blue = (part.item() if isinstance(part, np.integer) else part for part in color)
    if not all(type(part) is int and 0 <= part <= 255 for part in (red, green, blue)):
        raise ValueError(color)
    return red, green, blue
