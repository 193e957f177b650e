"""Object stores: what was put is there whole, or it is told; nothing of others is lost."""

from __future__ import annotations

import base64
import errno
import hashlib
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from object_stores import BUCKET, faulty_memory, once, s3_served

from vtencode.errors import BuildError, DownloadError, PlanChangedError, SpecError
from vtencode.locations import location
from vtencode.stores import checksums
from vtencode.stores.checksums import Held
from vtencode.stores.reading import contents, local_copy, processes
from vtencode.stores.store import ObjectStore

DATA = bytes(range(256)) * 20
#: The smallest part that S3 takes.
PART = 5 * 2**20


@pytest.fixture
def memory():
    with faulty_memory() as faulty:
        yield faulty


@pytest.fixture(scope="module")
def s3():
    with s3_served() as client:
        yield client


@pytest.fixture
def store(memory) -> ObjectStore:
    return ObjectStore(location("memory://place/nyu"))


@pytest.fixture
def remote(s3, tmp_path) -> ObjectStore:
    return ObjectStore(location(f"s3://{BUCKET}/{tmp_path.name}"))


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "train-00000.tar"
    path.write_bytes(DATA)
    return path


# In memory, where everything goes wrong.


def test_what_was_put_is_there_and_is_put_once(memory, store, file):
    assert store.get("a.tar") is None

    store.put(file, "a.tar")
    store.put(file, "a.tar")

    assert store.get("a.tar") == DATA
    assert memory.puts() == ["a.tar"]


def test_what_was_there_under_that_name_is_replaced(store, file):
    store.put(file, "a.tar")
    file.write_bytes(DATA[::-1])
    store.put(file, "a.tar")

    assert store.get("a.tar") == DATA[::-1]


@pytest.mark.parametrize("fault", ["cut", "flip", "lost"])
def test_a_store_that_keeps_other_bytes_than_it_was_given_is_found_out(memory, store, file, fault):
    """A `flip` keeps the size, which therefore is no proof."""
    memory.fault = once("put", ".tar", fault, times=99)

    with pytest.raises(BuildError) as caught:
        store.put(file, "a.tar")

    assert type(caught.value) is BuildError
    assert str(caught.value) == (
        "memory://place/nyu/a.tar cannot be written: the store has other bytes than it was "
        "given. What is finished is kept; the same command tries again."
    )
    assert len(memory.puts()) == 6


@pytest.mark.parametrize(
    ("verb", "fault"),
    [
        *(("put", fault) for fault in ("cut", "flip", "lost", "error", "late")),
        *(("put_new", fault) for fault in ("cut", "lost", "error", "late")),
    ],
)
def test_what_goes_wrong_once_is_done_again(memory, store, file, verb, fault):
    memory.fault = once("put", ".tar", fault)

    getattr(store, verb)(file, "a.tar")

    assert store.get("a.tar") == DATA


@pytest.mark.parametrize("verb", ["get", "head"])
def test_reading_goes_on_after_an_error(memory, store, file, verb):
    store.put(file, "a.tar")
    memory.fault = once(verb, ".tar", "error", times=2)

    assert store.has("a.tar", size=len(DATA), sha256=hashlib.sha256(DATA).hexdigest(), tag="")
    assert store.get("a.tar") == DATA


def test_a_store_that_does_not_answer_is_given_up_and_may_be_asked_again(memory, store, file):
    memory.fault = lambda _verb, _path: "error"

    with pytest.raises(BuildError, match=r"a\.tar cannot be written: connection reset by peer"):
        store.put(file, "a.tar")
    with pytest.raises(DownloadError, match=r"a\.tar cannot be read: connection reset by peer"):
        store.get("a.tar")


def test_what_people_must_mend_is_told_at_once_in_one_line(memory, store, file):
    memory.fault = once("put", ".tar", "denied", times=99)

    with pytest.raises(SpecError) as caught:
        store.put(file, "a.tar")

    assert str(caught.value) == (
        "memory://place/nyu/a.tar cannot be written: Access Denied. Check the address, and what "
        "your credentials allow."
    )
    assert caught.value.exit_code == 2
    assert len(memory.puts()) == 1


def test_a_full_disk_here_is_no_fault_of_the_store(store, monkeypatch, memory, file):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(memory, "put_file", full)

    with pytest.raises(OSError, match="No space left") as caught:
        store.put(file, "a.tar")
    assert caught.value.errno == errno.ENOSPC


def test_a_name_is_taken_once_and_for_all(store, file):
    store.put_new(file, "plan.json")
    store.put_new(file, "plan.json")
    file.write_bytes(b"something else")

    with pytest.raises(PlanChangedError, match=r"plan\.json is of another build"):
        store.put_new(file, "plan.json")
    assert store.get("plan.json") == DATA


