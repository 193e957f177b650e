"""The records of a dataset's shards, which must be what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vtencode.errors import VerificationError
from vtencode.locations import Location
from vtencode.registry import find
from vtencode.sinks.base import Record, Stored


def records_of(dataset: Location, manifest: Mapping[str, Any], shard: int) -> Iterator[Record]:
    """The records of shard number `shard`, in order, after its hash was found to be right.

    Raises `VerificationError` where it is another.
    """
    entry = manifest["shards"][shard]
    path = dataset / entry["name"]
    sink = find("sink", manifest["recipe"]["output"]["format"])()
    if sink.stored(path) != Stored(entry["bytes"], entry["sha256"]):
        raise VerificationError(
            f"{path} is not what the manifest says: `vtencode verify` tells more."
        )
    yield from sink.read(path)
