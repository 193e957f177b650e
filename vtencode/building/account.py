"""The account of a build: what its manifest says, and what was left out, pair by pair."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from vtencode.building.plan import Plan
from vtencode.building.shard import LeftOut, ShardRecord, Tally
from vtencode.manifest import json_sha256
from vtencode.pairs import worst_of
from vtencode.recipe import Mix
from vtencode.spec import canonical_json

FORMAT = "vtencode/2"


def lines(left_out: Sequence[LeftOut]) -> bytes:
    """One line of JSON a pair, sorted by key."""
    ordered = sorted(left_out, key=lambda left: left.key)
    return b"".join(canonical_json(vars(left)).encode() + b"\n" for left in ordered)


def account(
    plan: Plan, mix: Mix, records: Sequence[ShardRecord], *, rejects: bytes, filtered: bytes
) -> dict[str, Any]:
    """The manifest of finished shards, with its own hash."""
    parts = _parts(plan, mix, records)
    manifest = {
        "format": FORMAT,
        "dataset": mix.name,
        "title": mix.title,
        "split": plan.split,
        "limit": plan.limit,
        **{name: _said(parts, name) for name in ("license", "citation", "home")},
        "plan_sha256": plan.digest,
        "recipe": dict(plan.recipe),
        "parts": parts,
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
        "shards": [_shard(record) for record in records],
        "rejects_sha256": hashlib.sha256(rejects).hexdigest(),
        "filtered_sha256": hashlib.sha256(filtered).hexdigest(),
        "content_sha256": json_sha256([record.content_sha256 for record in records]),
        "encoder": {"zlib": zlib.ZLIB_RUNTIME_VERSION},
    }
    return {**manifest, "self_sha256": json_sha256(manifest)}


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


def _parts(plan: Plan, mix: Mix, records: Sequence[ShardRecord]) -> list[dict[str, Any]]:
    """What each recipe of the mix was built from, and how much became of it."""
    tallies: dict[str, Tally] = {}
    for record in records:
        for name, tally in record.tallies.items():
            tallies[name] = tallies.get(name, Tally()) + tally
    told = []
    for at, part in enumerate(mix.parts):
        mine = {t.key: tallies.get(f"{at} {t.key}", Tally()) for t in part.recipe.tasks}
        publication = part.recipe.source.reader.publication
        told.append(
            {
                "recipe": part.recipe.name,
                "dataset": part.recipe.source.name,
                "license": publication.license,
                "citation": publication.citation,
                "home": publication.home,
                **plan.sources[at],
                "counts": _counts(sum(mine.values(), Tally())),
                "tasks": {key: _counts(tally) for key, tally in mine.items()},
            }
        )
    return told


def _counts(tally: Tally) -> dict[str, int]:
    return {"planned": tally.planned, **vars(tally)}


def _said(parts: Sequence[Mapping[str, Any]], name: str) -> str:
    """What the parts say, each once."""
    return "; ".join(dict.fromkeys(part[name] for part in parts if part[name]))
