"""huggingface/diffusers: InstructPix2Pix, on Stable Diffusion and SDXL."""

from __future__ import annotations

import shlex
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.hub import FOLDER, put_hub_folder
from vtencode.exports.tree import Tree

#: `--resolution` below: the side of the square that every picture becomes.
SIDE = 512

_USAGE = """\
In `examples/instruct_pix2pix`, with whatever else you train with:

```sh
accelerate launch train_instruct_pix2pix.py \\
  --pretrained_model_name_or_path=stable-diffusion-v1-5/stable-diffusion-v1-5 \\
  --dataset_name={folder} \\
  --original_image_column=input_image --edited_image_column=edited_image \\
  --edit_prompt_column=edit_prompt \\
  --resolution={side} --output_dir=instruct-pix2pix
```

and the same for `train_instruct_pix2pix_sdxl.py` with `stabilityai/stable-diffusion-xl-base-1.0`.
Both squash every picture into a square of `--resolution`: targets are exact where they are such
squares already. The recipe's framing sees to that:

```yaml
framing: {{resize: exact, size: [{side}, {side}]}}
```

Leave `--random_flip` out, which the examples of its README have. CLIP sees the first 77 tokens of
a prompt: keep legends short.
"""


class InstructPix2Pix(Trainer):
    """Parquet that `load_dataset` reads, with the scripts' own names of columns.

    Source: examples/instruct_pix2pix/README.md and README_sdxl.md, and `convert_to_np` of the
    scripts.
    """

    name: ClassVar[str] = "instruct-pix2pix"
    title: ClassVar[str] = "InstructPix2Pix of diffusers"
    pictures: ClassVar[bool] = False

    def size(self, width: int, height: int) -> Size:  # noqa: ARG002  # whatever they are
        """Always the one square."""
        return SIDE, SIDE

    def write(self, tree: Tree) -> None:
        """`diffusers/data/*.parquet` and `diffusers/README.md`."""
        put_hub_folder(tree)

    def usage(self, tree: Tree) -> str:
        """The command, and which targets stay exact."""
        return _USAGE.format(folder=shlex.quote(f"{tree.at}/{FOLDER}"), side=SIDE)
