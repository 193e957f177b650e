"""Shards: USTAR archives that every reader reads alike, and the damage that is found."""

from __future__ import annotations

import gc
import io
import json
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import ShardError
from vtencode.images import Picture
from vtencode.sinks.base import Record
from vtencode.sinks.tar import BLOCK, RECORD, ending, member, members
from vtencode.sinks.webdataset import WebDatasetSink
from vtencode.sources.base import KEY

MEMBERS = [("a.json", b"{}"), ("b.png", bytes(range(256)) * 3), ("c.txt", b"")]
names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=100)
contents = st.binary(max_size=1200)
finite = st.floats(allow_nan=False, allow_infinity=False)
metas = st.dictionaries(
    st.text(max_size=8), st.none() | st.booleans() | st.integers() | finite | st.text(), max_size=5
)
keys = st.from_regex(KEY, fullmatch=True)


def archive(parts: list[tuple[str, bytes]]) -> bytes:
    data = b"".join(member(name, content) for name, content in parts)
    return data + ending(len(data))


def read(data: bytes) -> list[tuple[str, bytes]]:
    return list(members(io.BytesIO(data)))


def summed(header: bytes) -> bytes:
    """A header with its checksum made right (POSIX.1-1988, ustar)."""
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(blank) + header[156:]


def with_field(at: int, value: bytes) -> bytes:
    """A one-member archive whose header holds `value` at byte `at`, rightly summed."""
    data = archive([("a.txt", b"abc")])
    header = data[:at] + value + data[at + len(value) : BLOCK]
    return summed(header) + data[BLOCK:]


def picture(height: int, width: int, seed: int) -> Picture:
    rng = np.random.default_rng(seed)
    return Picture.from_rgb(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def jpeg() -> Picture:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture(6, 8, 0).rgb).save(file, "JPEG")
    return Picture.from_bytes(file.getvalue())


@st.composite
def records(draw, key=keys) -> Record:
    height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    color = draw(st.sampled_from([jpeg(), picture(height, width, 1)]))
    return Record(
        draw(key),
        input=color,
        target=picture(height, width, draw(st.integers(0, 9))),
        instruction=draw(st.text(st.characters(codec="utf-8"))),
        meta=draw(metas),
    )


def shard(*stored: Record) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "00000.tar"
        with WebDatasetSink().writing(path) as written:
            for record in stored:
                written.append(record)
        return path.read_bytes()


def example(key: str = "nyu-00001-depth", color: Picture | None = None) -> Record:
    return Record(
        key,
        input=color or picture(3, 4, 1),
        target=picture(3, 4, 2),
        instruction="Paint the depth.",
        meta={"task": "depth", "height": 3, "worst_error": 0.25},
    )


def read_shard(folder: Path, data: bytes) -> list[Record]:
    path = folder / "00000.tar"
    path.write_bytes(data)
    return list(WebDatasetSink().read(path))


@given(st.lists(st.tuples(names, contents), max_size=4))
def test_members_come_back_exactly(parts) -> None:
    assert read(archive(parts)) == parts


@given(st.lists(st.tuples(names.filter(lambda name: name[-1] != "/"), contents), max_size=4))
def test_tarfile_reads_exactly_the_members(parts) -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(parts)), mode="r:") as tar:
        found = [(info.name, tar.extractfile(info).read()) for info in tar]
    assert found == parts


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 9216, 10_240, 100_000])
def test_tarfile_writes_the_same_bytes_but_for_empty_device_numbers(size) -> None:
    content = bytes(at % 251 for at in range(size))
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("a.bin")
        info.size = size
        tar.addfile(info, io.BytesIO(content))
    data = file.getvalue()
    header = summed(data[:329] + b"0000000\x000000000\0" + data[345:BLOCK])
    assert archive([("a.bin", content)]) == header + data[BLOCK:]


def test_a_member_is_a_plain_file_of_nobody_at_time_0() -> None:
    with tarfile.open(fileobj=io.BytesIO(archive(MEMBERS)), mode="r:") as tar:
        for info in tar:
            assert info.isreg()
            assert (info.mtime, info.mode) == (0, 0o644)
            assert (info.uid, info.gid, info.uname, info.gname) == (0, 0, "", "")


