"""A document as large as COCO's own is cut up in seconds, and a worker starts without it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process needs"),
]

IMAGES, ANNOTATIONS = 118_000, 860_000

#: What `resource` tells instead is at least the peak of the process that started this one.
TELL = """
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.perf_counter() - began, int(peak.split()[1]) / 1024)
"""

PLAN = """
import pickle
from vtencode.building.plan import make_plan
from vtencode.building.rows import write_tables
from vtencode.building.setting import setting
from vtencode.building.shard import BuildShard
with setting("coco-instances", source={root!r}) as ready:
    plan, tables = make_plan(ready.mix, ready.sources, limit=None)
    tables_at = Path({folder!r})
    write_tables(tables, tables_at)
    work = BuildShard(plan, ready.mix, ready.sources, tables_at, tables_at)
    (tables_at / "work.pickle").write_bytes(pickle.dumps(work))
    (tables_at / "first").write_text(tables.samples[0]["file"][0].as_py())
assert (plan.samples, plan.pairs) == (118_000, 118_000)
"""

#: Once everything is imported, as it is for any dataset: the rows of a shard, and a first pair.
WORKER = """
import pickle
from vtencode.building.rows import planned_pairs
from vtencode.building.shard import made_pairs
began = time.perf_counter()
work = pickle.loads(Path({folder!r}, "work.pickle").read_bytes())
pairs = planned_pairs(work.plan, work.mix, work.tables, 0)
pair, made = next(made_pairs(pairs, work.sources))
assert made.record.key == pair.key, made
"""


def cost(code: str) -> tuple[float, float]:
    """Seconds, and megabytes at the most, of a process that runs the code."""
    script = f"import time\nfrom pathlib import Path\nbegan = time.perf_counter()\n{code}\n{TELL}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300
    )
    seconds, megabytes = map(float, done.stdout.splitlines()[-1].split())
    return seconds, megabytes


def document(path: Path) -> None:
    """A document of COCO's size, 450 MB: annotations of 300 shapes, in the order of chance."""
    rng = np.random.default_rng(0)
    shapes = [annotation(rng) for _ in range(300)]
    owners = rng.integers(0, IMAGES, ANNOTATIONS).tolist()
    which = rng.integers(0, len(shapes), ANNOTATIONS).tolist()
    numbers = iter(range(ANNOTATIONS))
    with path.open("wb") as file:
        file.write(b'{"info": {"year": 2017}, "images": [')
        file.write(b", ".join(image(at) for at in range(IMAGES)))
        file.write(b'], "annotations": [')
        while part := list(islice(numbers, 20_000)):
            texts = (shapes[which[at]] % (owners[at], at + 1) for at in part)
            file.write((b", " if part[0] else b"") + b", ".join(texts))
        names = [{"id": at, "name": f"class {at}", "supercategory": "s"} for at in range(1, 81)]
        file.write(b'], "categories": ' + json.dumps(names).encode() + b"}")


def annotation(rng: np.random.Generator) -> bytes:
    """One outline of 8 to 48 corners, the image and the id left open."""
    corners = rng.uniform([100, 100], [200, 160], (int(rng.choice([8, 16, 24, 48])), 2)).round(2)
    entry = {
        "segmentation": [corners.reshape(-1).tolist()],
        "area": 1234.5678,
        "iscrowd": 0,
        "image_id": "I",
        "bbox": [100.0, 100.0, 100.0, 60.0],
        "category_id": int(rng.integers(1, 81)),
        "id": "N",
    }
    return json.dumps(entry).replace('"I"', "%d").replace('"N"', "%d").encode()


def image(at: int) -> bytes:
    name = f"{at:012d}.jpg"
    entry = {
        "license": 3,
        "file_name": name,
        "coco_url": f"http://images.cocodataset.org/train2017/{name}",
        "height": 480,
        "width": 640,
        "date_captured": "2013-11-14 11:18:45",
        "flickr_url": "http://farm9.staticflickr.com/8186/8119368305_4e622c8349_z.jpg",
        "id": at,
    }
    return json.dumps(entry).encode()


@pytest.fixture(scope="module")
def large(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("coco")
    (root / "annotations").mkdir()
    (root / "train2017").mkdir()
    for at in range(IMAGES):
        path = root / f"train2017/{at:012d}.jpg"
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    document(root / "annotations/instances_train2017.json")
    return root


def test_coco_is_planned_in_a_minute_and_a_worker_starts_in_a_second(large, tmp_path):
    file = large / "annotations/instances_train2017.json"
    assert 4.2e8 < file.stat().st_size < 5.2e8

    seconds, megabytes = cost(PLAN.format(root=str(large), folder=str(tmp_path)))
    assert seconds < 60
    assert megabytes < 2500

    first = large / (tmp_path / "first").read_text()
    Image.new("RGB", (640, 480), "gray").save(first)
    file.unlink()
    seconds, megabytes = cost(WORKER.format(folder=str(tmp_path)))
    assert seconds < 1
    assert megabytes < 250
