"""What can go wrong between here and the Hub, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from vtencode.errors import PushError, PushRefusedError, VtencodeError
from vtencode.publishing.client import library

RESUME = "What arrived is kept: the same command resumes."


@contextmanager
def told(repo: str, endpoint: str) -> Iterator[None]:
    """Turn what the Hub's client raises into a `PushError` that says what to do.

    Errors of files here stay what they are.
    """
    # Its base is what the HTTP library under the client raises: another one in each major version.
    answers = library().utils.HfHubHTTPError
    raised = (OSError, RuntimeError, ValueError, *answers.__bases__)
    try:
        yield
    except VtencodeError:
        raise
    except raised as error:
        if isinstance(error, OSError) and error.filename:
            raise
        raise _judged(error, repo, endpoint) from error


def _judged(error: BaseException, repo: str, endpoint: str) -> PushError:
    status, cause = _answer(error, endpoint)
    tokens = f"{endpoint}/settings/tokens"
    if status == 400:
        return PushRefusedError(f"{endpoint} refuses {repo}: {cause}.")
    if status == 401:
        return PushRefusedError(
            f"{endpoint} must know the token, and does not: {cause}. Make one at {tokens}, set "
            "HF_TOKEN or run `hf auth login`, and run the same command."
        )
    if status == 403:
        return PushRefusedError(
            f"the token must be allowed to write to {repo}, and is not: {cause}. Give it that "
            f"right at {tokens}, or choose a REPO of yours."
        )
    if status == 404:
        return PushRefusedError(
            f"{repo} must be found on {endpoint}, and is not: {cause}. Check its owner, and that "
            "the token may see it."
        )
    return PushError(f"{endpoint} must take {repo}, and did not: {cause}. {RESUME}")


def _answer(error: BaseException, endpoint: str) -> tuple[int | None, str]:
    """The status of the Hub's answer, and what was said, in one line.

    The status is None where there was no answer, or where it came from the place where the Hub
    has large files put: that is no judgement on the user.
    """
    chain = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(below)
    for link in chain:
        response = getattr(link, "response", None)
        if response is not None:
            said = getattr(link, "server_message", None) or link
            judged = str(response.url).startswith(endpoint)
            status = int(response.status_code)
            return status if judged else None, _one_line(f"{status} {said}")
    if isinstance(error, RuntimeError) and error.__cause__:  # which file, and then why
        return None, f"{_one_line(str(error))}: {_one_line(str(error.__cause__))}"
    return None, _one_line(str(error)) or type(error).__name__


def _one_line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")
