"""`point_info` JSON of Omnidata and Taskonomy: how wide a view is, among much else."""

from __future__ import annotations

import json
import math
from typing import Any

from vtencode.errors import CodeError


def read_field_of_view(data: bytes) -> float:
    """The angle that a view's square image spans, in radians. Raises `CodeError` without one."""
    try:
        angle = json.loads(data)["field_of_view_rads"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CodeError(f"must be JSON with field_of_view_rads: {error}.") from error
    if type(angle) not in (int, float) or not 0 < angle < math.pi:
        raise CodeError(f"field_of_view_rads must be between 0 and pi, got {angle!r}.")
    return float(angle)


def write_point_info(field_of_view: float, **others: Any) -> bytes:
    """A file that tells this angle, exactly, and other facts beside it."""
    return json.dumps({**others, "field_of_view_rads": field_of_view}).encode()
