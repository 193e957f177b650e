"""The one command that an export's page gives, as a shell would take it apart."""

from __future__ import annotations

import re
import shlex
from pathlib import Path


def command(out: Path) -> list[str]:
    """Its words."""
    page = (out / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return shlex.split(block.replace("\\\n", ""))


def flags(out: Path) -> dict[str, str]:
    """Its flags, as `--name=value` and `--name`, by name."""
    given = [word.removeprefix("--") for word in command(out) if word.startswith("--")]
    return dict(word.partition("=")[::2] for word in given)
