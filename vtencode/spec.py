"""Frozen dataclass <-> spec: `{"name", "version", "params"}` with every parameter written out.

A class takes part by being a frozen dataclass with a class attribute `name`. Fields hold JSON
scalars, tuples of them, or another such object, which is written as its own named mapping.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from sys import float_info
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

from vtencode.errors import SpecError, did_you_mean
from vtencode.registry import find

T = TypeVar("T")
Params = dict[str, Any]


def canonical_json(value: Any) -> str:
    """One line of JSON that depends on the value alone: sorted keys, ASCII, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def to_params(thing: Any) -> Params:
    """Every field of a dataclass as JSON, defaults too."""
    return {field.name: _to_json(getattr(thing, field.name)) for field in fields(thing)}


def defaults(cls: type, *, skip: tuple[str, ...] = ()) -> Params:
    """What the fields of a dataclass are where nothing is given; those that must be given lack."""
    found = {}
    for field in fields(cls):
        if field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
        elif field.default is not MISSING:
            found[field.name] = field.default
    return {name: value for name, value in found.items() if name not in skip}


def from_params(cls: type[T], params: Mapping[str, Any], *, where: str = "") -> T:
    """Build `cls` from JSON parameters; what is left out takes its default.

    Raises `SpecError` naming every unknown, missing or ill-typed parameter at once.
    """
    values, faults = read_params(cls, params)
    if faults:
        text = "; ".join(f"{path} {message}" for path, message in faults)
        raise SpecError(f"{where or cls.__name__}: {text}")
    return cls(**values)


def read_params(
    cls: type, params: Mapping[str, Any], *, skip: tuple[str, ...] = ()
) -> tuple[Params, list[tuple[str, str]]]:
    """Check JSON parameters against the fields of `cls`: (values, faults as (path, message))."""
    known = {field.name: field for field in fields(cls) if field.name not in skip}
    values: Params = {}
    faults: list[tuple[str, str]] = [
        (name, f"is not a parameter of {label(cls)}.{did_you_mean(name, known)}")
        for name in params
        if name not in known
    ]
    for name, field in known.items():
        if name not in params:
            if field.default is MISSING and field.default_factory is MISSING:
                faults.append((name, "is missing"))
            continue
        try:
            values[name] = _from_json(_hints(cls)[name], params[name], field)
        except SpecError as error:
            faults.append((name, str(error)))
    return values, faults


def label(cls: type) -> str:
    """The name users know a class by."""
    return str(getattr(cls, "name", cls.__name__))


def merge(base: Params, changes: Mapping[str, Any]) -> Params:
    """`base` with `changes` on top; mappings merge key by key unless the `name` changes."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if not isinstance(value, Mapping):
            merged[key] = value
        elif isinstance(old, dict) and value.get("name", old.get("name")) == old.get("name"):
            merged[key] = merge(old, value)
        else:
            merged[key] = dict(value)
    return merged


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def _to_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    if hasattr(type(value), "name"):
        return {"name": type(value).name, **to_params(value)}
    return value


def _from_json(hint: Any, value: Any, field: Field[Any]) -> Any:
    kind = field.metadata.get("kind")
    if kind is not None:
        return _nested(kind, value)
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            choices = ", ".join(map(repr, get_args(hint)))
            raise SpecError(f"must be one of {choices}, got {value!r}")
        return value
    if get_origin(hint) is tuple:
        return _tuple(get_args(hint), value)
    if get_origin(hint) is UnionType:
        return _one_of(get_args(hint), value, field)
    return _scalar(hint, value)


def _one_of(hints: tuple[Any, ...], value: Any, field: Field[Any]) -> Any:
    """Read a value as the first of several types that it can be; what it cannot be is told."""
    if value is None and NoneType in hints:
        return None
    faults = []
    for hint in hints:
        if hint is not NoneType:
            try:
                return _from_json(hint, value, field)
            except SpecError as error:
                faults.append(str(error))
    raise SpecError(", or ".join(faults))


def _nested(kind: str, value: Any) -> Any:
    """Read `{"name": …, **params}`, or a bare name, as a registered thing of that kind."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, Mapping):
        if hasattr(type(value), "name"):
            return value
        raise SpecError(f"must be the name of a {kind} or a mapping with one, got {value!r}")
    params = dict(value)
    name = params.pop("name", None)
    if not isinstance(name, str):
        raise SpecError(f"must say its name, got {value!r}")
    return from_params(find(kind, name), params, where=name)


def _tuple(hints: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, list | tuple):
        raise SpecError(f"must be a list, got {value!r}")
    if hints[-1] is Ellipsis:
        return tuple(_scalar(hints[0], item) for item in value)
    if len(value) != len(hints):
        raise SpecError(f"must be a list of {len(hints)}, got {value!r}")
    return tuple(_scalar(hint, item) for hint, item in zip(hints, value, strict=True))


_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _scalar(hint: Any, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    accepts = (int, float) if hint is float else (hint,)
    if not isinstance(value, accepts) or (isinstance(value, bool) and hint is not bool):
        raise SpecError(f"must be {_WORDS[hint]}, got {value!r}")
    if hint is float and not abs(value) <= float_info.max:
        raise SpecError(f"must be a finite number, got {value!r}")
    return float(value) if hint is float else value
