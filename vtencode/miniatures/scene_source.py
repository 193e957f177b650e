"""Scenes as a dataset: made on the spot, of any number, with every target exactly known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from vtencode.errors import SourceError, SpecError
from vtencode.images import Picture
from vtencode.miniatures import ground_truth
from vtencode.miniatures.phrases import expressions
from vtencode.miniatures.scenes import Scene, scene
from vtencode.png import MAX_PIXELS
from vtencode.seeds import Chance, generator
from vtencode.sources.base import Publication, Row, Sample, Source, sample_key
from vtencode.sources.lazy import LazyTargets
from vtencode.targets import (
    Camera,
    DepthMap,
    Expressions,
    InstanceMasks,
    Keypoints,
    NormalMap,
    PanopticMap,
    SemanticMask,
)

if TYPE_CHECKING:
    import pyarrow as pa

#: Every so many scenes one is for validation, so that a longer series keeps the splits of its
#: start.
_EVERY = 5
#: Focal length in longer sides of the image: 520 px at 640x480, as of a Kinect.
_FOCAL_SIDES = 0.8125


@dataclass(frozen=True, kw_only=True)
class Scenes(Source):
    """Rendered rooms and streets with mannequins; scene i is the same anywhere.

    `count` are for training and a quarter as many for validation, `height` x `width` pixels;
    a share `streets` of them is outdoors. `people` are the fewest and the most mannequins; where
    there is no room, fewer stand. `seed` names the series.
    """

    name: ClassVar[str] = "scenes"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "all")
    generated: ClassVar[bool] = True
    targets: ClassVar[Mapping[str, type]] = {
        "depth": DepthMap,
        "normals": NormalMap,
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
        "keypoints": Keypoints,
        "parts": SemanticMask,
        "expressions": Expressions,
    }
    publication: ClassVar[Publication] = Publication(
        title="vtencode scenes",
        home="https://arxiv.org/abs/2604.20329",
        license="CC0-1.0",
        citation="none needed: rendered by vtencode from a seed",
        how_to_get="rendered on the spot; nothing to fetch",
    )

    root: Path = Path()
    count: int = 1000
    height: int = 480
    width: int = 640
    seed: int = 0
    people: tuple[int, int] = (0, 3)
    streets: float = 0.25

    def __post_init__(self) -> None:
        for name, least in (("count", 1), ("height", 16), ("width", 16)):
            if getattr(self, name) < least:
                got = getattr(self, name)
                raise SpecError(f"scenes: {name} must be >= {least}, got {got}.")
        if self.height * self.width > MAX_PIXELS:
            got = f"{self.width}x{self.height}"
            raise SpecError(f"scenes: width x height must be at most {MAX_PIXELS}, got {got}.")
        if not 0 <= self.people[0] <= self.people[1]:
            raise SpecError(f"scenes: people must be fewest, most, got {self.people}.")
        if not 0 <= self.streets <= 1:
            raise SpecError(f"scenes: streets must be a share, 0 to 1, got {self.streets}.")

    def index(self) -> pa.Table:
        """One row a scene: `index` is its place in the series."""
        import pyarrow as pa

        train = np.arange(self.count)
        train += train // (_EVERY - 1)
        val = np.arange(max(1, self.count // 4)) * _EVERY + _EVERY - 1
        places = {"train": train, "val": val, "all": np.sort(np.concatenate([train, val]))}
        if self.split not in places:
            choice = ", ".join(self.splits)
            raise SourceError(f"scenes must have the split {self.split!r}, and has {choice}.")
        chosen = places[self.split].tolist()
        return pa.table(
            {
                "key": [sample_key("scenes", str(self.seed), f"{at:06d}") for at in chosen],
                "image": ["png"] * len(chosen),
                "split": ["val" if at % _EVERY == _EVERY - 1 else "train" for at in chosen],
                "index": chosen,
            }
        )

    def load(self, row: Row) -> Sample:
        """Render one scene; the last one rendered is kept."""
        at = int(row["index"])
        found = self._last.get(at)
        if found is None:
            found = self._render(at)
            self._last.clear()
            self._last[at] = found
        rng = partial(generator, self.seed, "phrases", str(at))
        targets = LazyTargets(
            {
                **{name: partial(getattr(ground_truth, name), found) for name in _ANNOTATED},
                "expressions": lambda: expressions(found, rng()),
            }
        )
        provenance = {
            "file": f"scene {at} of seed {self.seed}",
            "image_id": f"scenes-{self.seed}/{at}",
        }
        return Sample(row["key"], Picture.from_rgb(found.rgb), targets, provenance)

    def files(self) -> tuple[tuple[str, int], ...]:
        """None: nothing is read."""
        return ()

    @cached_property
    def _last(self) -> dict[int, Scene]:
        return {}

    def _render(self, at: int) -> Scene:
        chance = Chance(self.seed, str(at))
        fewest, most = self.people
        focal = _FOCAL_SIDES * max(self.height, self.width)
        return scene(
            self.seed,
            at,
            height=self.height,
            width=self.width,
            camera=Camera(focal, focal, (self.width - 1) / 2, (self.height - 1) / 2),
            sky=chance.share("street") < self.streets,
            people=fewest + chance.draw("people") % (most - fewest + 1),
        )


_ANNOTATED = tuple(name for name in Scenes.targets if name != "expressions")
