"""NeMo AutoModel's encoder, run by the export's own script, and its dataset on the joined cache."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path

import numpy as np
import torch
from loaded import arguments, declare_torchvision_operators, stand_in

checkout, export, kept = arguments()
cache = Path(sys.argv[3]) / "cache"
declare_torchvision_operators()
# Importing the packages themselves asks for all that AutoModel can train.
for name in (
    "nemo_automodel",
    "nemo_automodel.components",
    "nemo_automodel.components.datasets",
    "nemo_automodel.components.datasets.diffusion",
    "nemo_automodel.components.models",
    "nemo_automodel.components.models.qwen_image_edit",
    "nemo_automodel.shared",
):
    stand_in(name).__path__ = [str(checkout / name.replace(".", "/"))]
# The dataset's module also has the loader that goes over it, which a cache is read without.
stand_in("torchdata")
stand_in("torchdata.stateful_dataloader", StatefulDataLoader=None)
stand_in("nemo_automodel.components.datasets.diffusion.loader", DiffusionDataloaderBuild=None)
stand_in("nemo_automodel.components.datasets.diffusion.sampler", SequentialBucketSampler=None)

preprocessing = importlib.import_module(
    "nemo_automodel.components.models.qwen_image_edit.preprocessing"
)


class Pipeline:
    """Stands for Qwen-Image-Edit's weights: a prompt's embedding is its bytes."""

    vae = text_encoder = torch.nn.Identity()

    def encode_prompt(self, prompt, **_):
        numbers = torch.tensor(list(prompt[0].encode()), dtype=torch.float32)
        return numbers.reshape(1, 1, -1), torch.ones(1, 1, dtype=torch.long)


def latent(_, image, *, storage_dtype, **__):
    """Stands for the VAE: the latent of a picture is its pixels, which bfloat16 holds exactly."""
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).to(storage_dtype)


preprocessing._encode_vae_image = latent
preprocessing.QwenImageEditCacheEncoder._load_pipeline = lambda *_: Pipeline()

sys.argv[1:] = [str(cache), "1"]
runpy.run_path(str(export / "automodel" / "encode.py"), run_name="__main__")

from nemo_automodel.components.datasets.diffusion.image_edit_dataset import (  # noqa: E402
    ImageEditDataset,
)

dataset = ImageEditDataset(str(cache))
for index in range(len(dataset)):
    sample = dataset[index]
    prompt = bytes(sample["prompt_embeddings"].flatten().int().tolist()).decode()
    target, shown = (
        held.permute(1, 2, 0).to(torch.uint8).numpy()
        for held in (sample["target_latent"], sample["context_latents"][0])
    )
    kept.keep(prompt, target, shown)
