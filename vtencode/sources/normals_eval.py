"""DSINE's evaluation pack: images and normals of six datasets, as everyone evaluates normals.

Layout and formats after the authors' readers (DSINE, data/datasets/*/__init__.py), and after what
they say they wrote ground truth with (utils/visualize.py, notes/depth_to_normal.ipynb):

- nyuv2 (normals of GeoNet), scannet (of FrameNet): 8-bit PNG, rint((n + 1) / 2 * 255);
- vkitti: 16-bit PNG, rint((n + 1) / 2 * 65535); its images are JPEGs, all others PNGs;
- ibims, sintel: OpenEXR, float32 channels R, G, B = x, y, z, none where |n| <= 0.5;
- oasis: a pickled box of the image, and normals in it, none where 0, in OASIS's own axes.

PNGs are black where there is none. All but oasis hold the outward normal in (right, down, front):
left, up, backward for the one that faces the camera (README, "About the coordinate system").
Marigold published some of it again as `_normal.npy`, float (H, W, 3), 0 where there is none. Its
axes are not told, and follow from its code, which compares them with its predictions as they are:
right, up, toward the viewer (diffusers, MarigoldNormalsPipeline).

No file of the pack was at hand, but DSINE's example: a 16-bit PNG whose vectors are 1 + 5e-8 long
on average when read as rounded, and whose axes its depth confirms (mean cosine 0.975).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np

from vtencode.errors import CodeError, SampleError, SourceError
from vtencode.formats.exr import openexr, read_exr
from vtencode.formats.npy import read_npy
from vtencode.formats.pickles import read_pickle
from vtencode.formats.rgb16 import read_rgb16
from vtencode.frames import from_frame
from vtencode.geometry import unit
from vtencode.png import RGB_TYPE, png_header, read_png
from vtencode.sources.base import Publication, RemoteFile, Row, sample_key
from vtencode.sources.files import check_shape, decoded
from vtencode.sources.nyu_depth_v2.layout import published_id
from vtencode.sources.tree import Maker, TreeSource, image_format, matched
from vtencode.targets import Array, NormalMap

Part = Literal["nyuv2", "scannet", "ibims", "sintel", "vkitti", "oasis", "all"]


@dataclass(frozen=True, kw_only=True)
class NormalsEval(TreeSource):
    """Images and their normals, of which `part` keeps one dataset's.

    The 795 frames of nyuv2/train are the split "train"; all else is "test".
    """

    name: ClassVar[str] = "normals-eval"
    splits: ClassVar[tuple[str, ...]] = ("train", "test", "all")
    targets: ClassVar[Mapping[str, type]] = {"normals": NormalMap}
    holds: ClassVar[str] = (
        "the evaluation pack of DSINE: {nyuv2,scannet,ibims,sintel,vkitti,oasis}/SCENE/"
        "FRAME_img.png, FRAME_normal.*"
    )
    pattern: ClassVar[re.Pattern[str]] = re.compile(
        r"(?:.*/)?(?P<part>nyuv2|scannet|ibims|sintel|vkitti|oasis)/(?P<scene>[^/]+)/"
        r"(?P<frame>[^/]+)_(?:img\.(?P<image>png|jpg)|normal\.(?P<normals>png|exr|pkl|npy))"
    )
    publication: ClassVar[Publication] = Publication(
        title="The evaluation datasets of DSINE",
        home="https://github.com/baegwangbin/DSINE",
        license="each dataset's own, named in its readme.txt (README of DSINE)",
        citation=(
            "G. Bae, A. J. Davison: Rethinking Inductive Biases for Surface Normal Estimation. "
            "CVPR 2024."
        ),
        how_to_get=(
            "dsine_eval.zip in the Google Drive folder that DSINE's README links (Step 2); "
            "Marigold's copy of nyuv2/test, scannet, ibims and oasis is an open download"
        ),
        place=(
            "dsine_eval/nyuv2/test/000000_img.png, 000000_normal.png (…_intrins.npy is not read); "
            "or evaluation_dataset.zip of Marigold as it is"
        ),
        traps=(
            "normals are outward, in (right, down, front): turned here",
            "vkitti's PNGs have 16 bits, of which many readers give 8: all are read here",
            "black is no normal, in PNGs: unknown here",
            "oasis holds pickles, in other axes: read without running them",
            "nyuv2 counts the labeled set's frames from 0, NYU from 1: image ids count from 1",
            "the .npy of Marigold are in its own axes, x turned around: turned here",
        ),
        files=(
            RemoteFile(
                "https://share.phys.ethz.ch/~pf/bingkedata/marigold/marigold_normals/"
                "evaluation_dataset.zip",
                "evaluation_dataset.zip",
                b"PK\x03\x04",
            ),
        ),
    )

    split: str = "test"
    part: Part = "all"

    def frames(self, sizes: Mapping[str, int]) -> Iterator[dict[str, Any]]:
        """A frame for every image of the part, in the order of their paths."""
        images: list[tuple[str, str, dict[str, str]]] = []
        normals: dict[str, str] = {}
        for name, told in matched(sizes, self.pattern):
            if self.part not in ("all", told["part"]):
                continue
            stem = name.rpartition("_")[0]
            if told["image"]:
                images.append((stem, name, told))
            elif normals.setdefault(stem, name) != name:
                raise SourceError(
                    f"{self.root} holds the normals of a frame twice, {normals[stem]} and {name}. "
                    "Point --source at one of the two packs."
                )
        for stem, name, told in images:
            part, scene, frame = told["part"], told["scene"], told["frame"]
            yield {
                "key": sample_key("eval", part, scene, frame),
                "image": image_format(name),
                "split": "train" if (part, scene) == ("nyuv2", "train") else "test",
                "scene": scene,
                "file": name,
                "image_id": _image_id(part, scene, frame),
                "normals": normals.get(stem, ""),
            }

    def require(self, names: Iterable[str]) -> None:
        """Also raise `MissingExtraError` where OpenEXR is needed, before a build starts."""
        super().require(names)
        if any(name.endswith(".exr") for name in self.index()["normals"].to_pylist()):
            openexr()

    def makers(self, row: Row, shape: tuple[int, int]) -> Mapping[str, Maker]:
        """Normals, by what the file's name ends in."""
        return {"normals": partial(self._normals, row["normals"], shape)}

    def _normals(self, name: str, shape: tuple[int, int]) -> NormalMap:
        data = self.tree.read(name, field="normals")
        read, frame = _READERS[name.rpartition(".")[2]]
        if name.endswith(".png"):
            header = decoded(lambda: png_header(data), field="normals", where=name)
            if header.color_type != RGB_TYPE:
                raise SampleError("MODE", "normals", name, f"must be an RGB PNG, got {header}")
        vectors = decoded(lambda: read(data, shape), field="normals", where=name)
        if vectors.dtype.kind != "f":
            raise SampleError("MODE", "normals", name, f"must be float, got {vectors.dtype}")
        check_shape(vectors, (*shape, 3), field="normals", where=name)
        return from_frame(unit(vectors), frame)


