"""Files and records of each format, in the words of Croissant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vtencode.cards.facts import Manifest, data_files
from vtencode.cards.layouts import FILE_NAME, LAYOUTS, meaning
from vtencode.sinks.folder import INPUTS, METADATA, TARGETS

Node = dict[str, Any]
#: The files of a dataset, and its records.
Described = tuple[list[Node], list[Node]]

_TAR, _PARQUET, _LINES = "application/x-tar", "application/x-parquet", "application/jsonlines"
_PICTURES = ["image/jpeg", "image/png"]
_TYPES = {
    "bool": "sc:Boolean",
    "float64": "cr:Float64",
    "image": "sc:ImageObject",
    "int64": "cr:Int64",
    "string": "sc:Text",
}
#: A pair's key in the name of a file of it.
_KEY = r"^([^.]+)\..*$"


def _parquet(manifest: Manifest) -> Described:
    """A row a record."""
    shards = _shards(manifest, _PARQUET)
    held = _set("pairs-files", data_files(manifest, ""), _PARQUET)
    return [*shards, held], [_rows("parquet", held)]


def _folder(manifest: Manifest) -> Described:
    """A line of JSON a record; pictures are records of their own, by the same keys.

    Hashes are of whole folders, and no file of one can be checked by them.
    """
    lists = _set("pairs-files", data_files(manifest, f"/{METADATA}"), _LINES)
    inputs = _set("inputs-files", data_files(manifest, f"/{INPUTS}/*"), _PICTURES)
    targets = _set("targets-files", data_files(manifest, f"/{TARGETS}/*"), "image/png")
    sets = [_rows("folder", lists), *(_pictures(held) for held in (inputs, targets))]
    return [lists, inputs, targets], sets


def _webdataset(manifest: Manifest) -> Described:
    """A member a record: of each kind of member a set, by the same keys."""
    shards = _shards(manifest, _TAR)
    within = {"containedIn": [{"@id": shard["@id"]} for shard in shards]}
    prompts = {**_set("pairs-files", "*.instruction.txt", "text/plain"), **within}
    facts = {**_set("metadata-files", "*.json", "application/json"), **within}
    inputs = {**_set("inputs-files", ["*.input.jpg", "*.input.png"], _PICTURES), **within}
    targets = {**_set("targets-files", "*.target.png", "image/png"), **within}
    sets = [_members(prompts, "instruction", "string"), _members(facts, "json", "string")]
    sets += [_pictures(inputs), _pictures(targets)]
    return [*shards, prompts, facts, inputs, targets], sets


#: By the names of their sinks.
DESCRIBED: Mapping[str, Callable[[Manifest], Described]] = {
    "folder": _folder,
    "parquet": _parquet,
    "webdataset": _webdataset,
}


def _shards(manifest: Manifest, encoding: str) -> list[Node]:
    return [
        {
            "@type": "cr:FileObject",
            "@id": shard["name"],
            "name": shard["name"],
            "contentUrl": shard["name"],
            "contentSize": f"{shard['bytes']} B",
            "encodingFormat": encoding,
            "sha256": shard["sha256"],
        }
        for shard in manifest["shards"]
    ]


def _set(name: str, includes: str | Sequence[str], encoding: str | Sequence[str]) -> Node:
    kind = {"@type": "cr:FileSet", "@id": name, "name": name}
    return {**kind, "encodingFormat": encoding, "includes": includes}


def _rows(layout: str, files: Node) -> Node:
    """The columns of a table that has a row a pair."""
    held = {"fileSet": {"@id": files["@id"]}}
    fields = []
    for name, dtype in LAYOUTS[layout].dtypes.items():
        if dtype != "image":
            field = _field("pairs", name, dtype, {**held, "extract": {"column": name}})
        elif files["encodingFormat"] == _PARQUET:
            bytes_ = {"extract": {"column": name}, "transform": {"jsonPath": "bytes"}}
            field = _field("pairs", name, dtype, {**held, **bytes_})
        else:
            named = f"{name}{FILE_NAME}"
            field = _field("pairs", named, "string", {**held, "extract": {"column": named}})
        fields.append({**field, "description": meaning(name)})
    return _record_set("pairs", fields)


def _pictures(files: Node) -> Node:
    return _members(files, "image", "image")


def _members(files: Node, name: str, dtype: str) -> Node:
    """What files hold, by the keys in their names.

    Nothing says that keys of one record set are those of another: `mlcroissant` would join the
    two, and fails where one was read before.
    """
    kind = files["@id"].removesuffix("-files")
    held = {"fileSet": {"@id": files["@id"]}}
    named = {**held, "extract": {"fileProperty": "filename"}, "transform": {"regex": _KEY}}
    key = _field(kind, "key", "string", named)
    content = {**held, "extract": {"fileProperty": "content"}}
    return _record_set(kind, [key, _field(kind, name, dtype, content)])


def _field(record_set: str, name: str, dtype: str, source: Node) -> Node:
    return {
        "@type": "cr:Field",
        "@id": f"{record_set}/{name}",
        "name": name,
        "dataType": _TYPES[dtype],
        "source": source,
    }


def _record_set(name: str, fields: list[Node]) -> Node:
    key = {"@id": f"{name}/key"}
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "key": key, "field": fields}
