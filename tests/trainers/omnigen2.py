"""OmniGen2's dataset and collator, made of the options that the export brought as train.py does."""

from __future__ import annotations

import importlib
import os
import sys
import types

import torch
from loaded import arguments, declare_torchvision_operators, pixels, stand_in
from omegaconf import OmegaConf

checkout, export, kept = arguments()
os.environ["HF_DATASETS_CACHE"] = f"{sys.argv[3]}/cache"
declare_torchvision_operators()
# Importing the packages themselves would load the model, whose attention wants a GPU.
for name in (
    "omnigen2",
    "omnigen2.dataset",
    "omnigen2.pipelines",
    "omnigen2.pipelines.omnigen2",
):
    stand_in(name).__path__ = [str(checkout / name.replace(".", "/"))]
processor = importlib.import_module("omnigen2.pipelines.image_processor")
stand_in(
    "omnigen2.pipelines.omnigen2.pipeline_omnigen2",
    OmniGen2ImageProcessor=processor.OmniGen2ImageProcessor,
)

from omnigen2.dataset.omnigen2_train_dataset import (  # noqa: E402  # the checkout's own
    OmniGen2Collator,
    OmniGen2TrainDataset,
)


class Characters:
    """Stands for Qwen2.5-VL's tokenizer: a number a character, and turns set apart by NUL."""

    def apply_chat_template(self, turns, **_):
        return "\0".join(turn["content"] for turn in turns)

    def __call__(self, texts, **_):
        numbers = torch.tensor([[ord(character) for character in text] for text in texts])
        return types.SimpleNamespace(input_ids=numbers, attention_mask=torch.ones_like(numbers))


class Strict(OmniGen2TrainDataset):
    """Fails for the pair asked for, where its parent tries others at random."""

    def __getitem__(self, index):
        return self.process_item(self.data[index])


args = OmegaConf.load(export / "omnigen2" / "options.yml")
tokenizer = Characters()
dataset = Strict(
    args.data.data_path,
    tokenizer=tokenizer,
    use_chat_template=args.data.use_chat_template,
    prompt_dropout_prob=args.data.get("prompt_dropout_prob", 0.0),
    ref_img_dropout_prob=args.data.get("ref_img_dropout_prob", 0.0),
    max_input_pixels=OmegaConf.to_object(args.data.get("max_input_pixels", 1024 * 1024)),
    max_output_pixels=args.data.get("max_output_pixels", 1024 * 1024),
    max_side_length=args.data.get("max_side_length", 2048),
)
collate = OmniGen2Collator(tokenizer=tokenizer, max_token_len=args.data.maximum_text_tokens)
for index in range(len(dataset)):
    batch = collate([dataset[index]])
    _, prompt = "".join(map(chr, batch["text_ids"][0].tolist())).split("\0")
    (target,), ((shown,),) = batch["output_image"], batch["input_images"]
    kept.keep(prompt, pixels(target[0]), pixels(shown[0]))
