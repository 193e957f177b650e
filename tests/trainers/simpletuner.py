"""SimpleTuner's dataloaders, as its trainer builds them from its two files of settings."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import torch
from accelerate import Accelerator
from loaded import arguments, declare_torchvision_operators, pixels

checkout, export, kept = arguments()
declare_torchvision_operators()
sys.path.insert(0, str(checkout))
os.environ["SIMPLETUNER_LOG_LEVEL"] = os.environ["SIMPLETUNER_IMAGE_PREP_LOG_LEVEL"] = "ERROR"
# Packages of its web server, of which plain modules are wanted, without what they import.
for name in ("simpletuner.simpletuner_sdk.server", "simpletuner.simpletuner_sdk.server.services"):
    package = ModuleType(name)
    package.__path__ = [str(checkout / name.replace(".", "/"))]
    sys.modules[name] = package
torch.Tensor.pin_memory = lambda self, *_, **__: self  # type: ignore[method-assign]  # no GPU

from simpletuner.helpers.configuration.cli_utils import mapping_to_cli_args  # noqa: E402
from simpletuner.helpers.models.registry import LazyModelClass  # noqa: E402


def unknown(_: LazyModelClass, name: str) -> Any:
    """No attribute, in place of one that imports the model: the parser asks for all of them."""
    raise AttributeError(name)


LazyModelClass.__getattr__ = unknown

from simpletuner.helpers.configuration.cmd_args import parse_cmdline_args  # noqa: E402
from simpletuner.helpers.data_backend import factory  # noqa: E402
from simpletuner.helpers.training.state_tracker import StateTracker  # noqa: E402
from torchvision import transforms  # noqa: E402  # after its operators are declared


class Model:
    """A model whose latents are the pixels, and which asks for no text embeddings."""

    AUTOENCODER_CLASS = object
    MAXIMUM_CANVAS_SIZE = None
    vae = SimpleNamespace(
        device=torch.device("cpu"),
        dtype=torch.float32,
        config=SimpleNamespace(),
        to=lambda *_, **__: Model.vae,
    )

    def get_transforms(self, **_: Any) -> Any:
        """As image models have it: tensors from -1 to 1."""
        return transforms.Compose([transforms.ToTensor(), transforms.Normalize([0.5], [0.5])])

    def get_vae(self, *_: Any) -> Any:
        return self.vae

    get_vae_for_dataset_type = get_vae

    def encode_cache_batch(self, _: Any, samples: torch.Tensor, **__: Any) -> torch.Tensor:
        return samples

    def scale_vae_latents_for_cache(self, latents: torch.Tensor, _: Any) -> torch.Tensor:
        return latents

    def pre_vae_encode_transform_sample(self, sample: torch.Tensor) -> torch.Tensor:
        return sample

    post_vae_encode_transform_sample = pre_vae_encode_transform_sample

    def collate_prompt_embeds(self, *_: Any) -> dict[str, Any]:
        return {}

    def configure_data_signals(self, **_: Any) -> None:
        """Nothing to configure."""

    def requires_conditioning_dataset(self) -> bool:
        return True

    requires_conditioning_latents = requires_conditioning_dataset

    def vae_output_scaling_factor(self) -> int:
        return 1

    def __getattr__(self, name: str) -> Any:
        """No, to whatever else it is asked to need or to support."""
        if name.startswith(("requires_", "uses_", "supports_", "is_", "_is_", "should_")):
            return lambda *_, **__: False
        raise AttributeError(name)


config = json.loads((export / "simpletuner" / "config.json").read_text(encoding="utf-8"))
args = parse_cmdline_args(mapping_to_cli_args(config))
args.weight_dtype = torch.float32
Path(args.output_dir).mkdir(parents=True)
model = Model()
StateTracker.set_args(args)
StateTracker.set_model(model)
StateTracker.set_model_family(args.model_family)
StateTracker.set_vae(model.vae)
StateTracker.set_weight_dtype(torch.float32)
factory.configure_multi_databackend_new(args, Accelerator(cpu=True), None, None, model)
for backend in StateTracker.get_data_backends().values():
    batches = iter(backend["train_dataloader"])
    for _ in range(len(backend["metadata_backend"])):
        batch = next(batches)
        shown = batch["conditioning_latents"]
        shown = shown[0] if isinstance(shown, list) else shown
        kept.keep(batch["prompts"][0], pixels(batch["latent_batch"][0]), pixels(shown[0]))
