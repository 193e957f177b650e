"""Sample x task -> one training record."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from vtencode.errors import CodeError, SampleError, SampleFiltered, TargetError
from vtencode.framing import Transform, frame, frame_picture, mirrorable
from vtencode.images import Picture
from vtencode.instructions import MAX_TOKENS, estimate_tokens
from vtencode.painted import painted
from vtencode.pairs.checks import RoundTrip, check_contract, round_trip
from vtencode.recipe import Recipe, TaskSection
from vtencode.seeds import Chance
from vtencode.sinks.base import Record
from vtencode.sinks.meta import PairMeta
from vtencode.sources.base import Row, Sample
from vtencode.sources.files import decoded
from vtencode.spec import canonical_json
from vtencode.tasks import Question

#: The split whose pairs may be trained on; those of any other get held-out phrasings and legends.
_TRAIN = "train"


@dataclass(frozen=True)
class Place:
    """Where a pair stands: its key, unique in its dataset, and its number in the plan."""

    key: str
    turn: int


@dataclass(frozen=True, eq=False)
class Made:
    """A record, and the framed target that its picture stands for."""

    record: Record
    target: Any


def pair_key(sample_key: str, task: str, repeat: int = 0) -> str:
    """The key of the pair that a task makes of a sample; a mix may repeat a sample.

    >>> pair_key("nyu-0042", "depth"), pair_key("nyu-0042", "depth", 1)
    ('nyu-0042-depth', 'nyu-0042-depth-r2')
    """
    again = f"-r{repeat + 1}" if repeat else ""
    return f"{sample_key}-{task}{again}"


def make_pair(sample: Sample, task: TaskSection, recipe: Recipe, row: Row, place: Place) -> Made:
    """Ask, frame, paint, and check the round trip. `row` is the sample's row in the index.

    Raises `SampleError` for a pair that cannot be, `SampleFiltered` for one that is left out on
    purpose, and `CodeError` where a codec breaks its own law.
    """
    chance = Chance(recipe.seed, place.key, place.turn, row["split"] != _TRAIN, recipe.heldout)
    picture = _input(sample, recipe, row)
    _check_leak(sample, recipe, picture)
    given = sample.targets[task.target_name]
    check_contract(given, recipe.contract, where=sample.where)
    transform, target = _framed(given, picture, recipe, chance, where=sample.where)
    question = _asked(target, task, chance, where=sample.where)
    trip = round_trip(question.codec, question.target, question.code)
    if not trip.kept:
        raise CodeError(f"{question.codec.name} broke its tolerance on {place.key}: {trip.worst}.")
    instruction, template = _worded(question, task, recipe, chance, where=sample.where)
    meta = PairMeta(
        key=place.key,
        instruction=instruction,
        task=task.task,
        target=task.target_name,
        asked=canonical_json(list(question.asked)),
        negative=question.negative,
        instruction_id=template,
        prompt_tokens=estimate_tokens(instruction),
        framing=transform.to_json(),
        camera=_camera(question.target),
        seed=recipe.seed,
        turn=place.turn,
        valid_share=_valid_share(target),
        **_answer(question, trip),
        **_provenance(sample, recipe, row),
    )
    record = Record(
        place.key,
        input=frame_picture(picture, transform),
        target=Picture.from_rgb(question.code.rgb, png=painted(question.code, question.codec)),
        instruction=instruction,
        meta=meta.model_dump(),
    )
    return Made(record, question.target)


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


def _check_leak(sample: Sample, recipe: Recipe, picture: Picture) -> None:
    reason = recipe.leak_guard.guard.reason(sample.provenance.get("image_id", ""), picture)
    if reason is not None:
        raise SampleFiltered("LEAK", "image", sample.where, reason)


def _framed(
    given: Any, picture: Picture, recipe: Recipe, chance: Chance, *, where: str
) -> tuple[Transform, Any]:
    """The transform of this pair, and the target through it."""
    if given.shape != (picture.height, picture.width):
        message = f"must be as large as its image, got {given.shape}"
        raise SampleError("SHAPE", "target", where, message)
    mirror = not chance.evaluation and mirrorable(given) is None
    try:
        transform = recipe.framing.made.transform(
            picture.width, picture.height, chance, mirror=mirror
        )
        return transform, frame(given, transform)
    except TargetError as error:
        raise SampleError("SHAPE", "image", where, str(error)) from error


def _asked(target: Any, task: TaskSection, chance: Chance, *, where: str) -> Question:
    """The question, its answer painted; one that the codec cannot hold is a reject."""
    try:
        question = task.make_task().ask(target, task.make_codec(), chance, where=where)
        _ = question.code
        return question
    except TargetError as error:
        raise SampleError("RANGE", task.target_name, where, str(error)) from error


def _worded(
    question: Question, task: TaskSection, recipe: Recipe, chance: Chance, *, where: str
) -> tuple[str, str]:
    """The prompt, and the id of its template."""
    pool = recipe.pool(task)
    template = pool.pick(chance, supplied=set(question.fields), convey=question.convey)
    text = template.render(question.fields)
    if pool.confusion and chance.share("confused") < task.confusion:
        end = "" if text.endswith((".", "?", "!")) else "."
        text = f"{text}{end} {pool.pick_confusion(chance)}"
    tokens = estimate_tokens(text)
    if tokens > MAX_TOKENS:
        message = f"must have at most {MAX_TOKENS} T5 tokens, got about {tokens}: ask for fewer"
        raise SampleFiltered("LONG", "instruction", where, message)
    return text, template.id


def _answer(question: Question, trip: RoundTrip) -> dict[str, Any]:
    height, width = question.target.shape
    return {
        "codec": canonical_json(question.codec.spec()),
        "legend": question.code.legend.to_json(),
        "height": height,
        "width": width,
        "worst_error": trip.worst,
        "worst_share_of_tolerance": trip.share,
        "unit": question.codec.unit,
    }


def _provenance(sample: Sample, recipe: Recipe, row: Row) -> dict[str, Any]:
    told = dict(sample.provenance)
    return {
        "recipe": recipe.name,
        "dataset": recipe.source.name,
        "split": row["split"],
        "license": told.pop("license", "") or recipe.source.publication.license,
        "image_id": told.pop("image_id", ""),
        "source_file": told.pop("file"),
        "source_member": told.pop("member", ""),
        "source_sha256": told.pop("sha256", ""),
        "source": canonical_json(told),
    }


def _camera(target: Any) -> str:
    camera = getattr(target, "camera", None)
    return canonical_json(asdict(camera)) if camera else ""


def _valid_share(target: Any) -> float:
    """Share of the pixels whose value is known; 1 for targets that know no other."""
    known = getattr(target, "valid", getattr(target, "labeled", None))
    return 1.0 if known is None or not known.size else round(float(known.mean()), 6)
