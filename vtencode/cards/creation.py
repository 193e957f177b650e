"""How a dataset was made: of what, by which recipe, with which codecs."""

from __future__ import annotations

from vtencode.cards.codec_table import codec_table
from vtencode.cards.facts import Manifest
from vtencode.cards.markdown import code, fenced, link, plain, sections, table
from vtencode.cards.recipe_files import command, recipe_files

_HASHES = {
    "plan_sha256": "what was to be built, from which files, in which order",
    "order_sha256": "the pairs and their order",
    "content_sha256": "keys, instructions, metadata and pixels of all pairs",
    "self_sha256": "the manifest itself",
}


def creation(manifest: Manifest) -> str:
    """The section on how it was made."""
    return sections(
        "## Dataset Creation",
        "### Source Data",
        _sources(manifest),
        "### Codecs",
        "Each codec states how far a decoded value may be from the one that was painted. The "
        "worst error is the largest of any pair here that has this unit, found by decoding every "
        f"target as it was written: at most {manifest['worst_share_of_tolerance']:.4%} of what "
        "the codec of its pair allows. Where a tolerance depends on the value, the value stands "
        "before it. A pair's own `codec` and `legend` say how it was painted: classes and colors "
        "may be drawn anew for each.",
        codec_table(manifest),
        "### Recipe",
        _rebuilding(manifest),
        *_files(manifest),
    )


def _sources(manifest: Manifest) -> str:
    rows = [
        [
            code(part["recipe"]),
            code(part["dataset"]),
            plain(part["license"]) or "not told",
            link(part["home"]),
            plain(part["citation"]),
            f"{part['samples']:,}",
            f"{part['files']:,}",
            f"{part['bytes']:,}",
        ]
        for part in manifest["parts"]
    ]
    columns = ["recipe", "dataset", "license", "home", "citation", "samples:", "files:", "bytes:"]
    return table(columns, rows)


def _rebuilding(manifest: Manifest) -> str:
    facts = [
        *([code(manifest[name]), text] for name, text in _HASHES.items()),
        [code(str(manifest["recipe"]["seed"])), "the seed"],
        [code(manifest["format"]), "the version of the manifest"],
        [code(manifest["encoder"]["zlib"]), "the version of zlib, on which bytes of PNGs depend"],
    ]
    return sections(
        "The files below hold everything that decides what is built, with all defaults. Saved in "
        "one folder, they give the same pairs from the same data:",
        fenced(command(manifest), "sh"),
        table(["value", "of what"], facts),
    )


def _files(manifest: Manifest) -> list[str]:
    """Each file of the recipe, folded away."""
    return [
        f"<details><summary>{name}</summary>\n\n{fenced(text, 'yaml')}\n\n</details>"
        for name, text in recipe_files(manifest).items()
    ]
