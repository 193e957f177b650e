"""What ADE20K's classes are called, and which are counted as things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

#: The classes 1 to 150 of SceneParse150, each by its first name in `objectInfo150.txt` of
#: CSAILVision/sceneparsing, where a name is followed by its synonyms.
NAMES = (
    "wall", "building", "sky", "floor", "tree", "ceiling", "road", "bed", "windowpane", "grass",
    "cabinet", "sidewalk", "person", "earth", "door", "table", "mountain", "plant", "curtain",
    "chair", "car", "water", "painting", "sofa", "shelf", "house", "sea", "mirror", "rug",
    "field", "armchair", "seat", "fence", "desk", "rock", "wardrobe", "lamp", "bathtub",
    "railing", "cushion", "base", "box", "column", "signboard", "chest of drawers", "counter",
    "sand", "sink", "skyscraper", "fireplace", "refrigerator", "grandstand", "path", "stairs",
    "runway", "case", "pool table", "pillow", "screen door", "stairway", "river", "bridge",
    "bookcase", "blind", "coffee table", "toilet", "flower", "book", "hill", "bench",
    "countertop", "stove", "palm", "kitchen island", "computer", "swivel chair", "boat", "bar",
    "arcade machine", "hovel", "bus", "towel", "light", "truck", "tower", "chandelier", "awning",
    "streetlight", "booth", "television", "airplane", "dirt track", "apparel", "pole", "land",
    "bannister", "escalator", "ottoman", "bottle", "buffet", "poster", "stage", "van", "ship",
    "fountain", "conveyer belt", "canopy", "washer", "plaything", "swimming pool", "stool",
    "barrel", "basket", "waterfall", "tent", "bag", "minibike", "cradle", "oven", "ball", "food",
    "step", "tank", "trade name", "microwave", "pot", "animal", "bicycle", "lake", "dishwasher",
    "screen", "blanket", "sculpture", "hood", "sconce", "vase", "traffic light", "tray", "ashcan",
    "fan", "pier", "crt screen", "plate", "monitor", "bulletin board", "shower", "radiator",
    "glass", "clock", "flag",
)  # fmt: skip

#: Those of the 150 whose objects are not counted: the others are the 100 of
#: `instanceInfo100_train.txt` of CSAILVision/placeschallenge.
STUFF = frozenset({
    "wall", "building", "sky", "floor", "tree", "ceiling", "road", "grass", "sidewalk", "earth",
    "mountain", "plant", "water", "house", "sea", "rug", "field", "rock", "base", "sand",
    "skyscraper", "grandstand", "path", "runway", "stairway", "river", "bridge", "blind", "hill",
    "bar", "hovel", "tower", "dirt track", "land", "escalator", "buffet", "poster", "stage",
    "conveyer belt", "canopy", "swimming pool", "waterfall", "tent", "cradle", "tank", "lake",
    "blanket", "pier", "crt screen", "shower",
})  # fmt: skip


def first(name: str) -> str:
    """The first of a name's synonyms.

    >>> first("car, auto, automobile, machine, motorcar")
    'car'
    """
    return name.split(",", maxsplit=1)[0].strip()


def called(wholes: Mapping[int, Sequence[str]]) -> dict[int, str]:
    """What to call each of these classes, whose names are one or two, whole with all synonyms.

    By the first synonyms, unless two classes share them: these go by their whole names.

    >>> called({1: ["plate"], 2: ["crane"], 3: ["crane, bird"], 4: ["car, auto", "wheel"]})
    {1: 'plate', 2: 'crane', 3: 'crane, bird', 4: 'car wheel'}
    """
    short = {id_: " ".join(map(first, names)) for id_, names in wholes.items()}
    taken = list(short.values())
    return {
        id_: short[id_] if taken.count(short[id_]) == 1 else " ".join(names)
        for id_, names in wholes.items()
    }
