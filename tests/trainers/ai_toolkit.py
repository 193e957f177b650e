"""ai-toolkit's dataloader, as its training jobs build it from their config."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from types import SimpleNamespace

from loaded import arguments, declare_torchvision_operators, pixels, stand_in

checkout, export, kept = arguments()
declare_torchvision_operators()
os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
sys.path.insert(0, str(checkout))

# Sound and quantized weights, which config_modules.py names and the loader has no use for.
for name in ("torchaudio", "torchao", "torchao.quantization"):
    stand_in(name, __spec__=ModuleSpec(name, None))
stand_in("torchao.quantization.quant_primitives", _DTYPE_TO_BIT_WIDTH={})

from toolkit.config import get_config  # noqa: E402  # the checkout's own
from toolkit.data_loader import get_dataloader_from_datasets  # noqa: E402

#: What the loader asks of a model, as flux2_klein_4b answers.
MODEL = SimpleNamespace(
    get_bucket_divisibility=lambda: 16,
    use_raw_control_images=True,
    model_config=SimpleNamespace(latent_space_version="flux2"),
    vae=None,
    unet=None,
    adapter=None,
    is_audio_model=False,
    encode_control_in_text_embeddings=False,
    text_embedding_space_version="flux2_klein_4b",
    te_padding_side="right",
)

config = get_config(str(export / "ai-toolkit" / "config.yaml"))
(job,) = config["config"]["process"]
batches = get_dataloader_from_datasets(
    job["datasets"], batch_size=job["train"]["batch_size"], sd=MODEL
)
for batch in batches:
    for item, prompt, tensor in zip(
        batch.file_items, batch.get_caption_list(), batch.tensor, strict=True
    ):
        kept.keep(prompt, pixels(tensor), pixels(item.control_tensor, low=0.0))
