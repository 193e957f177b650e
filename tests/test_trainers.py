"""Trainers' own loaders, from real checkouts, on exports of a demo mix with default framing.

    VTENCODE_TRAINERS=/path/to/checkouts pytest -m trainers

The folder holds a checkout a trainer, by the names in `CHECKOUTS`; the interpreter has what they
import: a torch for CPUs, and the packages that each asks for.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from exported import dataset

import vtencode as vt
from vtencode.errors import ExportError
from vtencode.exports.run import export

pytestmark = pytest.mark.trainers

SCRIPTS = Path(__file__).parent / "trainers"
#: Script -> (folder of the checkout, what `--to` calls the trainer).
CHECKOUTS = {
    "ai_toolkit": ("ai-toolkit", "ai-toolkit"),
    "automodel": ("Automodel", "automodel"),
    "bagel": ("Bagel", "bagel"),
    "diffsynth": ("DiffSynth-Studio", "diffsynth"),
    "diffusion_pipe": ("diffusion-pipe", "diffusion-pipe"),
    "energon": ("Megatron-Energon", "energon"),
    "flux2": ("diffusers", "diffusers"),
    "instruct_pix2pix": ("diffusers", "instruct-pix2pix"),
    "kontext": ("diffusers", "diffusers-kontext"),
    "ms_swift": ("ms-swift", "ms-swift"),
    "musubi": ("musubi-tuner", "musubi"),
    "omnigen2": ("OmniGen2", "omnigen2"),
    "simpletuner": ("SimpleTuner", "simpletuner"),
}
#: Scripts whose trainers make every picture a square, and its side: datasets are built so.
SQUARES = {"instruct_pix2pix": 512}
#: What a trainer cannot be given as it is, and an export refuses.
REFUSED = {("automodel", "vision-banana")}  # 704x528 is no multiple of 32


@pytest.fixture(scope="module")
def checkouts() -> Path:
    where = os.environ.get("VTENCODE_TRAINERS")
    if not where:
        pytest.skip("VTENCODE_TRAINERS must name a folder with checkouts of the trainers")
    return Path(where)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, vt.Dataset]:
    """Demos framed as by default: of all tasks, of four sizes, and one whose inputs are JPEGs."""
    found = {"coco": dataset()}
    for name, limit in (("small", None), ("vision-banana", 2)):
        out = tmp_path_factory.mktemp("built") / name
        vt.build(name, demo=2, limit=limit, out=out)
        found[name] = vt.open_dataset(out)
    assert len({pair.code.shape for pair in found["vision-banana"]}) == 4
    return found


@pytest.mark.parametrize("script", CHECKOUTS)
@pytest.mark.parametrize("of", ["small", "coco", "vision-banana"])
def test_pixels_prompt_and_pairing_are_exact(script, of, checkouts, built, tmp_path):
    folder, trainer = CHECKOUTS[script]
    checkout = checkouts / folder
    if not checkout.is_dir():
        pytest.skip(f"{checkout} must be a checkout of {folder}, and is not there")
    found = built[of]
    if script in SQUARES:
        found = _squares("coco" if of == "coco" else "scenes", SQUARES[script], tmp_path / "of")
    pairs = list(found)
    if (script, of) in REFUSED:
        with pytest.raises(ExportError, match="would be resampled"):
            export(found.root, to=[trainer], out=tmp_path / "export")
        return
    out = export(found.root, to=[trainer], out=tmp_path / "export").out

    command = [sys.executable, SCRIPTS / f"{script}.py", checkout, out, tmp_path / "loaded"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)

    assert done.returncode == 0, done.stderr[-4000:]
    exact = {"pairs": 0, "pixels": 0, "prompts": 0, "pairings": 0}
    for path in sorted((tmp_path / "loaded").glob("*.npz")):
        prompt, target, shown = _loaded(path)
        pair = _closest(target, prompt, pairs)
        exact["pairs"] += 1
        exact["pixels"] += np.array_equal(target, pair.code)
        exact["prompts"] += prompt == pair.instruction
        exact["pairings"] += _shows(shown, pair, pairs)
    print(f"\n{script} {of}: {exact}")  # noqa: T201  # the table that a person reads
    assert set(exact.values()) == {len(pairs)}


def _squares(recipe: str, side: int, out: Path) -> vt.Dataset:
    framing = ("framing.resize=exact", f"framing.size=[{side},{side}]")
    vt.build(recipe, demo=4, out=out, overrides=framing)
    return vt.open_dataset(out)


def _loaded(path: Path) -> tuple[str, np.ndarray, np.ndarray]:
    with np.load(path) as stored:
        return json.loads(str(stored["prompt"])), stored["target"], stored["input"]


def _closest(target: np.ndarray, prompt: str, pairs: list[vt.Pair]) -> vt.Pair:
    """The pair whose target this is, or else the one whose prompt it is."""
    same = [pair for pair in pairs if np.array_equal(target, pair.code)]
    asked = [pair for pair in same or pairs if pair.instruction == prompt]
    return (asked or same or pairs)[0]


def _shows(shown: np.ndarray, pair: vt.Pair, pairs: list[vt.Pair]) -> bool:
    """Whether a loaded input, at whatever size, looks like the pair's and like no other."""

    def distance(other: vt.Pair) -> float:
        height, width = shown.shape[:2]
        wanted = cv2.resize(other.input, (width, height), interpolation=cv2.INTER_AREA)
        return float(np.abs(wanted.astype(int) - shown).mean())

    return distance(pair) <= min(distance(other) for other in pairs)
