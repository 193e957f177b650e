"""`vtencode push`: a dataset on the Hub, whole or not at all, against a double of the Hub."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import hub_double
import pytest
from hub_double import READER, WRITER, HubDouble
from hypothesis import given
from hypothesis import strategies as st
from trees import command, flip, vtencode, write_bts

import vtencode as vt
from vtencode.cli.main import main
from vtencode.publishing.changes import HeldFile, Published, change
from vtencode.publishing.files import LocalFile, Whole

huggingface_hub = pytest.importorskip("huggingface_hub")

#: The Hub's client says this of itself.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

FORMATS = {"webdataset": ".tar", "parquet": ".parquet", "folder": ""}
CARD = """\
---
pretty_name: rooms
configs:
- config_name: default
  data_files:
  - split: train
    path: {path}
---
# Rooms
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Datasets of three pairs in three shards, and another one of two, each with a card."""
    root = tmp_path_factory.mktemp("built")
    source = write_bts(root / "bts", count=3)
    made = {}
    for name, form, limit in (*((f, f, None) for f in FORMATS), ("other", "webdataset", 2)):
        sets = [f"output.format={form}", "output.samples_per_shard=1", f"seed={limit or 0}"]
        out = root / name
        vt.build("nyu-depth", source=source, out=out, limit=limit, workers=1, overrides=sets)
        path = f"train-*{FORMATS[form]}" if FORMATS[form] else "train-*/**"
        (out / "README.md").write_text(CARD.format(path=path))
        made[name] = out
    return made


@pytest.fixture
def folder(built, tmp_path) -> Path:
    """A dataset that a test may spoil."""
    return shutil.copytree(built["webdataset"], tmp_path / "set")


@pytest.fixture
def other(built) -> Path:
    return built["other"]


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A double which this process takes for the Hub; its client waits for nothing."""
    with hub_double.serving() as double:
        constants = "huggingface_hub.constants"
        monkeypatch.setattr(f"{constants}.ENDPOINT", double.address)
        files = f"{double.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(f"{constants}.HUGGINGFACE_CO_URL_TEMPLATE", files)
        monkeypatch.setattr(f"{constants}.HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(f"{constants}.HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr("huggingface_hub.utils._http.time", SimpleNamespace(sleep=id))
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield double
        huggingface_hub.close_session()


def push(*words: object) -> tuple[int, str, str]:
    """Run the command in this process: (exit code, stdout, stderr)."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(sys, "argv", ["vtencode", "push", *map(str, words)])
        with contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stopped:
            main()
    return int(stopped.value.code or 0), out.getvalue(), err.getvalue()


def published(root: Path) -> dict[str, bytes]:
    """What of a dataset's folder belongs on the Hub."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".vtencode" not in path.parts
    }


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def on_hub(hub: HubDouble, branch: str = "main") -> dict[str, bytes]:
    """What the branch holds beside the Hub's own file."""
    files = hub.files(branch=branch)
    return {path: data for path, data in files.items() if path != ".gitattributes"}


def datasets_are_whole(hub: HubDouble) -> bool:
    """Whether in every commit every file that a manifest tells of is as it tells."""
    for files in hub.repos["me/set"].commits.values():
        if "manifest.json" in files:
            for shard in json.loads(files["manifest.json"].data)["shards"]:
                if shard["name"] not in files or files[shard["name"]].sha256 != shard["sha256"]:
                    return False
    return True


def environment(hub: HubDouble, home: Path) -> dict[str, str]:
    """What a process of its own is told of the double."""
    told = {"HF_ENDPOINT": hub.address, "HF_TOKEN": WRITER, "HF_HOME": str(home)}
    return {**told, "HF_HUB_DISABLE_XET": "1"}


_READ = """
import json, sys
import datasets
import vtencode as vt

ours = {pair.key: pair for pair in vt.open_dataset(sys.argv[1])}
hub = {pair.key: pair for pair in vt.open_dataset("hf://datasets/me/set")}
assert list(ours) == list(hub)
for key, pair in ours.items():
    assert hub[key].record.content() == pair.record.content()
datasets.disable_progress_bars()
rows = datasets.load_dataset("me/set", split="train")
prompts = {pair.instruction for pair in ours.values()}
column = "instruction.txt" if "instruction.txt" in rows.column_names else "edit_prompt"
assert len(rows) == len(ours) and set(rows[column]) == prompts
print(len(rows))
"""


