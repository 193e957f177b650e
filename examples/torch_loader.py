"""Feed a dataset to PyTorch: each shard to one worker of one process, pixels as they are stored.

Needs torch. Run: python examples/torch_loader.py OUT
"""

import sys
from collections.abc import Iterator

import torch
from torch import distributed
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

import vtencode as vt


class Pairs(IterableDataset):
    """The pairs of a dataset, in a folder or at a URL, whatever format it was written in."""

    def __init__(self, root: str) -> None:
        self.dataset = vt.open_dataset(root)

    def __iter__(self) -> Iterator[dict[str, object]]:
        worker = get_worker_info()
        number, of = (worker.id, worker.num_workers) if worker else (0, 1)
        if distributed.is_available() and distributed.is_initialized():
            rank, world = distributed.get_rank(), distributed.get_world_size()
            number, of = rank * of + number, world * of
        for pair in self.dataset.part(number, of):
            yield {
                "key": pair.key,
                "prompt": pair.instruction,
                "input": _tensor(pair.input),
                "target": _tensor(pair.code),
            }


def _tensor(rgb: object) -> torch.Tensor:
    """Uint8 (H, W, 3) as floats (3, H, W) from -1 to 1, as image generators take them."""
    return torch.tensor(rgb).permute(2, 0, 1).float() / 127.5 - 1


def main(out: str) -> None:
    """Build eight pairs in four shards, and load them with two workers."""
    vt.build("nyu-depth", out=out, demo=8, overrides=["output.samples_per_shard=2"])
    keys = []
    for batch in DataLoader(Pairs(out), batch_size=2, num_workers=2):
        keys += batch["key"]
        print(tuple(batch["target"].shape), batch["key"], batch["prompt"][0])
    assert sorted(keys) == sorted(pair.key for pair in vt.open_dataset(out))


if __name__ == "__main__":
    main(sys.argv[1])
