"""One file: what it is, its numbers, and what those could mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtencode.doctor.arrays import contents
from vtencode.doctor.axes import axes_beside
from vtencode.doctor.scales import PLAUSIBLE_M, readings
from vtencode.sphere import LONGEST, SHORTEST
from vtencode.targets import Array

#: Directions make up nearly all of a file of normals; of a photograph about a fifth by chance.
_DIRECTIONS = 0.9
#: A room of boxes has as many directions, and a picture of a mask has fewer colors.
_SHADES = 6
#: Files of classes or objects hold few numbers; depth holds more.
_FEW = 256
#: A smaller array is a list or a matrix, not a picture.
_SIDE = 16
_EVIDENCE = "evidence, not proof: the file does not say"


def facts_of_file(path: Path) -> dict[str, str]:
    """What a file is, told by its bytes, as names and sentences."""
    held = contents(path)
    facts = {"file": held.what}
    if held.codec:
        facts["codec"] = str(json.loads(held.codec).get("name", "unknown"))
    for name, values in held.arrays.items():
        facts[name] = described(values)
        meaning = list(_meanings(path, values))
        if meaning:
            facts[f"{name} may be"] = "\n".join(meaning)
    if held.notes:
        facts["note"] = "\n".join(held.notes)
    return facts


def steps_for_file(path: Path, facts: dict[str, str]) -> tuple[str, ...]:
    """Commands that take such a file."""
    if "codec" in facts:
        return (f"vtencode decode {path}",)
    if any(name.endswith("may be") for name in facts):
        return (f"vtencode init --from {path.parent}",)
    return ()


def described(values: Array) -> str:
    """Type, shape, range and quantiles of an array."""
    shape = " x ".join(map(str, values.shape))
    if not values.size or values.dtype.kind not in "iufb":
        return f"{values.dtype} {shape}"
    finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.reshape(-1)
    if not finite.size:
        return f"{values.dtype} {shape}, no finite number"
    low, middle, high = np.quantile(finite, [0.05, 0.5, 0.95])
    shares = {
        "0": (values == 0).mean(),
        "NaN": np.isnan(values).mean() if values.dtype.kind == "f" else 0,
        "inf": np.isinf(values).mean() if values.dtype.kind == "f" else 0,
        "65535": (values == 65535).mean() if values.dtype == np.uint16 else 0,
    }
    special = "".join(
        f", {share:.0%} are {name}" for name, share in shares.items() if share > 0.005
    )
    return (
        f"{values.dtype} {shape}, {finite.min():.6g} to {finite.max():.6g}; "
        f"5% {low:.5g}, 50% {middle:.5g}, 95% {high:.5g}{special}"
    )


def are_directions(values: Array) -> bool:
    """Whether an array is one of unit vectors, float or as colors that stand for them."""
    if values.ndim != 3 or values.shape[2] != 3 or not values.size:
        return False
    most = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}.get(values.dtype)
    if most is None and values.dtype.kind != "f":
        return False
    some = values[::4, ::4].reshape(-1, 3)
    if len(np.unique(some, axis=0)) < _SHADES:
        return False
    vectors = some.astype(np.float64)
    vectors = vectors if most is None else 2 * vectors / most - 1
    length = np.sqrt((vectors**2).sum(axis=1))
    told = np.isfinite(length) & ~_reserved(vectors, length)
    within = (length >= SHORTEST) & (length <= LONGEST)
    return bool(told.any() and within[told].mean() >= _DIRECTIONS and told.mean() > 0.05)


def _reserved(vectors: Array, length: Array) -> Array:
    """Black, mid-gray and 0 0 0: what files put where there is no normal."""
    reserved: Array = (length < 0.1) | (vectors == -1).all(axis=1)
    return reserved


def _meanings(path: Path, values: Array) -> Iterator[str]:
    plane = values.squeeze()
    if are_directions(values):
        yield f"surface normals ({_EVIDENCE} their axes)"
        yield from axes_beside(path, values)
    elif plane.ndim == 2 and min(plane.shape) >= _SIDE:
        yield from _floats(plane) if plane.dtype.kind == "f" else _whole_numbers(plane)


def _whole_numbers(values: Array) -> Iterator[str]:
    if values.dtype.kind not in "iu" or values.min() < 0 or values.max() >= 65536:
        return
    distinct = len(np.unique(values))
    many = distinct > _FEW // 4
    if values.dtype == np.uint8:
        yield f"classes or objects: {distinct} distinct numbers"
        if many:
            yield "depth in 8 bits: 256 levels only, as DenseDepth's train PNGs (* 25.5 a meter)"
        return
    found = readings(values) if many else []
    if distinct <= _FEW and not any(each.clue for each in found):
        yield f"classes or objects: {distinct} distinct numbers"
    if found:
        yield f"depth ({_EVIDENCE} its scale), the likeliest first:"
        yield from (f"  {number}. {each}" for number, each in enumerate(found, 1))


def _floats(values: Array) -> Iterator[str]:
    known = values[np.isfinite(values) & (values > 0)]
    if not known.size or known.size < values.size // 100:
        return
    median, (low, high) = float(np.median(known)), PLAUSIBLE_M
    whole = bool((known == np.floor(known)).all())
    if low <= median <= high and not whole:
        yield f"depth in meters ({_EVIDENCE} its unit): median {median:.3g} m"
        yield from _sky(known)
    elif low <= median / 1000 <= high:
        yield f"depth in millimeters ({_EVIDENCE} its unit): median {median / 1000:.3g} m"
    elif not whole:
        yield (
            f"depth up to scale, disparity or inverse depth: a median of {median:.3g} is no "
            "distance in meters that a room or a street has"
        )


def _sky(known: Array) -> Iterator[str]:
    """Numbers that stand for no end: far beyond all others, and many of one kind."""
    top = known.max()
    share = float((known >= 0.5 * top).mean())
    if top > 1000 and share > 0.01:
        yield f"  {share:.0%} are {0.5 * top:.4g} or more, up to {top:.6g}: the sky, most likely"
