"""What is wrong with what a recipe says of data, and what it leaves unsaid."""

from __future__ import annotations

from typing import Any

from vtencode.errors import did_you_mean
from vtencode.files.depth import UNITS
from vtencode.frames import FRAMES
from vtencode.generic.classes import NO_VOID

#: An option, and what it must be.
Fault = tuple[str, str]

#: What `vtencode init` writes where only the owner of the data knows.
CHOOSE = "choose"

#: What `depth_unit` is where only ratios mean something.
RELATIVE = "relative"


def depth_faults(told: Any) -> list[Fault]:
    """What is wrong with the options of depth, which are attributes of `told`."""
    unit = told.depth_unit
    if not told.depth:
        return [
            (name, "must be left out: the recipe does not say where depth is")
            for name, value in (("depth_unit", unit), ("depth_unknown", told.depth_unknown))
            if value not in ("", ())
        ]
    known = isinstance(unit, float) and unit > 0
    if known or unit in UNITS or unit == RELATIVE:
        return []
    got = f", got {unit!r}" if unit != "" else ": files do not say it"
    return [("depth_unit", f"must be m, cm, mm, meters per unit > 0, or {RELATIVE}{got}")]


def meaning_faults(told: Any) -> list[Fault]:
    """What is wrong with the options that say what the rest means."""
    faults: list[Fault] = []
    frame = told.normals_frame
    if told.normals and frame not in FRAMES:
        got = f", got {frame!r}.{did_you_mean(frame, FRAMES)}" if frame else ": files do not say it"
        faults.append(("normals_frame", f"must be one of {', '.join(sorted(FRAMES))}{got}"))
    if told.semantic:
        if not told.semantic_names:
            faults.append(("semantic_names", "must name the classes: a list, or a file of names"))
        if told.semantic_void == "":
            message = f"must be the id or name of what nobody labeled, or {NO_VOID}"
            faults.append(("semantic_void", message))
    for name, place in _BESIDES.items():
        if getattr(told, name) not in ("", ()) and not getattr(told, place):
            message = f"must be left out: the recipe does not say where {place} is"
            faults.append((name, message))
    if isinstance(told.camera, tuple) and min(told.camera[:2]) <= 0:
        faults.append(("camera", f"must be fx, fy, cx, cy with lengths > 0, got {told.camera}"))
    return faults


#: Options that mean nothing without another.
_BESIDES = {
    "normals_frame": "normals",
    "semantic_names": "semantic",
    "semantic_void": "semantic",
}
