"""The codecs of a dataset: what each paints, what it promises, and how it did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from textwrap import shorten
from typing import Any

from vtencode.cards.facts import Manifest, present
from vtencode.cards.markdown import code, plain, table
from vtencode.codecs.base import Codec, codec_from_spec
from vtencode.spec import canonical_json

#: Characters of a parameter that a cell has room for.
_LONG = 100


def codec_table(manifest: Manifest) -> str:
    """A line a codec: parameters, what it paints, its tolerance, and the worst error here."""
    columns = ["codec", "tasks", "parameters", "paints", "tolerance", "worst error"]
    errors = manifest["worst_errors"]
    rows = []
    for spec, tasks in _used(manifest).items():
        codec, contract = _described(spec)
        rows.append(
            [
                f"{code(codec.name)} version {codec.version}",
                ", ".join(map(code, tasks)),
                _parameters(codec),
                plain(codec.summary),
                _promised(contract),
                f"{errors[codec.unit]:.4g} {codec.unit}" if codec.unit in errors else "not told",
            ]
        )
    return table(columns, rows)


def origins(manifest: Manifest) -> list[str]:
    """Where the encodings come from, in their codecs' words, each once."""
    told = (str(_described(spec)[1].get("source", "")) for spec in _used(manifest))
    return list(dict.fromkeys(filter(None, told)))


def _used(manifest: Manifest) -> dict[str, dict[str, None]]:
    """The spec of every codec that painted a pair, and the keys of its tasks."""
    found: dict[str, dict[str, None]] = {}
    for each in present(manifest):
        found.setdefault(canonical_json(each.task["codec"]), {})[each.task["name"]] = None
    return found


@cache
def _described(spec: str) -> tuple[Codec[Any], Mapping[str, Any]]:
    """A codec and its contract, which may take a while to find out.

    Raises `SpecError` where it is not installed, or in another version.
    """
    codec = codec_from_spec(json.loads(spec))
    return codec, codec.contract()


def _parameters(codec: Codec[Any]) -> str:
    """Those that are not what the codec has anyway; the recipe has all of them, whole."""
    usual = type(codec)().spec()["params"]
    changed = {k: v for k, v in codec.spec()["params"].items() if v != usual[k]}
    texts = (f"{name}={json.dumps(value)}" for name, value in changed.items())
    return ", ".join(code(shorten(text, _LONG, placeholder=" …")) for text in texts) or "as usual"


def _promised(contract: Mapping[str, Any]) -> str:
    told = {name: v for name, v in contract.items() if name.startswith("tolerance")}
    return "; ".join(_bound(*item) for item in told.items()) or "not told"


def _bound(name: str, value: Any) -> str:
    """One tolerance of a contract, whose name ends in its unit."""
    unit = name.removeprefix("tolerance").lstrip("_")
    if isinstance(value, Mapping):
        return ", ".join(f"{plain(str(at))}: {_amount(held, unit)}" for at, held in value.items())
    return _amount(value, unit) if value else "exact"


def _amount(value: Any, unit: str) -> str:
    number = isinstance(value, int | float)
    return f"{value:g} {unit}".rstrip() if number else plain(str(value))
