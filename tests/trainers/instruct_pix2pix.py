"""The datasets of diffusers' scripts of InstructPix2Pix, with the flags in the export's page."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from lifted import flags, module, named, run_lines
from loaded import arguments, declare_torchvision_operators, pixels

checkout, export, kept = arguments()
declare_torchvision_operators()
sys.path.insert(0, str(checkout / "src"))
os.environ["HF_HUB_OFFLINE"] = "1"

#: What `main` makes the loader of.
MADE = {
    "dataset",
    "column_names",
    "dataset_columns",
    "original_image_column",
    "edited_image_column",
    "edit_prompt_column",
    "train_transforms",
    "preprocess_images",
    "preprocess_train",
}


def pairs(path: Path, given: list[str]) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Prompt, target and input of every pair."""
    script, prompts = module(path), []

    def told(captions: list[str]) -> torch.Tensor:
        prompts.extend(captions)
        return torch.zeros(len(captions), 1)

    sys.argv[1:] = given
    script.args = script.parse_args()
    # Tokens, and SDXL's embeddings, both of which would need weights.
    script.tokenize_captions = told
    script.compute_embeddings_for_prompts = lambda captions, *_: (told(captions),) * 2
    script.text_encoders = script.tokenizers = None
    run_lines(script, MADE)
    for row in script.dataset["train"].with_transform(script.preprocess_train):
        yield prompts[-1], pixels(row["edited_pixel_values"]), pixels(row["original_pixel_values"])


scripts = named(export, r"train_instruct_pix2pix\w*\.py")
assert len(scripts) == 2, scripts
with TemporaryDirectory() as cache:
    given = [*flags(export), f"--cache_dir={cache}"]
    first, second = (
        list(pairs(checkout / "examples" / "instruct_pix2pix" / name, given)) for name in scripts
    )
for pair, other in zip(first, second, strict=True):
    assert pair[0] == other[0]
    assert all(map(np.array_equal, pair[1:], other[1:]))
    kept.keep(*pair)
