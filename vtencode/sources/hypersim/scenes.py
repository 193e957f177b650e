"""Every scene of the public release, and the archive that its authors publish it in."""

from __future__ import annotations

from collections.abc import Iterator

from vtencode.sources.base import RemoteFile

#: Scenes of each volume, as `code/python/tools/dataset_download_images.py` of ml-hypersim lists
#: their archives: 457 in all.
_VOLUMES = {
    1: "1-10",
    2: "1-10",
    3: "1-2 4-10",
    4: "1-10",
    5: "1 3-10",
    6: "1-4 6-10",
    7: "1-2 4-10",
    8: "1-10",
    9: "1-9",
    10: "1-9",
    11: "1 3-10",
    12: "1 4-5 7 9-10",
    13: "1-4 7 9-10",
    14: "3 6 10",
    15: "1 3-10",
    16: "1-7 9-10",
    17: "1-10",
    18: "1-10",
    19: "1-4 6-9",
    21: "1-3 7-10",
    22: "1-7 9-10",
    23: "1-10",
    24: "1-19",
    26: "1-9 11-20",
    27: "1 3-10",
    28: "1-6 8-9",
    29: "1-5",
    30: "1-5 7-10",
    31: "1 3-4 6-10",
    32: "1-5 7-9",
    33: "1-2 4-5 7-10",
    34: "1-3 5",
    35: "1-10",
    36: "1-3 5-8 10",
    37: "1-10",
    38: "2 4-7 9-10",
    39: "2-10",
    41: "1-10",
    42: "1-5",
    43: "2-10",
    44: "1-10",
    45: "1 4-6 8 10",
    46: "1-8",
    47: "1-9",
    48: "1-10",
    50: "1-5",
    51: "1-5",
    52: "1-10",
    53: "1-10 12-14 16-20",
    54: "1-10",
    55: "1-10",
}
#: Where that script fetches them from.
_ARCHIVES = "https://docs-assets.developer.apple.com/ml-research/datasets/hypersim/v1/scenes"


def scenes() -> Iterator[str]:
    """The name of every scene.

    >>> names = list(scenes())
    >>> len(names), names[0], names[-1]
    (457, 'ai_001_001', 'ai_055_010')
    """
    for volume, runs in _VOLUMES.items():
        for run in runs.split():
            first, _, last = run.partition("-")
            for number in range(int(first), int(last or first) + 1):
                yield f"ai_{volume:03d}_{number:03d}"


def archives() -> tuple[RemoteFile, ...]:
    """The archive of every scene."""
    return tuple(
        RemoteFile(f"{_ARCHIVES}/{scene}.zip", f"{scene}.zip", b"PK\x03\x04") for scene in scenes()
    )
