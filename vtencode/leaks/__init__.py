"""Evaluation images that must not be trained on: known by id, by pixels, and by looks."""

from vtencode.leaks.fingerprints import DISTANCE
from vtencode.leaks.gathering import faults, guard_of
from vtencode.leaks.guard import Leak, LeakGuard

__all__ = ["DISTANCE", "Leak", "LeakGuard", "faults", "guard_of"]
