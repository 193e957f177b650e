"""Every error vtencode raises on purpose.

VtencodeError
├── TargetError          a target breaks its own contract (shape, dtype, range)
├── CodeError            a picture cannot be a code (not uint8 (H, W, 3), alpha, a broken PNG)
├── SpecError            a codec, source or sink is described wrongly
│   └── UnknownNameError     nothing is registered under that name
├── RecipeError          a recipe has faults; all of them, each with its line
├── SourceError          a dataset is missing, empty, or not what the reader reads
├── SampleError          one sample cannot be built; becomes a reject
├── SampleFiltered       one pair is left out on purpose; becomes a filtered pair
├── ShardError           a shard's bytes are not what a sink writes
├── DownloadError        a file could not be fetched whole
├── PushError            a push to the Hub stopped; the same command resumes it
│   └── PushRefusedError     a push needs a decision or a right of the user
├── MissingExtraError    an optional package is needed and not installed
├── ExportError          a dataset cannot be written as a trainer reads it
├── VerificationError    a dataset is not what its manifest says
└── BuildError           a build stopped; what is finished stays, the same command resumes it
    ├── LockedError          another process builds into this folder
    ├── PlanChangedError     the folder holds a build of another plan
    └── NotADatasetError     the folder holds no finished dataset

Errors carry facts in `args` and build their sentence in `__str__`, so they cross processes.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class VtencodeError(Exception):
    """Base of every error that vtencode raises on purpose."""

    #: What the command line exits with: 2 for the user's input, 1 for data and runtime.
    exit_code: ClassVar[int] = 1


class TargetError(VtencodeError, ValueError):
    """A target breaks its contract: wrong shape, dtype, range or state."""

    exit_code = 2


class CodeError(VtencodeError, ValueError):
    """A picture cannot be a code."""

    exit_code = 2


class SpecError(VtencodeError, ValueError):
    """A codec, source or sink is described wrongly."""

    exit_code = 2


class UnknownNameError(SpecError, LookupError):
    """Nothing of that kind is registered under that name."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(kind, name, known)

    def __str__(self) -> str:
        kind, name, known = self.args
        return f"no {kind} is named {name!r}.{did_you_mean(name, known)}"


class RecipeError(VtencodeError, ValueError):
    """A recipe has faults.

    `faults` is a tuple of (line or None, path, message); all of them are reported at once.
    """

    exit_code = 2

    def __init__(self, where: str, faults: tuple[tuple[int | None, str, str], ...]) -> None:
        super().__init__(where, faults)

    @property
    def faults(self) -> tuple[tuple[int | None, str, str], ...]:
        """The faults, in the order of the file."""
        faults: tuple[tuple[int | None, str, str], ...] = self.args[1]
        return faults

    def __str__(self) -> str:
        where, faults = self.args
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        wide = max(len(path) for _, path, _ in faults)
        lines = [
            f"  {f'line {line}' if line else '--set':<8} {path:<{wide}}  {message}"
            for line, path, message in faults
        ]
        return "\n".join([f"{where} has {count}:", *lines])


class SourceError(VtencodeError):
    """A dataset is missing, empty, or not what the reader reads."""

    exit_code = 2


#: The closed list of reasons for which one sample is left out of a dataset.
REJECT_CODES = ("MISSING", "DECODE", "MODE", "SHAPE", "RANGE", "EMPTY")


class SampleError(VtencodeError):
    """One sample cannot be built, and trying again will not help: it becomes a reject.

    `code` is one of `REJECT_CODES`, `field` names what was read (`"depth"`), `where` the file and
    member.
    """

    def __init__(self, code: str, field: str, where: str, message: str) -> None:
        if code not in REJECT_CODES:
            raise ValueError(f"code must be one of {', '.join(REJECT_CODES)}, got {code!r}.")
        super().__init__(code, field, where, message)

    def __str__(self) -> str:
        code, field, where, message = self.args
        return f"{where}: {field}: {message} [{code}]"


#: The closed list of reasons for which one pair is left out on purpose.
FILTER_CODES = ("LEAK", "NOTHING", "LONG", "KNOWN_BAD")


class SampleFiltered(VtencodeError):  # noqa: N818  # not an error: a choice, and counted
    """One pair is left out on purpose: a leak, nothing to ask, too long, or known to be broken.

    `code` is one of `FILTER_CODES`; `field` and `where` are as in `SampleError`.
    """

    def __init__(self, code: str, field: str, where: str, message: str) -> None:
        if code not in FILTER_CODES:
            raise ValueError(f"code must be one of {', '.join(FILTER_CODES)}, got {code!r}.")
        super().__init__(code, field, where, message)

    def __str__(self) -> str:
        code, field, where, message = self.args
        return f"{where}: {field}: {message} [{code}]"


class ShardError(VtencodeError, ValueError):
    """A shard's bytes are not what a sink writes."""


class DownloadError(VtencodeError):
    """A file could not be fetched whole; what arrived is kept and resumed."""


class PushError(VtencodeError):
    """A push stopped; what the Hub has of it is kept, and the same command resumes."""


class PushRefusedError(PushError):
    """A push may not be, or must not be without a decision of the user."""

    exit_code = 2


class MissingExtraError(VtencodeError, ImportError):
    """An optional package is needed and not installed."""

    exit_code = 2

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(package, extra)

    def __str__(self) -> str:
        package, extra = self.args
        return f"this needs the package {package!r}: pip install 'vtencode[{extra}]'"


class ExportError(VtencodeError):
    """A dataset cannot be written as a trainer reads it."""

    exit_code = 2


class VerificationError(VtencodeError):
    """A dataset is not what its manifest says."""

    exit_code = 5


class BuildError(VtencodeError):
    """A build stopped. Finished shards stay; the same command resumes it."""


class LockedError(BuildError):
    """Another process builds into this folder."""

    exit_code = 4


class PlanChangedError(BuildError):
    """The folder holds a build of another plan."""

    exit_code = 2


class NotADatasetError(BuildError):
    """The folder holds no finished dataset."""

    exit_code = 2


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for a near miss, else what has the word in it, else all."""
    choice = sorted(set(known))
    near = get_close_matches(str(word), choice, n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    choice = [name for name in choice if str(word) in name] or choice
    return f" Choose from: {', '.join(choice)}." if choice else ""
