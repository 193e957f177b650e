"""Chance that depends on names alone: the same for any order, worker or machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def draw(seed: int, *names: str) -> int:
    """A uniform 64-bit number for these names: blake2b of the seed and the names.

    Hashed rather than added up, so that (seed 1, "0") and (seed 0, "1") are unrelated.
    """
    text = "\0".join([str(seed), *names])
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def generator(seed: int, *names: str) -> np.random.Generator:
    """A stream of random numbers for these names."""
    import numpy as np

    return np.random.Generator(np.random.Philox(key=draw(seed, *names)))


@dataclass(frozen=True)
class Chance:
    """What the choices of one pair are drawn from.

    `key` is the pair's; `turn` is its place in the dataset, so that neighbors can be made to
    differ; `evaluation` asks for the share `heldout` of phrasings and legends that training never
    sees.

    >>> Chance(0, "nyu-0042-depth").share("flip") == Chance(0, "nyu-0042-depth").share("flip")
    True
    """

    seed: int
    key: str
    turn: int = 0
    evaluation: bool = False
    heldout: float = 0.2

    def draw(self, *names: str) -> int:
        """A uniform 64-bit number for this choice."""
        return draw(self.seed, *names, self.key)

    def share(self, *names: str) -> float:
        """A uniform number in [0, 1) for this choice."""
        return self.draw(*names) / 2**64

    def generator(self, *names: str) -> np.random.Generator:
        """A stream of random numbers for this choice."""
        return generator(self.seed, *names, self.key)
