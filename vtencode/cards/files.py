"""`README.md` and `croissant.json` in a dataset's folder; what people changed there stays.

Each ends in, or holds, the sha256 of the rest of itself. A file in which that is true is as it was
written, by this version or another, and is written anew; any other is somebody's.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from vtencode.cards.card import card
from vtencode.cards.croissant import croissant
from vtencode.cards.facts import Manifest
from vtencode.durable import write_whole
from vtencode.manifest import json_sha256

CARD, CROISSANT = "README.md", "croissant.json"

_MARK = "<!-- as vtencode wrote it: sha256 of what is above "
_END = " -->\n"


def write(folder: Path, manifest: Manifest, *, overwrite: bool = False) -> list[Path]:
    """Write both files, each whole; returns those that were.

    One that somebody changed, or wrote, stays, unless `overwrite`.
    """
    texts = {CARD: _marked_card(manifest), CROISSANT: _marked_croissant(manifest)}
    kept = () if overwrite else edited(folder)
    written = [folder / name for name in texts if folder / name not in kept]
    for path in written:
        write_whole(path, texts[path.name])
    return written


def edited(folder: Path) -> list[Path]:
    """Those of the two files that are there, and not as they were written."""
    checks = {CARD: _is_card, CROISSANT: _is_croissant}
    there = {folder / name: check for name, check in checks.items() if (folder / name).exists()}
    return [path for path, check in there.items() if not check(path.read_bytes())]


def _marked_card(manifest: Manifest) -> bytes:
    text = f"{card(manifest)}\n".encode()
    return text + f"{_MARK}{hashlib.sha256(text).hexdigest()}{_END}".encode()


def _is_card(data: bytes) -> bool:
    text, mark, digest = data.rpartition(_MARK.encode())
    return bool(mark) and digest == f"{hashlib.sha256(text).hexdigest()}{_END}".encode()


def _marked_croissant(manifest: Manifest) -> bytes:
    told = croissant(manifest)
    marked = {**told, "identifier": f"sha256:{json_sha256(told)}"}
    return (json.dumps(marked, indent=2, ensure_ascii=False) + "\n").encode()


def _is_croissant(data: bytes) -> bool:
    try:
        told = dict(json.loads(data))
        stated = told.pop("identifier")
    except (ValueError, TypeError, KeyError):
        return False
    return bool(stated == f"sha256:{json_sha256(told)}")
