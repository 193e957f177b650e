"""Two hundred hostile pickles in place of refs: each is refused at once, and nothing runs."""

from __future__ import annotations

import copyreg
import json
import os
import pickle
import pickletools
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vtencode.formats.plain_pickle import write_plain_pickle
from vtencode.miniatures.refcoco import write

#: Reads every pickle of a folder as refs, with an eye on all that Python does meanwhile.
WATCHED = """\
import json, pathlib, shutil, sys, time
from vtencode.errors import SourceError
from vtencode.sources.refcoco import RefCoco

root, payloads = map(pathlib.Path, sys.argv[1:])
refs = root / "refcoco" / "refs(unc).p"
RefCoco(root=root).index()                      # whatever is imported on first use, is
refs.write_bytes(b"Va\\ncos\\nsystem\\n.")
try:
    RefCoco(root=root).index()
except SourceError:
    pass

seen, watching = [], False
HARMLESS = ("os.listdir", "os.scandir", "builtins.id", "gc.")

def hook(event, args):
    if watching and not event.startswith(HARMLESS):
        if event == "open" and isinstance(args[1], str) and not set(args[1]) & set("wax+"):
            return
        seen.append([event, repr(args)[:200]])

sys.addaudithook(hook)
results = {}
for path in sorted(payloads.iterdir()):
    refs.write_bytes(path.read_bytes())
    watching, started = True, time.perf_counter()
    try:
        RefCoco(root=root).index()
        outcome = "read"
    except SourceError as error:
        outcome = f"refused: {error}"
    except BaseException as error:
        outcome = f"raised {type(error).__name__}: {error}"
    watching = False
    results[path.name] = [outcome[:400], time.perf_counter() - started]
print(json.dumps({"results": results, "seen": seen}))
"""


class Calls:
    """Whoever unpickles this calls what it says."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        self.function, self.args = function, args

    def __reduce__(self) -> Any:
        return self.function, self.args


class Sets:
    """Whoever unpickles this sets its state."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def __reduce__(self) -> Any:
        return Bare, (), self.state


class Bare:
    """Something whose state can be set."""


class Named(pickle.Pickler):
    """Writes objects of `Bare` as persistent ids."""

    def persistent_id(self, obj: Any) -> Any:
        return "file:///etc/passwd" if isinstance(obj, Bare) else None


def ref(**new: Any) -> dict[str, Any]:
    """A ref as it should be, but for this."""
    sentence = {"sent_id": 0, "sent": "the sofa", "raw": "the sofa", "tokens": ["the", "sofa"]}
    whole = {
        "ref_id": 0, "image_id": 90000, "ann_id": 1700001, "split": "train", "category_id": 63,
        "file_name": "COCO_train2014_000000090000_0.jpg", "sent_ids": [0], "sentences": [sentence],
    }  # fmt: skip
    return {**whole, **new}


def around(evil: Any) -> Iterator[tuple[str, Any]]:
    """Something evil wherever a value may be."""
    yield "alone", evil
    yield "in a list", [ref(), evil]
    yield "as a field", [ref(sentences=evil)]
    yield "where nobody looks", [ref(category_id=evil)]
    yield "deep", [ref(tokens=[[{"a": (1, [evil])}]])]


