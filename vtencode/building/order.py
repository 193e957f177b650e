"""The order of a dataset: which samples, which task of each, and how the parts of a mix take turns.

Everything is decided by hashes of names and by arithmetic on counts, so that shares are exact and
neither the machine nor the number of workers matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vtencode.recipe import Mix, Part, TaskSection
from vtencode.seeds import draw
from vtencode.targets import Array

if TYPE_CHECKING:
    import pyarrow as pa

#: Columns of the pairs: numbers of the part, of its row, of its task, and the repeat, from 0.
COLUMNS = ("part", "row", "task", "repeat")


def shuffled(table: pa.Table, seed: int, limit: int | None) -> pa.Table:
    """The rows in the order of the hash of seed and key.

    So neighbors in a scene part, and a limit takes an even share.
    """
    import pyarrow as pa

    keys = table["key"].to_pylist()
    order = sorted(range(len(keys)), key=lambda at: (draw(seed, "order", keys[at]), keys[at]))
    return table.take(pa.array(order[:limit], pa.int64())).combine_chunks()


def pair_table(mix: Mix, samples: Sequence[pa.Table]) -> pa.Table:
    """All pairs in the order in which they are written: int32 columns `COLUMNS`.

    Parts with weights have pairs in their proportion, as many as the scarcest of them allows;
    each part's are spread evenly over the whole.
    """
    import pyarrow as pa

    wanted = [_wanted(part, table) for part, table in zip(mix.parts, samples, strict=True)]
    shares = [_shares(part, pairs) for part, pairs in zip(mix.parts, wanted, strict=True)]
    sizes = _sizes(mix.parts, list(map(_available, mix.parts, wanted, shares)))
    parts = [
        np.insert(_kept(pairs, apportioned(size, share)), 0, at, axis=1)
        for at, (pairs, size, share) in enumerate(zip(wanted, sizes, shares, strict=True))
    ]
    pairs = np.concatenate(parts)
    place = np.concatenate([(np.arange(len(p)) + 0.5) / max(len(p), 1) for p in parts])
    ordered = pairs[np.lexsort((pairs[:, 0], place))]
    return pa.table({name: ordered[:, at] for at, name in enumerate(COLUMNS)})


def apportioned(total: int, weights: Sequence[float]) -> list[int]:
    """`total` divided in proportion to the weights, by largest remainders.

    >>> apportioned(10, [1, 1, 1])
    [4, 3, 3]
    """
    exact = proportions(weights) * total
    whole = np.floor(exact + 1e-9).astype(np.int64)
    rest = np.argsort(whole - exact, kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    counts: list[int] = whole.tolist()
    return counts


def proportions(weights: Sequence[float] | Array) -> Array:
    """Weights against each other, however large or small: shares that add up to 1.

    >>> proportions([3, 1]).tolist()
    [0.75, 0.25]
    """
    given = np.array(weights, dtype=np.float64)
    given /= max(given.max(initial=0), np.finfo(np.float64).tiny)  # whose sum is finite
    shares: Array = given / max(given.sum(), 1)
    return shares


def _wanted(part: Part, table: pa.Table) -> Array:
    """Every pair a part can make, a sample's tasks together: int32 (N, 3) row, task, repeat."""
    keys, seed = table["key"].to_pylist(), part.recipe.seed
    asked = np.zeros((len(keys), len(part.recipe.tasks)), dtype=bool)
    for at, task in enumerate(part.recipe.tasks):
        count = _asked(part, task, len(keys))
        if 0 < count < len(keys):
            lots = np.array([draw(seed, "share", task.key, key) for key in keys], dtype=np.uint64)
            asked[np.argsort(lots)[:count], at] = True
        else:
            asked[:, at] = count > 0
    once = np.argwhere(asked).astype(np.int32)
    repeats = [np.insert(once, 2, at, axis=1) for at in range(part.repeats)]
    return np.concatenate(repeats).astype(np.int32)


def _asked(part: Part, task: TaskSection, samples: int) -> int:
    """How many samples may be asked a task: shares of a mix choose among all of them."""
    if not part.shares:
        return round(task.share * samples)
    return samples if task.key in part.asked else 0


def _shares(part: Part, pairs: Array) -> list[float]:
    """What the part's tasks have of its pairs; together 1, where there are any."""
    names = [task.key for task in part.recipe.tasks]
    there = np.bincount(pairs[:, 1], minlength=len(names)).astype(np.float64)
    given = np.array([part.shares.get(name, 0.0) for name in names]) if part.shares else there
    shares: list[float] = proportions(given).tolist()
    return shares


def _available(part: Part, pairs: Array, shares: Sequence[float]) -> int:
    """How many pairs a part has in the proportion of the shares, up to its cap."""
    there = np.bincount(pairs[:, 1], minlength=len(shares))
    limits = [count / share for count, share in zip(there, shares, strict=True) if share > 0]
    most = int(min(limits, default=0) + 1e-9)
    return most if part.cap is None else min(most, part.cap)


def _sizes(parts: Sequence[Part], available: Sequence[int]) -> list[int]:
    """How many pairs each part gives."""
    weights = [part.weight for part in parts if part.weight is not None]
    if len(weights) < len(parts):
        return list(available)
    shares = proportions(weights).tolist()
    total = min(count / share for count, share in zip(available, shares, strict=True) if share > 0)
    return apportioned(int(total + 1e-9), shares)


def _kept(pairs: Array, counts: Sequence[int]) -> Array:
    """So many pairs of every task, of as many different samples as there are.

    Samples take turns at the tasks: first each has one, then each a second one, and so on.
    """
    row, task, repeat = pairs.T
    asked = np.array(counts) > 0
    rank = np.cumsum(asked) - 1
    turn = (rank[task] - row) % max(int(asked.sum()), 1)
    keep = np.zeros(len(pairs), dtype=bool)
    order = np.lexsort((row, turn, repeat))
    for at, count in enumerate(counts):
        keep[order[task[order] == at][:count]] = True
    return pairs[keep]


def counted(pairs: pa.Table, mix: Mix) -> dict[tuple[int, str], int]:
    """How many pairs are planned of each part and task, in the mix's order; none is left out."""
    part, task = (pairs[name].to_numpy() for name in ("part", "task"))
    return {
        (at, section.key): int(((part == at) & (task == number)).sum())
        for at, each in enumerate(mix.parts)
        for number, section in enumerate(each.recipe.tasks)
        if section.key in each.asked
    }
