"""What commands share to talk to people: progress on stderr, tables and JSON on stdout."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TextIO

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

#: Seconds between two lines of progress where nobody watches a bar.
PLAIN_EVERY = 5.0
#: Columns of a table that no terminal shows.
_PLAIN_WIDTH = 200

Report = Callable[[int, int | None], None]


def show_json(value: Any) -> None:
    """Print JSON to stdout."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, allow_nan=False))


def show_facts(facts: Mapping[str, object]) -> None:
    """Print names and values in two columns to stdout."""
    wide = max(map(len, facts), default=0)
    for name, value in facts.items():
        lines = str(value).splitlines() or [""]
        click.echo(f"{name:<{wide}}  {lines[0]}")
        for line in lines[1:]:
            click.echo(f"{'':<{wide}}  {line}")


def show_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table to stdout."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    Console(width=None if watched(sys.stdout) else _PLAIN_WIDTH).print(table)


def watched(stream: TextIO | None) -> bool:
    """Whether a person is at the stream; it is None where the caller closed it."""
    return stream is not None and stream.isatty()


def lines(value: object) -> str:
    """A value of a contract for people: a mapping as a line an entry."""
    if not isinstance(value, Mapping):
        return str(value)
    wide = max(map(len, value), default=0)
    return "\n".join(f"{name:<{wide}}  {text}" for name, text in value.items())


def errors_text(errors: Mapping[str, float]) -> str:
    """Errors by unit, for people.

    >>> errors_text({"deg": 0.25, "m": 0.006312})
    '0.25 deg, 0.006312 m'
    """
    return ", ".join(f"{error:.4g} {unit}" for unit, error in errors.items()) or "none"


@contextlib.contextmanager
def progress(what: str, *, size: bool = False) -> Iterator[Report]:
    """Show how far something is: a bar on a terminal, else a line every few seconds.

    `size` says that the numbers are bytes.
    """
    if not watched(sys.stderr):
        yield _plain(what, scale=1e6 if size else 1, unit=" MB" if size else "")
        return
    amount: list[ProgressColumn] = [DownloadColumn()] if size else [MofNCompleteColumn()]
    rate = "{task.fields[rate]}"
    columns = [TextColumn(what), BarColumn(), *amount, TextColumn(rate), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rate="")
        begun: list[tuple[float, int]] = []

        def report(done: int, total: int | None) -> None:
            per_second = _rate(begun, done)
            rate = f"{per_second / 1e6:.1f} MB/s" if size else f"{per_second:.1f}/s"
            bar.update(task, completed=done, total=total, rate=rate)

        yield report


def _plain(what: str, *, scale: float, unit: str) -> Report:
    begun: list[tuple[float, int]] = []
    last, told = time.monotonic(), -1

    def report(done: int, total: int | None) -> None:
        nonlocal last, told
        rate = _rate(begun, done)
        if time.monotonic() - last < PLAIN_EVERY and (done != total or done == told):
            return
        last, told = time.monotonic(), done
        line = f"{what} {done / scale:.0f}{unit}"
        if total:
            left = f", {(total - done) / rate:.0f} s left" if rate and done < total else ""
            line = f"{what} {done / scale:.0f}/{total / scale:.0f}{unit} ({done / total:.0%}{left})"
        click.echo(f"{line}, {rate / scale:.1f}{unit}/s", err=True)

    return report


def _rate(begun: list[tuple[float, int]], done: int) -> float:
    """What a second brings, counted from the first call, which `begun` remembers."""
    now = time.monotonic()
    if not begun:
        begun.append((now, done))
    started, first = begun[0]
    return (done - first) / max(now - started, 1e-9)
