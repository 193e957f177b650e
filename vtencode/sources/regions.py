"""Objects of images whose classes and numbers are told in two maps."""

from __future__ import annotations

import numpy as np

from vtencode.targets import Array, InstanceMasks, SemanticMask


def instances_of(classes: SemanticMask, numbers: Array) -> InstanceMasks:
    """The numbered objects; a class that is here without numbers was not looked for as objects.

    Each pair of a class and a number > 0, integer (H, W), is an object. What has no number of a
    class that has some is a crowd: nobody told its objects apart.
    """
    counted = classes.labeled & (numbers > 0)
    counted |= np.isin(classes.ids, np.unique(classes.ids[counted])) & classes.labeled
    pairs, which = np.unique(
        classes.ids[counted].astype(np.int64) << 32 | numbers[counted], return_inverse=True
    )
    ids = np.zeros(classes.shape, dtype=np.int32)
    ids[counted] = which.reshape(-1) + 1
    listed = dict(enumerate(pairs.tolist(), 1))
    labels = {at: classes.vocabulary[pair >> 32] for at, pair in listed.items()}
    crowds = {at for at, pair in listed.items() if not pair & 0xFFFFFFFF}
    masks = InstanceMasks.from_ids(ids, labels=labels, crowds=crowds)
    here = {classes.vocabulary[id_] for id_ in np.unique(classes.ids[classes.labeled]).tolist()}
    uncounted = here.difference(labels.values())
    vocabulary = tuple(name for name in classes.vocabulary if name not in uncounted)
    return InstanceMasks(masks.shape, masks.regions, vocabulary)
