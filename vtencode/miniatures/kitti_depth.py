"""A tiny KITTI depth: annotated depth, the raw images it is of, and the depth selection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vtencode.durable import write_whole
from vtencode.formats.kitti import write_calibration, write_intrinsics
from vtencode.miniatures.scenes import Scene
from vtencode.miniatures.series import Shot, outdoors, series
from vtencode.png import write_png, write_png_gray
from vtencode.scaled import ScaledDepth
from vtencode.seeds import generator
from vtencode.targets import Array, Camera, DepthMap

HEIGHT, WIDTH = 375, 1242
#: P_rect_02 and P_rect_03 of `2011_09_26/calib_cam_to_cam.txt`.
CAMERA = Camera(fx=721.5377, fy=721.5377, cx=609.5593, cy=172.854)
DEPTH = ScaledDepth(per_meter=256, unknown=0)
TRAIN, VAL = "2011_09_26_drive_0001_sync", "2011_09_26_drive_0002_sync"
#: Size of the depth selection (devkit, readme.txt).
CUT_HEIGHT, CUT_WIDTH = 352, 1216
#: What the scanner answers to: at most 2 degrees above the horizon (Velodyne HDL-64E).
_HIGHEST = np.tan(np.radians(2))
_FARTHEST_M = 85.0


def write(root: Path, *, count: int = 8, seed: int = 0) -> Path:
    """Write `count` frames of a train drive and a quarter as many of a val drive; return `root`.

    Train frames are of the left and the right camera in turns. Val frames are in the selection,
    too, and the first 20 of them in Eigen's test list. Differs from
    the official archives in what is shown, and in that depth is known for a share of the pixels
    that is drawn, not scanned. The same arguments give the same bytes.
    """
    for shot in series(count, seed, height=HEIGHT, width=WIDTH, camera=CAMERA, street=outdoors):
        for name, data in _files(shot, seed):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
    calibration = write_calibration({"02": CAMERA, "03": CAMERA})
    write_whole(root / "2011_09_26" / "calib_cam_to_cam.txt", calibration)
    return root


def scanned(found: Scene, seed: int, index: int) -> DepthMap:
    """What the scanner gives of a scene: a fifth of the pixels, none in the sky."""
    height = (CAMERA.cy - np.arange(HEIGHT)) / CAMERA.fy
    low = np.broadcast_to(height[:, None] < _HIGHEST, found.depth_z.shape)
    share = generator(seed, "scanned", str(index)).random(found.depth_z.shape)
    beam = np.arange(HEIGHT)[:, None] % 5 < 2  # a beam every 0.4 degrees is one in 5 rows
    seen = low & (share < np.where(beam, 0.55, 0.15)) & (found.depth_z < _FARTHEST_M)
    return DepthMap(np.where(seen, found.depth_z, np.nan))


def _files(shot: Shot, seed: int) -> Iterator[tuple[str, bytes]]:
    drive, side, frame = _place(shot)
    steps = DEPTH.write(scanned(shot.found, seed, shot.index))
    depth = f"{'val' if shot.test else 'train'}/{drive}/proj_depth"
    yield f"{depth}/groundtruth/image_{side}/{frame}.png", write_png_gray(steps)
    yield f"{depth}/velodyne_raw/image_{side}/{frame}.png", write_png_gray(_one_scan(steps))
    raw = f"{drive[:10]}/{drive}/image_{side}/data/{frame}.png"
    yield raw, write_png(shot.found.rgb, kind="photo")
    if shot.test:
        yield from _selected(f"{drive}_{{}}_{frame}_image_{side}", steps, shot.found.rgb)


def _place(shot: Shot) -> tuple[str, str, str]:
    """Drive, camera and frame: of Eigen's every third, or every one from 5 on by both cameras."""
    if shot.test:
        return VAL, "02", f"{6 + 3 * shot.number:010d}"
    return TRAIN, f"0{2 + shot.number % 2}", f"{5 + shot.number // 2:010d}"


def _one_scan(steps: Array) -> Array:
    """One scan instead of eleven, whose depths are off here."""
    single = np.zeros_like(steps)
    single[::5] = steps[::5] // 2
    return single


def _selected(name: str, steps: Array, rgb: Array) -> Iterator[tuple[str, bytes]]:
    """A frame of `val_selection_cropped`: the bottom, in the middle."""
    top, left = HEIGHT - CUT_HEIGHT, (WIDTH - CUT_WIDTH) // 2
    part = (slice(top, None), slice(left, left + CUT_WIDTH))
    folder, image = "depth_selection/val_selection_cropped", name.format("image")
    camera = write_intrinsics(CAMERA.crop(left=left, top=top))
    yield f"{folder}/image/{image}.png", write_png(rgb[part], kind="photo")
    yield f"{folder}/intrinsics/{image}.txt", camera
    depth = name.format("groundtruth_depth")
    yield f"{folder}/groundtruth_depth/{depth}.png", write_png_gray(steps[part])
