"""A tiny RefCOCO, RefCOCO+, RefCOCOg and gRefCOCO over the same few images, as extracted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.plain_pickle import write_plain_pickle
from vtencode.miniatures.ground_truth import instances
from vtencode.miniatures.outlines import polygons_of
from vtencode.miniatures.phrases import expressions
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg
from vtencode.seeds import generator
from vtencode.targets import Camera, Expression, Region

HEIGHT, WIDTH = 480, 640
CAMERA = Camera(fx=520.0, fy=520.0, cx=319.5, cy=239.5)
#: What COCO has a class of: its number and name there, by ours.
KINDS = {
    "person": (1, "person"),
    "car": (3, "car"),
    "ball": (37, "sports ball"),
    "chair": (62, "chair"),
    "sofa": (63, "couch"),
    "plant": (64, "potted plant"),
    "table": (67, "dining table"),
}
_PEOPLE = 2

Form = Literal["train2014", "train2017"]
Refs = list[dict[str, Any]]


@dataclass(frozen=True)
class Shot:
    """A scene, its place in the series, and its split by unc."""

    found: Scene
    index: int
    split: str

    @property
    def image(self) -> int:
        """COCO's id of the image."""
        return 90000 + 7919 * self.index

    def annotation(self, number: int) -> int:
        """COCO's id of an object, by its number in the scene."""
        return 1700000 + 1000 * self.index + number

    def regions(self) -> Iterator[Region]:
        """The objects that COCO has a class of."""
        return (each for each in instances(self.found).regions if each.label in KINDS)

    def phrases(self) -> list[Expression]:
        """What is said of these objects, and of none."""
        known = {each.id for each in self.regions()}
        said = expressions(self.found, generator(0, "refcoco", str(self.index))).expressions
        return [each for each in said if not each.reasoning and known.issuperset(each.ids)]


def write(root: Path, *, count: int = 8, seed: int = 0, form: Form = "train2014") -> Path:
    """Write `count` train images and a quarter as many of val, testA and testB; return `root`.

    As the archives of REFER extract, and gRefCOCO beside them; differs from the official ones in
    what is shown and said, and in that all four are of the same images. `form` "train2017" has
    COCO's images under their names of 2017. The same arguments give the same bytes.
    """
    taken = list(shots(count, seed))
    folder, name = ("images/mscoco/images/train2014", "COCO_train2014_{:012d}.jpg")
    if form == "train2017":
        folder, name = "train2017", "{:012d}.jpg"
    files = {f"{folder}/{name.format(s.image)}": jpeg(s.found.rgb) for s in taken}
    document = json.dumps(_document(taken)).encode()
    for dataset, refs in _refs(taken).items():
        files[f"{dataset}/instances.json"] = document
        for ending, found in refs.items():
            whole = json.dumps(found).encode() if "json" in ending else write_plain_pickle(found)
            files[f"{dataset}/{ending}"] = whole
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_whole(root / path, data)
    return root


