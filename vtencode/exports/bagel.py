"""ByteDance-Seed/Bagel: its `unified_edit` datasets."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

from vtencode.durable import Hashed
from vtencode.exports.base import Trainer
from vtencode.exports.entry import Size
from vtencode.exports.tree import Tree
from vtencode.sinks.base import Record
from vtencode.sinks.parquet import parquet_writer

#: What `data.yaml` says of targets: the longest side and what sides are multiples of, which is all
#: that the released weights know, and the shortest side, unless a target is shorter.
LONGEST, STEP, SHORTEST = 1024, 16, 512
#: Pairs in a row group. BAGEL gives every worker as many groups as every other, and drops the rest.
ROWS = 16

_INFO = """\

# To be appended to data/dataset_info.py of BAGEL.
DATASET_INFO["unified_edit"][{name!r}] = {{
    "data_dir": {folder!r},
    "num_files": {files},
    "num_total_samples": {count},
    "parquet_info_path": {groups!r},
}}
"""

_YAML = """\
unified_edit:
  dataset_names:
  - {name}
  # Targets pass as they are: none is longer than max_image_size or shorter than min_image_size.
  image_transform_args:
    image_stride: {step}
    max_image_size: {longest}
    min_image_size: {shortest}
  vit_image_transform_args:
    image_stride: 14
    max_image_size: 518
    min_image_size: 224
  is_mandatory: false
  num_used_data:
  - {files}
  weight: 1
"""

_USAGE = """\
Make the dataset known, in a checkout of BAGEL:

```sh
cat {info} >> data/dataset_info.py
```

Then train as its TRAIN.md says, with

```sh
torchrun … train/pretrain_unified_navit.py --dataset_config_file {yaml} --max_latent_size 64 …
```

`min_image_size` of that file is what keeps targets exact: BAGEL enlarges what has a shorter side.
`max_image_size: {longest}` is as much as `--max_latent_size 64` holds.

There are {groups} row groups of at most {rows} pairs. GPUs times `--num_workers` must be no more
than that, else the workers wait for ever; groups that cannot be shared out evenly are never seen.
Its script asks for a loss on text, which pairs do not have: put what `data.yaml` holds beside a
`vlm_sft` block, as in data/configs/example.yaml. Paths are absolute: see `--at` before you move
the export.
"""


class Bagel(Trainer):
    """Parquet of lists of pictures, a list of its row groups, and what makes it known to BAGEL.

    Source: its TRAIN.md, data/dataset_info.py, data/configs/example.yaml,
    data/interleave_datasets/ (`UnifiedEditIterableDataset`) and data/transforms.py.
    """

    name: ClassVar[str] = "bagel"
    title: ClassVar[str] = "BAGEL"
    pictures: ClassVar[bool] = False

    def size(self, width: int, height: int) -> Size:
        """Shrunk to the longest side, then rounded to multiples of 16.

        Of what is more than twice as long as wide, a side may come out one step off,
        by what else there is: `min_image_size` has its say too.
        """
        scale = min(LONGEST / max(width, height), 1)
        across, down = (_step(round(side * scale)) for side in (width, height))
        return across, down

    def write(self, tree: Tree) -> None:
        """`bagel/chunk_N.parquet`, `parquet_info.json`, `dataset_info.py` and `data.yaml`."""
        folder, groups = f"{tree.at}/bagel", {}
        for number, shard in enumerate(tree.shards()):
            name = f"chunk_{number}.parquet"
            with tree.writing(f"bagel/{name}") as file:
                groups[f"{folder}/{name}"] = {"num_row_groups": _write_chunk(file, shard.records)}
        told, files = f"{folder}/parquet_info.json", len(groups)
        info = _INFO.format(
            name=tree.name, folder=folder, files=files, count=tree.count, groups=told
        )
        shortest = min(SHORTEST, *(min(size) for size in tree.sizes))
        yaml = _YAML.format(
            name=json.dumps(tree.name), step=STEP, longest=LONGEST, shortest=shortest, files=files
        )
        tree.write("bagel/parquet_info.json", json.dumps(groups, indent=2) + "\n")
        tree.write("bagel/dataset_info.py", info)
        tree.write("bagel/data.yaml", yaml)

    def usage(self, tree: Tree) -> str:
        """The commands, and what each of them rests on."""
        groups = json.loads((tree.folder / "bagel" / "parquet_info.json").read_bytes())
        return _USAGE.format(
            info=shlex.quote(f"{tree.at}/bagel/dataset_info.py"),
            yaml=shlex.quote(f"{tree.at}/bagel/data.yaml"),
            longest=LONGEST,
            groups=sum(chunk["num_row_groups"] for chunk in groups.values()),
            rows=ROWS,
        )


def _step(side: int) -> int:
    return max(STEP, round(side / STEP) * STEP)


def _write_chunk(file: Hashed, records: Iterator[Record]) -> int:
    """Write a file of Parquet; the number of its row groups."""
    import pyarrow as pa

    pictures, prompts = pa.list_(pa.binary()), pa.list_(pa.list_(pa.string()))
    schema = pa.schema([("image_list", pictures), ("instruction_list", prompts)])
    groups = 0
    with parquet_writer(file, schema, dictionary=[]) as writer:
        while rows := [_row(record) for record in islice(records, ROWS)]:
            writer.write_table(pa.Table.from_pylist(rows, schema))
            groups += 1
    return groups


def _row(record: Record) -> dict[str, list[bytes] | list[list[str]]]:
    """The input, then the target, and the one prompt that leads from one to the other."""
    return {
        "image_list": [record.input.data, record.target.data],
        "instruction_list": [[record.instruction]],
    }