def test_an_archive_fills_whole_tape_records() -> None:
    assert len(archive([])) == RECORD
    for size in (1, 8 * BLOCK, 17 * BLOCK, 18 * BLOCK, 19 * BLOCK):
        data = archive([("a", bytes(size))])
        assert len(data) % RECORD == 0
        assert not any(data[-2 * BLOCK :])


def test_an_archive_without_members_is_read_as_none() -> None:
    assert read(archive([])) == []


def test_an_archive_cut_anywhere_near_a_block_boundary_is_refused() -> None:
    data = archive(MEMBERS)
    for boundary in range(0, len(data) + 1, BLOCK):
        for length in (boundary - 1, boundary, boundary + 1):
            if 0 <= length < len(data):
                with pytest.raises(ShardError):
                    read(data[:length])


def test_an_archive_with_more_after_its_end_is_refused() -> None:
    data = archive(MEMBERS)
    for more in (b"\0", bytes(BLOCK), bytes(RECORD), b"x", data):
        with pytest.raises(ShardError, match="the archive must end"):
            read(data + more)


def test_any_flipped_byte_of_a_header_is_noticed() -> None:
    data = archive([("a.txt", b"abc")])
    for at in range(BLOCK):
        for flip in (0x01, 0x20, 0xFF):
            damaged = bytearray(data)
            damaged[at] ^= flip
            with pytest.raises(ShardError):
                read(bytes(damaged))


def test_a_member_written_elsewhere_at_another_time_is_refused() -> None:
    assert read(with_field(0, b"b")) == [("b.txt", b"abc")]
    for at, value in (
        (0, b"\xff"),  # a name that is not ASCII
        (50, b"x"),  # a name with NUL inside
        (100, b"0000755"),  # another mode
        (108, b"0001750"),  # a user
        (124, b"0000000000x"),  # a size that is not octal
        (124, b"-0000000001"),
        (124, b"         03"),
        (124, b"\x80"),  # a size in GNU's base 256
        (136, b"14632400000"),  # a time
        (156, b"5"),  # a folder
        (156, b"2"),  # a link
        (156, b"L"),  # a long name of GNU's
        (156, b"x"),  # a header of pax
        (257, b"ustar  \0"),  # GNU's magic
        (265, b"root"),  # a user's name
        (345, b"folder"),  # the rest of a long name
    ):
        with pytest.raises(ShardError, match="a plain USTAR member must start at byte 0"):
            read(with_field(at, value))


@pytest.mark.parametrize("style", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_long_name_is_refused_in_whatever_way_it_was_written(style) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=style) as tar:
        tar.addfile(tarfile.TarInfo("folder/" * 15 + "a.txt"), io.BytesIO())
    with pytest.raises(ShardError):
        read(file.getvalue())


@given(st.binary(max_size=2000))
def test_any_bytes_are_an_archive_or_a_shard_error(data) -> None:
    for start in (b"", member("a.txt", b"abc")):
        try:
            read(start + data)
        except ShardError:
            continue


@pytest.mark.parametrize("name", ["a" * 101, "é.png", "深度.png", "a\0b", "a\nb"])
def test_a_name_that_a_header_cannot_hold_is_refused(name) -> None:
    assert read(archive([("a" * 100, b"")])) == [("a" * 100, b"")]
    with pytest.raises(ShardError, match="must have a plain ASCII name of at most 100 bytes"):
        member(name, b"")


@given(st.lists(keys, max_size=3, unique=True).flatmap(
    lambda chosen: st.tuples(*(records(st.just(key)) for key in chosen))
))  # fmt: skip
def test_records_come_back_with_all_they_hold(tmp_path_factory, stored) -> None:
    found = read_shard(tmp_path_factory.mktemp("shard"), shard(*stored))
    assert [record.key for record in found] == [record.key for record in stored]
    for record, original in zip(found, stored, strict=True):
        assert record.instruction == original.instruction
        assert record.meta == original.meta
        assert record.input.data == original.input.data
        assert record.target.data == original.target.data
        assert record.content() == original.content()


@given(records())
def test_the_same_record_gives_the_same_bytes(record) -> None:
    copy = Record(
        record.key,
        input=Picture.from_bytes(record.input.data),
        target=Picture.from_bytes(record.target.data),
        instruction=record.instruction,
        meta=dict(reversed(record.meta.items())),
    )
    assert shard(copy) == shard(record)
    assert copy.content() == record.content()


