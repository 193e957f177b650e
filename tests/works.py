"""Work for engines to run, which spawned processes can import."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from vtencode.engines.base import Tick
from vtencode.errors import SampleError


@dataclass(frozen=True)
class Square:
    """Squares its item; ticks once for each unit of it."""

    def __call__(self, item: int, tick: Tick) -> tuple[int, int]:
        """The square, and who computed it."""
        for _ in range(item):
            tick(1)
        return item * item, os.getpid()


@dataclass(frozen=True)
class Dies:
    """Ends its process at one item, the first `times` times that it comes to it."""

    folder: Path
    at: int
    times: int

    def __call__(self, item: int, tick: Tick) -> int:
        """The item."""
        tick(1)
        tried = self.folder / str(item)
        with tried.open("a") as file:
            file.write("x")
        if item == self.at and tried.stat().st_size <= self.times:
            os.kill(os.getpid(), signal.SIGKILL)
        return item


@dataclass(frozen=True)
class Fails:
    """Raises at one item."""

    at: int

    def __call__(self, item: int, tick: Tick) -> int:
        """The item."""
        tick(1)
        if item == self.at:
            raise SampleError("RANGE", "depth", "frame 7", "must be in range")
        return item


@dataclass(frozen=True)
class Sleeps:
    """Takes so many seconds for each unit of its item."""

    seconds: float

    def __call__(self, item: int, tick: Tick) -> int:
        """The item, later."""
        tick(1)
        time.sleep(item * self.seconds)
        return item
