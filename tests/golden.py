"""Golden vectors: what each version of each codec has painted, for ever.

    python tests/golden.py depth          writes the vectors of `depth` that are missing

A vector is `tests/golden/CODEC-vVERSION-PRESET.png`, the code with its spec and legend inside, and
`….npz`, the arrays it decoded to on the day it was written. One that exists is never
overwritten: when pixels must change, the codec's version does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

import vtencode as vt
from vtencode.codecs.base import Codec
from vtencode.durable import placing, write_whole
from vtencode.painted import painted, read_painted
from vtencode.registry import find, names

FOLDER = Path(__file__).parent / "golden"


def depth() -> vt.DepthMap:
    """A ramp from 0.3 m to 60 m, with sky and holes."""
    meters = np.geomspace(0.3, 60, 24 * 32, dtype=np.float64).reshape(24, 32)
    meters[:3, :9], meters[-4:, -5:] = np.inf, np.nan
    return vt.DepthMap(meters=meters)


def normals() -> vt.NormalMap:
    """The upper half of a sphere in the middle of nothing."""
    y, x = np.mgrid[-1.2:1.2:24j, -1.2:1.2:32j]
    inside = x**2 + y**2 < 1
    z = np.sqrt(np.maximum(1 - x**2 - y**2, 0))
    xyz = np.where(inside[..., None], np.stack([x, -y, z], axis=-1), 0)
    return vt.NormalMap(xyz=xyz, valid=inside)


def semantic() -> vt.SemanticMask:
    """Nine classes in stripes, with void."""
    ids = np.add.outer(np.arange(24) // 5, np.arange(32) // 4) % 9
    ids[10:12] = 255
    return vt.SemanticMask(ids, tuple(f"class {at}" for at in range(9)), void=255)


def instances() -> vt.InstanceMasks:
    """Seven blocks on a background, some touching."""
    ids = np.zeros((24, 32), dtype=int)
    for at in range(7):
        ids[3 * at : 3 * at + 4, 4 * at : 4 * at + 6] = 10 * at + 1
    return vt.InstanceMasks.from_ids(ids, labels={1: "cat", 11: "cat", 21: "dog"})


def keypoints() -> vt.Keypoints:
    """Two people of three joints, one joint hidden, one absent."""
    places = np.array([[[8, 8], [24.25, 9.5], [40, 30]], [[10, 40], [30.5, 44.75], [50, 50]]])
    seen = np.array([[2, 1, 2], [2, 2, 0]])
    return vt.Keypoints(places, seen, names=("nose", "left", "right"), shape=(64, 64))


def panoptic() -> vt.PanopticMap:
    """Two classes of stuff, three things, a strip of void."""
    ids = np.where(np.arange(24)[:, None] < 12, 1, 2) * np.ones((24, 32), dtype=int)
    ids[6:10, 3:9], ids[14:20, 10:16], ids[14:20, 16:22], ids[:, 30:] = 5, 6, 7, 0
    kinds = {1: ("sky", False), 2: ("road", False), 5: ("bird", True), 6: ("car", True)}
    kinds[7] = ("car", True)
    segments = tuple(vt.Segment(at, name, thing=thing) for at, (name, thing) in kinds.items())
    return vt.PanopticMap(ids, segments)


TARGETS: dict[str, Callable[[], Any]] = {
    "depth": depth,
    "normals": normals,
    "semantic": semantic,
    "instances": instances,
    "keypoints": keypoints,
    "panoptic": panoptic,
}


def vectors() -> list[tuple[str, Codec[Any], Any]]:
    """(name, codec, target) of every vector that must exist."""
    found = []
    for name in names("codec"):
        cls = find("codec", name)
        for preset in (*cls.presets, None)[: max(len(cls.presets), 1)]:
            stem = f"{name}-v{cls.version}-{preset or 'default'}"
            found.append((stem, cls.with_params(preset), TARGETS[name]()))
    return found


def arrays_of(target: Any) -> dict[str, np.ndarray]:
    """What a target is, as arrays."""
    if hasattr(target, "id_map"):
        return {"id_map": target.id_map()}
    values = {field.name: getattr(target, field.name) for field in fields(target)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


def decoded(path: Path) -> dict[str, np.ndarray]:
    """What the code at `path` decodes to, by what its own file says."""
    code, spec = read_painted(path.read_bytes())
    return arrays_of(vt.codec_from_spec(json.loads(spec)).decode(code).target)


def write(codec_name: str) -> None:
    """Write the vectors of a codec that do not exist yet."""
    FOLDER.mkdir(exist_ok=True)
    for stem, codec, target in vectors():
        path = FOLDER / f"{stem}.png"
        if codec.name != codec_name or path.exists():
            continue
        write_whole(path, painted(codec.encode(target), codec))
        with placing(path.with_suffix(".npz")) as part, part.open("wb") as file:
            np.savez_compressed(file, **decoded(path))
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    write(sys.argv[1])
