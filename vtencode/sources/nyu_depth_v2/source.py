"""The reader of NYU Depth V2: finds the form, lists the frames, reads one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from vtencode.errors import SourceError
from vtencode.sources.base import Publication, RemoteFile, Row, Sample, Source
from vtencode.sources.files import check_shape, decoded, existing, walk
from vtencode.sources.lazy import LazyTargets
from vtencode.sources.nyu_depth_v2 import labeled
from vtencode.sources.nyu_depth_v2.h5_tree import H5Tree, is_h5_frame
from vtencode.sources.nyu_depth_v2.labeled import Labeled
from vtencode.sources.nyu_depth_v2.layout import SPLITS, Layout
from vtencode.sources.nyu_depth_v2.regions import regions
from vtencode.sources.nyu_depth_v2.trees import PngTree, is_png_frame
from vtencode.targets import Camera, DepthMap, InstanceMasks, PanopticMap, SemanticMask

if TYPE_CHECKING:
    import pyarrow as pa

#: Color camera at 640x480 (camera_params.m of the authors' toolbox); depth is projected into it.
CAMERA = Camera(
    fx=5.1885790117450188e02,
    fy=5.1946961112127485e02,
    cx=3.2558244941119034e02,
    cy=2.5373616633400465e02,
)
#: Targets that are made of `labels`.
_REGIONS = frozenset({"semantic", "instances", "panoptic"})


@dataclass(frozen=True, kw_only=True)
class NyuDepthV2(Source):
    """NYU Depth V2 frames: 640x480 color and metric z depth of indoor scenes, 0.7 to 10 m.

    `root` is the labeled .mat, or a folder with it, or a PNG tree, or an .h5 tree. `depth` picks
    the in-painted ("filled") or measured ("raw") depths of the .mat; the trees have one depth.
    `scenes` keeps some scenes. Classes and instances are in the .mat alone: `classes` are all its
    894 names, or the 40 or 13 that classMapping40.mat beside it groups them into.
    """

    name: ClassVar[str] = "nyu-depth-v2"
    splits: ClassVar[tuple[str, ...]] = SPLITS
    targets: ClassVar[Mapping[str, type]] = {
        "depth": DepthMap,
        "semantic": SemanticMask,
        "instances": InstanceMasks,
        "panoptic": PanopticMap,
    }
    publication: ClassVar[Publication] = Publication(
        title="NYU Depth Dataset V2",
        home="https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html",
        license="no formal license; for academic use",
        citation=(
            "N. Silberman, D. Hoiem, P. Kohli, R. Fergus: Indoor Segmentation and Support "
            "Inference from RGBD Images. ECCV 2012."
        ),
        how_to_get="open download, 2.8 GB (labeled set, 1449 frames)",
        place=(
            "nyu_depth_v2_labeled.mat, splits.mat (and classMapping40.mat for 40 or 13 classes)\n"
            "or sync/SCENE/rgb_00000.jpg, sync_depth_00000.png (BTS)\n"
            "or train/SCENE/00001.h5, val/official/00001.h5"
        ),
        traps=(
            "the arrays of the .mat are transposed by HDF5 readers: turned back here",
            "frames of splits.mat are counted from 1",
            "instances count from 1 within each name: (name, instance) makes an object",
            "the 40 classes come in a file of their own, and 'refridgerator' is spelled so",
            "rawDepths and PNG trees are 0 where nothing was measured: unknown here",
            "DenseDepth's 8-bit train PNGs are depth * 25.5: refused",
        ),
        files=(
            RemoteFile(
                url="http://horatio.cs.nyu.edu/mit/silberman/nyu_depth_v2/nyu_depth_v2_labeled.mat",
                name=labeled.NAME,
                magic=b"MATLAB 7.3 MAT-file",
                size=2_972_037_809,
                sha256="2d724b0c0ab358aa1ce5df855e5bd14a2279ab7202efe22f32a30d612dcb86aa",
            ),
            RemoteFile(
                url="http://horatio.cs.nyu.edu/mit/silberman/indoor_seg_sup/splits.mat",
                name=labeled.SPLITS_NAME,
                magic=b"MATLAB 5.0 MAT-file",
                size=2626,
                sha256="6e081404491a8bfba2f066beaa9713ef6046f9007aa5f799f2a350506a580cee",
            ),
        ),
    )

    depth: Literal["filled", "raw"] = "filled"
    classes: Literal[894, 40, 13] = 894
    scenes: tuple[str, ...] = ()

    def index(self) -> pa.Table:
        """One row a frame of the split; see `Frame` for the columns."""
        return self._layout.chosen(self.split, self.scenes)

    def load(self, row: Row) -> Sample:
        """Read one frame; the color bytes pass through untouched."""
        layout = self._layout
        picture = layout.picture(row)
        shape = picture.height, picture.width
        makers: dict[str, Callable[[], Any]] = {"depth": partial(depth_of, layout, row, shape)}
        if isinstance(layout, Labeled):
            made = regions(layout, row, shape)
            makers |= {name: made[name] for name in self.available() if name in made}
        provenance = {
            "file": row["file"],
            "member": str(row["depth"]),
            "scene": row["scene"],
            "image_id": row["image_id"],
        }
        if layout.image_files:
            provenance["sha256"] = hashlib.sha256(picture.data).hexdigest()
        return Sample(row["key"], picture, LazyTargets(makers), provenance)

    def available(self) -> Mapping[str, type]:
        """Depth, and what of the rest the .mat holds."""
        layout = self._layout
        have = {"depth"}
        if isinstance(layout, Labeled) and layout.has("labels", "names"):
            have |= {"semantic"}
            have |= {"instances", "panoptic"} if layout.has("instances") else set()
        return {name: kind for name, kind in self.targets.items() if name in have}

    def require(self, names: Iterable[str]) -> None:
        """Raise `SourceError` unless this form of the dataset has each of these targets."""
        wanted, layout = list(names), self._layout
        missing = next((name for name in wanted if name not in self.available()), None)
        if missing is not None:
            raise SourceError(
                f"{self.root} is {layout.form}, which has no {missing!r}: it has "
                f"{', '.join(self.available())}. {labeled.NAME} of the authors has them all."
            )
        if isinstance(layout, Labeled) and _REGIONS.intersection(wanted):
            _ = layout.class_of  # tells what is missing before a build

    def files(self) -> tuple[tuple[str, int], ...]:
        """The .mat files, or every frame file of the tree."""
        return tuple(sorted(self._layout.sizes().items()))

    @cached_property
    def _layout(self) -> Layout:
        root = existing(self.root)
        if root.is_file():
            if root.suffix != ".mat":
                raise SourceError(f"{root} must be {labeled.NAME} or a folder, got a file.")
            return Labeled(root, self.depth, self.classes)
        found = dict(walk(root))
        if any(part.startswith("nyu2_train") for name in found for part in name.split("/")):
            raise SourceError(
                f"{root} is DenseDepth's nyu_data.zip, whose train depth is 8-bit "
                "(depth * 25.5): not metric enough to teach depth. Use the BTS tree or the "
                "labeled .mat."
            )
        forms: list[Layout] = []
        if (root / labeled.NAME).is_file():
            forms.append(Labeled(root / labeled.NAME, self.depth, self.classes))
        if any(map(is_png_frame, found)):
            forms.append(PngTree(root, found))
        if any(map(is_h5_frame, found)):
            forms.append(H5Tree(root, found))
        return _only(forms, root)


def _only(forms: list[Layout], root: Path) -> Layout:
    if not forms:
        raise SourceError(
            f"{root} must hold NYU Depth V2 ({labeled.NAME}, a BTS tree with sync/ or "
            "official_splits/, or a tree of .h5 frames), and holds none of them."
        )
    if len(forms) > 1:
        raise SourceError(
            f"{root} holds the dataset twice: {' and '.join(form.form for form in forms)}. "
            "Point --source at the one you mean."
        )
    return forms[0]


def depth_of(layout: Layout, row: Row, shape: tuple[int, int]) -> DepthMap:
    """The depth of one frame, seen by the color camera."""
    meters, where = layout.depth(row), str(row["depth"])
    check_shape(meters, shape, field="depth", where=where)
    return decoded(lambda: DepthMap(meters, camera=CAMERA), field="depth", where=where)
