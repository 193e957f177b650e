"""Codes as PNG files that say by themselves how to decode them."""

from __future__ import annotations

from typing import Any

from vtencode.codecs.base import Code, Codec
from vtencode.legends import Legend
from vtencode.png import png_text, read_png, write_png
from vtencode.spec import canonical_json

#: Keywords of the text chunks that make a target PNG decodable on its own.
CODEC_CHUNK, LEGEND_CHUNK = "vtencode:codec", "vtencode:legend"


def painted(code: Code, codec: Codec[Any]) -> bytes:
    """A code as a PNG that carries its codec's spec and its legend."""
    text = {CODEC_CHUNK: canonical_json(codec.spec()), LEGEND_CHUNK: code.legend.to_json()}
    return write_png(code.rgb, text=text)


def read_painted(data: bytes) -> tuple[Code, str | None]:
    """A PNG as a code, exact if it carries a spec, and that spec's JSON."""
    text = png_text(data)
    spec, legend = text.get(CODEC_CHUNK), text.get(LEGEND_CHUNK)
    known = Legend() if legend is None else Legend.from_json(legend)
    return Code(read_png(data), known, exact=spec is not None), spec
