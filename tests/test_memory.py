"""What large datasets cost: memory and time, measured in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

FRAMES = 1449
#: The peak of the process itself: `ru_maxrss` would begin with its parent's.
TELL = (
    "import json, re; "
    "peak = re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text()); "
    "print(json.dumps([time.perf_counter() - began, int(peak[1]) / 1024]))"
)


def cost(code: str) -> tuple[float, float]:
    """Seconds, and megabytes at the most, of a process that runs the code."""
    script = f"import time\nfrom pathlib import Path\nbegan = time.perf_counter()\n{code}\n{TELL}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300
    )
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def published_shape(path: Path) -> Path:
    """A labeled .mat of the published shape (4.3 GB of numbers), whose frames are stored nowhere.

    HDF5 gives the fill value for what was never written, so that readers meet every array at its
    full size, and the disk holds a few kilobytes.
    """
    arrays = {
        "images": ((FRAMES, 3, 640, 480), "u1", 90),
        "depths": ((FRAMES, 640, 480), "f4", 2.5),
        "rawDepths": ((FRAMES, 640, 480), "f4", 2.5),
        "labels": ((FRAMES, 640, 480), "u2", 1),
        "instances": ((FRAMES, 640, 480), "u1", 1),
    }
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, (shape, dtype, value) in arrays.items():
            file.create_dataset(name, shape, dtype, fillvalue=value)
        text = file.create_dataset("#refs#/a", data=np.array([[ord(c)] for c in "wall"], "u2"))
        cell = np.full((1, 1), text.ref, dtype=h5py.ref_dtype)
        file.create_dataset("names", data=cell, dtype=h5py.ref_dtype)
        assert sum(file[name].nbytes for name in arrays) > 4e9
    assert path.stat().st_size < 1e6
    return path


@pytest.mark.parametrize("recipe", ["nyu-depth", "nyu-semantic"])
def test_building_from_a_mat_of_the_published_size_needs_less_than_400_mb(tmp_path, recipe):
    path = published_shape(tmp_path / "nyu_depth_v2_labeled.mat")

    _, megabytes = cost(
        "import vtencode as vt\n"
        f"vt.build({recipe!r}, source={str(path)!r}, out={str(tmp_path / 'out')!r}, limit=12, "
        "workers=1, overrides=['source.split=all'])"
    )

    assert megabytes < 400


@pytest.mark.slow
def test_indexing_50_000_frames_takes_less_than_5_s_and_200_mb(tmp_path):
    for scene in range(100):
        folder = tmp_path / f"train/indoors/scene_{scene:05d}/scan_{scene:05d}"
        folder.mkdir(parents=True)
        for frame in range(500):
            stem = f"{folder}/{scene:05d}_{scene:05d}_indoors_{frame:03d}_000"
            for ending in (".png", "_depth.npy", "_depth_mask.npy"):
                os.close(os.open(stem + ending, os.O_CREAT | os.O_WRONLY))

    seconds, megabytes = cost(
        "from vtencode.sources.diode import Diode\n"
        f"source = Diode(root=Path({str(tmp_path)!r}))\n"
        "assert len(source.index()) == 50_000\n"
        "assert len(source.fingerprint()) == 64\n"
    )

    assert seconds < 5
    assert megabytes < 200