def reduced(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Calls, in every protocol, wherever a value may be."""
    touch = f"open({str(canary)!r}, 'w')"
    evil = {
        "os.system": Calls(os.system, f"touch '{canary}'"),
        "subprocess": Calls(subprocess.Popen, ["touch", str(canary)]),
        "eval": Calls(eval, touch),
        "exec": Calls(exec, touch),
        "open": Calls(open, str(canary), "w"),
        "import": Calls(__import__, "this"),
        "getattr": Calls(getattr, Calls(__import__, "os"), "system"),
        "state": Sets({"a": 1}),
    }
    for name, each in evil.items():
        for place, value in around(each):
            if name in ("os.system", "eval", "state") or place == "alone":
                for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                    yield f"{name} {place} {protocol}", pickle.dumps(value, protocol)


def named() -> Iterator[tuple[str, bytes]]:
    """Classes by name, by number, and persistent ids."""
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        yield f"class {protocol}", pickle.dumps([os.system], protocol)
        yield f"instance {protocol}", pickle.dumps([Bare()], protocol)
        yield f"set {protocol}", pickle.dumps([ref(ann_id={1, 2})], protocol)
        path = _Buffer()
        Named(path, protocol).dump([ref(), Bare()])
        yield f"persistent {protocol}", bytes(path)
    copyreg.add_extension("posix", "system", 0xE5)
    try:
        for protocol in (2, 3, 4):
            yield f"extension {protocol}", pickle.dumps([os.system], protocol)
    finally:
        copyreg.remove_extension("posix", "system", 0xE5)


class _Buffer(bytearray):
    def write(self, data: bytes) -> int:
        """As a file does."""
        self += bytes(data)
        return len(data)


def handmade(canary: Path) -> Iterator[tuple[str, bytes]]:
    """Opcodes that no pickler of ours writes, and sizes that are not there."""
    call = f"S\"touch '{canary}'\"\n".encode()
    long_ = struct.pack("<I", 2**31 - 1)
    longer = struct.pack("<Q", 2**62)
    yield "global", b"cos\nsystem\n(" + call + b"tR."
    yield "inst", b"(" + call + b"ios\nsystem\n."
    yield "obj", b"(cos\nsystem\n" + call + b"o."
    yield "newobj", b"\x80\x02cos\nsystem\n" + call + b"\x85\x81."
    yield "newobj_ex", b"\x80\x04cos\nsystem\n" + call + b"\x85}\x92."
    yield "stack_global", b"\x80\x04\x8c\x05posix\x8c\x06system\x93" + call + b"\x85R."
    yield "dotted", b"\x80\x04\x8c\x02os\x8c\x0bpath.system\x93."
    yield "build on a list", b"]}S'append'\nNsb."
    yield "build a slot", b"]N}S'a'\nK\x01s\x86b."
    yield "persid", b"Pfile:///etc/passwd\n."
    yield "binpersid", b"S'x'\nQ."
    yield "buffer", b"\x80\x05\x97."
    yield "readonly", b"\x80\x05\x98."
    for name, opcode in (("string", b"T"), ("unicode", b"X"), ("bytes", b"B"), ("long", b"\x8b")):
        yield f"huge {name}", opcode + long_ + b"abc."
    for name, opcode in (("unicode", b"\x8d"), ("bytes", b"\x8e"), ("bytearray", b"\x96")):
        yield f"huge {name}8", b"\x80\x05" + opcode + longer + b"abc."
    yield "huge frame", b"\x80\x04\x95" + longer + b"]."
    yield "huge number", b"I" + b"7" * 3_000_000 + b"\n."
    yield "huge long", b"L" + b"7" * 3_000_000 + b"L\n."
    yield "huge float", b"F" + b"7" * 3_000_000 + b"\n."
    yield "far memo", b"]r" + struct.pack("<I", 2**32 - 1) + b"."
    yield "far memo in text", b"]p99999999999999999999\n."
    yield "unknown memo", b"h\x09."
    yield "no stack", b"a."
    yield "no mark", b"t."
    yield "marks alone", b"(" * 1_000_000 + b"."
    yield "future protocol", b"\x80\x09]."
    yield "unknown opcode", b"\x7f."
    yield "keys that hash slowly", b"}" + b")" + b"\x85" * 100_000 + b"Ns."
    yield "html", b"<!DOCTYPE html><title>404</title>"
    yield "empty", b""


def bombs() -> Iterator[tuple[str, bytes]]:
    """Short files that would be endless if what is shared were walked through."""
    doubled = b"]q\x00" + b"".join(
        b"](h" + bytes([n]) + b"h" + bytes([n]) + b"eq" + bytes([n + 1]) for n in range(60)
    )
    yield "doubling", doubled + b"."
    yield "doubling in a ref", b"(lp0\n(dp1\nS'ref_id'\n" + doubled + b"sa."
    whole = pickle.dumps(ref(), 2)[2:-1]
    yield "one ref many times", b"(" + whole + b"q\xfa" + b"h\xfa" * 300_000 + b"l."
    sentence = pickle.dumps({"sent_id": 0, "sent": "the sofa"}, 2)[2:-1]
    many = b"(" + sentence + b"q\xfb" + b"h\xfb" * 300_000 + b"lq\xfc"
    yield "one sentence many times", b"(" + fields() + b"S'sentences'\n" + many + b"dl."
    twice = b"(" + sentence + b"lq\xfc"
    shared = b"(" + fields() + b"S'sentences'\n" + twice + b"d"
    again = b"(" + fields() + b"S'sentences'\nh\xfcd"
    yield "sentences that two refs share", b"(" + shared + again * 1000 + b"l."
    ids = b"(" + b"K\x01" * 300_000 + b"lq\xfd"
    one = b"(" + fields()[: fields().index(b"S'ann_id'")] + b"S'ann_id'\n"
    rest = b"S'sentences'\n]d"
    yield (
        "ids that two refs share",
        b"(" + one + ids + rest + (one + b"h\xfd" + rest) * 1000 + b"l.",
    )
    yield "within itself", b"]q\x00h\x00a."
    yield "a ref within itself", b"(}q\x00S'sentences'\nh\x00sl."
    yield "deep", b"]" * 300_000 + b"a" * 299_999 + b"."
    yield "deep tuples", b")" + b"\x85" * 300_000 + b"."


def fields() -> bytes:
    """Keys and values of a ref before its sentences."""
    return b"S'split'\nS'train'\nS'ref_id'\nK\x00S'image_id'\nK\x01S'ann_id'\nK\x01"


def damaged() -> Iterator[tuple[str, bytes]]:
    """Refs that are cut short."""
    whole = write_plain_pickle([ref()])
    for at in range(0, len(whole) - 1, 29):
        yield f"cut at {at}", whole[:at]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    canary, payloads = folder / "canary", folder / "payloads"
    payloads.mkdir()
    made = [
        *reduced(canary), *named(), *handmade(canary), *bombs(), *damaged()
    ]  # fmt: skip
    for at, (name, data) in enumerate(made):
        (payloads / f"{at:04d} {name}").write_bytes(data)
    root = write(folder / "data", count=1)
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(root), str(payloads)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    return json.loads(done.stdout), canary


@pytest.mark.slow
def test_no_pickle_of_two_hundred_runs_anything(watched):
    found, canary = watched

    assert len(found["results"]) >= 200
    assert found["seen"] == []
    assert not canary.exists()


def test_each_is_refused_by_what_it_is_in_less_than_a_second(watched):
    found, _ = watched
    wrong = {
        name: result
        for name, result in found["results"].items()
        if not result[0].startswith("refused: refcoco/refs(unc).p") or result[1] >= 1
    }

    assert wrong == {}


def test_these_pickles_do_run_things_where_python_reads_them(tmp_path):
    """So the others prove something."""
    canary = tmp_path / "canary"
    made = dict(reduced(canary))

    pickle.loads(made["open alone 2"]).close()
    assert canary.exists()
    names = {opcode.name for data in made.values() for opcode, _, _ in pickletools.genops(data)}
    assert {"REDUCE", "GLOBAL", "STACK_GLOBAL", "BUILD"} <= names
