"""The YAML at the head of a card, by which the Hub lists a dataset and `datasets` loads it."""

from __future__ import annotations

from typing import Any

from vtencode.cards.facts import (
    Manifest,
    data_files,
    format_of,
    hub_split,
    present,
    recipes,
    stored_bytes,
    title,
)
from vtencode.cards.languages import in_english
from vtencode.cards.layouts import LAYOUTS, Layout
from vtencode.cards.licenses import hub_license
from vtencode.cards.markdown import is_url
from vtencode.registry import find

#: Tasks of the Hub (huggingface.js, `pipelines.ts`) by what codecs paint; it has none of normals.
_CATEGORIES = {
    "depth": "depth-estimation",
    "instances": "image-segmentation",
    "keypoints": "keypoint-detection",
    "panoptic": "image-segmentation",
    "semantic": "image-segmentation",
}
_TAGS = ("vtencode", "image-editing", "instruction-tuning")
#: Sizes of the Hub: below so many pairs, this one; the last for all others.
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)


def front_matter(manifest: Manifest) -> dict[str, Any]:
    """What the Hub is told, as JSON: what the manifest does not tell is left out."""
    layout = LAYOUTS.get(format_of(manifest))
    codecs = [each.task["codec"]["name"] for each in present(manifest)]
    categories = [_CATEGORIES[name] for name in codecs if name in _CATEGORIES]
    return {
        "pretty_name": title(manifest),
        **_license(manifest),
        **({"language": ["en"]} if in_english(manifest) else {}),
        "task_categories": ["image-to-image", *sorted(set(categories))],
        "size_categories": [size_category(manifest["counts"]["written"])],
        "source_datasets": _sources(manifest),
        "tags": [*_TAGS, *(layout.tags if layout else ())],
        **(_loading(manifest, layout) if layout else {}),
    }


def size_category(pairs: int) -> str:
    """The Hub's word for so many pairs.

    >>> size_category(999), size_category(1000)
    ('n<1K', '1K<n<10K')
    """
    return next((name for limit, name in _SIZES if pairs < limit), "n>1T")


def _license(manifest: Manifest) -> dict[str, str]:
    """One id where all sources have the same; else `other`, and where to read about the first."""
    parts = manifest["parts"]
    known = {part["license"]: hub_license(part["license"]) for part in parts}
    ids = set(known.values())
    one = ids.pop() if len(ids) == 1 else None
    if one is not None:
        return {"license": one}
    homes = [part["home"] for part in sorted(parts, key=lambda part: bool(known[part["license"]]))]
    home = next(filter(is_url, homes), None)
    return {
        "license": "other",
        "license_name": f"{manifest['dataset']}-terms",
        **({"license_link": home} if home else {}),
    }


def _sources(manifest: Manifest) -> list[str]:
    names = [recipe["source"]["name"] for recipe in recipes(manifest)]
    return list(
        dict.fromkeys(
            "original" if find("source", name).generated else f"extended|{name}" for name in names
        )
    )


def _loading(manifest: Manifest, layout: Layout) -> dict[str, Any]:
    """What makes `load_dataset` of the folder work without another word.

    Bytes are those of the shards. `datasets` counts the tables that it makes of them instead,
    which nobody knows before, and demands a number.
    """
    split, stored = hub_split(manifest), stored_bytes(manifest)
    features = [{"name": name, "dtype": dtype} for name, dtype in layout.dtypes.items()]
    count = {"num_bytes": stored, "num_examples": manifest["counts"]["written"]}
    files = {"split": split, "path": data_files(manifest, layout.inside)}
    return {
        "configs": [{"config_name": "default", "data_files": [files]}],
        "dataset_info": {
            **({"features": features} if layout.declared else {}),
            "splits": [{"name": split, **count}],
            "download_size": stored,
            "dataset_size": stored,
        },
    }
