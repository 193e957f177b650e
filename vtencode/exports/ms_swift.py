"""modelscope/ms-swift: a dataset for models of its own that see and paint pictures."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import ClassVar

from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree

#: What its templates take for a picture, a box or the like, wherever it stands in a text:
#: `special_tokens` in swift/template/base.py.
_TAGS = re.compile("<(?:image|video|audio|bbox|ref-object|cot-process|start-image)>")

_USAGE = """\
```sh
swift sft {config} --model … --template …
```

A row of `{at}/ms-swift/pairs.jsonl` is a user's message `<image>` and the prompt, an assistant's
message `<image>`, and `images`: the picture to edit, then the target. No template that comes with
ms-swift learns to paint its second picture: Emu3-Gen's learns `images[0]` alone, those of
Qwen-VL and the like only read. The rows are for a template of your own, as its
docs/source_en/Customization/Custom-model.md tells to register; there `inputs.images[1]` is the
target, with its pixels as they are.

`strict` makes a row that cannot be read an error, where ms-swift would leave it out. Give no
`--max_pixels`, which resamples targets as it does inputs. Rows of more tokens than `--max_length`
are left out.
"""


class MsSwift(Trainer):
    """A JSON of arguments for `swift sft`, and a line of JSON a pair, with absolute paths.

    Source: its docs/source_en/Customization/Custom-dataset.md ("Multimodal", "Text-to-Image
    Format"), swift/dataset/loader.py and swift/template/base.py.
    """

    name: ClassVar[str] = "ms-swift"
    title: ClassVar[str] = "ms-swift"

    def size(self, width: int, height: int) -> Size:
        """Any, as it is."""
        return width, height

    def prompt(self, prompt: str) -> str:
        """Tags of pictures, boxes and the like are no text."""
        return _TAGS.sub("", prompt)

    def write(self, tree: Tree) -> None:
        """`ms-swift/sft.json` and `ms-swift/pairs.jsonl`."""
        rows = (
            {
                "messages": [
                    {"role": "user", "content": f"<image>{entry.prompt}"},
                    {"role": "assistant", "content": "<image>"},
                ],
                "images": [f"{tree.at}/{entry.input}", f"{tree.at}/{entry.target}"],
            }
            for entry in tree.entries()
        )
        tree.write_lines("ms-swift/pairs.jsonl", rows)
        arguments = {"dataset": [f"{tree.at}/ms-swift/pairs.jsonl"], "strict": True}
        tree.write("ms-swift/sft.json", json.dumps(arguments, indent=2) + "\n")

    def usage(self, tree: Tree) -> str:
        """The command, what it needs, and what matters."""
        return _USAGE.format(at=tree.at, config=quote(f"{tree.at}/ms-swift/sft.json"))