def shots(count: int, seed: int) -> Iterator[Shot]:
    """Every image: first those of train, then of val, testA and testB; every fourth is a street."""
    if count < 1:
        raise SpecError(f"count must be >= 1 (train images), got {count}.")
    tested = max(1, count // 4)
    splits = ["train"] * count + ["val"] * tested + ["testA"] * tested + ["testB"] * tested
    for index, split in enumerate(splits):
        found = scene(
            seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 4 == 1,
            people=_PEOPLE,
        )  # fmt: skip
        yield Shot(found, index, split)


def _document(taken: list[Shot]) -> dict[str, Any]:
    """`instances.json`."""
    return {
        "info": {"description": "This is stable 1.0 version of the 2014 MS COCO dataset."},
        "images": [
            {
                "license": 1,
                "file_name": f"COCO_train2014_{shot.image:012d}.jpg",
                "height": HEIGHT,
                "width": WIDTH,
                "id": shot.image,
            }
            for shot in taken
        ],
        "licenses": [],
        "annotations": [_annotation(shot, each) for shot in taken for each in shot.regions()],
        "categories": [
            {"supercategory": "thing", "id": number, "name": name}
            for number, name in sorted(KINDS.values())
        ],
    }


def _annotation(shot: Shot, region: Region) -> dict[str, Any]:
    left, top, right, bottom = region.box
    return {
        "segmentation": polygons_of(region),
        "area": float(region.area),
        "iscrowd": 0,
        "image_id": shot.image,
        "bbox": [float(left), float(top), float(right - left), float(bottom - top)],
        "category_id": KINDS[str(region.label)][0],
        "id": shot.annotation(region.id),
    }


def _refs(taken: list[Shot]) -> dict[str, dict[str, Refs]]:
    """The refs of every document, by dataset."""
    of_one = [_group(shot, _one) for shot in taken]
    in_place = [_group(shot, lambda e: _one(e) and not e.lateral) for shot in taken]
    by_object = ("train", "val", "test")

    def by_image(shot: Shot, _: int) -> str:
        return shot.split

    def umd(shot: Shot, _: int) -> str:
        return "test" if shot.split.startswith("test") else shot.split

    def google(_: Shot, at: int) -> str:
        return by_object[at % 3]

    def google_g(_: Shot, at: int) -> str:
        return by_object[at % 2]

    return {
        "refcoco": {
            "refs(unc).p": _listed(taken, of_one, by_image),
            "refs(google).p": _listed(taken, of_one, google),
        },
        "refcoco+": {"refs(unc).p": _listed(taken, in_place, by_image)},
        "refcocog": {
            "refs(umd).p": _listed(taken, of_one, umd),
            "refs(google).p": _listed(taken, of_one, google_g),
        },
        "grefcoco": {
            "grefs(unc).json": _listed(
                taken, [_group(shot, lambda _: True) for shot in taken], by_image, several=True
            )
        },
    }


def _one(expression: Expression) -> bool:
    return len(expression.ids) == 1


def _group(
    shot: Shot, fits: Callable[[Expression], bool]
) -> list[tuple[tuple[int, ...], list[str]]]:
    """Phrases that mean the same, by the numbers of what they mean."""
    found: dict[tuple[int, ...], list[str]] = {}
    for expression in shot.phrases():
        if fits(expression):
            found.setdefault(expression.ids, []).append(expression.text)
    return list(found.items())


def _listed(
    taken: list[Shot],
    groups: list[list[tuple[tuple[int, ...], list[str]]]],
    split: Callable[[Shot, int], str],
    *,
    several: bool = False,
) -> Refs:
    """Refs numbered through; with `several`, each lists what it means, as gRefCOCO does."""
    found: Refs = []
    said = 0
    for shot, group in zip(taken, groups, strict=True):
        kinds = {each.id: KINDS[str(each.label)][0] for each in shot.regions()}
        for at, (ids, texts) in enumerate(group):
            numbers = [shot.annotation(id_) for id_ in ids] or [-1]
            classes = [kinds[id_] for id_ in ids] or [-1]
            sentences = list(_sentences(texts, said))
            said += len(texts)
            flag = {"no_target": not ids} if several else {}
            found.append(
                {
                    "sent_ids": [each["sent_id"] for each in sentences],
                    "file_name": f"COCO_train2014_{shot.image:012d}_{at}.jpg",
                    "ann_id": numbers if several else numbers[0],
                    "ref_id": len(found),
                    "image_id": shot.image,
                    "split": split(shot, at),
                    "sentences": sentences,
                    "category_id": classes if several else classes[0],
                    **flag,
                }
            )
    return found


def _sentences(texts: Iterable[str], first: int) -> Iterator[dict[str, Any]]:
    """Sentences as players typed them, and cleaned."""
    for number, text in enumerate(texts, start=first):
        yield {
            "tokens": text.split(),
            "raw": text.upper() if number % 3 == 0 else text,
            "sent_id": number,
            "sent": text,
        }
