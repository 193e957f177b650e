"""Chance that depends on names alone: the same for any order, worker or machine."""

from __future__ import annotations

import hashlib


def draw(seed: int, *names: str) -> int:
    """A uniform 64-bit number for these names: blake2b of the seed and the names.

    Hashed rather than added up, so that (seed 1, "0") and (seed 0, "1") are unrelated.
    """
    text = "\0".join([str(seed), *names])
    digest = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()
    return int.from_bytes(digest, "big")
