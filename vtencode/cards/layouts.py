"""How readers see each format: its files, its columns, and what `datasets` makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vtencode.sinks.folder import METADATA
from vtencode.sinks.meta import PairMeta
from vtencode.sinks.parquet import INPUT, PROMPT, TARGET, hub_info

#: What names of files end in, in lines of JSON, where the loader makes pictures of them.
FILE_NAME = "_file_name"

#: Types of the columns of Parquet, by name, as YAML of the Hub has them.
_COLUMNS: Mapping[str, str] = {
    name: kind.get("dtype", kind["_type"].lower())
    for name, kind in hub_info()["info"]["features"].items()
}
#: What is said of the columns that are no fields of the metadata.
_MEANINGS = {
    INPUT: "The image that is asked about.",
    TARGET: "The image that answers: a code, to be decoded by `codec` and `legend`.",
    PROMPT: "The prompt.",
}


@dataclass(frozen=True)
class Layout:
    """One format, as its readers see it.

    `files` are paths and what is there; `inside` is the pattern of what is in a shard that is a
    folder. `dtypes` are the types of the fields, by name; `declared` says that a card can tell
    them to `datasets`. `columns` is how a row, called `pair`, is asked for what decoding needs.
    """

    files: Mapping[str, str]
    dtypes: Mapping[str, str]
    columns: Mapping[str, str]
    declared: bool = True
    tags: tuple[str, ...] = ()
    inside: str = ""


def meaning(name: str) -> str:
    """What a field holds."""
    return _MEANINGS.get(name) or str(PairMeta.model_fields[name].description)


_ROW = {
    "key": 'pair["key"]',
    "prompt": f'pair["{PROMPT}"]',
    "target": f'pair["{TARGET}"]',
    "codec": 'pair["codec"]',
    "legend": 'pair["legend"]',
}

#: By the names of their sinks; of others, a card says only what every manifest tells.
LAYOUTS = {
    "parquet": Layout(
        files={"{split}-00000.parquet …": "The pairs, a row each; pictures are files in columns."},
        dtypes=_COLUMNS,
        columns=_ROW,
    ),
    # Lines of JSON have their fields sorted, and the loader keeps that order.
    "folder": Layout(
        files={
            f"{{split}}-00000/{METADATA} …": "The pairs, a line of JSON each.",
            "{split}-00000/source/<key>.jpg|png": "The image that is asked about.",
            "{split}-00000/target/<key>.png": "The image that answers it.",
        },
        dtypes=dict(sorted(_COLUMNS.items())),
        columns=_ROW,
        inside="/**",
    ),
    # The member of the input ends as its source's files do, which a manifest does not tell: the
    # loader finds it in the first records.
    "webdataset": Layout(
        files={
            "{split}-00000.tar …": "The pairs, four members each.",
            "<key>.input.jpg|png": "The image that is asked about.",
            "<key>.instruction.txt": "The prompt.",
            "<key>.target.png": "The image that answers it.",
            "<key>.json": "What else is known of the pair; see below.",
        },
        dtypes={name: _COLUMNS.get(name, "string") for name in PairMeta.model_fields},
        columns={
            "key": 'pair["__key__"]',
            "prompt": 'pair["instruction.txt"]',
            "target": 'pair["target.png"]',
            "codec": 'pair["json"]["codec"]',
            "legend": 'pair["json"]["legend"]',
        },
        declared=False,
        tags=("webdataset",),
    ),
}
