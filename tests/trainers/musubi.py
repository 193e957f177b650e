"""musubi-tuner's datasets, as its scripts that cache latents go through them."""

from __future__ import annotations

import argparse
import sys

from loaded import arguments, declare_torchvision_operators

checkout, export, kept = arguments()
declare_torchvision_operators()
sys.path.insert(0, str(checkout / "src"))

from musubi_tuner.dataset import config_utils  # noqa: E402  # the checkout's own
from musubi_tuner.dataset.image_video_dataset import ARCHITECTURE_FLUX_2_KLEIN_4B  # noqa: E402

config = config_utils.load_user_config(str(export / "musubi" / "dataset.toml"))
generator = config_utils.BlueprintGenerator(config_utils.ConfigSanitizer())
blueprint = generator.generate(
    config, argparse.Namespace(debug_dataset=False), architecture=ARCHITECTURE_FLUX_2_KLEIN_4B
)
group = config_utils.generate_dataset_group_by_blueprint(blueprint.dataset_group)
for dataset in group.datasets:
    for _, batch in dataset.retrieve_latent_cache_batches(1):
        for item in batch:
            control = item.control_content
            shown = control[0] if isinstance(control, list) else control
            kept.keep(item.caption, item.content, shown)
