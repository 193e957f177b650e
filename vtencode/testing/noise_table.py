"""How a codec bears noise: the error of decoding what was degraded, kind by kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from vtencode.codecs.base import Code, Codec
from vtencode.noise import KINDS, degraded


def noise_table(
    codec: Codec[Any], targets: Iterable[Any], *, kinds: Iterable[str] = tuple(KINDS), seed: int = 0
) -> dict[str, dict[str, float]]:
    """Median and 99th percentile error over all elements, and the share whose state is lost.

    Errors are in the codec's unit, over elements whose special state survived; `lost` is the
    share of elements where it did not. "clean" is the codec by itself.
    """
    encoded = [(target, codec.encode(target)) for target in targets]
    return {
        kind: _summary(
            [
                codec.error(target, _read(codec, code, kind, seed)).reshape(-1)
                for target, code in encoded
            ]
        )
        for kind in ("clean", *kinds)
    }


def _read(codec: Codec[Any], code: Code, kind: str, seed: int) -> Any:
    if kind == "clean":
        return codec.decode(code).target
    return codec.decode(Code(degraded(code.rgb, kind, seed=seed), code.legend, exact=False)).target


def _summary(errors: list[Any]) -> dict[str, float]:
    error = np.concatenate(errors)
    kept = error[np.isfinite(error)]
    middle, high = np.quantile(kept, [0.5, 0.99]) if kept.size else (0.0, 0.0)
    lost = 1 - kept.size / error.size if error.size else 0.0
    return {"median": float(middle), "p99": float(high), "lost": float(lost)}