def _image_id(part: str, scene: str, frame: str) -> str:
    """The name of the dataset that an image is of, where it says which of its frames it is."""
    if part == "nyuv2" and frame.isdecimal():
        return published_id(int(frame) + 1)
    if part == "scannet" and frame.isdecimal():
        return f"scannet/{scene}/{int(frame):06d}"
    return f"ibims-1/{frame}" if part == "ibims" else f"normals-eval/{part}/{scene}/{frame}"


def _from_png(data: bytes, _shape: tuple[int, int]) -> Array:
    """(2 c - 255) / 255 of 8 bits, and of 16 alike; black is too long to be a direction."""
    levels, most = (
        (read_rgb16(data), 65535) if png_header(data).bit_depth == 16 else (read_png(data), 255)
    )
    return (2 * levels.astype(np.float32) - most) / np.float32(most)


def _from_box(data: bytes, shape: tuple[int, int]) -> Array:
    """The whole image's normals, 0 outside of the box that they are told in."""
    found = read_pickle(data)
    try:
        top, bottom, left, right = (
            int(found[name]) for name in ("min_y", "max_y", "min_x", "max_x")
        )
        normals = np.asarray(found["normal"])
    except (KeyError, TypeError, ValueError) as error:
        raise CodeError(f"must hold min_y, max_y, min_x, max_x and normal: {error!r}.") from error
    box = bottom + 1 - top, right + 1 - left
    if normals.shape != (*box, 3) or not (0 <= top <= bottom and 0 <= left <= right):
        raise CodeError(f"normal must fill its box {box}, got {normals.shape}.")
    if bottom >= shape[0] or right >= shape[1]:
        raise CodeError(f"the box must lie in the image {shape}, and ends at {bottom}, {right}.")
    vectors = np.zeros((*shape, 3), normals.dtype)
    vectors[top : bottom + 1, left : right + 1] = normals
    return vectors


#: By what the file's name ends in: its numbers, and the axes that they are told in.
_READERS: Mapping[str, tuple[Callable[[bytes, tuple[int, int]], Array], str]] = {
    "png": (_from_png, "dsine"),
    "exr": (lambda data, _: read_exr(data), "dsine"),
    "pkl": (_from_box, "oasis"),
    "npy": (lambda data, _: read_npy(data), "marigold"),
}
