"""Keypoints as one line of JSON, exact to the last bit."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import numpy as np

from vtencode.errors import CodeError
from vtencode.spec import canonical_json
from vtencode.targets import Keypoints


def record(target: Keypoints) -> str:
    """Every field of a target; absent joints are at 0, 0."""
    values = {field.name: getattr(target, field.name) for field in fields(target)}
    values["xy_px"] = np.nan_to_num(target.xy_px)
    return canonical_json({name: _plain(value) for name, value in values.items()})


def recall(text: str) -> Keypoints:
    """Read what `record` wrote; raises `CodeError` for anything else."""
    try:
        values = json.loads(text)
        grid = (-1, len(values["names"]))
        values["xy_px"] = np.array(values["xy_px"], dtype=np.float32).reshape(*grid, 2)
        values["visibility"] = np.array(values["visibility"], dtype=np.uint8).reshape(grid)
        if values["boxes"] is not None:
            values["boxes"] = np.array(values["boxes"], dtype=np.float32).reshape(-1, 4)
        return Keypoints(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise CodeError(f"keypoints must be recorded as `record` does, got {text!r}.") from error


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value
