"""The guard of a build: what the evaluation images are, and whether an image is one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from vtencode.images import Picture
from vtencode.leaks.fingerprints import DISTANCE, Fingerprint, Look, fingerprint
from vtencode.leaks.looks import Looks
from vtencode.manifest import json_sha256

#: How a leak is known, the surest first, and how it is told of.
KINDS = {
    "id": "is {key} of the evaluation set {set}",
    "exact": "has the pixels of {key} of the evaluation set {set}",
    "perceptual": "looks like {key} of the evaluation set {set} ({distance} of 64 bits differ)",
    "mirrored": "looks like {key} of the evaluation set {set}, mirrored "
    "({distance} of 64 bits differ)",
}


class Known(NamedTuple):
    """One evaluation image: of a list, its id alone; of a built dataset, what it is and looks like.

    `key` names it in messages; `image_id` and `exact` are "" where they are not known.
    """

    set: str
    key: str
    image_id: str = ""
    exact: str = ""
    look: Look | None = None


@dataclass(frozen=True)
class Leak:
    """An evaluation image that was met: `kind` is of `KINDS`, `key` its id or its pair's key."""

    kind: str
    set: str
    key: str
    distance: int

    def __str__(self) -> str:
        return KINDS[self.kind].format_map(vars(self))


@dataclass(frozen=True)
class LeakGuard:
    """Evaluation images, known by id, by pixels and by looks; `distance` bits of a look may differ.

    Picklable, and JSON: workers and later checks need none of the folders it was made of.
    """

    known: tuple[Known, ...] = ()
    distance: int = DISTANCE

    def reason(self, image_id: str, picture: Picture) -> str | None:
        """Why the image must not be trained on, or None; "" is the id of an image without one."""
        leak = self.find(image_id, lambda: fingerprint(picture))
        return None if leak is None else str(leak)

    def find(self, image_id: str, seen: Callable[[], Fingerprint]) -> Leak | None:
        """The evaluation image that this one is; `seen` is asked only if pixels are known."""
        if image_id and image_id in self._by_id:
            return Leak("id", self._by_id[image_id].set, image_id, 0)
        if not self._by_pixels:
            return None
        found = seen()
        if found.exact in self._by_pixels:
            return self._leak("exact", self._by_pixels[found.exact])
        return self._alike(found)

    @cached_property
    def digest(self) -> str:
        """sha256 of everything it holds."""
        return json_sha256(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """All it holds as JSON."""
        return {"distance": self.distance, "known": [_known_to_json(one) for one in self.known]}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> LeakGuard:
        """The guard that `to_json` gave."""
        return cls(tuple(map(_known_from_json, found["known"])), distance=found["distance"])

    def __getstate__(self) -> dict[str, Any]:
        """Only what it holds travels to another process, never what was computed from it."""
        return {"known": self.known, "distance": self.distance}

    def _alike(self, found: Fingerprint) -> Leak | None:
        """The nearest of the images alike; one as it is before one mirrored."""
        tried = {"perceptual": found.look, "mirrored": found.mirrored}
        best: Leak | None = None
        for kind, look in tried.items():
            near = None if look is None else self._looks.nearest(look, self.distance)
            if near is not None and (best is None or near[1] < best.distance):
                best = self._leak(kind, self._with_look[near[0]], distance=near[1])
        return best

    def _leak(self, kind: str, known: Known, distance: int = 0) -> Leak:
        return Leak(kind, known.set, known.key, distance)

    @cached_property
    def _by_id(self) -> dict[str, Known]:
        return {one.image_id: one for one in reversed(self.known) if one.image_id}

    @cached_property
    def _by_pixels(self) -> dict[str, Known]:
        return {one.exact: one for one in reversed(self.known) if one.exact}

    @cached_property
    def _with_look(self) -> list[Known]:
        return [one for one in self.known if one.look]

    @cached_property
    def _looks(self) -> Looks:
        return Looks(one.look for one in self.known if one.look)


def _known_to_json(one: Known) -> list[str]:
    seen = [] if one.look is None else [f"{one.look.bits:016x}", one.look.thumbnail.hex()]
    return [one.set, one.key, one.image_id, one.exact, *seen]


def _known_from_json(row: list[str]) -> Known:
    set_, key, image_id, exact, *seen = row
    look = Look(int(seen[0], 16), bytes.fromhex(seen[1])) if seen else None
    return Known(set_, key, image_id, exact, look)
