"""`vtencode encode` and `vtencode decode`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np

from vtencode.cli.terminal import show_facts, show_json
from vtencode.codecs.base import Code, Codec, Decoded, codec, codec_from_spec
from vtencode.depth_files import read_depth, write_depth
from vtencode.durable import write_whole
from vtencode.errors import SpecError
from vtencode.images import Picture, sniff
from vtencode.pairs import painted, read_painted
from vtencode.recipe import override_tree
from vtencode.registry import find
from vtencode.targets import DepthMap, DepthState


@click.group()
def encode() -> None:
    """Paint a target as an RGB image that `decode` reads back."""


@encode.command("depth")
@click.argument("file", type=click.Path())
@click.option("--unit", help="mm, cm, m, or meters per unit; integers need it.")
@click.option("--preset", help="A preset of the codec.")
@click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A codec parameter.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A PNG to write.")
def encode_depth(
    *, file: str, unit: str | None, preset: str | None, sets: tuple[str, ...], out: Path
) -> None:
    """Paint the depth in FILE: a 16-bit .png, .npy, or .h5:dataset.

    0 and NaN are unknown, inf is far.
    """
    target = read_depth(file, unit)
    made: Codec[DepthMap] = find("codec", "depth").with_params(preset, override_tree(sets))
    code = made.encode(target)
    write_whole(out, painted(code, made))
    error = made.error(target, made.decode(code).target)
    show_facts(
        {
            "painted": f"{out} ({target.shape[1]}x{target.shape[0]})",
            "states": _told(_states(target)),
            "worst error": f"{error.max(initial=0.0):.4g} m",
        }
    )


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--codec", "name", metavar="NAME[:PRESET]", help="Needed if the file has no spec.")
@click.option("--out", type=click.Path(path_type=Path), help="A .npy (meters) or 16-bit .png (mm).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def decode(*, file: Path, name: str | None, out: Path | None, as_json: bool) -> None:
    """Read the code in FILE, painted by `encode` or by a generator."""
    code, made = _opened(file, name)
    decoded: Decoded[DepthMap] = made.decode(code)
    clipped = 0 if out is None else write_depth(out, decoded.target)
    facts = _facts(file, made, code, decoded)
    if as_json:
        show_json({**facts, "out": None if out is None else str(out), "clipped": clipped})
        return
    shown = {name: _told(value) for name, value in facts.items()}
    if out is not None:
        shown["written"] = f"{out}" + (f" ({clipped} depths cut to 65.534 m)" if clipped else "")
    show_facts(shown)


def _opened(file: Path, name: str | None) -> tuple[Code, Codec[Any]]:
    """The picture as a code, and the codec it says, or is said, to be of."""
    data = file.read_bytes()
    if sniff(data) == "png":
        code, spec = read_painted(data)
    else:
        code, spec = Code(Picture.from_bytes(data).rgb, exact=False), None
    if spec is not None:
        own = codec_from_spec(json.loads(spec))
        if name is not None and name.partition(":")[0] != own.name:
            raise SpecError(f"{file} says it is a {own.name} code, and --codec says {name}.")
        return code, own
    if name is None:
        raise SpecError(f"{file} does not say which codec painted it: --codec NAME[:PRESET].")
    base, _, preset = name.partition(":")
    return code, codec(base, preset or None)


def _facts(file: Path, made: Codec[Any], code: Code, decoded: Decoded[DepthMap]) -> dict[str, Any]:
    target = decoded.target
    white = made.decode(Code(code.rgb, code.legend)).target.state == DepthState.FAR
    meters = target.meters[target.valid]
    quantiles = np.quantile(meters, [0.1, 0.5, 0.9]) if meters.size else [np.nan] * 3
    return {
        "file": str(file),
        "codec": made.name,
        "exact": code.exact,
        "height": target.shape[0],
        "width": target.shape[1],
        **_states(target),
        "white": _rounded(white.mean() if white.size else 0.0),
        "residual_median": _rounded(np.median(decoded.residual)),
        "residual_p99": _rounded(np.quantile(decoded.residual, 0.99)),
        "confidence_mean": _rounded(decoded.confidence.mean()),
        "meters": {
            f"p{percent}": _rounded(value)
            for percent, value in zip((10, 50, 90), quantiles, strict=True)
        },
    }


def _states(target: DepthMap) -> dict[str, float]:
    """Share of the pixels in each state."""
    return {s.name.lower(): _rounded((target.state == s).mean()) for s in DepthState}


def _rounded(value: Any) -> float:
    return round(float(np.nan_to_num(value)), 4)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {part:g}" for name, part in value.items())
    return str(value)
