"""The Hub's own client, the package `huggingface_hub`, of any version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from vtencode.errors import MissingExtraError


def library() -> Any:
    """The package `huggingface_hub`. Raises `MissingExtraError` where it is not installed."""
    try:
        import huggingface_hub
        import huggingface_hub.hf_api
        import huggingface_hub.utils
    except ImportError as error:
        raise MissingExtraError("huggingface_hub", "hf") from error
    return huggingface_hub


@contextmanager
def without_bars() -> Iterator[None]:
    """Keep the client from drawing bars of its own."""
    utils = library().utils
    shown = not utils.are_progress_bars_disabled()
    utils.disable_progress_bars()
    try:
        yield
    finally:
        if shown:
            utils.enable_progress_bars()
