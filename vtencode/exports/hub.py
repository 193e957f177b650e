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


def put_hub_folder(tree: Tree, folder: str) -> None:
    """Put the pairs into `folder/data/*.parquet`, and the card that makes them split `train`."""
    tree.put_shards(f"{folder}/data", "parquet")
    tree.write(f"{folder}/README.md", _CARD.format(name=tree.name, count=tree.count))