def test_a_write_of_ours_that_was_cut_off_is_mended(memory, store, file):
    memory.fault = once("put", "plan.json", "cut", times=99)
    with pytest.raises(BuildError, match="other bytes than it was given"):
        store.put_new(file, "plan.json")
    assert store.get("plan.json") == DATA[: len(DATA) // 2]

    memory.fault = lambda _verb, _path: ""
    store.put_new(file, "plan.json")

    assert store.get("plan.json") == DATA


def test_a_store_that_cannot_create_what_is_absent_is_written_to_all_the_same(memory, store, file):
    memory.fault = once("put", "plan.json", "unable", times=99)
    store.put_new(file, "plan.json")
    assert store.get("plan.json") == DATA

    file.write_bytes(b"something else")
    with pytest.raises(PlanChangedError):
        store.put_new(file, "plan.json")
    assert store.get("plan.json") == DATA


def test_an_object_is_known_by_its_tag_or_else_read(store, file):
    store.put(file, "a.tar")
    sha256 = hashlib.sha256(DATA).hexdigest()
    other = hashlib.sha256(DATA[::-1]).hexdigest()

    assert store.has("a.tar", size=len(DATA), sha256=sha256, tag="")
    assert not store.has("a.tar", size=len(DATA), sha256=other, tag="")
    assert not store.has("a.tar", size=len(DATA) - 1, sha256=sha256, tag="")
    assert not store.has("b.tar", size=len(DATA), sha256=sha256, tag="")


def test_names_are_those_in_the_folder_alone(store, file):
    for name in ("a.tar", ".vtencode/plan.json", "deep/er/b"):
        store.put(file, name)
    ObjectStore(location("memory://place/nyu2")).put(file, "c")

    assert store.names() == [".vtencode", "a.tar", "deep"]
    assert ObjectStore(location("memory://nowhere")).names() == []


def test_a_file_is_read_where_it_is_or_copied_here(store, file, tmp_path):
    store.put(file, "a.tar")

    for where in (file, store.root / "a.tar"):
        with local_copy(where) as here:
            assert here.read_bytes() == DATA
        assert contents(where) == DATA
    assert not here.exists()
    assert contents(tmp_path / "none") is contents(store.root / "none") is None
    assert contents(tmp_path) is contents(tmp_path / "train-00000.tar" / "none") is None
    with pytest.raises(FileNotFoundError), local_copy(store.root / "none"):
        pass


def test_the_memory_of_one_process_has_one_worker(tmp_path):
    assert processes(location("memory://o"), None) == processes(location("memory://o"), 1) == 1
    assert processes(tmp_path, 3) == 3
    with pytest.raises(SpecError, match="memory://o is in the memory of one process"):
        processes(location("memory://o"), 2)


@pytest.mark.parametrize("url", ["file:///data/nyu", "local:///data/nyu"])
def test_urls_of_this_machine_are_paths(url):
    assert location(url) == Path("/data/nyu")


# Checksums.


@given(
    data=st.binary(max_size=40),
    other=st.binary(max_size=40),
    part=st.integers(1, 45),
    in_parts=st.booleans(),
)
def test_a_checksum_confirms_the_bytes_that_it_is_of_and_no_others(
    tmp_path_factory, data, other, part, in_parts
):
    """The MD5s of the parts' MD5s, as S3 computes them, by hand."""
    parts = [data[at : at + part] for at in range(0, len(data), part)]
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    etag = f"{digest}-{len(parts)}" if in_parts else hashlib.md5(data).hexdigest()
    held = Held.of({"size": len(data), "ETag": f'"{etag}"'})
    path = tmp_path_factory.getbasetemp() / "checksum"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksums, "PART", part)
        path.write_bytes(data)
        assert held.confirms(path)
        path.write_bytes(other)
        assert held.confirms(path) == (other == data)


def test_google_tells_an_md5_and_azure_nothing_that_could_be_computed(file):
    md5 = base64.b64encode(hashlib.md5(DATA).digest()).decode()
    google = Held.of({"size": len(DATA), "etag": "CKih16GjycICEAE=", "md5Hash": md5})
    azure = Held.of({"size": len(DATA), "etag": "0x8D5B8B2B6E5D8F3"})

    assert google.confirms(file)
    assert not azure.confirms(file)
    assert (google.tag, azure.tag) == ("CKih16GjycICEAE=", "0x8D5B8B2B6E5D8F3")


# On S3.


def test_s3_confirms_what_it_computed_so_that_nothing_is_read_back(remote, file, s3, monkeypatch):
    monkeypatch.setattr(type(s3), "open", None)

    held = remote.put(file, "a.tar")

    assert held.checksum == hashlib.md5(DATA).hexdigest()
    assert remote.has("a.tar", size=len(DATA), sha256="not asked", tag=held.tag)


