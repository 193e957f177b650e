"""Evaluation sets by name: lists of ids, and datasets that vtencode built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from vtencode.errors import SourceError, VtencodeError, did_you_mean
from vtencode.leaks.built import built_images
from vtencode.leaks.fingerprints import DISTANCE
from vtencode.leaks.guard import Known, LeakGuard
from vtencode.leaks.id_lists import IdList, list_names, read_list, shipped_list
from vtencode.manifest import read_manifest


def guard_of(
    against: Sequence[str | Path], *, distance: int = DISTANCE, workers: int = 1
) -> LeakGuard:
    """The guard against evaluation sets: each a name of `list_names`, a file of ids, or a folder.

    A folder is known by its last name, wherever it is. Reading one takes some 5 ms an image.
    Raises `SourceError` for a name that is none of these, and as `built_images` does.
    """
    known: list[Known] = []
    for entry in against:
        if _is_folder(entry):
            known += _of_folder(Path(entry), workers)
        else:
            listed = _listed(entry)
            known += (Known(listed.name, image_id, image_id) for image_id in listed.ids)
    return LeakGuard(tuple(known), distance=distance)


def faults(against: Sequence[str | Path]) -> list[str]:
    """What is wrong with the names of evaluation sets, each told once; reads no pictures."""
    return [fault for entry in dict.fromkeys(against) for fault in _faults_of(entry, against)]


def _faults_of(entry: str | Path, against: Sequence[str | Path]) -> Iterator[str]:
    if against.count(entry) > 1:
        yield f"must name each evaluation set once, got {str(entry)!r} {against.count(entry)} times"
    try:
        if _is_folder(entry):
            read_manifest(Path(entry))
        else:
            _listed(entry)
    except (VtencodeError, OSError) as error:
        yield str(error)


def _is_folder(entry: str | Path) -> bool:
    return str(entry) not in list_names() and Path(entry).is_dir()


def _listed(entry: str | Path) -> IdList:
    if str(entry) in list_names():
        return shipped_list(str(entry))
    if not Path(entry).is_file():
        raise SourceError(
            f"{str(entry)!r} must be a list of `vtencode audit --list`, a file of image ids, or a "
            f"folder that vtencode built, and is none.{did_you_mean(str(entry), list_names())}"
        )
    return read_list(Path(entry))


def _of_folder(root: Path, workers: int) -> Iterator[Known]:
    name = root.resolve().name
    for image in built_images(root, workers=workers):
        seen = image.fingerprint
        yield Known(name, image.keys[0], image.image_id, seen.exact, seen.look)
