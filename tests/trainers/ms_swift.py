"""ms-swift's dataset, made of the arguments that the export brought, and opened as it does."""

from __future__ import annotations

import os
import sys

import numpy as np
from loaded import arguments, declare_torchvision_operators
from transformers import HfArgumentParser

checkout, export, kept = arguments()
os.environ["MODELSCOPE_CACHE"] = os.environ["HF_DATASETS_CACHE"] = f"{sys.argv[3]}/cache"
declare_torchvision_operators()
sys.path.insert(0, str(checkout))

from swift.arguments.base_args.data_args import DataArguments  # noqa: E402  # the checkout's own
from swift.cli.main import parse_yaml_args  # noqa: E402
from swift.dataset import load_dataset  # noqa: E402
from swift.template import Template  # noqa: E402

given = [str(export / "ms-swift" / "sft.json")]
parse_yaml_args(given)  # as `swift sft FILE` does, in place
(args,) = HfArgumentParser(DataArguments).parse_args_into_dataclasses(given)
dataset, held_out = load_dataset(
    args.dataset,
    split_dataset_ratio=args.split_dataset_ratio,
    seed=args.data_seed,
    num_proc=args.dataset_num_proc,
    shuffle=args.dataset_shuffle,
    strict=args.strict,
)
assert held_out is None
for row in dataset:
    user, assistant = row["messages"]
    assert (user["role"], assistant["content"]) == ("user", "<image>"), row
    assert user["content"].startswith("<image>"), row
    shown, target = (
        np.asarray(Template._load_image(image, load_images=True)) for image in row["images"]
    )
    kept.keep(user["content"].removeprefix("<image>"), target, shown)
