"""The datasets of diffusers' scripts that edit, with the flags in the export's page."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from lifted import flags, module, named, run_lines
from loaded import arguments, declare_torchvision_operators, pixels

#: What `main` makes its loader of.
MADE = {
    "kontext_base_resolutions",
    "buckets",
    "use_aspect_ratio_buckets",
    "train_dataset",
    "has_step_indexed_caches",
    "batch_sampler",
}
Read = tuple[str, np.ndarray, np.ndarray]


def keep_pairs(count: int) -> None:
    """Keep what the scripts that the page names, so many, make of the export: the same."""
    checkout, export, kept = arguments()
    declare_torchvision_operators()
    sys.path.insert(0, str(checkout / "src"))
    os.environ["HF_HUB_OFFLINE"] = "1"
    import accelerate

    accelerate.PartialState()  # whose loggers the scripts use
    names = named(export, r"train_dreambooth_lora_\w+\.py")
    assert len(names) == count, names
    scripts = [checkout / "examples" / "dreambooth" / name for name in names]
    with TemporaryDirectory() as cache:
        given = [*flags(export), f"--cache_dir={cache}"]
        found = [list(_pairs(script, given)) for script in scripts]
    for pair in found[0]:
        kept.keep(*pair)
    for other in found[1:]:
        _check_same(found[0], other)


def _pairs(path: Path, given: list[str]) -> Iterator[Read]:
    """Prompt, target and input of every pair of every batch."""
    script = module(path)
    script.args = script.parse_args(given)
    run_lines(script, MADE)
    for batch in script.batch_sampler:
        for index in batch:
            pair = script.train_dataset[index]
            target, shown = (pixels(pair[name]) for name in ("instance_images", "cond_images"))
            yield pair["instance_prompt"], target, shown


def _check_same(pairs: list[Read], others: list[Read]) -> None:
    """The same pairs, in whatever order."""
    rest = list(pairs)
    for prompt, *pictures in others:
        (first, *_) = (
            place
            for place, (asked, *found) in enumerate(rest)
            if asked == prompt and all(map(np.array_equal, found, pictures))
        )
        del rest[first]
    assert not rest
