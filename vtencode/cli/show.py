"""`vtencode show`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import click

from vtencode.cli.out_file import OutFile
from vtencode.cli.place import place
from vtencode.cli.terminal import show_facts, show_json, show_table
from vtencode.clouds import cloud_of, write_ply
from vtencode.dataset import Dataset, Pair, open_dataset
from vtencode.durable import write_whole
from vtencode.errors import SpecError, did_you_mean
from vtencode.locations import Location
from vtencode.stores.reading import reading
from vtencode.targets import Camera, DepthMap

#: Characters of an instruction that a line of the list has room for.
_WORDS = 64
#: A sheet of more pairs is higher than a picture may be.
_MOST = 100


@click.command()
@click.argument("folder", metavar="DIR", callback=place)
@click.argument("keys", metavar="[KEY]...", nargs=-1)
@click.option(
    "--count",
    default=6,
    show_default=True,
    type=click.IntRange(1, _MOST),
    help="Pairs, where no KEY says which; the first ones.",
)
@click.option("--png", type=OutFile(".png"), help="Write a contact sheet of these pairs.")
@click.option(
    "--ply", type=OutFile(".ply"), help="Write a point cloud of the first that is of depth."
)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
def show(
    *,
    folder: Location,
    keys: tuple[str, ...],
    count: int,
    png: Path | None,
    ply: Path | None,
    as_json: bool,
) -> None:
    """Look at pairs of the dataset in DIR: what is asked, and what is painted.

    DIR may be on an object store, as s3://bucket/nyu.

    The contact sheet shows the input, the target, and what the target reads back as. The cloud
    is of the decoded depth, in the frame of the pair's camera: +x right, +y down, +z forward.
    """
    with reading(folder):
        dataset = open_dataset(folder)
        pairs = _named(dataset, keys) if keys else list(islice(dataset, count))
        written = []
        if png is not None:
            written.append(_write_sheet(png, dataset, pairs))
        if ply is not None:
            written.append(_write_cloud(ply, pairs if keys else dataset))
    if as_json:
        show_json([_facts(pair) for pair in pairs])
        return
    manifest = dataset.manifest
    show_facts(
        {
            "dataset": f"{manifest['dataset']} in {folder}: {len(dataset)} pairs, "
            f"{len(manifest['shards'])} shards",
            **({"written": "\n".join(written)} if written else {}),
        }
    )
    show_table(["key", "task", "size", "worst error", "instruction"], list(map(_row, pairs)))


def _named(dataset: Dataset, keys: Sequence[str]) -> list[Pair]:
    """The pairs of these keys, in their order."""
    found: dict[str, Pair] = {}
    known: list[str] = []
    for pair in dataset:
        known.append(pair.key)
        if pair.key in keys:
            found[pair.key] = pair
            if len(found) == len(set(keys)):
                break
    strange = next((key for key in keys if key not in found), None)
    if strange is not None:
        near = did_you_mean(strange, known)
        told = near if near.startswith(" Did") else f" It has {len(known)}, such as {known[0]!r}."
        raise SpecError(f"{dataset.root} has no pair {strange!r}.{told}")
    return [found[key] for key in keys]


def _write_sheet(png: Path, dataset: Dataset, pairs: Sequence[Pair]) -> str:
    from vtencode.cli.contact_sheet import contact_sheet
    from vtencode.png import write_png

    title = f"{dataset.manifest['dataset']}, {len(dataset)} pairs"
    write_whole(png, write_png(contact_sheet(pairs, title=title), kind="photo"))
    return f"{png}: {len(pairs)} pairs, input, target, and read back"


def _write_cloud(ply: Path, pairs: Sequence[Pair] | Dataset) -> str:
    pair, depth = next(_depths(pairs), (None, None))
    if pair is None or depth is None:
        raise SpecError("--ply needs a pair whose target is depth, and there is none among these.")
    meta = pair.meta
    if not meta["camera"]:
        raise SpecError(
            f"--ply needs the camera of {pair.key}, and {meta['dataset']} does not tell it: "
            "without a focal length no point has a place."
        )
    seen = replace(depth, camera=Camera(**json.loads(meta["camera"])))
    cloud = cloud_of(seen, pair.input)
    write_whole(ply, write_ply(cloud))
    unit = "a length nobody knows" if meta["task"] == "relative-depth" else "meters"
    return f"{ply}: {len(cloud)} points of {pair.key}, in {unit}"


def _depths(pairs: Sequence[Pair] | Dataset) -> Iterator[tuple[Pair, DepthMap]]:
    for pair in pairs:
        if json.loads(pair.meta["codec"])["name"] != "depth":
            continue
        target = pair.decode().target
        if isinstance(target, DepthMap):
            yield pair, target


def _facts(pair: Pair) -> dict[str, Any]:
    names = ("key", "task", "instruction", "height", "width", "worst_error", "unit", "split")
    more = ("dataset", "image_id", "source_file", "camera")
    facts = {name: pair.meta[name] for name in (*names, *more)}
    return {**facts, "camera": json.loads(facts["camera"] or "null")}


def _row(pair: Pair) -> list[str]:
    meta = pair.meta
    text = " ".join(pair.instruction.split())
    return [
        pair.key,
        meta["task"],
        f"{meta['width']}x{meta['height']}",
        f"{meta['worst_error']:.4g} {meta['unit']}",
        text if len(text) <= _WORDS else f"{text[: _WORDS - 1].rstrip()}…",
    ]
