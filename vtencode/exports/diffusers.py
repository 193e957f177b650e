"""huggingface/diffusers: its LoRA scripts that edit, for FLUX.2 and FLUX.1 Kontext."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.hub import FOLDER, put_hub_folder
from vtencode.exports.tree import Tree

#: `--resolution` below: no target keeps more than its area, and sides are multiples of `STEP`.
SIDE, STEP = 1024, 16
#: Bytes of memory that a script was measured to take for each pixel of a pair.
_BYTES = 48

_USAGE = """\
In `examples/dreambooth`, with whatever else you train with:

```sh
accelerate launch {script} \\
  --pretrained_model_name_or_path={model} \\
  --dataset_name={folder} \\
  --image_column=edited_image --cond_image_column=input_image --caption_column=edit_prompt \\
  --resolution={side} --use_aspect_ratio_buckets --max_sequence_length=512 \\
  --train_batch_size=1 --gradient_accumulation_steps=4
```
{more}
`--use_aspect_ratio_buckets` is what keeps targets exact: without it, every one is scaled and
cropped to a square. Leave `--aspect_ratio_buckets`, which enlarges, and `--random_flip` out. In
batches of more than one, pairs that fill no batch of their size are never seen. Of a prompt,
`--max_sequence_length` tokens are kept.

The script decodes all pairs before it starts, and these {count} will take about {memory:.1f} GiB of
memory: `vtencode export --limit N` exports the first N. The folder may also be pushed to the Hub as
it is.
"""


class Diffusers(Trainer):
    """Parquet that `load_dataset` reads, and the names of its columns as flags.

    Source: examples/dreambooth/README_flux2.md ("Training Image-to-Image"), `DreamBoothDataset` of
    the scripts, and `generate_aspect_ratio_buckets` of src/diffusers/training_utils.py.
    """

    name: ClassVar[str] = "diffusers"
    title: ClassVar[str] = "FLUX.2 in diffusers"
    pictures: ClassVar[bool] = False

    #: Shapes of the script's buckets, across and down.
    shapes: ClassVar[Sequence[Size]] = (
        *((1, 1), (4, 5), (5, 4), (2, 3), (3, 2), (3, 4), (4, 3)),
        *((9, 16), (16, 9), (1, 2), (2, 1)),
    )
    script: ClassVar[str] = "train_dreambooth_lora_flux2_klein_img2img.py"
    model: ClassVar[str] = "black-forest-labs/FLUX.2-klein-base-4B"
    more: ClassVar[str] = """
`train_dreambooth_lora_flux2_img2img.py` takes the same flags, with `black-forest-labs/FLUX.2-dev`.
"""

    def size(self, width: int, height: int) -> Size:
        """The bucket of the nearest shape, of about the target's own area."""
        side = min(SIDE, round((height * width) ** 0.5))
        buckets = dict.fromkeys(_bucket(side, across / down) for across, down in self.shapes)
        # Of buckets that are equally near, the scripts take the last.
        return min(reversed(buckets), key=lambda size: abs(height * size[0] - width * size[1]))

    def write(self, tree: Tree) -> None:
        """`diffusers/data/*.parquet` and `diffusers/README.md`."""
        put_hub_folder(tree)

    def usage(self, tree: Tree) -> str:
        """The command, what keeps targets exact, and what the script takes of memory."""
        pixels = sum(width * height * count for (width, height), count in tree.sizes.items())
        return _USAGE.format(
            script=self.script,
            model=self.model,
            folder=shlex.quote(f"{tree.at}/{FOLDER}"),
            side=SIDE,
            more=self.more,
            count=tree.count,
            memory=pixels * _BYTES / 2**30,
        )


#: Sizes that FLUX.1 Kontext prefers, as far as they are taller than wide.
_TALL = (
    *((672, 1568), (688, 1504), (720, 1456), (752, 1392)),
    *((800, 1328), (832, 1248), (880, 1184), (944, 1104)),
)


class Kontext(Diffusers):
    """The same for FLUX.1 Kontext, which has shapes of its own: 5:4 and 16:9 are not among them.

    Source: examples/dreambooth/README_flux.md, and `kontext_base_resolutions` of the script.
    """

    name: ClassVar[str] = "diffusers-kontext"
    title: ClassVar[str] = "FLUX.1 Kontext in diffusers"

    shapes: ClassVar[Sequence[Size]] = (
        *_TALL,
        (1024, 1024),
        *((height, width) for width, height in reversed(_TALL)),
    )
    script: ClassVar[str] = "train_dreambooth_lora_flux_kontext.py"
    model: ClassVar[str] = "black-forest-labs/FLUX.1-Kontext-dev"
    more: ClassVar[str] = """
Its second text encoder, CLIP, sees the first 77 tokens of a prompt.
"""


def _bucket(side: int, aspect: float) -> Size:
    """The size of about `side` squared pixels and of that aspect, in multiples of `STEP`."""
    height = (side * side / aspect) ** 0.5
    width, height = (max(STEP, round(s / STEP) * STEP) for s in (height * aspect, height))
    return width, height
