"""USTAR archives (POSIX.1-1988) whose bytes depend on names and contents alone, and back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from vtencode.errors import ShardError

BLOCK = 512
#: Tapes were written in records of 20 blocks, and readers still expect archives padded to it.
RECORD = 20 * BLOCK
_MAX_SIZE = 8**11 - 1


def member(name: str, data: bytes) -> bytes:
    """Header, contents and padding of one regular file, mode 0644, of nobody, at time 0."""
    plain = name.isascii() and name.isprintable()
    if not plain or len(name) > 100 or len(data) > _MAX_SIZE:
        raise ShardError(
            f"a tar member must have a plain ASCII name of at most 100 bytes, and 8 GiB at most, "
            f"got {name!r} of {len(data)} bytes."
        )
    padding = bytes(-len(data) % BLOCK)
    return b"".join([_header(name.encode("ascii"), len(data)), data, padding])


def _header(name: bytes, size: int) -> bytes:
    fields = [
        name.ljust(100, b"\0"),
        b"0000644\0",
        b"0000000\0",
        b"0000000\0",
        b"%011o\0" % size,
        b"%011o\0" % 0,
        b" " * 8,
        b"0",
        bytes(100),
        b"ustar\x0000",
        bytes(32 + 32),
        b"0000000\0",
        b"0000000\0",
        bytes(155 + 12),
    ]
    header = b"".join(fields)
    checksum = b"%06o\0 " % sum(header)
    return b"".join([header[:148], checksum, header[156:]])


def ending(size: int) -> bytes:
    """Two empty blocks, and zeros up to a whole record, after `size` bytes of members."""
    return bytes(2 * BLOCK + -(size + 2 * BLOCK) % RECORD)


def members(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """(name, contents) of every member, in order.

    Raises `ShardError` where the archive is cut, damaged, or holds anything that `member` does
    not write (links, folders, long names).
    """
    while True:
        at = file.tell()
        header = file.read(BLOCK)
        if not any(header):
            if header + file.read() != ending(at):
                raise ShardError(
                    f"the archive must end, at byte {at}, with empty blocks up to a whole record."
                )
            return
        name, size = _parsed(header, at)
        data = file.read(size + -size % BLOCK)
        if len(data) < size + -size % BLOCK:
            raise ShardError(f"the archive is cut inside {name!r}, at byte {at}.")
        yield name, data[:size]


def _parsed(header: bytes, at: int) -> tuple[str, int]:
    name, digits = header[:100].partition(b"\0")[0], header[124:135]
    octal = len(digits) == 11 and not digits.strip(b"01234567")
    if not name.isascii() or not octal or header != _header(name, int(digits, 8)):
        raise ShardError(f"a plain USTAR member must start at byte {at}, and does not.")
    return name.decode("ascii"), int(digits, 8)
