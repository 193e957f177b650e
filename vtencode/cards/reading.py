"""Uses of a dataset: how it is read, in code that runs in its folder."""

from __future__ import annotations

from vtencode.cards.facts import Manifest, format_of, hub_split
from vtencode.cards.layouts import LAYOUTS
from vtencode.cards.markdown import fenced, sections

#: Pairs that the examples decode.
_SHOWN = 3

_DATASETS = """\
import json
from pathlib import Path

import numpy as np
import vtencode as vt
from datasets import load_dataset

place = str(Path.cwd())  # the folder of this file; on the Hub, the name of the repository
pairs = load_dataset(place, split="{split}", streaming=True)
for pair in pairs.take({shown}):
    legend = vt.Legend.from_json({legend})
    codec = vt.codec_from_spec(json.loads({codec}))
    decoded = codec.decode(vt.Code(np.asarray({target}), legend))
    print({key}, {prompt}, type(decoded.target).__name__)
"""

_VTENCODE = """\
from itertools import islice

import vtencode as vt

dataset = vt.open_dataset(".")
for pair in islice(dataset, {shown}):
    print(pair.key, pair.instruction, pair.input.shape, type(pair.decode().target).__name__)
print(len(dataset))
"""


def reading(manifest: Manifest) -> str:
    """The section on uses."""
    layout = LAYOUTS.get(format_of(manifest))
    loaded = ""
    if layout is not None:
        text = _DATASETS.format(split=hub_split(manifest), shown=_SHOWN, **layout.columns)
        loaded = sections("With `datasets`, decoded by `vtencode`:", fenced(text, "python"))
    return sections(
        "## Uses",
        "### Direct Use",
        "Fine-tuning of image editors on instructions whose answers can be measured. The input is "
        "the image to edit, the target the image to make.",
        loaded,
        "With `vtencode` alone, which knows each pair's crop and camera too:",
        fenced(_VTENCODE.format(shown=_SHOWN), "python"),
        "### Out-of-Scope Use",
        "Whatever changes the colors of a target changes what it says: JPEG, color profiles, "
        "resizing. So does a flip, of normals and of what is asked of left and right.",
    )
