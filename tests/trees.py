"""Small datasets in the forms people have them in, and looks at what a build left on disk."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from vtencode.cli.main import main
from vtencode.durable import PARTIAL
from vtencode.miniatures.scenes import scene
from vtencode.targets import Array, Camera

LABELED = "nyu_depth_v2_labeled.mat"

#: For what takes minutes.
nightly = pytest.mark.skipif(
    os.environ.get("HYPOTHESIS_PROFILE") != "nightly",
    reason="takes minutes: set HYPOTHESIS_PROFILE=nightly",
)


@cache
def frame(index: int, height: int = 48, width: int = 64) -> tuple[Array, Array]:
    """Color uint8 (H, W, 3) and depth uint16 (H, W) millimeters, 0 in a corner, of a room."""
    camera = Camera(fx=0.8 * width, fy=0.8 * width, cx=width / 2, cy=height / 2)
    found = scene(0, index, height=height, width=width, camera=camera)
    depth = np.floor(found.depth_z.astype(np.float64) * 1000 + 0.5).astype(np.uint16)
    depth[: 2 + index % 3, :5] = 0
    return found.rgb, depth


def encoded(pixels: Array, suffix: str) -> bytes:
    """Pixels as the bytes of a "jpg" or "png", written by Pillow."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, {"jpg": "JPEG", "png": "PNG"}[suffix])
    return buffer.getvalue()


def write_bts(
    root: Path,
    *,
    count: int = 12,
    folder: str = "sync/room_0001",
    suffix: str = "jpg",
    size: tuple[int, int] = (48, 64),
) -> Path:
    """Write `count` frames as the BTS tree has them into `root/folder`; return `root`.

    They repeat after twelve.
    """
    place = root / folder
    place.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        color, depth = frame(index % 12, *size)
        (place / f"rgb_{index:05d}.{suffix}").write_bytes(encoded(color, suffix))
        (place / f"sync_depth_{index:05d}.png").write_bytes(encoded(depth, "png"))
    return root


def write_h5(root: Path, frames: Mapping[str, int]) -> Path:
    """Write `frame(index)` at each path ("train/scene/00001.h5"); return `root`."""
    for name, index in frames.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        color, depth = frame(index)
        with h5py.File(path, "w") as file:
            file["rgb"] = color.transpose(2, 0, 1)
            file["depth"] = (depth / 1000).astype(np.float32)
    return root


def write_labeled(root: Path, colors: Sequence[Array], **depths: Sequence[Array]) -> Path:
    """Write frames as the labeled set has them, without a split; return the .mat."""
    root.mkdir(parents=True, exist_ok=True)
    with h5py.File(root / LABELED, "w", userblock_size=512) as file:
        file["images"] = np.stack([color.transpose(2, 1, 0) for color in colors])
        for name, meters in depths.items():
            file[name] = np.stack([plane.T for plane in meters]).astype(np.float32)
    with (root / LABELED).open("rb+") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512, b"\0"))
    return root / LABELED


def listing(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of everything below `root`, folders too."""
    found = {}
    for path in sorted([root, *root.rglob("*")]):
        status = path.stat()
        found[str(path.relative_to(root))] = (status.st_size, status.st_mtime_ns)
    return found


def hashes(root: Path) -> dict[str, str]:
    """sha256 of every file below `root`, hidden ones too."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def visible(root: Path) -> list[str]:
    """What a user sees in a dataset's folder."""
    return sorted(p.name for p in root.iterdir() if not p.name.startswith("."))


def partial(root: Path) -> list[Path]:
    """Files that writers left unfinished."""
    return sorted(root.rglob(f"*{PARTIAL}"))


def command(*words: object, **options: Any) -> subprocess.Popen[str]:
    """Start the command line in a session of its own, talking to pipes."""
    environ = {**os.environ, **options.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "vtencode", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environ,
        **options,
    )


def vtencode(*words: object, **options: Any) -> tuple[int, str, str]:
    """Run the command line: (exit code, stdout, stderr)."""
    with command(*words, **options) as process:
        stdout, stderr = process.communicate(timeout=120)
        return process.returncode, stdout, stderr


def typed(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run the command line in this process, which saves its start: as `vtencode` above."""
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["vtencode", *map(str, words)])
        with pytest.raises(SystemExit) as done:
            main()
    return (int(done.value.code or 0), *capsys.readouterr())


def changed(path: Path, change: Callable[[bytearray], object]) -> Path:
    """Change a file's bytes in place; return its path."""
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)
    return path


def truncate(path: Path) -> Path:
    """Cut a file to half its size; return its path."""
    return changed(path, lambda data: data.__delitem__(slice(len(data) // 2, None)))


def flip(path: Path, at: float = 0.5) -> Path:
    """Flip one bit of a file, so far into it; return its path."""

    def change(data: bytearray) -> None:
        data[int(at * (len(data) - 1))] ^= 1

    return changed(path, change)
