"""The account of a build: what its manifest says, and what was left out, pair by pair."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from vtencode.building.plan import Plan
from vtencode.building.shard import LeftOut, ShardRecord
from vtencode.building.tally import Tally, added, tally_name
from vtencode.manifest import json_sha256
from vtencode.pairs import worst_of
from vtencode.recipe import Mix, Part, Recipe
from vtencode.spec import canonical_json

FORMAT = "vtencode/3"


def lines(left_out: Sequence[LeftOut]) -> bytes:
    """One line of JSON a pair, sorted by key."""
    ordered = sorted(left_out, key=lambda left: left.key)
    return b"".join(canonical_json(vars(left)).encode() + b"\n" for left in ordered)


def account(
    plan: Plan, mix: Mix, records: Sequence[ShardRecord], *, rejects: bytes, filtered: bytes
) -> dict[str, Any]:
    """The manifest of finished shards, with its own hash."""
    tallies = added(record.tallies for record in records)
    manifest = {
        "format": FORMAT,
        "dataset": mix.name,
        "title": mix.title,
        "split": plan.split,
        "limit": plan.limit,
        "plan_sha256": plan.digest,
        "order_sha256": plan.order,
        "recipe": dict(plan.recipe),
        **parts_account(plan, mix, tallies),
        "counts": {
            "planned": plan.pairs,
            "written": sum(record.written for record in records),
            "rejected": sum(len(record.rejects) for record in records),
            "filtered": sum(len(record.filtered) for record in records),
        },
        "worst_errors": worst_of(
            error for record in records for error in record.worst_errors.items()
        ),
        **{name: _most(records, name) for name in _MOST},
        **shard_account(records),
        "rejects_sha256": hashlib.sha256(rejects).hexdigest(),
        "filtered_sha256": hashlib.sha256(filtered).hexdigest(),
        "encoder": {"zlib": zlib.ZLIB_RUNTIME_VERSION},
    }
    return {**manifest, "self_sha256": json_sha256(manifest)}


def shard_account(records: Sequence[ShardRecord]) -> dict[str, Any]:
    """What the manifest says of shards, and of the pairs in them."""
    return {
        "shards": [_shard(record) for record in records],
        "content_sha256": json_sha256([record.content_sha256 for record in records]),
    }


#: What the authors of a dataset ask of those who use it.
_TERMS = ("license", "citation", "home")

#: Facts of a shard of which the largest counts.
_MOST = ("worst_share_of_tolerance", "longest_prompt_tokens")


def _most(records: Sequence[ShardRecord], name: str) -> Any:
    return max((getattr(record, name) for record in records), default=0)


def _shard(record: ShardRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "bytes": record.bytes,
        "sha256": record.sha256,
        "content_sha256": record.content_sha256,
        "written": record.written,
        "rejected": len(record.rejects),
        "filtered": len(record.filtered),
    }


def parts_account(plan: Plan, mix: Mix, tallies: Mapping[str, Tally]) -> dict[str, Any]:
    """What each recipe of the mix was built from, how much became of it, and on which terms."""
    parts = [
        {**_published(part.recipe), **plan.sources[at], **_counted(at, part, tallies)}
        for at, part in enumerate(mix.parts)
    ]
    return {"parts": parts, **{name: _said(parts, name) for name in _TERMS}}


def _published(recipe: Recipe) -> dict[str, str]:
    publication = recipe.source.publication
    terms = {name: str(getattr(publication, name)) for name in _TERMS}
    return {"recipe": recipe.name, "dataset": recipe.source.name, **terms}


def _counted(at: int, part: Part, tallies: Mapping[str, Tally]) -> dict[str, Any]:
    mine = {key: tallies.get(tally_name(at, key), Tally()) for key in part.asked}
    return {
        "counts": _counts(sum(mine.values(), Tally())),
        "tasks": {key: _counts(tally) for key, tally in mine.items()},
    }


def _counts(tally: Tally) -> dict[str, int]:
    return {"planned": tally.planned, **vars(tally)}


def _said(parts: Sequence[Mapping[str, Any]], name: str) -> str:
    """What the parts say, each once."""
    return "; ".join(dict.fromkeys(part[name] for part in parts if part[name]))
