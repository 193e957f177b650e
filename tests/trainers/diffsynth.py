"""DiffSynth-Studio's dataset, made of the commands in the export's page as its train.py does."""

from __future__ import annotations

import argparse
import re
import shlex

import numpy as np
from loaded import arguments, declare_torchvision_operators, stand_in

checkout, export, kept = arguments()
declare_torchvision_operators()
# Importing the packages themselves would load every model of the library.
for name in ("diffsynth", "diffsynth.core", "diffsynth.diffusion"):
    stand_in(name).__path__ = [str(checkout / name.replace(".", "/"))]

from diffsynth.core.data import UnifiedDataset  # noqa: E402  # the checkout's own
from diffsynth.diffusion import parsers  # noqa: E402

parser = parsers.add_image_size_config(parsers.add_general_config(argparse.ArgumentParser()))


def dataset(command: str) -> tuple[UnifiedDataset, str]:
    """As in examples/*/model_training/train.py, and the name of the field of inputs."""
    _, _, _, *given = shlex.split(command.replace("\\\n", ""))
    args, rest = parser.parse_known_args(given)
    assert rest == ["…"], rest
    operator = UnifiedDataset.default_image_operator(
        base_path=args.dataset_base_path,
        max_pixels=args.max_pixels,
        height=args.height,
        width=args.width,
        height_division_factor=16,
        width_division_factor=16,
    )
    found = UnifiedDataset(
        base_path=args.dataset_base_path,
        metadata_path=args.dataset_metadata_path,
        repeat=args.dataset_repeat,
        data_file_keys=args.data_file_keys.split(","),
        main_data_operator=operator,
    )
    return found, args.extra_inputs


def pair(row: dict, key: str) -> tuple[str, np.ndarray, np.ndarray]:
    """Prompt, target and input of what a dataset gives."""
    shown = row[key][0] if isinstance(row[key], list) else row[key]
    return row["prompt"], np.asarray(row["image"]), np.asarray(shown)


page = (export / "README.md").read_text(encoding="utf-8")
commands = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
forms = [dataset(command) for command in commands]
assert len(forms) == 4, forms
assert len({len(found) for found, _ in forms}) == 1, [len(found) for found, _ in forms]
for index in range(len(forms[0][0])):
    same = [pair(found[index], key) for found, key in forms]
    for other in same[1:]:
        assert all(map(np.array_equal, same[0], other)), index
    kept.keep(*same[0])
