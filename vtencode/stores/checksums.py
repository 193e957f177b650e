"""What a store says of an object, and whether a file here would be told the same."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Bytes of a part, where a store takes a large file in parts. S3 then tells the MD5 of the parts'
#: MD5s, which can be computed again only by those who know where the parts end.
PART = 32 * 2**20

#: An MD5, or an MD5 of so many.
_MD5 = re.compile(r"[0-9a-f]{32}(?P<parts>-[0-9]+)?")


@dataclass(frozen=True)
class Held:
    """An object: its size in bytes, and what its store calls, and computed of, its very bytes.

    Other bytes have another `tag`; equal bytes may have another, too. Both texts are empty where
    a store tells nothing of the kind.
    """

    size: int
    tag: str
    checksum: str

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> Held:
        """What `fsspec` found about an object, in the words of its store."""
        tag = str(info.get("ETag") or info.get("etag") or "").strip('"')
        google = info.get("md5Hash")
        checksum = base64.b64decode(google).hex() if google else tag
        return cls(int(info.get("size") or 0), tag, checksum)

    def confirms(self, path: Path) -> bool:
        """Whether the store computed what these bytes give.

        False, too, where it computes something else: of what is encrypted with a key of one's
        own, an ETag is no MD5.
        """
        told = _MD5.fullmatch(self.checksum)
        if told is None or self.size != path.stat().st_size:
            return False
        return self.checksum == (_md5_of_parts(path) if told["parts"] else _md5(path))


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return str(hashlib.file_digest(file, _hash).hexdigest())


def _md5_of_parts(path: Path) -> str:
    with path.open("rb") as file:
        parts = [_hash(part).digest() for part in iter(lambda: file.read(PART), b"")]
    return f"{_hash(b''.join(parts)).hexdigest()}-{len(parts)}"


def _hash(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)
