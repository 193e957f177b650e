"""Megatron-Energon: its own index, then a loader of the encoder that the export brought."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

from loaded import arguments, declare_torchvision_operators, pixels

checkout, export, kept = arguments()
declare_torchvision_operators()
sys.path[:0] = [str(checkout / "src"), str(export / "energon")]

page = (export / "README.md").read_text(encoding="utf-8")
(command,) = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
energon = "from megatron.energon.cli.main import main; main()"
environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
prepare = [sys.executable, "-c", energon, *shlex.split(command)[1:]]
subprocess.run(prepare, env=environment, check=True)

from megatron.energon import WorkerConfig, get_loader, get_train_dataset  # noqa: E402
from pairs import PairEncoder  # noqa: E402  # the export's

dataset = get_train_dataset(
    export / "energon",
    batch_size=2,
    shuffle_buffer_size=None,
    max_samples_per_sequence=None,
    repeat=False,
    task_encoder=PairEncoder(),
    worker_config=WorkerConfig(rank=0, world_size=1, num_workers=0),
)
for batch in get_loader(dataset):
    for prompt, target, shown in zip(batch.prompt, batch.target, batch.source, strict=True):
        kept.keep(prompt, pixels(target, low=0.0), pixels(shown, low=0.0))
