"""The law kit: it passes what keeps the laws, and catches what does not."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

import vtencode as vt
from vtencode.cli.main import cli
from vtencode.codecs.depth import DepthCodec
from vtencode.registry import find, names
from vtencode.testing import LawError, check_codec, noise_table, prove, sample_targets

PRESETS = [
    (name, preset) for name in names("codec") for preset in (None, *find("codec", name).presets)
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_every_codec_and_preset_keeps_every_law(name, preset):
    check_codec(vt.codec(name, preset), examples=8)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_they_keep_them_on_many_examples(name, preset):
    check_codec(vt.codec(name, preset), examples=60)


class OnePercentOff(DepthCodec):
    def read(self, code):
        decoded = super().read(code)
        target = decoded.target
        return replace(decoded, target=vt.DepthMap(1.01 * target.meters, target.state))


class Unbounded(DepthCodec):
    def tolerance(self, target):
        return np.full(target.shape, np.inf)


class Fragile(DepthCodec):
    def read(self, code):
        if not code.exact and code.rgb.size > 100:
            raise ZeroDivisionError
        return super().read(code)


class Forgetful(DepthCodec):
    def spec(self):
        spec = super().spec()
        spec["params"].pop("curve")
        return spec


class StateLosing(DepthCodec):
    def encode(self, target, *, out=None):
        del out
        return super().encode(vt.DepthMap(np.nan_to_num(target.meters, posinf=80.0)))


class Writing(DepthCodec):
    def read(self, code):
        decoded = super().read(code)
        if code.rgb.flags.writeable:
            code.rgb[...] = 0
        return decoded


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "law"),
    [
        (OnePercentOff(), "error must be at most the tolerance"),
        (Unbounded(), "tolerance must be finite"),
        (Fragile(), "raised ZeroDivisionError"),
        (StateLosing(), "error must be at most the tolerance"),
        (Writing(), "must not write to its argument"),
        (Forgetful(curve=find("curve", "power")(lam=-2.0)), "the spec must make the codec again"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_codec_that_breaks_a_law_is_caught_by_that_law(broken, law):
    with pytest.raises(LawError, match=law):
        check_codec(broken, examples=60)


def test_the_outcome_of_every_law_is_told():
    proof = prove(OnePercentOff(), examples=20)

    assert not proof.ok
    assert {outcome.ok for outcome in proof.outcomes} == {True, False}
    assert len(proof.outcomes) >= 10


def test_noise_only_makes_a_codec_worse_and_is_the_same_twice():
    codec = vt.codec("depth")
    targets = sample_targets(codec, 1)

    table = noise_table(codec, targets, kinds=("g2", "g8"))

    assert table == noise_table(codec, targets, kinds=("g2", "g8"))
    assert table["clean"]["median"] < table["g2"]["median"] < table["g8"]["median"]
    assert table["clean"]["lost"] == 0


def test_check_codec_prints_the_contract_the_laws_the_worst_error_and_the_noise_table():
    done = CliRunner().invoke(cli, ["check-codec", "depth", "--examples", "5", "--json"])

    told = json.loads(done.output)
    assert done.exit_code == 0
    assert told["ok"]
    assert told["worst_error"] > 0
    assert {"clean", "g1", "g8", "jpg95", "jpg75", "rs", "vblike"} <= set(told["noise"])
    assert told["contract"]["levels"] == 1786


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ("Good = DepthCodec", 0, "worst error measured"),
        (
            "class Good(DepthCodec):\n    def tolerance(self, t): return 0 * super().tolerance(t)",
            1,
            "BROKEN",
        ),
        ("Good = 3", 2, "must be a subclass"),
    ],
)
def test_check_codec_takes_a_class_of_ones_own(body, code, told, tmp_path):
    (tmp_path / "mine.py").write_text(f"from vtencode.codecs.depth import DepthCodec\n{body}\n")

    done = subprocess.run(
        [sys.executable, "-m", "vtencode", "check-codec", "mine:Good", "--examples", "20"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == code, done.stderr
    assert told in done.stdout + done.stderr
