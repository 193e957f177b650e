"""Processes on this machine, started fresh (spawn), so that no lock or thread is inherited."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context
from types import ModuleType
from typing import Any, ClassVar, TypeVar

from vtencode.engines.base import Engine, Tick, Work
from vtencode.errors import BuildError, SpecError

R = TypeVar("R")

#: Seconds between two looks at how far the workers are.
_GLANCE = 0.2
_SPAWN = get_context("spawn")
#: What OpenMP, OpenBLAS and MKL take their number of threads from.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_finished: Any = None


class LocalEngine(Engine):
    """A pool of processes; to ask for one worker is to ask for this very process."""

    name: ClassVar[str] = "local"

    def run(
        self, work: Work[R], items: Sequence[int], *, workers: int, tick: Tick
    ) -> Iterator[tuple[int, R]]:
        """Yield (item, result) as items finish; see `Engine.run`."""
        if workers < 1:
            raise SpecError(f"workers must be at least 1 process, got {workers}.")
        waiting = list(reversed(items))
        if workers == 1:
            yield from ((item, work(item, tick)) for item in items)
            return
        while waiting:
            suspects = yield from _pooled(work, waiting, min(workers, len(waiting)), tick)
            for item in suspects:
                if (yield from _pooled(work, [item], 1, tick)):
                    raise BuildError(
                        f"item {item} ended its worker process twice (out of memory, or a crash "
                        "in a decoder). What is finished is kept; the same command tries again."
                    )


def _pooled(
    work: Work[R], waiting: list[int], workers: int, tick: Tick
) -> Generator[tuple[int, R], None, list[int]]:
    """Run the items of `waiting`, from its end, until none is left or a worker died.

    Returns the items that were running when one did. When this process is interrupted, fails or
    is killed, the workers end with it: they hold one end of a pipe, and this process the other.
    """
    counter = _SPAWN.Value("q", 0)
    seen = 0
    ours, theirs = _SPAWN.Pipe()
    pool = ProcessPoolExecutor(workers, _SPAWN, initializer=_start, initargs=(counter, theirs))
    running: dict[Future[R], int] = {}
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                with _interrupts_held(), _one_thread_each(), _script_left_alone(work):
                    running[pool.submit(_call, work, waiting[-1])] = waiting[-1]
                waiting.pop()
            done, _ = wait(running, timeout=_GLANCE, return_when=FIRST_COMPLETED)
            now = counter.value
            tick(now - seen)
            seen = now
            for future in done:
                result = future.result()
                yield running.pop(future), result
    except BrokenProcessPool:
        return sorted(running.values())
    finally:
        if running:
            ours.close()
        pool.shutdown(wait=True, cancel_futures=True)
        ours.close()
        theirs.close()
    return []


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C from processes started here, which inherit the mask; it reaches this one after.

    Otherwise each worker would tell of it in a traceback of its own.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes started here do their linear algebra in one thread: cores are shared out."""
    unset = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(unset, "1"))
    try:
        yield
    finally:
        for name in unset:
            del os.environ[name]


@contextlib.contextmanager
def _script_left_alone(work: object) -> Iterator[None]:
    """Let processes started here import the user's script only if the work is defined in it.

    Importing it runs it; a script that calls `build` without a guard would build again.
    """
    script = sys.modules["__main__"]
    if b"__main__" not in pickle.dumps(work):
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


def _start(counter: Any, parent: connection.Connection) -> None:
    """Prepare a worker: what it counts on, and an end when the parent lets go of its pipe."""
    global _finished  # noqa: PLW0603  # a pool hands state to its workers in no other way
    _finished = counter
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: connection.Connection) -> None:
    connection.wait([parent])
    os._exit(1)


def _call(work: Work[R], item: int) -> R:
    return work(item, _tick)


def _tick(count: int) -> None:
    with _finished.get_lock():
        _finished.value += count
