"""The structure of a dataset: its files and fields."""

from __future__ import annotations

from vtencode.cards.facts import Manifest, data_files, format_of, hub_split, stored_bytes
from vtencode.cards.layouts import LAYOUTS, Layout, meaning
from vtencode.cards.markdown import code, counted, sections, table

_FILES = {
    "manifest.json": "Counts, hashes, recipe, terms of the sources.",
    "rejects.jsonl": "Planned pairs that could not be built, each with its reason.",
    "filtered.jsonl": "Planned pairs that were left out on purpose, each with its reason.",
    "croissant.json": "This description for programs (MLCommons Croissant 1.0).",
}


def structure(manifest: Manifest) -> str:
    """The section on structure."""
    layout = LAYOUTS.get(format_of(manifest))
    shards = {"{split}-00000 …": f"The pairs, in the format {code(format_of(manifest))}."}
    files = {**(layout.files if layout else shards), **_FILES}
    named = {path.format(split=manifest["split"]): text for path, text in files.items()}
    rows = [[code(path), text] for path, text in named.items()]
    return sections(
        "## Dataset Structure",
        _stored(manifest),
        table(["file", "what it is"], rows),
        _fields(layout) if layout else "",
        _splits(manifest, layout) if layout else "",
    )


def _stored(manifest: Manifest) -> str:
    shards = counted(len(manifest["shards"]), "shard")
    return f"{shards} with {counted(stored_bytes(manifest), 'byte')}."


def _fields(layout: Layout) -> str:
    where = "" if layout.declared else " Each `<key>.json` has all of them."
    rows = [[code(name), dtype, meaning(name)] for name, dtype in layout.dtypes.items()]
    return sections(
        "### Data Fields",
        "Fields that hold JSON hold it as text, so that pairs of all tasks have the same "
        f"columns.{where}",
        table(["field", "type", "what it is"], rows),
    )


def _splits(manifest: Manifest, layout: Layout) -> str:
    files = data_files(manifest, layout.inside)
    paths = code(files) if isinstance(files, str) else ", ".join(map(code, files))
    written = f"{manifest['counts']['written']:,}"
    rows = [[code(hub_split(manifest)), paths, written]]
    return sections("### Data Splits", table(["split", "files", "pairs:"], rows))
