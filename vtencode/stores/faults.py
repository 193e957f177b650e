"""What the errors of stores mean: something to mend, or something to try again."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TypeVar

from vtencode.errors import BuildError, SpecError, VtencodeError

T = TypeVar("T")

#: Seconds between the tries of what may go better the next time. The clients of stores have tries
#: of their own, closer together.
PAUSES = (0.5, 2.0, 8.0)

#: Errors of clients that no waiting mends; by name, for the clients are not imported here.
_TO_MEND = {
    "ClientAuthenticationError",
    "CredentialRetrievalError",
    "DefaultCredentialsError",
    "NoCredentialsError",
    "NoRegionError",
    "ParamValidationError",
    "PartialCredentialsError",
    "ProfileNotFound",
    "RefreshError",
    "SSOError",
    "TokenRetrievalError",
}
_LASTING = (PermissionError, FileNotFoundError, NotImplementedError, ValueError)
_REFUSED = (401, 403)
#: Faults of a program, and of the disk here: not the store's, so they are raised as they are.
_ELSEWHERE = (VtencodeError, TypeError, AttributeError, NameError, LookupError, MemoryError)
_DISK = (errno.ENOSPC, errno.EDQUOT)


def tried(ask: Callable[[], T], what: str, failed: type[VtencodeError]) -> T:
    """Ask a store, and ask again after a while where that may help.

    `what` is the sentence that an error begins with. Raises `SpecError` for what people must
    mend, and `failed` for what may go better another time.
    """
    pauses = iter(PAUSES)
    while True:
        try:
            return ask()
        except Exception as error:
            if _elsewhere(error):
                raise
            pause = next(pauses, None)
            if pause is None or _lasting(error):
                raise told(error, what, failed) from error
        time.sleep(pause)


def told(error: Exception, what: str, failed: type[VtencodeError]) -> VtencodeError:
    """An error of a store in one line."""
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if _lasting(error):
        return SpecError(f"{what}: {reason}. Check the address, and what your credentials allow.")
    kept = "What is finished is kept; the" if issubclass(failed, BuildError) else "The"
    return failed(f"{what}: {reason}. {kept} same command tries again.")


def _elsewhere(error: Exception) -> bool:
    disk = isinstance(error, OSError) and error.errno in _DISK
    return disk or isinstance(error, _ELSEWHERE)


def _lasting(error: Exception) -> bool:
    """Whether it will not go better the next time."""
    named = {kind.__name__ for kind in type(error).__mro__}
    refused = getattr(error, "code", None) in _REFUSED or "Forbidden" in str(error)
    return refused or isinstance(error, _LASTING) or bool(named & _TO_MEND)
