"""A tiny ReasonSeg: images with questions or phrases, and outlines of what they mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.formats.reasonseg import Asked, Outline, write_reasonseg
from vtencode.miniatures.phrases import expressions
from vtencode.miniatures.scenes import Scene, scene
from vtencode.miniatures.series import jpeg
from vtencode.seeds import generator
from vtencode.targets import Array, Camera, Expression

HEIGHT, WIDTH = 480, 640
CAMERA = Camera(fx=520.0, fy=520.0, cx=319.5, cy=239.5)
#: How training images ask the same otherwise, questions and phrases; others have the first alone.
ASKED = (
    "{}",
    "Look at this picture: {}",
    "Here\N{RIGHT SINGLE QUOTATION MARK}s a photo. In it, {}",
    "Think before you answer: {}",
    "As far as one can see, {}",
    "Tell me this: {}",
)
PHRASED = (
    "{}",
    "{} in this picture",
    "{} in the camera\N{RIGHT SINGLE QUOTATION MARK}s view",
    "{} that one can see here",
    "{} of this scene",
    "{} and nothing else",
)
#: Half the side of a patch to be ignored, at the edge of the largest part of the answer.
PATCH = 3
#: Where in a pixel corners lie that people draw: nothing but the whole pixel is read.
_WITHIN = 0.75


@dataclass(frozen=True)
class Shot:
    """A scene, its place in the series, its split, and what is asked of it."""

    found: Scene
    index: int
    split: str
    asked: Expression

    @property
    def name(self) -> str:
        """The name of its files, as of an image of Flickr."""
        return f"{4000000000 + 7919 * self.index}_{self.index:010x}_o"

    @property
    def answer(self) -> Array:
        """What is outlined: bool (H, W); outlines have no holes, so they are filled."""
        filled = np.zeros(self.found.instance.shape, dtype=np.uint8)
        cv2.drawContours(filled, _contours(self._shown), -1, 1, cv2.FILLED)
        return filled.astype(bool)

    @property
    def ignored(self) -> Array | None:
        """A patch of it that nobody is sure of, in every third image: left, top, right, bottom."""
        if self.index % 3 != 1:
            return None
        middle = max(_contours(self._shown), key=len)[0, 0]
        return np.concatenate([middle - PATCH, middle + PATCH])

    @property
    def _shown(self) -> Array:
        return np.isin(self.found.instance, self.asked.ids)

    def outlines(self) -> tuple[Outline, ...]:
        """The answer; in some images a patch to ignore; and a flag, which means nothing."""
        corners = [tuple(map(tuple, c[:, 0] + _WITHIN)) for c in _contours(self._shown)]
        found = [Outline("target", each) for each in corners]
        if self.ignored is not None:
            left, top, right, bottom = (float(each) for each in self.ignored)
            box = ((left, top), (right, top), (right, bottom), (left, bottom))
            found.insert(0, Outline("Ignore", box))
        whole = ((0.0, 0.0), (WIDTH - 1.0, 0.0), (WIDTH - 1.0, HEIGHT - 1.0))
        return (*found, Outline("flag", whole))


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` train images and a quarter as many of val and of test; return `root`.

    Every other image has a phrase instead of a question, and every fourth annotation is in
    Windows-1252. Differs from the official dataset in what is shown and asked. The same arguments
    give the same bytes.
    """
    explained = []
    for shot in shots(count, seed):
        ways = (ASKED if shot.asked.reasoning else PHRASED)[: None if shot.split == "train" else 1]
        texts = tuple(way.format(shot.asked.text) for way in ways)
        asked = Asked(texts, shot.asked.reasoning, shot.outlines())
        folder = root / "ReasonSeg" / shot.split
        folder.mkdir(parents=True, exist_ok=True)
        encoding = "cp1252" if shot.index % 4 == 1 else "utf-8"
        write_whole(folder / f"{shot.name}.jpg", jpeg(shot.found.rgb))
        write_whole(folder / f"{shot.name}.json", write_reasonseg(asked, encoding=encoding))
        if shot.split == "train":
            told = {"image": f"{shot.name}.jpg", "query": texts[0], "outputs": "It is marked."}
            explained.append(told)
    folder = root / "ReasonSeg" / "explanatory"
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "train.json", json.dumps(explained).encode())
    return root


def shots(count: int, seed: int) -> Iterator[Shot]:
    """Every image: first those of train, then of val and test."""
    if count < 1:
        raise SpecError(f"count must be >= 1 (train images), got {count}.")
    tested = max(1, count // 4)
    for index, split in enumerate(["train"] * count + ["val"] * tested + ["test"] * tested):
        found = scene(
            seed, index, height=HEIGHT, width=WIDTH, camera=CAMERA, sky=index % 4 == 3, people=1
        )
        said = expressions(found, generator(seed, "reasonseg", str(index))).expressions
        answered = [each for each in said if each.ids]
        wanted = [each for each in answered if each.reasoning == (index % 2 == 0)] or answered
        yield Shot(found, index, split, wanted[index % len(wanted)])


def _contours(mask: Array) -> list[Array]:
    """The pixels at which the outer outlines of a mask turn: int32 (N, 1, 2) of x, y."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return [np.asarray(each) for each in found]
