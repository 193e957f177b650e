"""What the scripts beside this file hand to the tests: pairs as a trainer's own loader made them.

Each script is run as `python NAME.py CHECKOUT EXPORT OUT`: it imports the trainer's loader from its
checkout, loads the export with the settings that the export brought, and calls `keep` for every
pair.
"""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np


def arguments() -> tuple[Path, Path, Keeper]:
    """The trainer's checkout, the export's folder, and where loaded pairs go."""
    checkout, export, out = map(Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    return checkout, export, Keeper(out)


class Keeper:
    """Takes loaded pairs, one after the other."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self._count = 0

    def keep(self, prompt: str, target: Any, shown: Any) -> None:
        """Keep one pair: its text, its target and its input, uint8 (H, W, 3)."""
        pictures = {"target": np.asarray(target), "input": np.asarray(shown)}
        assert all(p.dtype == np.uint8 and p.ndim == 3 for p in pictures.values()), pictures
        np.savez(self._out / f"{self._count:05d}.npz", prompt=json.dumps(prompt), **pictures)
        self._count += 1


def pixels(tensor: Any, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    """A float tensor (3, H, W) from `low` to `high` as uint8 (H, W, 3)."""
    values = tensor.detach().float().cpu().numpy().astype(np.float64)
    scaled = np.rint((values - low) / (high - low) * 255)
    return scaled.clip(0, 255).astype(np.uint8).transpose(1, 2, 0)


def declare_torchvision_operators() -> None:
    """Let a torchvision that was built for CUDA be imported beside a torch for CPUs."""
    import torch

    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    declare_torchvision_operators.library = library  # type: ignore[attr-defined]


def stand_in(name: str, **attributes: Any) -> types.ModuleType:
    """Put a module of that name in place, with these attributes, for one that is not needed."""
    module = types.ModuleType(name)
    module.__dict__.update(attributes)
    module.__path__ = []  # type: ignore[attr-defined]
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)
    return module
