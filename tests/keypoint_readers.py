"""What tests of datasets with joints share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from readers import rows

import vtencode as vt
from vtencode.sources.base import Source
from vtencode.targets import Keypoints


def all_joints(source: Source) -> list[Keypoints]:
    """The joints of every image of a source."""
    return [source.load(row).targets["keypoints"] for row in rows(source)]


def same_joints(told: Keypoints, expected: np.ndarray, *, within_px: float = 1e-4) -> None:
    """Joints are these (N, K, 3) of x, y and visibility; float32 keeps a whole image's to 1e-4."""
    assert told.visibility.tolist() == expected[..., 2].tolist()
    there = expected[..., 2] > 0
    assert np.abs(told.xy_px[there] - expected[there][:, :2]).max(initial=0) <= within_px
    assert np.isnan(told.xy_px[~there]).all()


def joints_come_back(told: Keypoints) -> None:
    """Every joint, by name, has the color that the legend says, and is read at its place again."""
    most = max(len(told.visibility), 1)
    codec = vt.codec("keypoints", joints=told.names, people=most)
    code = codec.encode(told)
    legend = code.legend.colors
    assert len(set(legend.values())) == len(legend) == 2 * told.visibility.size
    for person, joint in np.argwhere(told.present).tolist():
        owner = f"person {person + 1} " if most > 1 else ""
        hidden = ", occluded" if told.visibility[person, joint] == 1 else ""
        assert f"{owner}{told.names[joint]}{hidden}" in legend
    again = codec.decode(code).target
    lost = json.loads(code.legend.facts["lost"])
    assert again.names == told.names
    assert (codec.error(told, again) <= codec.tolerance(told)).all()
    assert len(lost) <= told.present.sum() // 10


def change_document(path: Path, change: Callable[[Any], None]) -> None:
    """Rewrite a JSON document that something is changed in."""
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def plain_images(folder: Path, images: Iterable[dict[str, Any]]) -> None:
    """Gray images of the sizes that a document tells, for annotations that come without theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    for image in images:
        name = Path(image["file_name"]).name
        Image.new("RGB", (image["width"], image["height"]), (90, 90, 90)).save(folder / name)
