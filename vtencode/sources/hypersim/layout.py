"""Which file is what of which frame: in the authors' archives, and in Marigold's packs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from vtencode.sources.tree import matched


class Frame(NamedTuple):
    """One image of one camera's path through a scene."""

    scene: str
    camera: str
    number: int


#: What the files of a frame hold, by the end of their names in the authors' archives.
_OFFICIAL = {
    "color.hdf5": "tonemap",
    "tonemap.jpg": "preview",
    "render_entity_id.hdf5": "entities",
    "depth_meters.hdf5": "depth",
    "normal_cam.hdf5": "normals",
    "semantic.hdf5": "semantic",
    "semantic_instance.hdf5": "numbers",
}
#: And by their start in Marigold's packs.
_PACKED = {"rgb": "rgb", "depth_plane": "depth", "normal_cam": "normals"}

PATTERN = re.compile(
    r"(?:.*/)?(?:(?P<scene>ai_\d{3}_\d{3})/(?:"
    r"images/scene_(?P<camera>cam_\d\d)_(?:final_hdf5|final_preview|geometry_hdf5)/"
    rf"frame\.(?P<frame>\d{{4}})\.(?P<kind>{'|'.join(map(re.escape, _OFFICIAL))})"
    rf"|(?P<packed>{'|'.join(_PACKED)})_(?P<pack_camera>cam_\d\d)_fr(?P<pack_frame>\d{{4}})\."
    r"(?:png|npy))"
    r"|metadata_camera_parameters\.csv|metadata_images_split_scene_v1\.csv"
    r"|filename_meta_(?:train|val|test)\.csv)"
)

#: The path of each file of a frame, by what it holds.
Files = dict[str, str]


def frames(sizes: Mapping[str, int]) -> tuple[dict[Frame, Files], dict[Frame, Files]]:
    """The files of every frame: in the authors' form, and in the processed one."""
    official: dict[Frame, Files] = {}
    processed: dict[Frame, Files] = {}
    for name, part in matched(sizes, PATTERN):
        if part["kind"]:
            frame = Frame(part["scene"], part["camera"], int(part["frame"]))
            official.setdefault(frame, {}).setdefault(_OFFICIAL[part["kind"]], name)
        elif part["packed"]:
            frame = Frame(part["scene"], part["pack_camera"], int(part["pack_frame"]))
            processed.setdefault(frame, {}).setdefault(_PACKED[part["packed"]], name)
    return official, processed
