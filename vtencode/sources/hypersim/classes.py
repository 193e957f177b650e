"""The classes of Hypersim's `semantic` images: NYU's forty, 1 to 40; -1 is unlabeled."""

from __future__ import annotations

#: `semantic_label_descs.csv` of ml-hypersim, in the words of NYU's `classMapping40.mat`, but for
#: "refridgerator" there.
NYU40 = (
    "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf",
    "picture", "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror",
    "floor mat", "clothes", "ceiling", "books", "refrigerator", "television", "paper", "towel",
    "shower curtain", "box", "whiteboard", "person", "night stand", "toilet", "sink", "lamp",
    "bathtub", "bag", "otherstructure", "otherfurniture", "otherprop",
)  # fmt: skip

#: What has no instances: of the 426 scenes with labeled walls, 2 number any of them, and none
#: numbers a floor or a ceiling (`mesh_objects_si.hdf5` and `mesh_objects_sii.hdf5` of ml-hypersim).
STUFF = ("wall", "floor", "ceiling")
THINGS = tuple(name for name in NYU40 if name not in STUFF)
