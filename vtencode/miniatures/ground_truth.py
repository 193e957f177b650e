"""The targets of a scene, as the authors of a dataset would have annotated it."""

from __future__ import annotations

import numpy as np

from vtencode.codecs.keypoints import COCO_JOINTS
from vtencode.miniatures.scenes import CLASSES, PARTS, Scene
from vtencode.targets import (
    DepthMap,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    SemanticMask,
)

#: Classes that cannot be counted; the rest are things.
STUFF = ("floor", "wall", "ceiling", "ground", "sky")
#: Every class, of which a ray that meets nothing sees the last.
VOCABULARY = (*CLASSES[1:], "sky")
THINGS = tuple(name for name in VOCABULARY if name not in STUFF)
#: Left and right joints that a mirror swaps.
FLIP_PAIRS = tuple((left, left + 1) for left in range(1, len(COCO_JOINTS), 2))
#: Bones of COCO's person (`skeleton` of person_keypoints_*.json), by joints from 0.
SKELETON = (
    (15, 13), (13, 11), (16, 14), (14, 12), (11, 12), (5, 11), (6, 12), (5, 6), (5, 7), (6, 8),
    (7, 9), (8, 10), (1, 2), (0, 1), (0, 2), (1, 3), (2, 4), (3, 5), (4, 6),
)  # fmt: skip


def depth(found: Scene) -> DepthMap:
    """Depth along the optical axis; the sky is far."""
    return DepthMap(found.depth_z, camera=found.camera)


def normals(found: Scene) -> NormalMap:
    """Surface normals; the sky has none."""
    return NormalMap(xyz=found.normals)


def semantic(found: Scene) -> SemanticMask:
    """A class for every pixel."""
    ids = found.semantic.astype(np.int32) - 1
    return SemanticMask(np.where(ids < 0, VOCABULARY.index("sky"), ids), VOCABULARY)


def instances(found: Scene) -> InstanceMasks:
    """The objects, under their numbers in the scene."""
    numbers, first = np.unique(found.instance, return_index=True)
    kinds = found.semantic.reshape(-1)[first]
    labels = {int(n): CLASSES[kind] for n, kind in zip(numbers, kinds, strict=True)}
    masks = InstanceMasks.from_ids(found.instance, labels=labels)
    return InstanceMasks(masks.shape, masks.regions, THINGS)


def panoptic(found: Scene) -> PanopticMap:
    """Objects as things, and each class of the rest as one segment."""
    return PanopticMap.from_parts(semantic(found), found.instance, things=THINGS)


def parts(found: Scene) -> SemanticMask:
    """The parts of objects that have several; void where there is no such object."""
    return SemanticMask(found.parts.astype(np.int32) - 1, PARTS[1:], void=-1)


def keypoints(found: Scene) -> Keypoints:
    """The joints of everybody who shows, each with the box of what shows of them."""
    boxes = {region.id: region.box for region in instances(found).regions}
    shown = [at for at, number in enumerate(found.people) if int(number) in boxes]
    around = np.array([boxes[int(found.people[at])] for at in shown], dtype=np.float32)
    return Keypoints(
        found.joints[shown],
        found.joint_visibility[shown],
        COCO_JOINTS,
        skeleton=SKELETON,
        flip_pairs=FLIP_PAIRS,
        boxes=around.reshape(-1, 4) - 0.5,
        shape=found.semantic.shape,
    )