def test_s3_confirms_files_in_parts(remote, tmp_path, s3, monkeypatch):
    monkeypatch.setattr(checksums, "PART", PART)
    monkeypatch.setattr(type(s3), "open", None)
    large = tmp_path / "large"
    large.write_bytes(DATA * (2 * PART // len(DATA) + 100))

    held = remote.put(large, "large")

    assert held.checksum.endswith("-3")
    assert held.size == large.stat().st_size


def test_what_s3_cannot_confirm_is_read_back(remote, file, monkeypatch):
    """An ETag of what is encrypted with a key of one's own is no MD5."""
    monkeypatch.setattr(Held, "confirms", lambda _held, _path: False)
    read = []
    monkeypatch.setattr(
        ObjectStore, "_sha256", lambda *_: read.append(1) or hashlib.sha256(DATA).hexdigest()
    )

    remote.put(file, "a.tar")

    assert read


def test_a_part_that_s3_drops_is_found_out(remote, tmp_path, s3, monkeypatch):
    monkeypatch.setattr(checksums, "PART", PART)
    monkeypatch.setattr("vtencode.stores.faults.PAUSES", ())
    large = tmp_path / "large"
    large.write_bytes(DATA * (2 * PART // len(DATA) + 100))
    whole = type(s3)._upload_file_part_concurrent

    async def dropping(self, *arguments, **options):
        return (await whole(self, *arguments, **options))[:-1]

    monkeypatch.setattr(type(s3), "_upload_file_part_concurrent", dropping)

    with pytest.raises(BuildError, match="other bytes than it was given"):
        remote.put(large, "large")


def test_of_many_who_create_one_name_on_s3_one_wins(remote, tmp_path):
    files = [tmp_path / str(number) for number in range(8)]
    for number, path in enumerate(files):
        path.write_bytes(b"%d of them" % number)

    def create(path: Path) -> bool:
        try:
            remote.put_new(path, "manifest.json")
        except PlanChangedError:
            return False
        return True

    with ThreadPoolExecutor(len(files)) as pool:
        won = list(pool.map(create, files))

    assert sum(won) == 1
    assert remote.get("manifest.json") == files[won.index(True)].read_bytes()


def test_an_old_listing_hides_nothing(remote, s3):
    """What this process listed, before others wrote, is not believed."""
    key = f"{remote.root.path}/a.tar"
    s3.dircache[remote.root.path] = []
    type(s3)(skip_instance_cache=True).pipe_file(key, DATA)

    assert remote.names() == ["a.tar"]
    s3.dircache[remote.root.path] = []
    assert remote.held("a.tar").size == len(DATA)


def test_the_mark_of_an_empty_folder_is_nothing_in_it(remote, s3):
    s3.pipe_file(f"{remote.root.path}/", b"")

    assert remote.names() == []


def test_a_store_arrives_in_another_process_as_its_address(remote, file):
    remote.put(file, "a.tar")
    sent = pickle.dumps(remote)

    assert len(sent) < 400
    assert pickle.loads(sent).get("a.tar") == DATA


def test_a_whole_bucket_may_be_the_folder(s3, file):
    s3.mkdir("whole-bucket")
    store = ObjectStore(location("s3://whole-bucket"))
    store.check()
    store.put(file, "a.tar")

    assert store.names() == ["a.tar"]
    assert s3.cat_file("whole-bucket/a.tar") == DATA


def test_a_bucket_that_is_not_there_is_named(s3, file):
    store = ObjectStore(location("s3://nobodys-bucket/nyu"))

    with pytest.raises(SpecError, match="the bucket s3://nobodys-bucket must be there"):
        store.check()
    with pytest.raises(SpecError, match="cannot be written: The specified bucket does not exist"):
        store.put(file, "a.tar")


def test_missing_credentials_are_told(s3, monkeypatch, file):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setattr(type(s3), "cachable", False)

    with pytest.raises(SpecError, match=r"Unable to locate credentials\. Check"):
        ObjectStore(location(f"s3://{BUCKET}/nyu")).put(file, "a.tar")


def test_a_network_that_is_down_is_tried_again_and_told(s3, monkeypatch, file):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(type(s3), "cachable", False)
    waited = []
    monkeypatch.setattr("vtencode.stores.faults.time.sleep", waited.append)

    with pytest.raises(BuildError, match="Could not connect to the endpoint"):
        ObjectStore(location(f"s3://{BUCKET}/nyu")).put(file, "a.tar")
    assert waited == [0.5, 2.0, 8.0]
