"""What numbers of depth say of their unit: sometimes enough to propose one, never to know it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vtencode.generic.drafts.glances import Glance, Numbers
from vtencode.generic.drafts.lines import Line, proposed, to_choose
from vtencode.generic.faults import RELATIVE

#: The median of rooms and streets in millimeters.
_USUAL_MM = (500, 8000)
#: The median of scenes in meters.
_USUAL_M = (0.05, 100)
#: Units that datasets keep whole numbers in: what to write, meters, what to call it.
_SCALES = (
    ("mm", 0.001, "in mm (NYU Depth V2, ScanNet)"),
    ("cm", 0.01, "in cm (Virtual KITTI 2)"),
    (1 / 256, 1 / 256, "in 1/256 m (KITTI), which is 0.00390625"),
    (1 / 512, 1 / 512, "in 1/512 m (Taskonomy), which is 0.001953125"),
    (1 / 5000, 1 / 5000, "in 1/5000 m (TUM RGB-D), which is 0.0002"),
)
#: By how much what was seen of a few images is widened to what any image may hold.
_WIDER = 4


def depth_lines(glance: Glance) -> tuple[list[Line], dict[str, Any]]:
    """The lines that say what depth means, and the contract that it then keeps."""
    numbers = glance.numbers
    if numbers is None:
        return [], {}
    unit = _unit(numbers)
    lines = [unit, *_marks(numbers)]
    lines.append(
        Line(
            "depth_measure",
            "z",
            note="along the optical axis, as most cameras and renderers write it; else ray",
        )
    )
    scale = {"m": 1.0, "mm": 0.001}.get(str(unit.value))
    return lines, {} if scale is None else _contract(numbers, scale)


def _unit(numbers: Numbers) -> Line:
    median = numbers.median
    if numbers.dtype.startswith("float"):
        if numbers.most <= 1:
            return to_choose(
                "depth_unit",
                f"No number is above 1 (median {median:.4g}): meters of something near, or depth "
                f"that was scaled to 0 … 1, which is {RELATIVE}, or nothing but a picture.",
            )
        if _USUAL_M[0] <= median <= _USUAL_M[1]:
            return Line("depth_unit", "m", (f"Floats with a median of {median:.4g}: meters.",))
        return to_choose(
            "depth_unit",
            f"Floats with a median of {median:.4g} are no usual meters. In mm it is "
            f"{median / 1000:.4g} m, in cm {median / 100:.4g} m; {RELATIVE}: up to scale.",
        )
    told = [f"  {median * meters:.4g} m {words}" for _, meters, words in _SCALES]
    if _USUAL_MM[0] <= median <= _USUAL_MM[1]:
        why = f"a median of {median:.4g} is most often one of millimeters. It would be"
        return proposed("depth_unit", "mm", why, *told)
    why = f"A median of {median:.4g} does not tell its unit. It would be"
    return to_choose("depth_unit", why, *told, f"  or {RELATIVE}: known up to scale only")


def _marks(numbers: Numbers) -> Iterator[Line]:
    """What numbers stand for that are no depths."""
    if numbers.negative:
        yield Line(
            "depth_unknown",
            [numbers.least],
            (f"{numbers.negative:.1%} of the pixels are below 0: what is not known.",),
        )
    if numbers.mark is None:
        return
    mark = int(numbers.mark) if numbers.mark.is_integer() else numbers.mark
    yield to_choose(
        "depth_far",
        f"{numbers.mark_share:.1%} of the pixels hold {mark}, the largest number: it means "
        f"infinitely far, as a sky is (write depth_far: {mark}), or unknown (write depth_unknown: "
        f"[{mark}] instead).",
    )


def _contract(numbers: Numbers, scale: float) -> dict[str, Any]:
    most = numbers.most if numbers.mark is None else numbers.median * 10
    return {
        "range_m": [0.0, _rounded(most * scale * _WIDER)],
        "median_m": [
            _rounded(numbers.median * scale / _WIDER),
            _rounded(numbers.median * scale * _WIDER),
        ],
    }


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")