@pytest.mark.parametrize(
    "form",
    [
        "webdataset",
        pytest.param("parquet", marks=pytest.mark.slow),
        pytest.param("folder", marks=pytest.mark.slow),
    ],
)
def test_what_is_pushed_is_read_from_the_hub_as_it_is_here(built, form, hub, tmp_path):
    code, out, err = push(built[form], "me/set")
    assert (code, "sent" in err) == (0, True), err
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(built[form])],
        env={**os.environ, **environment(hub, tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "3\n"
    assert f"{hub.address}/datasets/me/set" in out
    assert 'datasets.load_dataset("me/set")' in out


@pytest.mark.parametrize("form", FORMATS)
def test_everything_of_the_dataset_and_nothing_else_is_there_in_one_commit(
    built, form, hub, tmp_path
):
    folder = shutil.copytree(built[form], tmp_path / "set")
    expected = published(folder)
    (folder / "report.html").write_text("mine")
    code, out, err = push(folder, "me/set", "--json")

    assert code == 0, err
    assert on_hub(hub) == expected
    assert hub.repos["me/set"].said == ["initial", "Publish nyu-depth: 3 pairs"]
    told = json.loads(out)
    assert told["commit"] == hub.repos["me/set"].branches["main"]
    assert told["sent"] == told["files"] == len(expected)
    assert told["bytes"] == told["sent_bytes"] == sum(map(len, expected.values()))
    assert not hub.repos["me/set"].private


def test_a_second_push_sends_nothing(folder, hub):
    push(folder, "me/set")
    hub.asked.clear()
    code, out, _ = push(folder, "me/set")

    assert code == 0
    assert "nothing: the Hub holds all of it" in out
    assert {line.split()[0] for line in hub.asked} <= {"GET", "HEAD"}
    assert len(hub.repos["me/set"].commits) == 2


def test_a_croissant_is_published_and_a_message_said(folder, hub):
    (folder / "croissant.json").write_text("{}")
    code, _, _ = push(folder, "me/set", "--message", "Rooms, at last")

    assert code == 0
    assert on_hub(hub) == published(folder)
    assert hub.repos["me/set"].said[-1] == "Rooms, at last"


@pytest.mark.parametrize("fault", ["connection", "server"])
def test_an_interrupted_push_shows_nothing_and_resumes_with_the_rest(
    folder, hub, fault, monkeypatch
):
    monkeypatch.setattr("vtencode.publishing.push.PORTION", 1)
    shards = [folder / f"train-0000{number}.tar" for number in range(3)]
    first, broken, last = map(sha256, shards)

    def disturb(answer) -> bool:
        if answer.command != "PUT" or not answer.path.endswith(broken):
            return False
        if fault == "server":
            answer.body()
            answer.refuse(500, said="out of order")
        else:
            answer.rfile.read(1000)
            answer.hang_up()
        return True

    hub.disturb = disturb
    code, out, err = push(folder, "me/set")

    assert (code, out) == (1, "")
    assert err.splitlines()[-1].endswith("What arrived is kept: the same command resumes.")
    assert on_hub(hub) == {}
    assert hub.whole == {first: 1}
    hub.disturb = lambda _: False
    assert push(folder, "me/set")[0] == 0
    assert on_hub(hub) == published(folder)
    assert hub.received == {
        oid: path.stat().st_size for oid, path in zip((first, broken, last), shards, strict=True)
    }


def test_a_push_that_is_killed_shows_nothing_and_resumes_with_the_rest(folder, hub, tmp_path):
    first, broken = sha256(folder / "train-00000.tar"), sha256(folder / "train-00001.tar")
    under_way, killed = threading.Event(), threading.Event()

    def stall(answer) -> bool:
        if answer.command == "PUT" and answer.path.endswith(broken):
            answer.rfile.read(1000)
            under_way.set()
            killed.wait(60)
            answer.hang_up()
            return True
        return False

    hub.disturb = stall
    with command("push", folder, "me/set", env=environment(hub, tmp_path)) as process:
        assert under_way.wait(60)
        while not hub.whole[first]:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    killed.set()
    assert on_hub(hub) == {}
    before = hub.whole.copy()
    hub.disturb = lambda _: False

    assert push(folder, "me/set")[0] == 0
    assert on_hub(hub) == published(folder)
    assert before[first] == 1
    assert set(hub.whole.values()) == {1}


def test_an_upload_that_arrives_short_is_no_push(folder, hub):
    short = sha256(folder / "train-00001.tar")

    def cut(answer) -> bool:
        if answer.command == "PUT" and answer.path.endswith(short):
            answer.body()
            answer._send(200, b"", {})
            return True
        return False

    hub.disturb = cut
    code, _, err = push(folder, "me/set")

    assert code == 1
    assert "must have" in err
    assert on_hub(hub) == {}
    hub.disturb = lambda _: False
    assert push(folder, "me/set")[0] == 0
    assert on_hub(hub) == published(folder)


def test_what_the_hub_holds_otherwise_than_sent_is_told_by_name(folder, hub):
    short = sha256(folder / "train-00001.tar")

    def lie(answer) -> bool:
        if answer.command == "PUT" and answer.path.endswith(short):
            hub.objects[short] = answer.body()[:-512]
            answer._send(200, b"", {})
        elif answer.path == "/objects/verify":
            answer._json({})
        else:
            return False
        return True

    hub.disturb = lie
    code, _, err = push(folder, "me/set")

    assert code == 5
    assert "1 files differ, first train-00001.tar" in err


def edited_shard(root: Path) -> str:
    return flip(root / "train-00001.tar").name


def lacking_shard(root: Path) -> str:
    (root / "train-00002.tar").unlink()
    return "train-00002.tar"


def edited_list(root: Path) -> str:
    (root / "rejects.jsonl").write_text("{}\n")
    return "rejects.jsonl"


def lacking_list(root: Path) -> str:
    (root / "filtered.jsonl").unlink()
    return "filtered.jsonl"


def edited_manifest(root: Path) -> str:
    path = root / "manifest.json"
    path.write_text(path.read_text().replace('"limit": null', '"limit": 5'))
    return "manifest.json"


@pytest.mark.parametrize(
    "spoil", [edited_shard, lacking_shard, edited_list, lacking_list, edited_manifest]
)
def test_a_dataset_that_is_not_its_manifests_is_refused_before_the_hub_is_asked(folder, hub, spoil):
    name = spoil(folder)
    code, _, err = push(folder, "me/set")

    assert code == 5
    assert name in err.splitlines()[-1]
    assert hub.asked == []


def test_a_shard_that_is_edited_while_it_is_sent_is_not_shown(folder, hub):
    def edit(answer) -> bool:
        if "/preupload/" in answer.path:
            flip(folder / "train-00001.tar")
        return False

    hub.disturb = edit
    code, _, err = push(folder, "me/set")

    assert code == 5
    assert "train-00001.tar must stay as it is while it is sent" in err
    assert on_hub(hub) == {}


def test_a_dataset_without_a_card_is_refused_with_the_way_to_one(folder, hub):
    (folder / "README.md").unlink()
    code, _, err = push(folder, "me/set")

    assert code == 2
    assert f"`vtencode card {folder}`" in err
    assert hub.asked == []


def test_a_card_in_another_encoding_is_refused(folder, hub):
    (folder / "README.md").write_bytes("# Räume".encode("latin-1"))
    code, _, err = push(folder, "me/set")

    assert code == 2
    assert "README.md must be UTF-8" in err
    assert hub.asked == []


def test_a_card_that_the_hub_refuses_is_told_before_anything_is_made(folder, hub):
    (folder / "README.md").write_text("---\nconfigs: 5\n---\n")
    code, _, err = push(folder, "me/set")

    assert code == 2
    assert 'README.md must be one that the Hub takes: "configs" must be an array.' in err
    assert hub.repos == {}


def test_a_folder_of_too_many_pictures_is_refused_with_the_way_to_pack_them(
    built, hub, monkeypatch
):
    monkeypatch.setattr("vtencode.publishing.files.MOST_LOOSE", 5)
    code, _, err = push(built["folder"], "me/set")

    assert code == 2
    assert "at most 5 pictures" in err
    assert f"`vtencode export {built['folder']} --to parquet --out OUT`" in err
    assert hub.asked == []


def test_without_a_token_nothing_is_asked_and_one_line_says_how_to_get_one(
    folder, hub, monkeypatch
):
    monkeypatch.delenv("HF_TOKEN")
    code, _, err = push(folder, "me/set")

    assert code == 2
    assert err.startswith("error: a token")
    assert err.count("\n") == 1
    assert "hf auth login" in err
    assert hub.asked == []


def test_without_the_client_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)

    assert push(folder, "me/set") == (
        2, "", "error: this needs the package 'huggingface_hub': pip install 'vtencode[hf]'\n"
    )  # fmt: skip


@pytest.mark.parametrize("name", ["set", "me/a/b", "me/..", "me/a b"])
def test_a_name_that_is_no_repository_s_is_refused(folder, hub, name):
    code, _, err = push(folder, name)

    assert code == 2
    assert f"REPO must be OWNER/NAME, got '{name}'" in err
    assert hub.asked == []


@pytest.mark.parametrize(
    ("told", "token", "repo"),
    [
        ("must know the token, and does not: 401", "hf_forgotten", "me/set"),
        ("must be allowed to write to me/set, and is not: 403", READER, "me/set"),
        ("must be allowed to write to you/set, and is not: 403", WRITER, "you/set"),
    ],
)
def test_what_a_token_may_not_is_told_with_what_to_do(folder, hub, told, token, repo):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_TOKEN", token)
        code, _, err = push(folder, repo)

    assert code == 2
    assert told in err
    assert f"{hub.address}/settings/tokens" in err
    assert hub.repos == {}


def test_a_hub_that_cannot_be_reached_is_told_with_the_way_on(folder, hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    code, _, err = push(folder, "me/set")

    assert code == 1
    assert "http://127.0.0.1:9 must take me/set, and did not" in err
    assert err.endswith("the same command resumes.\n")


def test_a_storage_that_refuses_is_no_judgement_on_the_token(folder, hub):
    def expire(answer) -> bool:
        if answer.command == "PUT":
            answer.body()
            answer.refuse(403, said="Request has expired")
            return True
        return False

    hub.disturb = expire
    code, _, err = push(folder, "me/set")

    assert code == 1
    assert "403 Request has expired" in err


def test_files_of_others_stay(folder, hub):
    hub.create("me/set")
    hub.put("me/set", "notes/today.txt", b"mine")
    hub.put("me/set", "images.tar", b"mine too", large=True)

    assert push(folder, "me/set")[0] == 0
    others = {"notes/today.txt": b"mine", "images.tar": b"mine too"}
    assert on_hub(hub) == {**published(folder), **others}


def test_another_dataset_is_refused_by_name_and_replaced_when_asked(folder, other, hub):
    push(folder, "me/set")
    hub.put("me/set", "notes.txt", b"mine")
    before = on_hub(hub)
    code, _, err = push(other, "me/set")

    assert code == 2
    assert "holds another: nyu-depth, self_sha256" in err
    assert on_hub(hub) == before
    code, out, _ = push(other, "me/set", "--replace")
    assert code == 0
    assert "1 removed" in out
    assert on_hub(hub) == {**published(other), "notes.txt": b"mine"}
    assert datasets_are_whole(hub)


def test_a_dataset_may_change_its_format(built, hub):
    for form in ("folder", "webdataset", "folder"):
        assert push(built[form], "me/set", "--replace")[0] == 0
        assert on_hub(hub) == published(built[form])


@pytest.mark.parametrize("name", ["README.md", "train-00001.tar", "rejects.jsonl"])
def test_a_file_of_others_under_a_name_of_ours_is_replaced_only_when_asked(folder, hub, name):
    hub.create("me/set")
    hub.put("me/set", name, b"mine")
    code, _, err = push(folder, "me/set")

    assert code == 2
    assert f"me/set holds another {name}: --replace" in err
    assert on_hub(hub) == {name: b"mine"}
    assert push(folder, "me/set", "--replace")[0] == 0
    assert on_hub(hub) == published(folder)


def test_a_manifest_of_others_is_never_replaced(folder, hub):
    hub.create("me/set")
    hub.put("me/set", "manifest.json", b'{"manifest_version": 3}')
    code, _, err = push(folder, "me/set", "--replace")

    assert code == 2
    assert "holds another manifest.json: choose another REPO" in err
    assert on_hub(hub) == {"manifest.json": b'{"manifest_version": 3}'}


@pytest.mark.parametrize(
    ("form", "name"),
    [("webdataset", "train-00007.tar"), ("folder", "train-00001/source/stray.png")],
)
def test_a_file_that_readers_would_take_for_a_shard_is_told(built, hub, form, name):
    hub.create("me/set")
    hub.put("me/set", name, b"stray", large=True)
    code, _, err = push(built[form], "me/set", "--replace")

    assert code == 2
    assert f"holds {name}, which is not of this dataset" in err
    assert on_hub(hub) == {name: b"stray"}


def test_a_gitignore_there_leaves_out_nothing(folder, hub):
    hub.create("me/set")
    hub.put("me/set", ".gitignore", b"*.tar\n*.jsonl\n")

    assert push(folder, "me/set")[0] == 0
    assert on_hub(hub) == {**published(folder), ".gitignore": b"*.tar\n*.jsonl\n"}


def test_private_makes_a_private_repository_and_refuses_a_public_one(folder, hub):
    assert push(folder, "me/set", "--private")[0] == 0
    assert hub.repos["me/set"].private
    assert push(folder, "me/set", "--private")[0] == 0
    hub.create("me/open")
    code, _, err = push(folder, "me/open", "--private")

    assert code == 2
    assert f"is public: change that at {hub.address}/datasets/me/open/settings" in err
    assert set(hub.files("me/open")) == {".gitattributes"}


def test_a_branch_is_made_and_the_others_stay(folder, other, hub):
    push(folder, "me/set")
    code, _, err = push(other, "me/set", "--revision", "small")
    assert code == 2
    assert "holds another" in err
    assert set(hub.repos["me/set"].branches) == {"main"}
    code, out, _ = push(other, "me/set", "--revision", "small", "--replace")

    assert code == 0
    assert on_hub(hub) == published(folder)
    assert on_hub(hub, "small") == published(other)
    assert f"{hub.address}/datasets/me/set/tree/small" in out
    assert 'datasets.load_dataset("me/set", revision="small")' in out
    assert 'vtencode.open_dataset("hf://datasets/me/set@small")' in out


def test_of_several_commits_none_has_a_manifest_without_its_shards(folder, other, hub, monkeypatch):
    monkeypatch.setattr("vtencode.publishing.push.PER_COMMIT", 2)
    assert push(folder, "me/set")[0] == 0
    assert push(other, "me/set", "--replace")[0] == 0

    assert on_hub(hub) == published(other)
    assert datasets_are_whole(hub)
    said = hub.repos["me/set"].said
    assert said[1:5] == [f"Publish nyu-depth: 3 pairs ({n} of 4)" for n in range(1, 5)]
    assert sum("manifest.json" in files for files in hub.repos["me/set"].commits.values()) == 2


@pytest.mark.parametrize("stopped_at", [1, 2, 3])
def test_a_push_that_stops_between_its_commits_resumes(folder, other, hub, monkeypatch, stopped_at):
    push(other, "me/set")
    monkeypatch.setattr("vtencode.publishing.push.PER_COMMIT", 2)
    commits = []

    def stop(answer) -> bool:
        if "/commit/" not in answer.path:
            return False
        commits.append(answer.path)
        if len(commits) == stopped_at:
            answer.body()
            answer.refuse(504, said="Gateway Time-out")
        return len(commits) == stopped_at

    hub.disturb = stop
    assert push(folder, "me/set", "--replace")[0] == 1
    assert datasets_are_whole(hub)
    assert push(folder, "me/set", "--replace")[0] == 0
    assert on_hub(hub) == published(folder)
    assert datasets_are_whole(hub)


def test_what_somebody_else_commits_meanwhile_is_kept(folder, hub):
    hub.create("me/set")

    def meanwhile(answer) -> bool:
        if "/commit/" in answer.path and "notes.txt" not in hub.files():
            hub.put("me/set", "notes.txt", b"mine")
        return False

    hub.disturb = meanwhile
    code, _, err = push(folder, "me/set")

    assert code == 1
    assert "A commit has happened since" in err
    assert push(folder, "me/set")[0] == 0
    assert on_hub(hub) == {**published(folder), "notes.txt": b"mine"}


NAMES = st.sampled_from(
    ["train-00000.tar", "train-00001.tar", "README.md", "manifest.json", "rejects.jsonl", "a/b.txt"]
)
HELD = st.dictionaries(NAMES, st.sampled_from("xy").map(lambda sha: HeldFile(1, "", sha)))


@given(held=HELD, mine=st.dictionaries(NAMES, st.sampled_from("xy")), old=st.sets(NAMES))
def test_a_change_leaves_the_dataset_the_files_of_others_and_nothing_to_change(held, mine, old):
    mine = {"manifest.json": "x", **{f"train-0000{n}.tar": "x" for n in (0, 1)}, **mine}
    files = tuple(LocalFile(name, Path(name), 1, sha) for name, sha in sorted(mine.items()))
    manifest = {"dataset": "d", "self_sha256": "s", "split": "train"}
    dataset = Whole({**manifest, "recipe": {"output": {"format": "webdataset"}}}, files, "")
    listed = Published("old", "o", frozenset(old))

    made = change(dataset, held, listed, repo="me/set", replace=True)
    after = {path: file for path, file in held.items() if path not in made.remove}
    after |= {file.name: HeldFile(1, "", file.sha256) for file in made.send}

    assert {path: file.sha256 for path, file in after.items() if path in mine} == mine
    assert set(after) == set(mine) | {path for path in held if path.split("/")[0] not in old}
    again = change(dataset, after, Published("d", "s", frozenset()), repo="me/set", replace=False)
    assert not again


@pytest.mark.slow
def test_through_the_hubs_own_storage_what_is_there_is_not_sent_again(folder, hub, tmp_path):
    """Xet keeps files in pieces; its client takes a folder for the far end."""
    pytest.importorskip("hf_xet")
    store = tmp_path / "store"
    token = {"X-Xet-Cas-Url": f"local://{store}", "X-Xet-Access-Token": "t"}
    token["X-Xet-Token-Expiration"] = "9999999999"
    told = {"casUrl": f"local://{store}", "accessToken": "t", "exp": 9999999999}
    down = True

    def disturb(answer) -> bool:
        if "/xet-write-token/" in answer.path:
            headers = {**token, "Content-Type": "application/json"}
            answer._send(200, json.dumps(told).encode(), headers)
        elif down and "/commit/" in answer.path:
            answer.body()
            answer.refuse(503, said="later")
        else:
            return False
        return True

    def stored() -> int:
        return sum(path.stat().st_size for path in (store / "xet" / "xorbs").rglob("default.*"))

    hub.disturb = disturb
    hub.objects = {sha256(path): path.read_bytes() for path in folder.glob("*.tar")}
    environ = {**environment(hub, tmp_path / "home"), "HF_HUB_DISABLE_XET": "0"}
    store.mkdir()
    code, _, err = vtencode("push", folder, "me/set", env=environ)
    assert (code, on_hub(hub)) == (1, {})
    assert "503 later" in err
    first = stored()
    assert first > 0.5 * sum(map(len, hub.objects.values()))
    down = False
    code, _, err = vtencode("push", folder, "me/set", env=environ)

    assert code == 0, err
    assert on_hub(hub) == published(folder)
    assert hub.received == {}
    assert stored() == first
