"""ostris/ai-toolkit: FLUX.2, FLUX.1 Kontext and Qwen-Image-Edit."""

from __future__ import annotations

import json
import shlex
from itertools import islice
from math import ceil, floor
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree
from vtencode.sinks.folder import INPUTS
from vtencode.spec import canonical_json

#: `resolution` below: a picture has at most its area, and sides that are multiples of `STEP`,
#: which is what every model below wants but Qwen-Image-Edit, which wants `QWEN_STEP`.
SIDE, STEP, QWEN_STEP = 1024, 16, 32

_YAML = """\
job: extension
config:
  name: {name}
  process:
    - type: diffusion_trainer
      training_folder: output
      device: cuda:0
      network: {{type: lora, linear: 16, linear_alpha: 16}}
      save: {{dtype: float16, save_every: 250, max_step_saves_to_keep: 4}}
      datasets:
        # Targets pass as they are, in one bucket a size; none is enlarged, flipped or cropped.
        - dataset_path: {captions}
          control_path: {inputs}
          resolution: [{side}]
          buckets: true
          random_crop: false
          random_scale: false
          flip_x: false
          flip_y: false
          shuffle_tokens: false
          caption_dropout_rate: 0.0
          # Faster, and writes into target/:
          # cache_latents_to_disk: true
      train:
        batch_size: 1
        steps: 3000
        gradient_accumulation: 1
        train_unet: true
        train_text_encoder: false
        gradient_checkpointing: true
        noise_scheduler: flowmatch
        timestep_type: weighted
        optimizer: adamw8bit
        lr: 1e-4
        dtype: bf16
        disable_sampling: true
      model:
        # Or FLUX.1-Kontext-dev with arch flux_kontext, Qwen-Image-Edit-2509 with
        # qwen_image_edit_plus, FLUX.2-dev with flux2.
        name_or_path: black-forest-labs/FLUX.2-klein-base-4B
        arch: flux2_klein_4b
        quantize: true
"""

_USAGE = """\
```sh
python run.py {config}
```

trains a LoRA of FLUX.2 klein. `model` in that file names the base model; steps, rank and learning
rate are those of ai-toolkit's own examples. In a config of your own, take the whole block
`datasets`: `resolution: [{side}]` alone keeps targets exact, since a smaller one, or a list such as
`[512, 768, 1024]`, makes them smaller, and captions must be neither shuffled nor dropped.

The captions are in `{at}/ai-toolkit/dataset.json`. ai-toolkit reads every comma as ", ", so there
each ", " is a lone ",". It writes `.aitk_size.json` beside them and, told to cache, `_latent_cache`
into `target/`: both folders must be writable. FLUX.2 reads 512 tokens of a prompt.
"""

_QWEN = """
Qwen-Image-Edit takes sides that are multiples of {step}, which would resample {count} targets, such
as {sizes}.
"""


class AiToolkit(Trainer):
    """A YAML of a whole job, and one JSON of captions by the target's absolute path.

    Source: its config/examples/train_lora_flux_kontext_24gb.yaml, toolkit/data_loader.py
    (`AiToolkitDataset`), toolkit/buckets.py and `get_caption` in toolkit/dataloader_mixins.py.
    """

    name: ClassVar[str] = "ai-toolkit"
    title: ClassVar[str] = "ai-toolkit"

    def size(self, width: int, height: int) -> Size:
        """The sides rounded to multiples of 16 that come nearest to the area, within 1 MP."""
        return _bucket(width, height, STEP)

    def prompt(self, prompt: str) -> str:
        """A comma gets a blank, as `written` foresees; tags for a trigger word vanish."""
        return written(prompt).replace(",", ", ").replace("[trigger]", "").replace("[name]", "")

    def write(self, tree: Tree) -> None:
        """`ai-toolkit/config.yaml` and `ai-toolkit/dataset.json`."""
        with tree.writing("ai-toolkit/dataset.json") as file:
            file.write(b"{")
            for number, entry in enumerate(tree.entries()):
                path, row = f"{tree.at}/{entry.target}", {"caption": written(entry.prompt)}
                comma = "," if number else ""
                file.write(f"{comma}\n{canonical_json(path)}: {canonical_json(row)}".encode())
            file.write(b"\n}\n")
        captions, inputs = f"{tree.at}/ai-toolkit/dataset.json", f"{tree.at}/{INPUTS}"
        text = _YAML.format(
            name=_quoted(tree.name), captions=_quoted(captions), inputs=_quoted(inputs), side=SIDE
        )
        tree.write("ai-toolkit/config.yaml", text)

    def usage(self, tree: Tree) -> str:
        """The command, and what to take over into another config."""
        config = shlex.quote(f"{tree.at}/ai-toolkit/config.yaml")
        usage = _USAGE.format(config=config, at=tree.at, side=SIDE)
        cut = {s: n for s, n in tree.sizes.items() if _bucket(*s, QWEN_STEP) != s}
        if cut:
            sizes = ", ".join(f"{width}x{height}" for width, height in islice(cut, 3))
            usage += _QWEN.format(step=QWEN_STEP, count=sum(cut.values()), sizes=sizes)
        return usage


def written(prompt: str) -> str:
    """The caption from which ai-toolkit reads a prompt whose commas are all followed by a blank."""
    return prompt.replace(", ", ",")


def _bucket(width: int, height: int, step: int) -> Size:
    area = width * height
    wanted = min(area, SIDE**2)
    across, down = (side * (wanted / area) ** 0.5 / step for side in (width, height))
    sizes = [
        (rounded(across) * step, other(down) * step)
        for rounded in (floor, ceil)
        for other in (floor, ceil)
    ]
    within = [size for size in sizes if 0 < size[0] * size[1] <= SIDE**2]
    slim = (max(step, sizes[0][0]), max(step, sizes[0][1]))
    return min(within or [slim], key=lambda size: abs(size[0] * size[1] - wanted))


def _quoted(text: str) -> str:
    """A string in YAML, which takes those of JSON but for their pairs of surrogates."""
    return json.dumps(text, ensure_ascii=False)
