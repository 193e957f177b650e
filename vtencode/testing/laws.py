"""The laws of a codec, each a function that raises `LawError` where it is broken.

Laws of targets take a codec and a target; laws of pictures take a codec, a target whose legend
the picture is read with, and the picture. They know codecs by their contract alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from vtencode.codecs.base import Code, Codec
from vtencode.errors import VtencodeError
from vtencode.spec import from_params
from vtencode.targets import Array

AnyCodec = Codec[Any]


class LawError(VtencodeError, AssertionError):
    """A codec broke a law."""


def _require(holds: object, message: str) -> None:
    if not bool(holds):
        raise LawError(message)


def error_is_within_the_tolerance(codec: AnyCodec, target: Any) -> None:
    """|decode(encode(x)) - x| <= tolerance(x), elementwise; every special state survives."""
    bound = codec.tolerance(target)
    error = codec.error(target, codec.decode(codec.encode(target)).target)
    if (error <= bound).all():
        return
    worst = np.unravel_index(np.argmax(error - bound), error.shape)
    raise LawError(
        f"error must be at most the tolerance, got {error[worst]:.6g} {codec.unit} where it is "
        f"{bound[worst]:.6g}, at {tuple(map(int, worst))}"
    )


def tolerance_is_finite(codec: AnyCodec, target: Any) -> None:
    """The tolerance is a number >= 0 for every element."""
    bound = np.asarray(codec.tolerance(target))
    _require(np.isfinite(bound).all(), "tolerance must be finite, and is not everywhere")
    _require((bound >= 0).all(), f"tolerance must be >= 0, got {bound.min(initial=0)}")


def codes_are_pictures_and_say_so(codec: AnyCodec, target: Any) -> None:
    """Encoding gives uint8 (H, W, 3), exact, with a legend that survives JSON."""
    code = codec.encode(target)
    _require(code.exact, "encode must give an exact code")
    again = type(code.legend).from_json(code.legend.to_json())
    _require(again == code.legend, "the legend must survive JSON, and does not")


def encoding_is_a_function(codec: AnyCodec, target: Any) -> None:
    """The same target gives the same bytes, and the codec holds on to nothing."""
    first, second = codec.encode(target), codec.encode(target)
    _require((first.rgb == second.rgb).all(), "encode must give the same pixels twice")
    _require(first.legend == second.legend, "encode must give the same legend twice")


def exact_codes_are_certain(codec: AnyCodec, target: Any) -> None:
    """What encode wrote is read with residual 0 and confidence 1 wherever it is flat color."""
    decoded = codec.decode(codec.encode(target))
    share = float((decoded.residual == 0).mean()) if decoded.residual.size else 1.0
    _require(
        share > 0 or decoded.residual.size == 0, "an exact code must have residual 0 somewhere"
    )


def decoding_is_total(codec: AnyCodec, target: Any, picture: Array) -> None:
    """Any picture decodes, with a residual and a confidence for each pixel."""
    legend = codec.encode(target).legend
    for code in (picture, Code(picture, legend, exact=False), Code(picture, legend, exact=True)):
        decoded = codec.decode(code)
        for name in ("residual", "confidence"):
            values = getattr(decoded, name)
            shape, dtype = (values.shape, values.dtype)
            told = f"{name} must be float32 {picture.shape[:2]}, got {dtype} {shape}"
            _require(shape == picture.shape[:2] and dtype == np.float32, told)
            _require(np.isfinite(values).all() and (values >= 0).all(), f"{name} must be >= 0")
        _require((decoded.confidence <= 1).all(), "confidence must be at most 1")


def decoding_is_a_projection(codec: AnyCodec, target: Any, picture: Array) -> None:
    """decode(encode(decode(p))) equals decode(p)."""
    painted = Code(picture, codec.encode(target).legend, exact=False)
    once = codec.decode(painted).target
    twice = codec.decode(codec.encode(once)).target
    error = codec.error(once, twice)
    worst = float(error.max()) if error.size else 0.0
    limit = codec.projection_error
    told = f"what was decoded must encode and decode to itself, and is {worst:.6g} {codec.unit} off"
    _require(worst <= limit, told)


def decoding_leaves_its_argument_alone(codec: AnyCodec, target: Any, picture: Array) -> None:
    """Neither the picture nor what a strided view of it shows is changed or misread."""
    before = picture.copy()
    legend = codec.encode(target).legend
    whole = codec.decode(Code(picture, legend, exact=False))
    _require((picture == before).all(), "decode must not write to its argument")
    strided = np.repeat(picture, 2, axis=1)[:, ::2]
    again = codec.decode(Code(strided, legend, exact=False))
    error = codec.error(whole.target, again.target)
    _require((error <= 0).all(), "a strided picture must decode like its copy")


def spec_survives_json(codec: AnyCodec) -> None:
    """A codec is its spec: name, version and every parameter come back from JSON."""
    spec = json.loads(json.dumps(codec.spec(), allow_nan=False))
    _require({"name", "version", "params"} <= set(spec), f"spec must be complete, got {spec}")
    again = from_params(type(codec), spec["params"])
    _require(again == codec, f"the spec must make the codec again, got {again}")
    _require(codec.spec() == again.spec(), "the spec must be the same again")


def contract_is_json(codec: AnyCodec) -> None:
    """What the codec promises can be printed and stored."""
    json.dumps(codec.contract(), allow_nan=False)


TARGET_LAWS: tuple[Callable[[AnyCodec, Any], None], ...] = (
    error_is_within_the_tolerance,
    tolerance_is_finite,
    codes_are_pictures_and_say_so,
    encoding_is_a_function,
    exact_codes_are_certain,
)
PICTURE_LAWS: tuple[Callable[[AnyCodec, Any, Array], None], ...] = (
    decoding_is_total,
    decoding_is_a_projection,
    decoding_leaves_its_argument_alone,
)
SPEC_LAWS: tuple[Callable[[AnyCodec], None], ...] = (spec_survives_json, contract_is_json)
