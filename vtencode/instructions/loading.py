"""Pools from recipes: a shipped one, phrasings, or a shipped one with more; and their faults."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from vtencode.errors import RecipeError, did_you_mean
from vtencode.instructions.checks import Fault, Placed, field_faults, line_faults, share_faults
from vtencode.instructions.pool import HELDOUT, Pool
from vtencode.instructions.template import Template
from vtencode.shipped import shipped
from vtencode.yaml12 import parse

_KEYS = ("add", "confusion", "heldout", "pool")


def pool_names() -> tuple[str, ...]:
    """The pools that come with the package."""
    return tuple(sorted(path.stem for path in shipped("recipes").glob("instructions/*.yaml")))


def load_pool(
    pool: str | list[str] | Mapping[str, Any], *, known: Collection[str] | None = None
) -> Pool:
    """A shipped pool by name, phrasings, or `{pool: NAME, add: [...], heldout: 0.3}`.

    The mapping has any of these keys, and `confusion`, sentences that tell the task from others.
    `known` are the fields that phrasings may name. Raises `ValueError` with all that
    `pool_faults` finds.
    """
    faults = pool_faults(pool, known=known)
    if faults:
        raise ValueError("; ".join(message for _, message in faults))
    given = _keyed(pool)
    texts, sentences, _ = _lines(given)
    return Pool(
        tuple(Template(text) for _, text in texts),
        tuple(text for _, text in sentences),
        float(given.get("heldout", HELDOUT)),
    )


def pool_faults(pool: Any, *, known: Collection[str] | None = None) -> list[Fault]:
    """All that is wrong with a pool: where in it, and what must be.

    Lines must be single, different and without double spaces (trainers split or squeeze others),
    and name fields that are known.
    """
    if not isinstance(pool, (str, list, Mapping)):
        return [((), f"must be an instruction pool or a list of instructions, got {pool!r}")]
    given = _keyed(pool)
    texts, sentences, faults = _lines(given)
    if not texts and not faults:
        faults.append((("add",), "must hold at least one instruction"))
    faults += line_faults(texts, "instructions") + line_faults(sentences, "sentences")
    faults += field_faults(texts, known)
    share = given.get("heldout", HELDOUT)
    faults += [(("heldout",), message) for _, message in share_faults(share, len(texts))]
    if not isinstance(pool, Mapping):
        faults = [(path[1:], message) for path, message in faults]
    return list(dict.fromkeys(faults))


def _keyed(pool: str | list[str] | Mapping[str, Any]) -> Mapping[str, Any]:
    """The long form of each way to give a pool."""
    if isinstance(pool, Mapping):
        return pool
    return {"pool": pool} if isinstance(pool, str) else {"add": pool}


def _lines(given: Mapping[str, Any]) -> tuple[list[Placed], list[Placed], list[Fault]]:
    """The phrasings, the other sentences, and what keeps more from being read."""
    faults: list[Fault] = [
        ((key,), f"is not a field here.{did_you_mean(key, _KEYS)}")
        for key in given
        if key not in _KEYS
    ]
    shown: Mapping[str, Any] = {}
    name = given.get("pool")
    if name in pool_names():
        shown = _document(str(name))
    elif "pool" in given:
        hint = did_you_mean(str(name), pool_names())
        faults.append((("pool",), f"must be an instruction pool, got {name!r}.{hint}"))
    texts: list[Placed] = [(("pool",), text) for text in shown.get("instructions", [])]
    sentences: list[Placed] = [(("pool",), text) for text in shown.get("confusion", [])]
    for key, lines in (("add", texts), ("confusion", sentences)):
        value = given.get(key, [])
        if isinstance(value, list):
            lines += [((key, at), text) for at, text in enumerate(value)]
        else:
            faults.append(((key,), f"must be a list, got {value!r}"))
    return texts, sentences, faults


@cache
def _document(name: str) -> Mapping[str, Any]:
    """What a shipped file says; it is the same for every recipe that asks."""
    path: Path = shipped("recipes") / "instructions" / f"{name}.yaml"
    document = parse(path.read_text(encoding="utf-8"), where=str(path))
    if document.faults:
        raise RecipeError(str(path), tuple(document.faults))
    value: Mapping[str, Any] = document.value
    return value
