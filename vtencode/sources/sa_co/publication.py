"""What the authors of SA-Co say of their benchmark."""

from __future__ import annotations

from vtencode.sources.base import Publication

PUBLICATION = Publication(
    title="SA-Co/Gold and SA-Co/Silver (Segment Anything with Concepts)",
    home="https://huggingface.co/datasets/facebook/SACo-Gold",
    license="SAM License, accepted at the Hugging Face Hub; images have terms of their own",
    citation="N. Carion et al.: SAM 3: Segment Anything with Concepts. arXiv:2511.16719, 2025.",
    how_to_get=(
        "annotations at the Hugging Face Hub (facebook/SACo-Gold and facebook/SACo-Silver) after "
        "accepting the terms; images at Roboflow (universe.roboflow.com/sa-co-gold and "
        "sa-co-silver), those of SA-1B also as sa_co_gold.tar of its list of links"
    ),
    place=(
        "gold_{attributes,crowded,fg_food,fg_sports_equipment,metaclip,sa1b,wiki_common}_merged_"
        "{a,b,c}_release_test.json, or silver_*_test.json\n"
        "images in any folder, or in .zip or plain .tar: 1/1001/metaclip_1_1001_*.jpeg, "
        "sa_10002881.jpg"
    ),
    traps=(
        "an entry of `images` is a pair of image and phrase: image ids are made of file names here",
        "bbox and area are shares of the image: not used here, the masks say it all",
        "pairs without annotations are negatives: asked, with an empty answer",
        "where is_instance_exhaustive is 0, some are missing or grouped: filtered, and counted",
        "three people annotated Gold, not always alike: `annotator` says whose answer is taken",
        "their score counts pairs that all three annotated exhaustively: `agreed` keeps those",
        "images are scored in the pixels that they are stored in: none is turned here",
        "997 of Gold's images are in SA-1B: they have its ids, so that `vtencode audit` finds them",
    ),
)
