"""tdrussell/diffusion-pipe: FLUX.2, FLUX.1 Kontext and Qwen-Image-Edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from vtencode.durable import flush, link_or_copy
from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree
from vtencode.sinks.folder import INPUTS, TARGETS

#: What the sides of a bucket are rounded to (`PreprocessMediaFile`).
STEP = 16

_HEAD = """\
# Each size has a folder and a bucket of its own, so that no target is resampled.
num_repeats = 1
"""

_DIRECTORY = """
[[directory]]
path = {path}
control_path = {inputs}
size_buckets = [[{width}, {height}, 1]]
"""

_USAGE = """\
Put

```toml
dataset = {toml}
```

into a training config such as `examples/main_example.toml`, with the `[model]` of your base model
(`docs/supported_models.md`: "Flux 2", "Flux Kontext", "Qwen-Image-Edit"), and run

```sh
deepspeed --num_gpus=1 train.py --deepspeed --config CONFIG.toml
```

`size_buckets` are what keeps targets exact: with `resolutions`, all are resampled to their areas.
There is a folder of targets for each size, linked to those in `target/`, since diffusion-pipe
mistakes buckets of one shape in the same folder for each other. Caches are written into these
folders. Of each size, the last pairs that do not fill a batch of all GPUs, gradient accumulation
included, are dropped. To copy the export, take `rsync -aH`, which keeps links. Set no
`caption_prefix`, `shuffle_tags` or `cache_shuffle_num`. FLUX.2 reads 512 tokens of a prompt.
"""


class DiffusionPipe(Trainer):
    """A TOML of settings, and a folder a size with its targets and a JSON of their captions.

    Source: its examples/dataset.toml, examples/cosmos_dataset.toml (`size_buckets`),
    examples/flux_kontext_dataset.toml and utils/dataset.py (`DirectoryDataset`). Of buckets,
    `_find_closest_size_bucket` tells apart those alone that differ in width / height, to three
    digits.
    """

    name: ClassVar[str] = "diffusion-pipe"
    title: ClassVar[str] = "diffusion-pipe"

    def size(self, width: int, height: int) -> Size:
        """Sides to the nearest multiples of 16."""
        return round(width / STEP) * STEP, round(height / STEP) * STEP

    def write(self, tree: Tree) -> None:
        """`diffusion-pipe/dataset.toml`, and a folder `diffusion-pipe/WxH` for each size."""
        captions: dict[Size, dict[str, list[str]]] = {size: {} for size in tree.sizes}
        for entry in tree.entries():
            captions[entry.width, entry.height][Path(entry.target).name] = [entry.prompt]
        text = _HEAD
        for (width, height), of in captions.items():
            folder = f"diffusion-pipe/{width}x{height}"
            tree.write(f"{folder}/captions.json", json.dumps(of, indent=0) + "\n")
            for name in of:
                link_or_copy(tree.folder / TARGETS / name, tree.folder / folder / name)
            flush(tree.folder / folder)
            path, inputs = _quoted(f"{tree.at}/{folder}"), _quoted(f"{tree.at}/{INPUTS}")
            text += _DIRECTORY.format(path=path, inputs=inputs, width=width, height=height)
        tree.write("diffusion-pipe/dataset.toml", text)

    def usage(self, tree: Tree) -> str:
        """The command, and why there are folders."""
        return _USAGE.format(toml=_quoted(f"{tree.at}/diffusion-pipe/dataset.toml"))


def _quoted(text: str) -> str:
    """A basic string of TOML, which escapes as one of JSON does but for pairs of surrogates."""
    return json.dumps(text, ensure_ascii=False)
