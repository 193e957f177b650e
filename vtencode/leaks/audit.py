"""`audit`: which images of a built dataset are evaluation images."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtencode.errors import SourceError
from vtencode.leaks.built import BuiltImage, Report, built_images
from vtencode.leaks.fingerprints import DISTANCE
from vtencode.leaks.gathering import faults, guard_of
from vtencode.leaks.guard import KINDS, Leak, LeakGuard


@dataclass(frozen=True)
class Finding:
    """One image that must not be trained on: its pairs, and the evaluation image that it is."""

    keys: tuple[str, ...]
    image_id: str
    leak: Leak

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON."""
        return {"keys": list(self.keys), "image_id": self.image_id, **vars(self.leak)}


@dataclass(frozen=True)
class Audit:
    """The outcome: no image of the dataset is an evaluation image when there is no finding.

    `known` counts the images of each evaluation set; `with_id` and `plain` the dataset's images
    that have an id, and those too plain to be known by their looks.
    """

    dataset: str
    pairs: int
    images: int
    with_id: int
    plain: int
    known: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether the dataset is clean."""
        return not self.findings

    @property
    def counts(self) -> dict[str, int]:
        """Leaks of each kind."""
        found = Counter(finding.leak.kind for finding in self.findings)
        return {kind: found[kind] for kind in KINDS}

    def to_json(self) -> dict[str, Any]:
        """The whole outcome as JSON."""
        findings = [finding.to_json() for finding in self.findings]
        return {"ok": self.ok, "counts": self.counts, **vars(self), "findings": findings}


def audit(
    root: Path | str,
    against: Sequence[str | Path],
    *,
    distance: int = DISTANCE,
    workers: int | None = None,
    report: Report | None = None,
) -> Audit:
    """Compare every input picture of a built dataset with evaluation sets.

    `against` names lists of ids, files of ids, and built datasets; `distance` of the 64 bits of a
    look may differ. Raises `SourceError` for names that are none of these, and where a list of ids
    is all there is to go by and no pair has an id; otherwise as `read_manifest` does.
    """
    told = faults(against)
    if told:
        raise SourceError("; ".join(told))
    count = (os.cpu_count() or 1) if workers is None else workers
    guard = guard_of(against, distance=distance, workers=count)
    images = built_images(Path(root), workers=count, report=report)
    with_id = sum(bool(image.image_id) for image in images)
    _check_comparable(root, guard, images=len(images), with_id=with_id)
    return Audit(
        dataset=str(root),
        pairs=sum(len(image.keys) for image in images),
        images=len(images),
        with_id=with_id,
        plain=sum(image.fingerprint.look is None for image in images),
        known=dict(Counter(one.set for one in guard.known)),
        findings=tuple(_findings(guard, images)),
    )


def _findings(guard: LeakGuard, images: Sequence[BuiltImage]) -> list[Finding]:
    found = ((image, guard.find(image.image_id, image.seen)) for image in images)
    return [Finding(image.keys, image.image_id, leak) for image, leak in found if leak]


def _check_comparable(root: Path | str, guard: LeakGuard, *, images: int, with_id: int) -> None:
    """A list of ids says nothing about images without ids: better no verdict than a clean one."""
    lists = {one.set for one in guard.known} - {one.set for one in guard.known if one.exact}
    if images and lists and not with_id:
        raise SourceError(
            f"{root} must have pairs with an image_id to be compared with "
            f"{', '.join(sorted(lists))}, and none has one. Build it again, or compare it with a "
            "folder of evaluation pairs."
        )
