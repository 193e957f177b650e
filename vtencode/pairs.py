"""Sample x task -> one training record, its round trip already checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vtencode.codecs.base import Code, Codec
from vtencode.errors import CodeError, SampleError, TargetError
from vtencode.images import Picture
from vtencode.painted import painted
from vtencode.recipe import DepthContract, Recipe, TaskSection
from vtencode.sinks.base import Record
from vtencode.sources.base import Row, Sample
from vtencode.sources.files import decoded
from vtencode.spec import canonical_json
from vtencode.targets import DepthMap


@dataclass(frozen=True)
class RoundTrip:
    """How far a target came back changed.

    `worst` is the largest error, in the codec's unit; `share` the largest error as a share of the
    tolerance at that pixel, 0 where the tolerance is 0 and kept. The law holds while `kept`.
    """

    worst: float
    share: float
    kept: bool


def pair_key(sample_key: str, task: str) -> str:
    """The key of the pair that a task makes of a sample."""
    return f"{sample_key}-{task}"


def make_pairs(sample: Sample, recipe: Recipe, row: Row) -> Iterator[Record | SampleError]:
    """One record a task, in the recipe's order; a task that cannot be is the reason why.

    `row` is the sample's row in the index.
    """
    for task in recipe.tasks:
        try:
            yield _make_pair(sample, task, recipe, row)
        except SampleError as error:
            yield error


def round_trip(codec: Codec[Any], target: Any, code: Code) -> RoundTrip:
    """Decode a code and compare it with the target that it was painted from."""
    error = codec.error(target, codec.decode(code).target)
    bound = codec.tolerance(target)
    share = np.divide(error, bound, out=np.where(error > 0, np.inf, 0.0), where=bound > 0)
    return RoundTrip(_most(error), _most(share), kept=bool((error <= bound).all()))


def check_depth(depth: DepthMap, contract: DepthContract, *, where: str) -> None:
    """Raise `SampleError` where a depth is outside what this dataset can hold."""
    valid = depth.meters[depth.valid]
    if not valid.size:
        raise SampleError("EMPTY", "depth", where, "no pixel has a known depth")
    low, high = contract.range_m
    if valid.min() < low or valid.max() > high:
        raise SampleError(
            "RANGE",
            "depth",
            where,
            f"must lie in {low:g} to {high:g} m, got {valid.min():.4g} to {valid.max():.4g} m, "
            f"median {np.median(valid):.4g} m: is it in another unit?",
        )


def _make_pair(sample: Sample, task: TaskSection, recipe: Recipe, row: Row) -> Record:
    target = sample.targets[task.task]
    if recipe.contract.depth is not None and isinstance(target, DepthMap):
        check_depth(target, recipe.contract.depth, where=sample.where)
    codec, key = task.make_codec(), pair_key(sample.key, task.task)
    code = _encoded(codec, target, sample, task)
    trip = round_trip(codec, target, code)
    if not trip.kept:
        raise CodeError(f"{codec.name} broke its tolerance on {key}: worst error {trip.worst}.")
    template = task.pool.pick(recipe.seed, key)
    return Record(
        key,
        input=_input(sample, recipe, row),
        target=Picture.from_rgb(code.rgb, png=painted(code, codec)),
        instruction=template.text,
        meta={
            "task": task.task,
            "instruction_id": template.id,
            "codec": canonical_json(codec.spec()),
            "legend": code.legend.to_json(),
            "camera": _camera(target),
            "height": target.shape[0],
            "width": target.shape[1],
            "worst_error": trip.worst,
            "worst_share_of_tolerance": trip.share,
            "unit": codec.unit,
            "valid_share": _valid_share(target),
            "seed": recipe.seed,
            **_provenance(sample, recipe, row),
        },
    )


def _encoded(codec: Codec[Any], target: Any, sample: Sample, task: TaskSection) -> Code:
    """The target, painted; one that the codec cannot hold is a reject."""
    try:
        return codec.encode(target)
    except TargetError as error:
        raise SampleError("RANGE", task.task, sample.where, str(error)) from error


def _provenance(sample: Sample, recipe: Recipe, row: Row) -> Mapping[str, str]:
    source = recipe.source
    where = {f"source_{name}": text for name, text in sorted(sample.provenance.items())}
    license_ = source.reader.publication.license
    return {
        "recipe": recipe.name,
        "dataset": source.name,
        "split": row["split"],
        "license": license_,
        **where,
    }


def _input(sample: Sample, recipe: Recipe, row: Row) -> Picture:
    """The picture of a sample, decoded once so that a broken one is not passed on."""
    picture, where = sample.picture, sample.provenance["file"]
    rgb = decoded(lambda: picture.rgb, field="image", where=where)
    if recipe.output.input == "png" and picture.format != "png":
        return Picture.from_rgb(rgb)
    if picture.format != row["image"]:
        message = f"must be a {row['image']} file, as its name says, got {picture.format}"
        raise SampleError("MODE", "image", where, message)
    return picture


def _camera(target: Any) -> str:
    camera = getattr(target, "camera", None)
    return canonical_json(asdict(camera)) if camera else ""


def _valid_share(target: Any) -> float:
    """Share of the pixels whose value is known; 1 for targets that know no other."""
    known = getattr(target, "valid", getattr(target, "labeled", None))
    return 1.0 if known is None or not known.size else round(float(known.mean()), 6)


def _most(values: Any) -> float:
    return float(values.max()) if values.size else 0.0
