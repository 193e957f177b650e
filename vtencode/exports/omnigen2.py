"""VectorSpaceLab/OmniGen2."""

from __future__ import annotations

import json
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree

#: `max_output_pixels` and `max_side_length` below, and what its loader cuts sides to multiples of.
MAX_PIXELS, LONGEST, STEP = 1024**2, 2048, 16

_DATA = """\
data:
  - path: {pairs}
    type: edit
    ratio: 1.0
"""

_OPTIONS = """\
# In the place of `data:` in a copy of options/ft.yml or options/ft_lora.yml.
data:
  data_path: {data}
  use_chat_template: true
  maximum_text_tokens: 888
  # A target whose prompt is dropped is a target without its legend.
  prompt_dropout_prob: 0.0
  ref_img_dropout_prob: 0.0
  # Targets pass as they are, up to this area and this side.
  max_output_pixels: {pixels}
  max_side_length: {longest}
  # By the number of pictures that go with a prompt.
  max_input_pixels: [{pixels}, {pixels}, 589824, 262144]
"""

_USAGE = """\
Put the section `data` of `{at}/omnigen2/options.yml` in the place of its own into a copy of
`options/ft.yml`, or of `options/ft_lora.yml` for a LoRA, in OmniGen2's checkout, and train with

```sh
accelerate launch … train.py --config options/my_ft.yml
```

as `scripts/train/ft.sh` does. `max_output_pixels: {pixels}` and `max_side_length: {longest}` pass
targets of at most that area and side as they are, if their sides are multiples of {step}.
`prompt_dropout_prob` is 0.0001 in its own options, which trains on some targets without the prompt
that explains them.

To mix in other data, list it in `{at}/omnigen2/data.yml`: every file must have these same fields.
`ratio` has no effect on how often a file is drawn. A picture that cannot be read is replaced by
another pair without a word, so keep `source/` and `target/` where they are. Prompts are cut at
`maximum_text_tokens: 888`, the chat template counted in.
"""


class OmniGen2(Trainer):
    """Two YAMLs of settings, and a line of JSON a pair, with absolute paths.

    Source: its docs/FINETUNE.md, omnigen2/dataset/omnigen2_train_dataset.py and
    `get_new_height_width` in omnigen2/pipelines/image_processor.py.
    """

    name: ClassVar[str] = "omnigen2"
    title: ClassVar[str] = "OmniGen2"

    def size(self, width: int, height: int) -> Size:
        """Scaled down to the area and the side, never up; then sides cut to multiples of 16."""
        fits = (MAX_PIXELS / (width * height)) ** 0.5
        ratio = min(fits, LONGEST / max(width, height), 1.0)
        return int(width * ratio) // STEP * STEP, int(height * ratio) // STEP * STEP

    def write(self, tree: Tree) -> None:
        """`omnigen2/options.yml`, `omnigen2/data.yml` and `omnigen2/pairs.jsonl`."""
        rows = (
            {
                "task_type": "edit",
                "instruction": entry.prompt,
                "input_images": [f"{tree.at}/{entry.input}"],
                "output_image": f"{tree.at}/{entry.target}",
            }
            for entry in tree.entries()
        )
        tree.write_lines("omnigen2/pairs.jsonl", rows)
        # YAML takes strings of JSON but for their pairs of surrogates.
        here = f"{tree.at}/omnigen2"
        pairs, data = (
            json.dumps(f"{here}/{name}", ensure_ascii=False) for name in ("pairs.jsonl", "data.yml")
        )
        tree.write("omnigen2/data.yml", _DATA.format(pairs=pairs))
        options = _OPTIONS.format(data=data, pixels=MAX_PIXELS, longest=LONGEST)
        tree.write("omnigen2/options.yml", options)

    def usage(self, tree: Tree) -> str:
        """Where the settings go, the command, and what matters in them."""
        return _USAGE.format(at=tree.at, pixels=MAX_PIXELS, longest=LONGEST, step=STEP)
