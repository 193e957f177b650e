"""modelscope/DiffSynth-Studio: Qwen-Image-Edit, FLUX.2 and FLUX.1 Kontext."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import quote
from typing import Any, ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree

#: `--max_pixels` below, and what its scripts cut sides to multiples of.
MAX_PIXELS, STEP = 1024**2, 16


@dataclass(frozen=True)
class Form:
    """A metadata file: the field of the picture to edit, and whether it holds a list of one."""

    key: str
    listed: bool


FORMS = {
    "metadata.jsonl": Form("edit_image", listed=True),
    "metadata_single.jsonl": Form("edit_image", listed=False),
    "metadata_kontext.jsonl": Form("kontext_images", listed=False),
}

#: Models -> the folder of their train.py in examples/, and the metadata that they read. Of one
#: family, the first Qwen-Image-Edit wants a picture, the later ones a list.
MODELS = {
    "Qwen-Image-Edit-2509 and -2511": ("qwen_image", "metadata.jsonl"),
    "FLUX.2": ("flux2", "metadata.jsonl"),
    "The first Qwen-Image-Edit": ("qwen_image", "metadata_single.jsonl"),
    "FLUX.1-Kontext": ("flux", "metadata_kontext.jsonl"),
}

_COMMAND = """\
{models}:

```sh
accelerate launch examples/{example}/model_training/train.py \\
  --dataset_base_path {base} \\
  --dataset_metadata_path {metadata} \\
  --data_file_keys "image,{key}" \\
  --extra_inputs "{key}" \\
  --max_pixels {pixels} \\
  --dataset_repeat 1 …
```
"""

_USAGE = """\
What stands for "…" is in the trainer's own script for the model, such as
`examples/qwen_image/model_training/lora/Qwen-Image-Edit-2511.sh`; its flags of the names above are
to be left out. Give neither `--height` nor `--width`, which make all pictures of one size. Without
them, `--max_pixels {pixels}` passes targets of at most that area as they are, if their sides are
multiples of {step}. Qwen-Image-Edit and FLUX.2 then scale inputs, not targets, to that area.
`--dataset_repeat` is 50 and more there, for examples of a few pictures.

Qwen-Image-Edit takes the whole prompt; FLUX.2 and FLUX.1-Kontext cut it at 512 tokens.
"""


class DiffSynth(Trainer):
    """Flags for its scripts, and a line of JSON a pair, with paths relative to the export.

    Source: its diffsynth/core/data/unified_dataset.py and `ImageCropAndResize` in operators.py
    beside it, and the scripts in examples/*/model_training.
    """

    name: ClassVar[str] = "diffsynth"
    title: ClassVar[str] = "DiffSynth-Studio"

    def size(self, width: int, height: int) -> Size:
        """Scaled down to the area, never up; then sides cut to multiples of 16."""
        scale = max(1.0, (width * height / MAX_PIXELS) ** 0.5)
        return int(width / scale) // STEP * STEP, int(height / scale) // STEP * STEP

    def write(self, tree: Tree) -> None:
        """`diffsynth/metadata.jsonl` and its two other forms."""
        for name, form in FORMS.items():
            tree.write_lines(f"diffsynth/{name}", _rows(tree, form))

    def usage(self, tree: Tree) -> str:
        """A command for each family of models."""
        commands = [
            _COMMAND.format(
                models=models,
                example=example,
                base=quote(tree.at),
                metadata=quote(f"{tree.at}/diffsynth/{name}"),
                key=FORMS[name].key,
                pixels=MAX_PIXELS,
            )
            for models, (example, name) in MODELS.items()
        ]
        return "\n".join([*commands, _USAGE.format(pixels=MAX_PIXELS, step=STEP)])


def _rows(tree: Tree, form: Form) -> Iterator[dict[str, Any]]:
    for entry in tree.entries():
        shown = [entry.input] if form.listed else entry.input
        yield {"prompt": entry.prompt, "image": entry.target, form.key: shown}
