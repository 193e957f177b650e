"""NVIDIA-NeMo/Automodel: Qwen-Image-Edit-2511."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from math import floor, sqrt
from shlex import quote
from typing import Any, ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Entry, Size
from vtencode.exports.tree import Tree
from vtencode.spec import canonical_json

#: What its encoder cuts sides to multiples of.
STEP = 32
#: Manifests that are written at a time, well below the files that a process may have open.
_OPEN = 256

_ENCODE = '''\
"""Encode this export into a cache that NeMo AutoModel trains on, from a checkout of it.

    python encode.py CACHE GPUS
"""

import json
import sys
from pathlib import Path

from nemo_automodel.components.models.qwen_image_edit.preprocessing import QwenImageEditCacheEncoder

# The encoder scales every picture of a manifest, up or down, to `max_pixels`: as they are pass
# those that have just so many, so there is a manifest for each number.
MANIFESTS = {manifests}
# Its own 512 are too few for a long prompt: the picture takes about 200 of them.
MAX_SEQUENCE_LENGTH = 1024


def encode(cache, gpus):
    """Encode every manifest into a folder of its own, unless it is there from an earlier run."""
    export = Path(__file__).resolve().parent.parent
    encoder = QwenImageEditCacheEncoder(max_sequence_length=MAX_SEQUENCE_LENGTH)
    for name, max_pixels in MANIFESTS.items():
        if not (cache / str(max_pixels) / "metadata.json").is_file():
            encoder.encode_manifest(
                manifest_path=export / name,
                output_dir=cache / str(max_pixels),
                max_pixels=max_pixels,
                resolution_preset=None,
                num_gpus=gpus,
                verify=False,
            )


def join(cache):
    """Make one cache of them: their lists, with the names of their folders."""
    lists = []
    for part in (cache / str(max_pixels) for max_pixels in MANIFESTS.values()):
        metadata = json.loads((part / "metadata.json").read_text())
        for name in metadata["shards"]:
            records = json.loads((part / name).read_text())
            for record in records:
                record["cache_file"] = f"{part.name}/{record['cache_file']}"
            lists.append(records)
    names = [f"metadata_shard_{number:04d}.json" for number in range(len(lists))]
    for name, records in zip(names, lists):
        (cache / name).write_text(json.dumps(records))
    metadata["preprocessing_config"]["max_pixels"] = list(MANIFESTS.values())
    metadata.update(row_limit=sum(map(len, lists)), shards=names)
    (cache / "metadata.json").write_text(json.dumps(metadata, indent=2))


if __name__ == "__main__":
    encode(Path(sys.argv[1]), int(sys.argv[2]))
    join(Path(sys.argv[1]))
'''

_USAGE = """\
In a checkout of AutoModel:

```sh
uv run python {script} /path/to/cache 8
uv run torchrun --nproc-per-node=8 examples/diffusion/finetune/finetune.py \\
  -c examples/diffusion/finetune/qwen_image_edit_2511_flow.yaml \\
  --data.dataloader.cache_dir /path/to/cache \\
  --checkpoint.checkpoint_dir /path/to/checkpoints
```

The first, on 8 GPUs, encodes the {count} pairs with AutoModel's `QwenImageEditCacheEncoder`, which
scales all pictures of a manifest to one area, smaller ones too. So each area has its manifest,
`automodel-<pixels>.jsonl`, and is encoded with just that `max_pixels`, which leaves targets whose
sides are multiples of {step} as they are; `encode.py` then joins the caches. The command-line tool
`tools.diffusion.preprocessing_multiprocess` has one `--max_pixels` for all, and takes no manifest.
Manifests must lie in the folder that holds `source/` and `target/`.

Picture and prompt together are cut at 1024 tokens.
"""


class AutoModel(Trainer):
    """A manifest of JSON lines for each area, with relative paths, and what encodes them all.

    Source: its docs/model-coverage/diffusion/qwen/qwen-image.mdx, and `QwenImageEditCacheEncoder`
    in nemo_automodel/components/models/qwen_image_edit/preprocessing.py (`_read_manifest`,
    `_resize_to_area`).
    """

    name: ClassVar[str] = "automodel"
    title: ClassVar[str] = "NeMo AutoModel"

    def size(self, width: int, height: int) -> Size:
        """Scaled to the area of its manifest, which is its own; sides cut to multiples of 32."""
        area = _max_pixels(width, height)
        scale = sqrt(area / (width * height))
        width, height = (max(STEP, floor(side * scale / STEP) * STEP) for side in (width, height))
        while width * height > area:
            width, height = (width - STEP, height) if width >= height else (width, height - STEP)
        return width, height

    def write(self, tree: Tree) -> None:
        """`automodel/encode.py`, and its manifests beside the folders of pictures."""
        areas = sorted({_max_pixels(*size) for size in tree.sizes})
        manifests = {f"automodel-{area}.jsonl": area for area in areas}
        names = list(manifests)
        for start in range(0, len(names), _OPEN):
            _write_manifests(tree, names[start : start + _OPEN])
        script = _ENCODE.replace("{manifests}", json.dumps(manifests, indent=4))
        tree.write("automodel/encode.py", script)

    def usage(self, tree: Tree) -> str:
        """The commands, and why there are several manifests."""
        script = quote(f"{tree.at}/automodel/encode.py")
        return _USAGE.format(script=script, count=tree.count, step=STEP)


def _max_pixels(width: int, height: int) -> int:
    """The area of a picture, or the least that the encoder takes."""
    return max(STEP**2, width * height)


def _write_manifests(tree: Tree, names: Sequence[str]) -> None:
    with ExitStack() as stack:
        files = {name: stack.enter_context(tree.writing(name)) for name in names}
        for row, entry in _numbered(tree):
            file = files.get(f"automodel-{_max_pixels(entry.width, entry.height)}.jsonl")
            if file is not None:
                file.write(canonical_json(row).encode() + b"\n")


def _numbered(tree: Tree) -> Iterator[tuple[dict[str, Any], Entry]]:
    """Rows, numbered through all manifests, and their entries."""
    for number, entry in enumerate(tree.entries()):
        roles = {"target": entry.target, "context": entry.input, "condition": entry.input}
        row = {
            "id": entry.key,
            "prompt": entry.prompt,
            "media": [{"role": role, "file_name": name} for role, name in roles.items()],
            "metadata": {"row_index": number, "dataset_name": tree.name, "dataset_split": "train"},
        }
        yield row, entry
