"""NVIDIA Megatron-Energon: WebDataset shards, and a task encoder that cooks pairs of them."""

from __future__ import annotations

import shlex
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree

_PAIRS = '''\
"""Pairs of pictures and a prompt, cooked from crude samples."""

import torch
from megatron.energon import (
    Cooker,
    DefaultTaskEncoder,
    Sample,
    SampleDecoder,
    basic_sample_keys,
    edataclass,
    stateless,
)


@edataclass
class Pair(Sample):
    """A picture to edit and the picture to paint, (3, H, W) from 0 to 1, and what is asked."""

    source: torch.Tensor
    target: torch.Tensor
    prompt: str


@stateless
def cook(sample: dict) -> Pair:
    """Make a pair of the files of one key."""
    shown = "input.jpg" if "input.jpg" in sample else "input.png"
    return Pair(
        **basic_sample_keys(sample),
        source=sample[shown],
        target=sample["target.png"],
        prompt=sample["instruction.txt"],
    )


class PairEncoder(DefaultTaskEncoder):
    """Batches of pairs of one size: pictures of several would be padded."""

    decoder = SampleDecoder(image_decode="torchrgb")
    cookers = [Cooker(cook)]

    @stateless
    def batch_group_criterion(self, sample: Pair) -> tuple:
        """Which pairs go together; how many, `get_train_dataset` is told."""
        return tuple(sample.target.shape), None
'''

_USAGE = """\
Energon keeps an index beside the shards, which only its own command makes; the shards stay as they
are:

```sh
energon prepare --non-interactive --split-parts 'train:.*' --sample-type CrudeWebdataset {folder}
```

Then, with {pairs} beside your script:

```python
from megatron.energon import WorkerConfig, get_loader, get_train_dataset
from pairs import PairEncoder

dataset = get_train_dataset(
    {path!r},
    batch_size=4,
    shuffle_buffer_size=100,
    max_samples_per_sequence=100,
    task_encoder=PairEncoder(),
    worker_config=WorkerConfig.default_worker_config(),
)
for batch in get_loader(dataset):
    batch.source, batch.target, batch.prompt
```

Nothing is resampled. Resample no target in the encoder either, and pass none through NeMo Curator's
image writer, which makes JPEGs of them.
"""


class Energon(Trainer):
    """WebDataset, read as a crude dataset; and the cooker that knows the names of its files.

    Source: its docs/source/basic/data_prep.md, docs/source/advanced/crude_datasets.md and
    grouping.md.
    """

    name: ClassVar[str] = "energon"
    title: ClassVar[str] = "Megatron-Energon"
    pictures: ClassVar[bool] = False

    def size(self, width: int, height: int) -> Size:
        """The same: it decodes, and that is all."""
        return width, height

    def write(self, tree: Tree) -> None:
        """`energon/*.tar` and `energon/pairs.py`."""
        tree.put_shards("energon", "webdataset")
        tree.write("energon/pairs.py", _PAIRS)

    def usage(self, tree: Tree) -> str:
        """The command that makes the index, and a loop over batches."""
        folder = f"{tree.at}/energon"
        pairs = f"`{folder}/pairs.py`"
        return _USAGE.format(folder=shlex.quote(folder), path=folder, pairs=pairs)
