"""The manifest of a built dataset: written last, so that without it a folder is no dataset."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from vtencode.errors import NotADatasetError, VerificationError
from vtencode.locations import Location
from vtencode.spec import canonical_json
from vtencode.stores.reading import contents

MANIFEST = "manifest.json"
#: What readers of a manifest rely on.
MANIFEST_FIELDS = {
    "counts",
    "dataset",
    "filtered_sha256",
    "limit",
    "order_sha256",
    "parts",
    "plan_sha256",
    "recipe",
    "rejects_sha256",
    "shards",
    "split",
}


def read_manifest(out: Location) -> dict[str, Any]:
    """The manifest of a finished dataset, its own hash checked.

    Raises `NotADatasetError` when nothing was built there, `VerificationError` when a build is
    not finished or the manifest was edited.
    """
    path = out / MANIFEST
    data = contents(path)
    if data is None:
        if contents(out / ".vtencode" / "plan.json") is not None:
            raise VerificationError(f"{out} is an unfinished build: run the same build again.")
        raise NotADatasetError(f"{out} must hold a {MANIFEST}, and does not: build into it first.")
    try:
        manifest: dict[str, Any] = json.loads(data)
        stated = manifest.pop("self_sha256")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise VerificationError(f"{path} must be a manifest of vtencode: {error}.") from error
    lacking = MANIFEST_FIELDS - set(manifest)
    if lacking:
        raise VerificationError(f"{path} must have {', '.join(sorted(lacking))}, and does not.")
    if stated != json_sha256(manifest):
        raise VerificationError(f"{path} was changed after it was written: its hash differs.")
    return {**manifest, "self_sha256": stated}


def json_sha256(value: Any) -> str:
    """Hex sha256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
