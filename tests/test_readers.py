"""What is built is what others read: independent readers and an independent decoder."""

from __future__ import annotations

import gc
import io
import json
import tarfile

import h5py
import numpy as np
import oracles
import pytest
from PIL import Image

import vtencode as vt
from vtencode.mat5 import write_mat5

#: These readers leave files for the garbage collector to close, which says so.
leaky = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def _collected():
    yield
    gc.collect()


@pytest.fixture(scope="module")
def dataset(nyu, tmp_path_factory) -> vt.Dataset:
    out = tmp_path_factory.mktemp("readers") / "o"
    vt.build("nyu-depth", source=nyu, out=out, overrides=["output.samples_per_shard=3"])
    return vt.open_dataset(out)


def targets_of(out) -> dict[str, np.ndarray]:
    """Target pictures by key, read with the standard library and Pillow alone."""
    found = {}
    for path in sorted(out.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                key, _, extension = member.name.partition(".")
                if extension == "target.png":
                    data = tar.extractfile(member).read()
                    found[key] = np.asarray(Image.open(io.BytesIO(data)))
    return found


@leaky
def test_webdataset_reads_every_pair_and_the_very_pixels(dataset):
    import webdataset as wds

    shards = [str(dataset.root / shard["name"]) for shard in dataset.manifest["shards"]]

    read = {s["__key__"]: s for s in wds.WebDataset(shards, shardshuffle=False).decode("rgb8")}

    assert len(read) == len(dataset) == 4
    for pair in dataset:
        sample = read[pair.key]
        assert np.array_equal(sample["target.png"], pair.code)
        assert np.array_equal(sample["input.png"], pair.input)
        assert sample["instruction.txt"] == pair.instruction
        assert sample["json"] == pair.meta


@leaky
@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_every_pair_and_the_very_pixels(dataset, tmp_path, streaming, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    read = datasets.load_dataset(
        "webdataset",
        data_files={"train": str(dataset.root / "train-*.tar")},
        split="train",
        cache_dir=str(tmp_path),
        streaming=streaming,
    )

    rows = {row["__key__"]: row for row in read}
    assert len(rows) == len(dataset)
    for pair in dataset:
        row = rows[pair.key]
        assert np.array_equal(np.asarray(row["target.png"]), pair.code)
        assert np.array_equal(np.asarray(row["input.png"]), pair.input)
        assert row["instruction.txt"] == pair.instruction
        assert json.loads(row["json"]["codec"]) == json.loads(pair.meta["codec"])


def test_a_stray_target_decodes_by_what_its_own_file_says(dataset, tmp_path):
    pair = next(iter(dataset))
    (tmp_path / "stray.png").write_bytes(pair.record.target.data)

    with Image.open(tmp_path / "stray.png") as image:
        spec, legend = image.text["vtencode:codec"], image.text["vtencode:legend"]
        rgb = np.asarray(image)

    code = vt.Code(rgb, vt.Legend.from_json(legend))
    decoded = vt.codec_from_spec(json.loads(spec)).decode(code).target
    assert np.array_equal(decoded.meters, pair.decode().target.meters, equal_nan=True)


def check_against_source(out, expected: dict[str, np.ndarray]) -> None:
    """Every valid pixel within the declared tolerance, unknown ones NaN, none confused."""
    targets = targets_of(out)
    assert targets.keys() == expected.keys()
    for key, meters in expected.items():
        back = oracles.decode_depth(targets[key])
        known = meters > 0
        bound = vt.codec("depth").tolerance(vt.DepthMap(meters=meters.astype(np.float32)))

        assert np.array_equal(np.isnan(back), ~known)
        assert (np.abs(back - meters)[known] <= bound[known] + 1e-6).all()


def test_the_real_bts_frame_comes_back_through_an_independent_decoder(samples, tmp_path):
    source = samples / "nyu" / "bts"

    built = vt.build("nyu-depth", source=source, out=tmp_path / "o")

    depth = np.asarray(Image.open(source / "sync" / "demo_0001" / "sync_depth_00000.png"))
    assert built.manifest["counts"]["written"] == 1
    check_against_source(tmp_path / "o", {"nyu-demo_0001-00000-depth": depth / 1000})
    color = (source / "sync" / "demo_0001" / "rgb_00000.jpg").read_bytes()
    assert next(iter(vt.open_dataset(tmp_path / "o"))).record.input.data == color
    assert vt.verify(tmp_path / "o").ok


@pytest.mark.slow
@pytest.mark.parametrize(("option", "member"), [("raw", "rawDepths"), ("filled", "depths")])
def test_real_labeled_frames_in_a_mat_come_back_too(samples, tmp_path, option, member):
    folder = samples / "nyu" / "multi-task-refinenet"
    frames = [("ExpNYUD_joint", "000464"), ("ExpNYUD_three", "000433")]
    colors = [np.asarray(Image.open(folder / f / f"{n}.png").convert("RGB")) for f, n in frames]
    raw = [np.asarray(Image.open(folder / f / f"depth_gt_{n}.png")) / 5000 for f, n in frames]
    depths = raw if option == "raw" else [np.where(d > 0, d, np.median(d[d > 0])) for d in raw]
    depths = [depth.astype(np.float32) for depth in depths]
    path = tmp_path / "nyu_depth_v2_labeled.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["images"] = np.stack([color.transpose(2, 1, 0) for color in colors])
        file[member] = np.stack([depth.T for depth in depths])
    numbers = np.array([[1], [2]], np.uint16)
    (tmp_path / "splits.mat").write_bytes(
        write_mat5({"trainNdxs": numbers, "testNdxs": numbers[:0]})
    )

    vt.build("nyu-depth", source=path, out=tmp_path / "o", overrides=[f"source.depth={option}"])

    keys = ("nyu-0001-depth", "nyu-0002-depth")
    check_against_source(tmp_path / "o", dict(zip(keys, depths, strict=True)))
    assert vt.verify(tmp_path / "o").ok