def test_the_content_of_a_record_changes_with_any_part_of_it() -> None:
    base = example()
    parts = {
        "key": "other",
        "input": picture(3, 4, 7),
        "target": picture(3, 4, 7),
        "instruction": "Paint it.",
        "meta": {"task": "depth", "height": 3, "worst_error": 0.5},
    }
    others = {Record(**{**vars(base), part: value}).content() for part, value in parts.items()}
    assert len(others | {base.content()}) == 6


def test_the_content_of_a_record_does_not_depend_on_how_its_png_was_compressed() -> None:
    import cv2

    base = example()
    other = Picture.from_bytes(cv2.imencode(".png", base.target.rgb[..., ::-1])[1].tobytes())
    assert other.data != base.target.data
    assert Record(**{**vars(base), "target": other}).content() == base.content()


@pytest.mark.parametrize(("color", "extension"), [(jpeg(), "jpg"), (picture(3, 4, 1), "png")])
def test_a_pair_is_four_members_in_the_order_of_their_names(color, extension) -> None:
    data = shard(example("k", color))
    assert [name for name, _ in read(data)] == [
        f"k.input.{extension}",
        "k.instruction.txt",
        "k.json",
        "k.target.png",
    ]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_exactly_the_members(tmp_path) -> None:
    import webdataset

    stored = [example("first", jpeg()), example("second")]
    path = tmp_path / "00000.tar"
    path.write_bytes(shard(*stored))
    found = list(webdataset.WebDataset(str(path), shardshuffle=False))
    gc.collect()  # webdataset leaves its file to the collector
    assert [sample["__key__"] for sample in found] == ["first", "second"]
    for sample, record in zip(found, stored, strict=True):
        assert {key for key in sample if not key.startswith("__")} == {
            f"input.{record.input.format}",
            "instruction.txt",
            "json",
            "target.png",
        }
        assert sample[f"input.{record.input.format}"] == record.input.data
        assert sample["target.png"] == record.target.data
        assert sample["instruction.txt"].decode() == record.instruction
        assert json.loads(sample["json"]) == record.meta


def test_a_shard_without_records_is_read_as_none(tmp_path) -> None:
    assert read_shard(tmp_path, shard()) == []


def test_a_shard_cut_anywhere_near_a_block_boundary_is_refused(tmp_path) -> None:
    data = shard(example())
    for boundary in range(0, len(data) + 1, BLOCK):
        for length in (boundary - 1, boundary, boundary + 1):
            if 0 <= length < len(data):
                with pytest.raises(ShardError):
                    read_shard(tmp_path, data[:length])


@pytest.mark.parametrize("missing", ["input.png", "instruction.txt", "json", "target.png"])
def test_a_record_that_lacks_a_member_is_told_by_key(tmp_path, missing) -> None:
    parts = [part for part in read(shard(example("k"))) if part[0] != f"k.{missing}"]
    with pytest.raises(ShardError, match=r"00000\.tar: the record 'k' must have an input, "):
        read_shard(tmp_path, archive(parts))


@pytest.mark.parametrize("name", ["k.json", "k.target.png", "k.input.jpg", "k.mask.png", "k"])
def test_a_record_with_a_member_too_many_is_told_by_key(tmp_path, name) -> None:
    parts = [*read(shard(example("k"))), (name, b"{}")]
    with pytest.raises(ShardError, match=r"00000\.tar: the record 'k' must have .* each once"):
        read_shard(tmp_path, archive(parts))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("k.json", b"{"),
        ("k.json", b"\xff"),
        ("k.instruction.txt", b"\xff"),
        ("k.input.png", b"GIF89a"),
        ("k.target.png", b"\x89PNG\r\n\x1a\n"),
        ("k.target.png", picture(3, 4, 2).data[:60]),
    ],
)
def test_a_record_with_a_broken_member_is_told_by_key(tmp_path, name, content) -> None:
    parts = {**dict(read(shard(example("k")))), name: content}
    with pytest.raises(ShardError, match=r"00000\.tar: the record 'k' cannot be read: "):
        read_shard(tmp_path, archive(list(parts.items())))
