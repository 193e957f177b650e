"""What is known to be wrong with a dataset, or missing, and what nobody can tell from it."""

from __future__ import annotations

from collections.abc import Iterator

from vtencode.cards.facts import Manifest, present
from vtencode.cards.markdown import counted, sections

#: What pairs are rejected and filtered for, as `rejects.jsonl` and `filtered.jsonl` call it.
_REJECTED = {
    "MISSING": "a file or member is not there",
    "DECODE": "it cannot be read",
    "MODE": "it is of another kind than its name says",
    "SHAPE": "sizes do not fit together",
    "RANGE": "values cannot be true, or the codec cannot hold them",
    "EMPTY": "nothing is known in it",
}
_FILTERED = {
    "LEAK": "the image is of an evaluation set",
    "NOTHING": "there is nothing to ask",
    "LONG": "the prompt is too long",
    "KNOWN_BAD": "the community knows the sample to be broken",
}


def limits(manifest: Manifest) -> str:
    """The section on limits."""
    return sections(
        "## Bias, Risks, and Limitations", "\n".join(f"- {text}" for text in _told(manifest))
    )


def _told(manifest: Manifest) -> Iterator[str]:
    counts = manifest["counts"]
    if counts["rejected"]:
        yield (
            f"{counted(counts['rejected'], 'planned pair')} could not be built; `rejects.jsonl` "
            f"says of each where and why: {_codes(_REJECTED)}."
        )
    if counts["filtered"]:
        yield (
            f"{counted(counts['filtered'], 'planned pair')} left out on purpose; `filtered.jsonl` "
            f"says of each why: {_codes(_FILTERED)}."
        )
    if manifest["limit"] is not None:
        yield f"No more than {counted(manifest['limit'], 'sample')} of each recipe were used."
    if any(each.task["task"] == "relative-depth" for each in present(manifest)):
        yield (
            "Depth of `relative-depth` is known up to a scale of its own in each image: no "
            "meters can be read from it."
        )
    yield (
        "Images and labels are those of the sources: so are their biases, their mistakes, and "
        "whoever is seen in them. Their terms hold for the pairs too; where images of one source "
        "have licenses of their own, the field `license` of each pair says so."
    )
    yield (
        "The manifest knows a source by the names and sizes of its files. It does not tell whether "
        "they were the published data or a miniature of them (`--demo`)."
    )


def _codes(told: dict[str, str]) -> str:
    return ", ".join(f"`{name}` ({text})" for name, text in told.items())
