"""kohya-ss/musubi-tuner: FLUX.1 Kontext, FLUX.2 and Qwen-Image-Edit."""

from __future__ import annotations

import json
import shlex
from math import isqrt
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree

#: `resolution` below: a picture has at most its area, and sides that are multiples of `STEP`.
SIDE, STEP = 1024, 16

_TOML = """\
# Targets pass as they are: bucket_no_upscale keeps smaller ones from being enlarged.
[general]
resolution = [{side}, {side}]
batch_size = 1
enable_bucket = true
bucket_no_upscale = true

[[datasets]]
image_jsonl_file = {jsonl}
cache_directory = {cache}
# FLUX.2 sees its one control image as it is:
# no_resize_control = true
# control_resolution = [2024, 2024]
"""

_USAGE = """\
```sh
python src/musubi_tuner/flux_2_cache_latents.py --dataset_config {config} --vae …
```

and the same `--dataset_config` for `flux_2_cache_text_encoder_outputs.py` and
`flux_2_train_network.py` (`qwen_image_…`, `flux_kontext_…` for the others). Caches are written to
`{at}/musubi/cache`. `bucket_no_upscale = true` is what keeps targets exact: without it, whatever
is smaller than {side}x{side} is enlarged.
"""


class Musubi(Trainer):
    """A TOML of settings, and a line of JSON a pair, with absolute paths.

    Source: its docs/dataset_config.md ("Metadata JSONL file for images") and
    src/musubi_tuner/dataset/bucket.py (`BucketSelector`).
    """

    name: ClassVar[str] = "musubi"
    title: ClassVar[str] = "musubi-tuner"

    def size(self, width: int, height: int) -> Size:
        """Sides cut to multiples of 16; beyond the area, the bucket of the nearest shape."""
        if width * height <= SIDE**2:
            return width // STEP * STEP, height // STEP * STEP
        return min(_buckets(), key=lambda size: abs(size[0] / size[1] - width / height))

    def write(self, tree: Tree) -> None:
        """`musubi/dataset.toml` and `musubi/dataset.jsonl`."""
        rows = (
            {
                "image_path": f"{tree.at}/{entry.target}",
                "control_path": f"{tree.at}/{entry.input}",
                "caption": entry.prompt,
            }
            for entry in tree.entries()
        )
        tree.write_lines("musubi/dataset.jsonl", rows)
        here = f"{tree.at}/musubi"
        # A basic string of TOML escapes as one of JSON does, but for pairs of surrogates.
        jsonl, cache = (
            json.dumps(f"{here}/{name}", ensure_ascii=False) for name in ("dataset.jsonl", "cache")
        )
        tree.write("musubi/dataset.toml", _TOML.format(side=SIDE, jsonl=jsonl, cache=cache))

    def usage(self, tree: Tree) -> str:
        """The commands, and the setting that matters."""
        config = shlex.quote(f"{tree.at}/musubi/dataset.toml")
        return _USAGE.format(at=tree.at, config=config, side=SIDE)


def _buckets() -> list[Size]:
    """Sizes of about the area, from half its side to all of it, either way up, sorted."""
    sides = range(SIDE // 2 // STEP * STEP, isqrt(SIDE**2) + STEP, STEP)
    sizes = {(side, SIDE**2 // side // STEP * STEP) for side in sides}
    return sorted(sizes | {(height, width) for width, height in sizes})
