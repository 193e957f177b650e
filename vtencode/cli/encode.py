"""`vtencode encode`."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from vtencode import files
from vtencode.cli.out_file import OutFile
from vtencode.cli.target_facts import facts_of, told
from vtencode.cli.terminal import show_facts
from vtencode.codecs.base import Codec
from vtencode.durable import write_whole
from vtencode.painted import painted
from vtencode.recipe import override_tree
from vtencode.registry import find


@click.group()
def encode() -> None:
    """Paint a target as an RGB image that `decode` reads back."""


@dataclass(frozen=True)
class _Painting:
    """How and where to a target is painted."""

    name: str
    preset: str | None
    params: Mapping[str, Any]
    out: Path

    def paint(self, target: Any, notes: list[str], **params: Any) -> None:
        """Paint the target, on several pages if it needs them, and tell about it."""
        made = find("codec", self.name).with_params(self.preset, {**params, **self.params})
        pages = made.pages(target) if hasattr(made, "pages") else (target,)
        outs = [self.out] if len(pages) == 1 else _numbered(self.out, len(pages))
        worst = max(_paint(page, made, out) for page, out in zip(pages, outs, strict=True))
        height, width = target.shape
        shown = {name: told(value) for name, value in facts_of(target).items()}
        named = {"note": "\n".join(notes)} if notes else {}
        show_facts(
            {
                "painted": "\n".join(f"{out} ({width}x{height})" for out in outs),
                **shown,
                **named,
                "worst error": f"{worst:.4g} {made.unit}",
            }
        )


def _paint(target: Any, made: Codec[Any], out: Path) -> float:
    """Write one picture; returns how far off the worst of it decodes."""
    code = made.encode(target)
    write_whole(out, painted(code, made))
    return float(made.error(target, made.decode(code).target).max(initial=0.0))


def _numbered(out: Path, count: int) -> list[Path]:
    return [out.with_stem(f"{out.stem}-{page}") for page in range(1, count + 1)]


def _target(name: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command `encode NAME FILE` of a function of the file and of a `_Painting`."""

    def command(read: Callable[..., None]) -> click.Command:
        @functools.wraps(read)
        def called(
            *, file: str, preset: str | None, sets: tuple[str, ...], out: Path, **rest: Any
        ) -> None:
            read(file, _Painting(name, preset, override_tree(sets), out), **rest)

        for option in (
            click.option("--out", required=True, type=OutFile(".png"), help="A PNG to write."),
            click.option("--set", "sets", multiple=True, metavar="KEY=VALUE", help="A parameter."),
            click.option("--preset", help="A preset of the codec."),
            click.argument("file", type=click.Path()),
        ):
            called = option(called)
        return encode.command(name)(called)

    return command


def _size(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
    if text is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,4})x([1-9]\d{0,4})", text)
    if not found:
        raise click.BadParameter(f"must be HEIGHTxWIDTH, as 480x640, got {text!r}.")
    return int(found[1]), int(found[2])


_image = click.option("--image", metavar="ID", help="Which image of the JSON: id or file name.")
_hw = click.option("--size", metavar="HxW", callback=_size, help="Where the JSON has no images.")


@_target("depth")
@click.option("--unit", help="mm, cm, m, or meters per unit; integers need it.")
@click.option("--far", type=float, help="A number that stands for far, too.")
def encode_depth(file: str, to: _Painting, *, unit: str | None, far: float | None) -> None:
    """Paint the depth in FILE: a 16-bit .png, .npy, or .h5:dataset.

    0 and NaN are unknown, inf is far.
    """
    to.paint(files.read_depth(file, unit, far), [])


@_target("normals")
@click.option("--frame", help="What the three numbers are: opencv, opengl, dsine, …")
def encode_normals(file: str, to: _Painting, *, frame: str | None) -> None:
    """Paint the normals in FILE: an .npy of vectors (H, W, 3), or an RGB .png.

    Zero vectors, NaN, and colors that are no direction are unknown.
    """
    to.paint(files.read_normals(file, frame), [])


@_target("semantic")
@click.option("--names", help="A file of class names by id, one a line or a JSON list.")
@click.option("--void", type=int, help="The id of pixels that nobody labeled.")
def encode_semantic(file: str, to: _Painting, *, names: str | None, void: int | None) -> None:
    """Paint the classes in FILE: an .npy of ids, or a gray or palette .png."""
    to.paint(files.read_semantic(file, names=names, void=void), [])


@_target("instances")
@_image
@_hw
def encode_instances(
    file: str, to: _Painting, *, image: str | None, size: tuple[int, int] | None
) -> None:
    """Paint the instances in FILE: an .npy or .png of ids (0 is none), or COCO .json.

    Overlapping ones go on several pages: X-1.png, X-2.png, …
    """
    to.paint(*files.read_instances(file, image=image, size=size))


@_target("panoptic")
@click.option("--segments", help="COCO's JSON; left out, the one beside FILE.")
def encode_panoptic(file: str, to: _Painting, *, segments: str | None) -> None:
    """Paint the segments in FILE: COCO's .png of ids."""
    to.paint(files.read_panoptic(file, segments), [])


@_target("keypoints")
@_image
@_hw
def encode_keypoints(
    file: str, to: _Painting, *, image: str | None, size: tuple[int, int] | None
) -> None:
    """Paint the joints in FILE: COCO's person_keypoints .json.

    More people than the codec paints in one image go on several pages: X-1.png, X-2.png, …
    """
    target, notes = files.read_keypoints(file, image=image, size=size)
    to.paint(target, notes, joints=target.names)
