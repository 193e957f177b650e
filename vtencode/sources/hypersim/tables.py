"""The two tables that ml-hypersim keeps apart from the archives: splits, and cameras."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

import numpy as np

from vtencode.errors import SourceError
from vtencode.sources.base import RemoteFile
from vtencode.sources.hypersim.layout import Frame
from vtencode.sources.hypersim.view import View
from vtencode.sources.tree import Tree

_RAW = (
    "https://raw.githubusercontent.com/apple/ml-hypersim/c85b2879c8da8ded2f4c24d2630c1ab4451999b2"
)
SPLITS = RemoteFile(
    f"{_RAW}/evermotion_dataset/analysis/metadata_images_split_scene_v1.csv",
    "metadata_images_split_scene_v1.csv",
    b"scene_name,",
    size=2_962_706,
    sha256="47b7cce12f4659ffa31cf05e8fbf2aee3d69e1929d07b5ea25506603b69d5ce6",
)
CAMERAS = RemoteFile(
    f"{_RAW}/contrib/mikeroberts3000/metadata_camera_parameters.csv",
    "metadata_camera_parameters.csv",
    b"scene_name,",
    size=312_522,
    sha256="0b40e0884ba2458e7bdcdbb27de46a4ec6eacbfbbb4ef0d70188d78098cebdc9",
)
_M = tuple(f"M_cam_from_uv_{row}{column}" for row in range(3) for column in range(3))


def splits(tree: Tree, names: Iterable[str]) -> dict[Frame, str]:
    """The split of every frame of the public release.

    Told by the authors' table, wherever it lies, or by the ones that Marigold's script writes.
    """
    found = _named(names, SPLITS.name) or [
        name for name in sorted(names) if name.rpartition("/")[2].startswith("filename_meta_")
    ]
    if not found:
        raise SourceError(_lacking(tree, SPLITS, "which frames are public, and of which split"))
    listed: dict[Frame, str] = {}
    columns = ("scene_name", "camera_name", "frame_id", "included_in_public_release",
               "split_partition_name")  # fmt: skip
    for name in found:
        for scene, camera, number, public, split in _rows(tree, name, columns):
            if public == "True":
                listed[Frame(scene, camera, int(_numbers(name, [number])[0]))] = split
    return listed


def views(tree: Tree, names: Iterable[str]) -> dict[str, View]:
    """The rays of every scene.

    Raises `SourceError` without the table: one focal length for all scenes is off by 6 % in the
    median of some, and by 15 % at the border.
    """
    found = _named(names, CAMERAS.name)
    if not found:
        raise SourceError(_lacking(tree, CAMERAS, "which way each scene's pixels look"))
    listed = {}
    for scene, *numbers in _rows(tree, found[0], ("scene_name", *_M)):
        view = View(np.array(_numbers(found[0], numbers)).reshape(3, 3))
        if not view.ahead:
            raise SourceError(f"{found[0]}: {scene} must look along -z, got {numbers}.")
        listed[scene] = view
    return listed


def has_cameras(names: Iterable[str]) -> bool:
    """Whether the table of cameras is there."""
    return bool(_named(names, CAMERAS.name))


def _named(names: Iterable[str], wanted: str) -> list[str]:
    """The path of the file of that name that lies highest, in a list; empty where there is none."""
    paths = [name for name in names if name.rpartition("/")[2] == wanted]
    return sorted(paths, key=lambda name: (name.count("/"), name))[:1]


def _rows(tree: Tree, name: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    text = tree.read(name, field="table").decode("utf-8", "replace")
    reader = csv.DictReader(io.StringIO(text))
    lacking = [column for column in columns if column not in (reader.fieldnames or ())]
    if lacking:
        raise SourceError(
            f"{name} must have the column {lacking[0]!r}, and has "
            f"{', '.join(list(reader.fieldnames or ())[:5]) or 'none'}, …. Fetch it again."
        )
    for row in reader:
        yield [row[column] or "" for column in columns]


def _numbers(name: str, texts: list[str]) -> list[float]:
    try:
        return [float(text) for text in texts]
    except ValueError as error:
        raise SourceError(f"{name} must hold numbers, got {texts}. Fetch it again.") from error


def _lacking(tree: Tree, file: RemoteFile, tells: str) -> str:
    return (
        f"{tree.root} must hold {file.name}, which tells {tells}, and does not. The scenes' "
        f"archives lack it: put it anywhere below, from {file.url}"
    )
