"""What pixels of normals and of classes say of their axes and names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vtencode.frames import FRAMES
from vtencode.generic.classes import NO_VOID, Classes
from vtencode.generic.drafts.axes import compared, name_of
from vtencode.generic.drafts.folders import Thing
from vtencode.generic.drafts.glances import Glance
from vtencode.generic.drafts.lines import Line, to_choose

#: Ids that mean no class by custom, where they lie past all names.
_CUSTOMARY_VOIDS = (255, 65535, -1)
#: So many of the ids, or colors, that were seen are told.
_TOLD = 12
#: A third number that is positive, or negative, in so many pixels grows toward, or from, viewers.
_SURE = 0.8


def normals_lines(
    normals: Thing, depth: Thing | None, camera: Thing | None
) -> tuple[list[Line], dict[str, Any]]:
    """The line that names the axes, and the contract that they then keep."""
    reports = (
        []
        if depth is None or camera is None
        else compared(normals.samples, depth.samples, camera.samples)
    )
    sure = [report for report in reports if report.sure]
    names = {name_of(report) for report in sure}
    if len(names) == 1 and (name := names.pop()):
        why = f"The depth of {len(sure)} of {len(reports)} images says: {sure[0]}"
        return [Line("normals_frame", name, (why,))], {"facing": 0.8, "as_depth": True}
    told = [f"The depth of an image says: {report}" for report in reports[:1]]
    if not reports:
        told = ["Files do not say what their axes are; depth and a camera beside them would."]
    return [to_choose("normals_frame", *told, *_third(normals.glance))], {}


def _third(glance: Glance) -> Iterator[str]:
    """Which frames the sign of the third number leaves."""
    share = 0.5 if glance.vectors is None else glance.vectors.third
    toward = "backward" if share > _SURE else "forward" if share < 1 - _SURE else ""
    left = [name for name, frame in FRAMES.items() if toward in ("", frame.axes[2])]
    if toward:
        way = "toward" if toward == "backward" else "away from"
        yield f"The third number grows {way} the viewer in {max(share, 1 - share):.0%} of pixels."
    yield f"{'Most likely one' if toward else 'One'} of: {', '.join(left)}."


def semantic_lines(semantic: Thing, known: Mapping[str, Classes]) -> list[Line]:
    """The lines that name the classes, and what is none."""
    numbers, vectors = semantic.glance.numbers, semantic.glance.vectors
    shares: list[tuple[Any, float]] = []
    if numbers is not None:
        seen, shares = set(numbers.counts), [*numbers.counts.items()]
    else:
        colors = {} if vectors is None else vectors.colors
        seen, shares = {r | g << 8 | b << 16 for r, g, b in colors}, [*colors.items()]
    told = ", ".join(f"{what} ({share:.1%})" for what, share in shares[:_TOLD])
    why = f"Seen: {told}{' …' if len(shares) > _TOLD else ''}"
    colored = numbers is None
    for file, classes in known.items():
        strange = seen - set(classes.numbers)
        if classes.colored != colored or len(strange) > 1:
            continue
        void = _void(strange, classes)
        names = Line("semantic_names", file, (f"It names {len(classes.names)} classes. {why}",))
        return [names, void]
    if colored:
        form = 'A JSON file of names and colors, such as {"road": [128, 64, 128]}.'
        return [to_choose("semantic_names", why, form), to_choose("semantic_void", _VOID)]
    form = 'A file with a name a line for ids 0, 1, …, or of JSON, {"7": "road"}; or a list here.'
    return [to_choose("semantic_names", why, form), to_choose("semantic_void", _VOID)]


_VOID = f"The id or name of pixels that nobody labeled, or {NO_VOID}."


def _void(strange: set[int], classes: Classes) -> Line:
    if not strange:
        return Line("semantic_void", NO_VOID, note="every pixel that was seen has a class")
    (id_,) = strange
    if id_ in _CUSTOMARY_VOIDS and not classes.colored:
        return Line("semantic_void", id_, note="past all names: what nobody labeled")
    return to_choose(
        "semantic_void",
        f"{id_} has no name among 0 to {max(classes.numbers)}: it is what nobody labeled, or the "
        "names begin at 1, and one is missing before the first.",
    )
