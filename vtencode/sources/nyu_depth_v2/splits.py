"""`splits.mat`: which frames of the labeled set are for training, and which for tests."""

from __future__ import annotations

from pathlib import Path

from vtencode.errors import SourceError
from vtencode.mat5 import read_mat5


def read_splits(path: Path, count: int) -> list[str]:
    """The split of each of `count` frames, from `trainNdxs` and `testNdxs`, which count from 1."""
    try:
        lists = read_mat5(path.read_bytes())
        numbers = {name: lists[f"{name}Ndxs"].reshape(-1) for name in ("train", "test")}
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path} must hold trainNdxs and testNdxs: {error}.") from error
    splits = ["neither"] * count
    for name, members in numbers.items():
        for number in members.astype(int):
            if not 1 <= number <= count:
                raise SourceError(
                    f"{path} must divide the {count} frames of the labeled set, and its {name} "
                    f"list names frame {number}."
                )
            splits[number - 1] = name
    return splits
