"""`vtencode decode`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from vtencode.cli.out_file import OutFile, keep_apart
from vtencode.cli.target_facts import facts_of, rounded, share, told
from vtencode.cli.terminal import show_facts, show_json
from vtencode.codecs.base import Code, Codec, Decoded
from vtencode.conversion import Named, joined, open_code
from vtencode.files import write_target
from vtencode.recipe import override_tree
from vtencode.targets import DepthMap, DepthState

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=_FILE)
@click.option("--codec", "name", metavar="NAME[:PRESET]", help="Needed if the file has no spec.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A parameter of --codec.")
@click.option("--out", type=OutFile(), help="A .npy, a .png or a .json to write.")
@click.option("--frame", help="The axes of normals in --out: opencv, opengl, dsine, …")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def decode(
    *,
    files: Sequence[Path],
    name: str | None,
    sets: tuple[str, ...],
    out: Path | None,
    frame: str | None,
    as_json: bool,
) -> None:
    """Read the code in FILE, painted by `encode` or by a generator.

    Several files are the pages of one target. Written are: depth as .npy (meters) or .png (mm),
    normals as .npy or .png, classes as .npy or .png, instances as .npy, .png or .json, panoptic
    maps as .png and .json, keypoints as .json.
    """
    if sets and name is None:
        raise click.UsageError("--set changes a parameter of --codec NAME, and there is none.")
    keep_apart(out, tuple(files))
    named = None if name is None else Named(name, override_tree(sets))
    opened = [open_code(file, named) for file in files]
    decoded = [made.decode(code) for code, made in opened]
    target = joined(decoded)
    notes = [] if out is None else write_target(out, target, frame=frame)
    facts = {
        "file": ", ".join(map(str, files)),
        **_facts(*opened[0], decoded),
        **facts_of(target),
        **(_white(*opened[0]) if isinstance(target, DepthMap) else {}),
    }
    if as_json:
        show_json({**facts, "out": None if out is None else str(out), "notes": notes})
        return
    shown = {name: told(value) for name, value in facts.items()}
    if out is not None:
        shown["written"] = "\n".join([str(out), *notes])
    show_facts(shown)


def _facts(code: Code, made: Codec[Any], decoded: list[Decoded[Any]]) -> dict[str, Any]:
    residual = np.concatenate([page.residual.reshape(-1) for page in decoded])
    confidence = np.concatenate([page.confidence.reshape(-1) for page in decoded])
    height, width = code.rgb.shape[:2]
    return {
        "codec": made.name,
        "exact": code.exact,
        "height": height,
        "width": width,
        "residual_median": rounded(np.median(residual)),
        "residual_p99": rounded(np.quantile(residual, 0.99)),
        "confidence_mean": rounded(confidence.mean()),
    }


def _white(code: Code, made: Codec[Any]) -> dict[str, float]:
    """How much is the very color of far, rather than near it."""
    target = made.decode(Code(code.rgb, code.legend)).target
    return {"white": share(target.state == DepthState.FAR)}
