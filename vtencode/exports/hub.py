"""A folder that `datasets.load_dataset` takes by its path, as it takes a dataset of the Hub."""

from __future__ import annotations

from vtencode.exports.tree import Tree

#: Without the list of files, `datasets` would name the split after the folder or the files.
_CARD = """\
---
configs:
- config_name: default
  data_files:
  - split: train
    path: data/*.parquet
---

# {name}: {count} pairs

Columns: `input_image`, the picture to edit; `edited_image`, the picture to paint; `edit_prompt`;
and what else is known of each pair. Written by vtencode.
"""


#: One for all scripts that take such a folder.
FOLDER = "diffusers"


def put_hub_folder(tree: Tree) -> None:
    """Put the pairs into `diffusers/data/*.parquet`, and the card that makes them split `train`.

    Trainers that share the folder ask for it, each; it is written once.
    """
    card = tree.folder / FOLDER / "README.md"
    if not card.is_file():
        tree.put_shards(f"{FOLDER}/data", "parquet")
        tree.write(f"{FOLDER}/README.md", _CARD.format(name=tree.name, count=tree.count))
