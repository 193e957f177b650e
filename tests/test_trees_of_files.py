"""Datasets of files: loose or in archives, in a fixed order, never written to, faults told."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from pathlib import Path

import pytest
from trees import changed, listing

from vtencode.errors import SampleError, SourceError
from vtencode.sources.tree import Tree

EVERY = re.compile(r".*\.txt")
FILES = {"a/1.txt": b"one", "a/2.txt": b"two" * 1000, "b.txt": b"", "c/d/e.txt": b"deep"}


def loose(root):
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def zipped(path, files=FILES):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(path, files=FILES, prefix=""):
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(prefix + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


FORMS = {
    "loose": loose,
    "zip": lambda root: zipped(root / "x.zip").parent,
    "tar": lambda root: tarred(root / "x.tar").parent,
    "tar of ./": lambda root: tarred(root / "x.tar", prefix="./").parent,
    "the zip itself": lambda root: zipped(root / "x.zip"),
    "the tar itself": lambda root: tarred(root / "x.tar"),
}


@pytest.fixture(params=FORMS)
def root(request, tmp_path):
    return FORMS[request.param](tmp_path)


def test_every_form_has_the_same_files(root):
    tree = Tree(root)

    assert list(tree.sizes(EVERY).items()) == [(n, len(FILES[n])) for n in sorted(FILES)]
    assert {name: tree.read(name, field="x") for name in FILES} == FILES


def test_only_paths_that_the_pattern_matches_whole_are_listed(root):
    assert list(Tree(root).sizes(re.compile(r"a/\d\.txt"))) == ["a/1.txt", "a/2.txt"]


def test_a_file_that_is_not_there_is_a_reject_that_names_it(root):
    with pytest.raises(SampleError, match=r"a/9\.txt: depth: the file is not there \[MISSING\]"):
        Tree(root).read("a/9.txt", field="depth")


def test_a_frame_without_such_a_file_is_a_reject(root):
    with pytest.raises(SampleError, match=r"has no such file \[MISSING\]"):
        Tree(root).read("", field="depth")


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "a/../../secret.txt"])
def test_a_path_that_leaves_the_dataset_is_not_followed(root, tmp_path, name):
    (tmp_path.parent / "secret.txt").write_bytes(b"secret")

    with pytest.raises(SampleError, match=r"must lie below .*\[MISSING\]"):
        Tree(root).read(name, field="x")


def test_reading_changes_nothing_beside_the_data(root, tmp_path):
    before = listing(tmp_path)
    tree = Tree(root)
    _ = tree.sizes(EVERY), tree.read("b.txt", field="x")

    assert listing(tmp_path) == before


def test_a_loose_file_goes_before_a_member_of_the_same_path(tmp_path):
    zipped(tmp_path / "x.zip")
    (tmp_path / "b.txt").write_bytes(b"changed")
    tree = Tree(tmp_path)

    assert tree.sizes(EVERY)["b.txt"] == 7
    assert tree.read("b.txt", field="x") == b"changed"
    assert tree.read("a/1.txt", field="x") == b"one"


def test_several_archives_are_one_tree(tmp_path):
    zipped(tmp_path / "one.zip", {"a/1.txt": b"one"})
    tarred(tmp_path / "two.tar", {"a/2.txt": b"two"})

    assert list(Tree(tmp_path).sizes(EVERY)) == ["a/1.txt", "a/2.txt"]


def test_archives_in_folders_are_read_where_a_dataset_is_published_so(tmp_path):
    (tmp_path / "easy").mkdir()
    zipped(tmp_path / "easy" / "x.zip", {"easy/1.txt": b"one"})
    inner = re.compile(r"easy/\w+\.zip")

    assert Tree(tmp_path).sizes(EVERY) == {}
    assert Tree(tmp_path, inner).sizes(EVERY) == {"easy/1.txt": 3}
    assert Tree(tmp_path, inner).read("easy/1.txt", field="x") == b"one"


def test_a_damaged_member_is_a_reject_and_the_others_are_read(tmp_path):
    zipped(tmp_path / "x.zip")
    at = (tmp_path / "x.zip").read_bytes().index(b"a/2.txt") + 12
    changed(tmp_path / "x.zip", lambda data: data.__setitem__(at, data[at] ^ 0xFF))
    tree = Tree(tmp_path)

    with pytest.raises(SampleError, match="DECODE"):
        tree.read("a/2.txt", field="x")
    assert tree.read("c/d/e.txt", field="x") == b"deep"


@pytest.mark.parametrize("name", ["x.zip", "x.tar"])
def test_an_archive_that_is_cut_short_says_so(tmp_path, name):
    path = {"x.zip": zipped, "x.tar": tarred}[name](tmp_path / name)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3 if name == "x.zip" else 700])

    with pytest.raises((SourceError, SampleError), match=r"whole archive|whole member|cut short"):
        Tree(tmp_path).read(max(Tree(tmp_path).sizes(EVERY)), field="x")


@pytest.mark.parametrize("name", ["../evil.txt", "/etc/passwd.txt", "a/../../evil.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_members_that_leave_the_archive_are_refused(tmp_path, name, kind):
    {"zip": zipped, "tar": tarred}[kind](tmp_path / f"x.{kind}", {name: b""})

    with pytest.raises(SourceError, match="below itself"):
        Tree(tmp_path).sizes(EVERY)


def test_links_and_devices_in_a_tar_are_no_files(tmp_path):
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for kind, name in ((tarfile.SYMTYPE, "l.txt"), (tarfile.CHRTYPE, "d.txt")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)

    assert Tree(tmp_path).sizes(EVERY) == {}


def test_links_to_folders_are_not_followed_so_that_no_loop_is_walked(tmp_path):
    loose(tmp_path)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)

    assert set(Tree(tmp_path).sizes(EVERY)) == set(FILES)


def test_a_file_that_is_no_archive_is_refused_and_a_packed_one_told_to_be_extracted(tmp_path):
    for name, more in (("x.bin", "got a file"), ("x.tar.gz", "Extract it first")):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(SourceError, match=more):
            Tree(tmp_path / name).sizes(EVERY)


def test_a_device_is_no_dataset():
    with pytest.raises(SourceError, match="must be a file or a folder"):
        Tree(Path("/dev/zero"))
