"""The reader of Open Images masks.

Formats after the authors' description (storage.googleapis.com/openimages/web/download_v7.html) as
mature readers quote it (datumaro, FiftyOne), and not seen in files of the authors by this project:
a mask is a PNG of one bit a pixel, in a resolution of its own, named as the table's `MaskPath`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from vtencode.errors import SourceError
from vtencode.images import Picture
from vtencode.sources.base import Publication, Row, sample_key
from vtencode.sources.files import decoded
from vtencode.sources.open_images.listing import listing
from vtencode.sources.open_images.masks import Listed, instances
from vtencode.sources.open_images.publication import PUBLICATION, SPLITS
from vtencode.sources.open_images.tables import names_of
from vtencode.sources.tree import Maker, TreeSource, image_format, matched
from vtencode.targets import InstanceMasks


@dataclass(frozen=True, kw_only=True)
class OpenImages(TreeSource):
    """Open Images frames: color, the longest side mostly 1024, and masks of 350 classes.

    A frame is an image that is there and whose masks the table lists. Its vocabulary has the
    classes of its masks, and those that people were asked about and did not see in it; nobody
    knows of the others. A class of which the image has more boxes than masks is left out: not
    all of it was outlined, or it is a group in one box.
    """

    name: ClassVar[str] = "open-images"
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"instances": InstanceMasks}
    inner: ClassVar[re.Pattern[str] | None] = re.compile(
        r"(?:.*/)?(?:train|validation|test)-masks-[0-9a-f]\.zip"
    )
    holds: ClassVar[str] = (
        "Open Images: train/000a1249af2bc5f0.jpg, train-annotations-object-segmentation.csv, "
        "…_m0k4j_1a2b3c4d.png or train-masks-0.zip, class-descriptions-boxable.csv"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?:"
        r"(?P<split>train|validation|test)(?:_[0-9a-f])?/(?:data/)?"
        r"(?P<image>[0-9a-f]{1,16})\.(?:jpe?g|png)"
        r"|(?P<mask>[0-9a-f]{1,16}_[a-z0-9_]+_[0-9a-f]{8}\.png)"
        r"|(?:oidv[67]-)?(?P<of>train|validation|test)-annotations-"
        r"(?P<table>object-segmentation|bbox|human-imagelabels(?:-boxable)?)\.csv"
        r"|(?:oidv[67]-)?(?P<names>class-descriptions(?:-boxable)?)\.csv)"
    )
    publication: ClassVar[Publication] = PUBLICATION

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image that is there and has masks in its split's table."""
        images: defaultdict[str, dict[str, str]] = defaultdict(dict)
        found: defaultdict[str, dict[str, str]] = defaultdict(dict)
        masks: dict[str, str] = {}
        for name, part in matched(sizes, self.pattern):
            if part["image"]:
                images[part["split"]].setdefault(part["image"], name)
            elif part["mask"]:
                masks.setdefault(part["mask"], name)
            else:
                found[part["of"]].setdefault(part["table"] or "names", name)
        for split, here in images.items():
            if "object-segmentation" in found[split]:
                names = self._names(found[""])
                for image, objects, absent in listing(self.tree, found[split], here, names, masks):
                    yield self._row(split, image, here[image]) | {
                        "instances": json.dumps(objects),
                        "absent": json.dumps(absent),
                    }
        if images and not any("object-segmentation" in each for each in found.values()):
            raise SourceError(
                f"{self.root} must hold {next(iter(images))}-annotations-object-segmentation.csv "
                "beside its images, and does not. Fetch it from the dataset's page."
            )

    def picture(self, row: Row) -> Picture:
        """The image in the pixels as they are stored."""
        data = self.tree.read(row["file"], field="image")
        return decoded(lambda: Picture.as_stored(data), field="image", where=row["file"])

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """The masks."""
        listed = [Listed(*each) for each in json.loads(row["instances"])]
        read = partial(self.tree.read, field="instances")
        return {"instances": partial(instances, listed, json.loads(row["absent"]), shape, read)}

    def _names(self, found: Mapping[str, str]) -> dict[str, str]:
        if "names" not in found:
            raise SourceError(
                f"{self.root} must hold class-descriptions-boxable.csv, which names the classes, "
                "and does not. Fetch it from the dataset's page."
            )
        return names_of(self.tree, found["names"])

    def _row(self, split: str, image: str, file: str) -> dict[str, Any]:
        return {
            "key": sample_key("openimages", image),
            "image": image_format(file),
            "split": SPLITS[split],
            "scene": "",
            "file": file,
            "image_id": f"open-images/{image}",
        }
