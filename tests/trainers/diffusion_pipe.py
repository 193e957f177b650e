"""diffusion-pipe's datasets, cached and read back as its train.py does, by models of no weights."""

from __future__ import annotations

import logging
import sqlite3
import sys
from importlib.machinery import ModuleSpec
from typing import Any

import toml
import torch
import torch.distributed
from loaded import arguments, declare_torchvision_operators, pixels, stand_in

checkout, export, kept = arguments()
declare_torchvision_operators()
sys.path.insert(0, str(checkout))
# Distribution over GPUs, and ComfyUI's models: nothing of them touches a picture or a caption.
alone = {
    "get_rank": lambda *_: 0,
    "get_world_size": lambda *_: 1,
    "get_world_group": lambda: torch.distributed.group.WORLD,
    "barrier": lambda *_, **__: None,
}
stand_in("deepspeed", __spec__=ModuleSpec("deepspeed", None))
stand_in("deepspeed.comm", **alone)
stand_in("deepspeed.comm.comm", **alone)
stand_in("deepspeed.utils")
stand_in("deepspeed.utils.logging", logger=logging.getLogger())
stand_in("torchaudio", __spec__=ModuleSpec("torchaudio", None))
stand_in("comfy")
stand_in("comfy.utils")
stand_in("comfy.sd")
patched = ("SD1Tokenizer", "ClipTokenWeightEncoder")
stand_in("comfy.sd1_clip", **{name: type(name, (), {}) for name in patched})
stand_in("comfy.model_management", unload_all_models=lambda: None)
stand_in("comfy_api")
stand_in("comfy_api.latest", InputImpl=None)
if sys.version_info < (3, 12):  # utils/cache.py names an argument that came with 3.12
    connect = sqlite3.connect
    sqlite3.connect = lambda path, **_: connect(path)  # type: ignore[assignment]

from models.base import PreprocessMediaFile  # noqa: E402  # the checkout's own
from utils.dataset import Dataset, DatasetManager  # noqa: E402


class Submodel:
    """In place of a VAE or text encoder of ComfyUI."""

    def load_model_if_needed(self) -> None:
        """Nothing to load."""


class Model:
    """A model whose latents are the pixels, and whose text embeddings are the letters."""

    name = "pixels"
    framerate = None
    pixels_round_to_multiple = 16
    get_vae = staticmethod(Submodel)
    get_text_encoders = staticmethod(lambda: [Submodel()])

    def model_specific_dataset_config_validation(self, config: dict[str, Any]) -> None:
        """Nothing to refuse."""

    def get_preprocess_media_file_fn(self) -> PreprocessMediaFile:
        """As `ComfyPipeline` has it, of which FLUX.2 is one."""
        return PreprocessMediaFile({}, support_video=False)

    def get_call_vae_fn(self, _: Submodel) -> Any:
        def encode(target: torch.Tensor, control: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"latents": target, "control_latents": control}

        return encode

    def get_call_text_encoder_fn(self, _: Submodel) -> Any:
        def encode(captions: list[str], is_video: list[bool]) -> dict[str, list[torch.Tensor]]:
            return {"letters": [torch.tensor(list(text.encode())) for text in captions]}

        return encode


store = torch.distributed.HashStore()
torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
config = toml.loads((export / "diffusion-pipe" / "dataset.toml").read_text(encoding="utf-8"))
model = Model()
dataset, manager = Dataset(config, model), DatasetManager(model)
manager.register(dataset)
manager.cache()
dataset.post_init(0, 1, {None: 1}, 1, {None: 1})
for index in range(len(dataset)):
    batch = dataset[index]
    prompt = bytes(batch["letters"][0].tolist()).decode()
    target, shown = (pixels(batch[n][0], low=0.0) for n in ("latents", "control_latents"))
    kept.keep(prompt, target, shown)
torch.distributed.destroy_process_group()
