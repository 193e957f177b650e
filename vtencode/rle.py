"""COCO's run lengths: masks as runs of 0 and 1 in turn, down the columns.

`counts` are whole numbers, zeros first, or a text that packs them: 5 bits a letter from "0" on,
low bits first, bit 5 for "more follows"; from the fourth on, a count's difference to the one two
before it (cocoapi, common/maskApi.c, rleToString). Both are checked before they are believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets import Array

_BASE, _BITS, _MORE, _SIGN = 48, 5, 0x20, 0x10
#: Letters that a count of 32 bits and its sign take.
_LETTERS = 7


def mask_of_runs(counts: str | Sequence[int], shape: tuple[int, int]) -> Array:
    """The bool (H, W) mask of these runs.

    Raises `TargetError` unless they are >= 0 and add up to the pixels of `shape`.

    >>> mask_of_runs([1, 2, 3], (2, 3)).astype(int).tolist()
    [[0, 1, 0], [1, 0, 0]]
    """
    height, width = shape
    runs = _unpacked(counts) if isinstance(counts, str) else _whole(counts)
    if runs.size and (runs.min() < 0 or runs.max() > height * width):
        raise TargetError(f"runs must be 0 to {height * width}, got {runs.min()} to {runs.max()}.")
    if runs.sum() != height * width:
        raise TargetError(
            f"runs must add up to {height} x {width} = {height * width} pixels, got {runs.sum()}."
        )
    ones = np.arange(len(runs)) % 2 == 1
    mask: Array = np.repeat(ones, runs).reshape(width, height).T
    return mask


def runs_of_mask(mask: Array) -> list[int]:
    """The runs of a bool (H, W) mask: what `mask_of_runs` reads.

    >>> runs_of_mask(np.array([[0, 1, 0], [1, 0, 0]], dtype=bool))
    [1, 2, 3]
    """
    flat = mask.T.reshape(-1)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = [0] if flat.size and flat[0] else []
    runs: list[int] = np.diff([0, *starts, *changes.tolist(), flat.size]).tolist()
    return runs


def packed(runs: Sequence[int]) -> str:
    """Runs as COCO's text.

    >>> packed([1, 2, 3])
    '123'
    """
    whole = np.asarray(runs, dtype=np.int64)
    whole = np.concatenate([whole[:3], whole[3:] - whole[1:-2]])
    letters = []
    for value in whole.tolist():
        left, more = value, True
        while more:
            digit, left = left & 0x1F, left >> _BITS
            more = left != (-1 if digit & _SIGN else 0)
            letters.append(_BASE + digit + (_MORE if more else 0))
    return bytes(letters).decode("ascii")


def _unpacked(text: str) -> Array:
    try:
        digits = np.frombuffer(text.encode("ascii"), dtype=np.uint8).astype(np.int64) - _BASE
    except UnicodeEncodeError:
        digits = np.array([-1])
    if digits.size and not 0 <= digits.min() <= digits.max() <= _MORE * 2 - 1:
        raise TargetError(f"packed runs must be letters '0' to 'o', got {text[:40]!r}.")
    last = (digits & _MORE) == 0
    if digits.size and not last[-1]:
        raise TargetError("packed runs must end with a whole count, and are cut.")
    ends = np.flatnonzero(last)
    lengths = np.diff(ends, prepend=-1)
    if lengths.size and lengths.max() > _LETTERS:
        raise TargetError(f"a packed run must have at most {_LETTERS} letters.")
    starts = ends - lengths + 1
    place = np.arange(len(digits)) - np.repeat(starts, lengths)
    runs = np.zeros(len(ends), dtype=np.int64)
    np.add.at(runs, np.repeat(np.arange(len(ends)), lengths), (digits & 0x1F) << _BITS * place)
    negative = (digits[ends] & _SIGN) != 0
    runs[negative] -= 1 << _BITS * lengths[negative]
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return runs


def _whole(counts: Sequence[int]) -> Array:
    if not all(type(count) is int and abs(count) < 2**31 for count in counts):
        raise TargetError("runs must be whole numbers of 32 bits.")
    return np.array(counts, dtype=np.int64)
