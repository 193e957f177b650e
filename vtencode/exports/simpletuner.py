"""bghira/SimpleTuner: FLUX.2, and with other alignments Qwen-Image-Edit and FLUX.1 Kontext."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Entry, Size
from vtencode.exports.tree import Tree
from vtencode.sinks.folder import TARGETS

#: `aspect_bucket_alignment`, which SimpleTuner sets by the model, whatever it is told; this is
#: FLUX.2's.
STEP = 16
#: That of others.
STEPS = {"Qwen-Image-Edit": 32, "FLUX.1 Kontext": 64}
#: `aspect_bucket_rounding`: digits of width / height, from which the long side is reckoned. With
#: the two that are its default 256x720 is cut; with five no multiple of 16 is, up to 4096.
DIGITS = 5

_USAGE = """\
```sh
cd {folder} && simpletuner train
```

trains a LoRA of FLUX.2 klein with the `config.json` there, which names the model, the steps and the
learning rate. What keeps targets exact: `multidatabackend.json` has a pair of datasets for each
short side, with that side for `resolution`, in pixels, and `crop: false`; and `config.json` has
`aspect_bucket_rounding: {digits}`. A `resolution_type` of `pixel_area`, which SimpleTuner's own
examples have, resamples.

Captions are in the Parquet files. SimpleTuner writes `aspect_ratio_bucket_*.json` into the folders
of the pictures, and caches into `{at}/simpletuner`: all must be writable. FLUX.2 reads 512 tokens
of a prompt.
"""

_CUT = """
{model} takes sides that are multiples of {step}, which would resample {count} targets, such
as {sizes}.
"""


class SimpleTuner(Trainer):
    """Two JSONs of settings, and for each short side a Parquet of captions and sizes.

    Source: its documentation/DATALOADER.md ("Parquet caption strategy", `conditioning_data`),
    documentation/quickstart/FLUX2.md, `calculate_new_size_by_pixel_edge` in
    simpletuner/helpers/multiaspect/image.py, and simpletuner/helpers/metadata/backends/parquet.py.
    """

    name: ClassVar[str] = "simpletuner"
    title: ClassVar[str] = "SimpleTuner"
    equal_names: ClassVar[bool] = True

    def size(self, width: int, height: int) -> Size:
        """The short side, and the long one that the rounded shape gives, to multiples of 16."""
        return _size(width, height, STEP)

    def prompt(self, prompt: str) -> str:
        """Without blanks and line ends around it."""
        return prompt.strip()

    def write(self, tree: Tree) -> None:
        """`simpletuner/config.json`, `multidatabackend.json`, and `480.parquet` and so on."""
        by_side: dict[int, list[Entry]] = {}
        for entry in tree.entries():
            by_side.setdefault(min(entry.width, entry.height), []).append(entry)
        here = f"{tree.at}/simpletuner"
        datasets: list[dict[str, Any]] = [
            {
                "id": "text-embeds",
                "type": "local",
                "dataset_type": "text_embeds",
                "default": True,
                "cache_dir": f"{here}/cache/text",
            }
        ]
        for side, entries in sorted(by_side.items()):
            tree.write(f"simpletuner/{side}.parquet", _table(entries))
            datasets += _pair(tree, side, inputs=str(Path(entries[0].twin).parent))
        tree.write("simpletuner/multidatabackend.json", json.dumps(datasets, indent=2) + "\n")
        tree.write("simpletuner/config.json", json.dumps(_config(here), indent=2) + "\n")

    def usage(self, tree: Tree) -> str:
        """The command, and the settings that matter."""
        folder = shlex.quote(f"{tree.at}/simpletuner")
        usage = _USAGE.format(folder=folder, at=tree.at, digits=DIGITS)
        for model, step in STEPS.items():
            cut = {s: n for s, n in tree.sizes.items() if _size(*s, step) != s}
            if cut:
                sizes = ", ".join(f"{width}x{height}" for width, height in islice(cut, 3))
                usage += _CUT.format(model=model, step=step, count=sum(cut.values()), sizes=sizes)
        return usage


def _pair(tree: Tree, side: int, inputs: str) -> list[dict[str, Any]]:
    """The datasets of targets and of inputs whose short side this is."""
    here = f"{tree.at}/simpletuner"
    geometry = {
        "resolution": side,
        "resolution_type": "pixel",
        "minimum_image_size": 0,
        "crop": False,
    }
    targets = {
        "id": f"target-{side}",
        "type": "local",
        "dataset_type": "image",
        "instance_data_dir": f"{tree.at}/{TARGETS}",
        "cache_dir_vae": f"{here}/cache/vae/target-{side}",
        "conditioning_data": [f"input-{side}"],
        "caption_strategy": "parquet",
        "metadata_backend": "parquet",
        "parquet": {
            "path": f"{here}/{side}.parquet",
            "filename_column": "file",
            "caption_column": "prompt",
            "width_column": "width",
            "height_column": "height",
            "identifier_includes_extension": True,
        },
        **geometry,
    }
    shown = {
        "id": f"input-{side}",
        "type": "local",
        "dataset_type": "conditioning",
        "conditioning_type": "reference_strict",
        "source_dataset_id": f"target-{side}",
        "instance_data_dir": f"{tree.at}/{inputs}",
        "cache_dir_vae": f"{here}/cache/vae/input-{side}",
        "caption_strategy": None,
        **geometry,
    }
    return [targets, shown]


def _config(here: str) -> dict[str, Any]:
    """A job as in documentation/quickstart/FLUX2.md."""
    return {
        "model_type": "lora",
        "model_family": "flux2",
        "model_flavour": "klein-4b",
        "data_backend_config": f"{here}/multidatabackend.json",
        "output_dir": f"{here}/output",
        "aspect_bucket_alignment": STEP,
        "aspect_bucket_rounding": DIGITS,
        "caption_dropout_probability": 0.0,
        "allow_dataset_oversubscription": True,
        "train_batch_size": 1,
        "gradient_checkpointing": True,
        "mixed_precision": "bf16",
        "optimizer": "adamw_bf16",
        "learning_rate": 1e-4,
        "lr_scheduler": "constant",
        "lora_rank": 16,
        "max_train_steps": 10000,
        "num_train_epochs": 0,
        "validation_disable": True,
        "report_to": "none",
    }


def _size(width: int, height: int, step: int) -> Size:
    side = min(width, height)
    shape = round(width / height, DIGITS) or 10**-DIGITS
    sides = (side, int(side / shape)) if width < height else (int(side * shape), side)
    across, down = (max(round(length / step), 1) * step for length in sides)
    return (side, side) if round(across / down, DIGITS) == 1 else (across, down)


def _table(entries: Sequence[Entry]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "file": [Path(entry.target).name for entry in entries],
        "prompt": [entry.prompt for entry in entries],
        "width": [entry.width for entry in entries],
        "height": [entry.height for entry in entries],
    }
    out = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), out)
    return bytes(out.getvalue())
