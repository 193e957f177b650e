"""Semantic segmentation: one class of a vocabulary for every pixel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vtencode.errors import TargetError
from vtencode.targets.arrays import Array, ReadOnly

#: Ids are kept as int32.
_MAX = 2**31 - 1


@dataclass(frozen=True, eq=False)
class SemanticMask(ReadOnly):
    """Which class each pixel of one image belongs to.

    `ids` is integer (H, W); it is kept as int32. `vocabulary[i]` names the class of id i; 0 is a
    class like any other. `void` is the id of pixels that nobody labeled, or None where every
    pixel is; it lies outside the vocabulary (255, -1, ...).

    Raises `TargetError` for ids that are neither in the vocabulary nor void, and for two classes
    of one name.

    >>> SemanticMask(np.array([[0, 1, 255]]), ("road", "sky"), void=255).labeled
    array([[ True,  True, False]])
    """

    ids: Array
    vocabulary: tuple[str, ...]
    void: int | None = None

    def __post_init__(self) -> None:
        vocabulary = _names(self.vocabulary)
        void = None if self.void is None else int(self.void)
        if void is not None and (0 <= void < len(vocabulary) or abs(void) > _MAX):
            raise TargetError(
                f"SemanticMask.void must lie outside the vocabulary of {len(vocabulary)} and in "
                f"32 bits, got {void}."
            )
        ids = _int32_plane(self.ids)
        known = (ids >= 0) & (ids < len(vocabulary))
        if void is not None:
            known |= ids == void
        if not known.all():
            strange = sorted(set(ids[~known].tolist()))
            raise TargetError(
                f"SemanticMask.ids must be 0 to {len(vocabulary) - 1} or void ({void}), "
                f"got {', '.join(map(str, strange[:5]))}. Name the missing classes, or set void."
            )
        ids.setflags(write=False)
        for name, value in (("ids", ids), ("vocabulary", vocabulary), ("void", void)):
            object.__setattr__(self, name, value)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.ids.shape
        return height, width

    @property
    def labeled(self) -> Array:
        """Where a class is known: bool (H, W)."""
        mask: Array = self.ids >= 0 if self.void is None else self.ids != self.void
        return mask


def _names(given: Any) -> tuple[str, ...]:
    vocabulary = tuple(given)
    if isinstance(given, str) or not all(isinstance(name, str) and name for name in vocabulary):
        raise TargetError(f"SemanticMask.vocabulary must be a tuple of names, got {given!r}.")
    if len(set(vocabulary)) < len(vocabulary):
        twice = next(name for name in vocabulary if vocabulary.count(name) > 1)
        raise TargetError(
            f"SemanticMask.vocabulary must name each class once, got {twice!r} twice."
        )
    return vocabulary


def _int32_plane(values: Array) -> Array:
    given = np.asarray(values)
    if given.dtype.kind not in "iu" or given.ndim != 2:
        raise TargetError(
            f"SemanticMask.ids must be integer (H, W), got {given.dtype} {given.shape}."
        )
    if given.size and (given.min() < -_MAX or given.max() > _MAX):
        raise TargetError(f"SemanticMask.ids must fit 32 bits, got {given.min()} to {given.max()}.")
    return np.array(given, dtype=np.int32, order="C")
