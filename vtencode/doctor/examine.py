"""The examination of a path, from its names to the commands that build it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from vtencode.doctor.candidates import Candidate, candidates, readers
from vtencode.doctor.dataset import described
from vtencode.doctor.file import facts_of_file, steps_for_file
from vtencode.doctor.listing import MOST_FILES, Listing, listing
from vtencode.doctor.report import Found, Report
from vtencode.errors import NotADatasetError, VerificationError
from vtencode.manifest import read_manifest
from vtencode.sources.archives import ARCHIVE, PACKED
from vtencode.sources.files import existing
from vtencode.sources.nyu_depth_v2 import labeled

#: Datasets of one folder that are described.
_MOST = 12
#: Folders above a path that are thought of, where its names alone tell nothing.
_ABOVE = 5
#: Kinds of files that are looked into, where no dataset is known.
_SAMPLES = 4


def examine(path: Path, *, most: int = MOST_FILES) -> Report:
    """Look at a folder, an archive or a file, reading only; `most` files are looked at.

    Raises `SourceError` where nothing readable is there.
    """
    root = existing(path)
    if root.is_file() and not _holds_a_dataset(root):
        return _file(root)
    own = _built(root)
    if own is not None:
        return own
    seen = listing(root, most=most)
    known = candidates(seen.names)
    found = tuple(_found(known, seen))
    if not found:
        return _packed(seen) or _inside(root, seen) or _unknown(root, seen)
    steps = (*_extractions(seen), *_commands(found))
    facts = {"packed": ", ".join(seen.packed[:_MOST])} if seen.packed else {}
    if len(known) > _MOST:
        facts["more"] = ", ".join(each.reader.name for each in known[_MOST:])
    return Report(str(path), "dataset", len(seen.sizes), seen.cut, found, facts, steps)


def _holds_a_dataset(file: Path) -> bool:
    name = file.name
    return bool(name == labeled.NAME or ARCHIVE.fullmatch(name) or PACKED.fullmatch(name))


def _built(root: Path) -> Report | None:
    """A dataset that vtencode built, or began to build."""
    if root.is_file():
        return None
    quoted = shlex.quote(str(root))
    try:
        manifest = read_manifest(root)
    except NotADatasetError:
        return None
    except VerificationError as error:
        return Report(str(root), "built", facts={"dataset": "of vtencode", "problem": str(error)})
    counts = manifest["counts"]
    facts = {
        "dataset": f"{manifest['dataset']}, built by vtencode: {counts['written']} pairs in "
        f"{len(manifest['shards'])} shards, {counts['rejected']} rejected, "
        f"{counts['filtered']} filtered",
        "split": str(manifest["split"]),
    }
    steps = (f"vtencode verify {quoted}", f"vtencode show {quoted} --png sheet.png")
    return Report(str(root), "built", facts=facts, advice=steps)


def _found(known: list[Candidate], seen: Listing) -> Iterator[Found]:
    """Every dataset that is here; one that cannot be read only where none can, or it is large."""
    told = [_described(each, known, seen) for each in known[:_MOST]]
    whole = [each for each in told if not each.problem]
    large = max((each.files for each in told), default=0) / 2
    yield from whole
    yield from (each for each in told if each.problem and (not whole or each.files >= large))


def _described(candidate: Candidate, known: list[Candidate], seen: Listing) -> Found:
    """Read from the path itself, unless the dataset is a small or one of several parts of it."""
    root = seen.root
    alone = len(known) == 1 and 2 * len(candidate.names) >= len(seen.sizes)
    above = "" if alone or root.is_file() else candidate.above()
    inner = root / above
    where = inner if inner.is_dir() else root
    return described(candidate.reader, where, len(candidate.names), candidate.parts())


def _commands(found: tuple[Found, ...]) -> Iterator[str]:
    for each in found:
        yield from (fit.command for fit in each.recipes if fit.command)


def _packed(seen: Listing) -> Report | None:
    """Archives alone: whose they are, and how to extract those that must be."""
    names = [*seen.packed, *(name for name in seen.names if ARCHIVE.fullmatch(name))][:_MOST]
    if not names:
        return None
    owners = [next(iter(_owners(PurePosixPath(name).name)), None) for name in names]
    facts = {
        name: owner.publication.title if owner else "no archive that is known by its name"
        for name, owner in zip(names, owners, strict=True)
    }
    facts |= {"broken": "\n".join(seen.broken)} if seen.broken else {}
    kind: Any = "dataset" if any(owners) else "unknown"
    steps = tuple(_extractions(seen))
    return Report(str(seen.root), kind, len(seen.sizes), seen.cut, (), facts, steps)


def _extractions(seen: Listing) -> Iterator[str]:
    where = seen.root.parent if seen.root.is_file() else seen.root
    yield from (_extract(where / name) for name in seen.packed[:_MOST])


def _owners(name: str) -> Iterator[Any]:
    for reader in readers():
        if any(file.name == name for file in reader.publication.files):
            yield reader


def _extract(archive: Path) -> str:
    quoted, folder = shlex.quote(str(archive)), shlex.quote(str(archive.parent))
    if archive.suffix in (".7z", ".rar"):
        return f"7z x {quoted} -o{folder}"
    return f"tar -xf {quoted} -C {folder}"


def _inside(root: Path, seen: Listing) -> Report | None:
    """Part of a dataset whose folders above tell what it is."""
    whole = root.resolve()
    names = seen.names[:2000]
    for up in range(1, min(_ABOVE, len(whole.parts) - 1) + 1):
        prefix = "/".join(whole.parts[-up:])
        lifted = [prefix if whole.is_file() else f"{prefix}/{name}" for name in names]
        known = candidates(lifted)
        if known:
            above = whole.parents[up - 1]
            facts = {"inside": f"{known[0].reader.publication.title}, which starts at {above}"}
            step = f"vtencode doctor {shlex.quote(str(above))}"
            return Report(
                str(root), "dataset", len(seen.sizes), seen.cut, facts=facts, advice=(step,)
            )
    return None


def _unknown(root: Path, seen: Listing) -> Report:
    """What kinds of files there are, and what one of each is."""
    kinds = Counter(PurePosixPath(name).suffix.lower() or "no ending" for name in seen.names)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(6)) or "no files"
    facts = {"holds": listed}
    for name in _samples(seen):
        told = facts_of_file(root / name)
        facts[name] = "\n".join(f"{key}: {text}" for key, text in told.items())
    if seen.broken:
        facts["broken"] = "\n".join(seen.broken)
    step = f"vtencode init --from {shlex.quote(str(root))} --out mine.yaml"
    return Report(str(root), "unknown", len(seen.sizes), seen.cut, facts=facts, advice=(step,))


def _samples(seen: Listing) -> Iterator[str]:
    """The first loose file of each kind of name, the kinds with most files first."""
    if seen.root.is_file():
        return
    first: dict[tuple[str, str], str] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for name in seen.names:
        path = PurePosixPath(name)
        kind = (path.stem.rstrip("0123456789").rpartition("_")[2][-12:], path.suffix.lower())
        first.setdefault(kind, name)
        counts[kind] += 1
    loose = (first[kind] for kind, _ in counts.most_common() if (seen.root / first[kind]).is_file())
    for number, name in enumerate(loose):
        if number == _SAMPLES:
            return
        yield name


def _file(path: Path) -> Report:
    """A single file: what it is, and whose, where its path says so."""
    facts = facts_of_file(path)
    steps = steps_for_file(path, facts)
    whole = path.resolve().as_posix().lstrip("/")
    owner = next(iter(candidates([whole])), None)
    if owner is not None:
        above = shlex.quote(f"/{owner.above()}")
        facts["of"] = f"{owner.reader.publication.title}, by its path"
        steps = (f"vtencode doctor {above}",)
    plain = facts["file"].startswith(("a file of", "a text", "a damaged"))
    known = owner is not None or not plain or any(name.endswith("may be") for name in facts)
    kind: Any = "file" if known else "unknown"
    return Report(str(path), kind, 1, facts=facts, advice=steps)
