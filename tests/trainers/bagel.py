"""BAGEL's `unified_edit` dataset, made known and configured by the files of the export."""

from __future__ import annotations

import sys
from itertools import islice

import yaml
from loaded import arguments, declare_torchvision_operators, pixels, stand_in

checkout, export, kept = arguments()
declare_torchvision_operators()
sys.path.insert(0, str(checkout))
stand_in("decord")  # which reads videos

from data import dataset_info  # noqa: E402  # the checkout's own

# As `cat … >> data/dataset_info.py` leaves it.
stock = (checkout / "data" / "dataset_info.py").read_text(encoding="utf-8")
appended = (export / "bagel" / "dataset_info.py").read_text(encoding="utf-8")
exec(stock + appended, vars(dataset_info))

from data.dataset_base import DataConfig, PackedDataset  # noqa: E402


class Letters:
    """A tokenizer, without weights: a token a letter."""

    def encode(self, text: str) -> list[int]:
        return list(map(ord, text))


config = yaml.safe_load((export / "bagel" / "data.yaml").read_text(encoding="utf-8"))
((name, (entry,)),) = ((group, args["dataset_names"]) for group, args in config.items())
count = dataset_info.DATASET_INFO[name][entry]["num_total_samples"]
packed = PackedDataset(
    DataConfig(config), Letters(), special_tokens={}, local_rank=0, world_size=1, num_workers=1
)
(dataset,) = packed.grouped_datasets
for sample in islice(dataset, count):
    shown, _, target = sample["image_tensor_list"]
    (text,) = sample["text_ids_list"]
    kept.keep("".join(map(chr, text)), pixels(target), pixels(shown))
