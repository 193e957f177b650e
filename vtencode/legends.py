"""A legend: what one image needs, beside its codec, to be decoded and to be prompted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

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
        for name in ("colors", "facts"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

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
            colors = {str(name): _rgb(color) for name, color in value["colors"]}
            legend = cls(colors, dict(value["facts"]))
            legend.to_json()  # NaN and Infinity are not JSON
            return legend
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise SpecError(f"a legend must be what Legend.to_json writes, got {text!r}") from error


def _rgb(color: Any) -> RGB:
    red, green, blue = color
    if not all(type(value) is int and 0 <= value <= 255 for value in color):
        raise ValueError(color)
    return red, green, blue
