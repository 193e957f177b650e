"""Where the files of a view lie: whose they are, and what lies beside them.

Folders are, from the root: domain, component, building (what the authors' download tool makes);
component, domain, building (what their training code reads); or, of Taskonomy alone, domain and
building in either order, or one building's domains. All of them name files alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vtencode.errors import SourceError
from vtencode.sources.tree import matched

_DOMAINS = "rgb|depth_zbuffer|depth_euclidean|normal|mask_valid"
_VIEW = r"point_(?P<point>\d+)_view_(?P<view>\d+)_domain_"

#: Names end where the domain does, so that the 8-bit pictures of depth, `depth_zbuffer2.png`, are
#: left out; so are panoramas, whose view is `equirectangular`.
PATTERN = re.compile(
    r"(?P<above>(?:.*/)?)(?:"
    rf"(?P<domain>{_DOMAINS})/(?P<below>(?:[^/]+/){{0,2}})(?P<stem>{_VIEW})(?P=domain)\.png|"
    r"(?:point_info|points)/(?:[^/]+/){0,2}point_\d+_view_\d+_domain_"
    r"(?:point_info|fixatedpose)\.json|"
    r"train_val_test_\w+\.csv)"
)

#: The components by every spelling of theirs: on the server, in the split files and the loaders.
_SPELLINGS = {
    "taskonomy": "taskonomy",
    "replica": "replica",
    "replica_gso": "replica_gso",
    "gso_in_replica": "replica_gso",
    "hm3d": "hm3d",
    "hypersim": "hypersim",
    "blendedmvg": "blendedmvg",
    "blendedmvs": "blendedmvg",
    "blended_mvg": "blendedmvg",
}
COMPONENTS = tuple(dict.fromkeys(_SPELLINGS.values()))
#: A toy world without meters, whose pictures have an alpha channel.
_CLEVR = ("clevr_simple", "clevr_complex", "clevr")

#: Archives of Taskonomy as they are published, and as the download tool names them.
_ARCHIVES = (
    re.compile(rf"(?P<building>[^_]+)_(?:{_DOMAINS}|point_info)\.tar"),
    re.compile(rf"(?:{_DOMAINS}|point_info)__[a-z]+__(?P<building>.+)\.tar"),
)


@dataclass(frozen=True)
class View:
    """One view of a building: its names, and the file of its domain."""

    component: str
    building: str
    point: str
    view: str
    domain: str
    file: str

    def beside(self, domain: str) -> str:
        """The file of the same view in another domain."""
        return self._swap(domain, f"{domain}.png")

    def cameras(self) -> tuple[str, ...]:
        """Where its camera may be told."""
        return tuple(
            self._swap(folder, f"{name}.json")
            for folder in ("point_info", "points")
            for name in ("point_info", "fixatedpose")
        )

    def _swap(self, folder: str, ending: str) -> str:
        found = PATTERN.fullmatch(self.file)
        above, below, stem = found.group("above", "below", "stem") if found else ("", "", "")
        return f"{above}{folder}/{below}{stem}{ending}"


def views(names: Iterable[str], root: Path) -> list[View]:
    """The views that these files show, of every domain, but for those of CLEVR."""
    found = []
    unnamed = _only_building(root)
    for name, part in matched(names, PATTERN):
        if not part["domain"]:
            continue
        component, building = _place(part["above"], part["below"], root)
        if component not in _CLEVR:
            place = component, building or unnamed
            found.append(View(*place, part["point"], part["view"], part["domain"], name))
    if any(not view.building for view in found):
        _check_one_building(root)
    return found


def _place(above: str, below: str, root: Path) -> tuple[str, str]:
    """Component and building by the folders above and below the one of the domain."""
    up, down = above.split("/")[:-1], below.split("/")[:-1]
    if len(down) == 2:
        return _component(down[0], root), down[1]
    if not down and up and up[-1].lower() not in _SPELLINGS:
        down = [up.pop()]
    known = bool(up) and up[-1].lower() in (*_SPELLINGS, *_CLEVR)
    return _component(up[-1], root) if known else "taskonomy", "".join(down)


def _component(name: str, root: Path) -> str:
    if name.lower() in _CLEVR:
        return name.lower()
    if name.lower() not in _SPELLINGS:
        raise SourceError(
            f"{root}: components must be {', '.join(COMPONENTS)}, got the folder {name!r}."
        )
    return _SPELLINGS[name.lower()]


def _only_building(root: Path) -> str:
    """The building whose archives lie in `root`, "" where there are none or several."""
    buildings = _buildings(root)
    return buildings[0] if len(buildings) == 1 else ""


def _check_one_building(root: Path) -> None:
    """Files under the same names in several archives would hide one another."""
    buildings = _buildings(root)
    if len(buildings) > 1:
        raise SourceError(
            f"{root} must hold archives of one building, whose paths do not name it, got "
            f"{', '.join(buildings[:3])}. Extract each into a folder of its own: "
            f"tar -xf {buildings[0]}_rgb.tar -C {buildings[0]}."
        )


def _buildings(root: Path) -> list[str]:
    names = [path.name for path in root.iterdir()] if root.is_dir() else [root.name]
    matches = (pattern.fullmatch(name) for name in names for pattern in _ARCHIVES)
    return sorted({found["building"] for found in matches if found})
