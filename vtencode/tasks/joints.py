"""Keypoints: joints of people as discs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.colors import RGB
from vtencode.errors import SpecError
from vtencode.palettes import format_color
from vtencode.seeds import Chance
from vtencode.targets import Array, Keypoints
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.coloring import BLACK, LEGEND, draw_coloring
from vtencode.tasks.words import listed, spoken

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True, kw_only=True)
class KeypointsTask(Finding[Keypoints]):
    """Chosen joints of everybody, up to `most`, or in a share `whole` of the pairs all of them.

    Colors are the codec's, or in a share `stated` of the pairs drawn and said in a legend, where
    it has at most `most_stated` entries: of each person, from left to right, each joint, and once
    more where it is occluded.
    """

    name: ClassVar[str] = "keypoints"
    summary: ClassVar[str] = "joints of people as discs"
    target: ClassVar[str] = "keypoints"
    takes: ClassVar[tuple[type, ...]] = (Keypoints,)
    paints: ClassVar[type] = Keypoints
    fields: ClassVar[tuple[str, ...]] = ("joints", *LEGEND)
    codec: ClassVar[str] = "keypoints"
    pool: ClassVar[str] = "keypoints"

    most: int = 4
    whole: float = 0.3
    stated: float = 0.5
    most_stated: int = 12

    def __post_init__(self) -> None:
        super().__post_init__()
        check_shares(self, "whole", "stated")
        if self.most < 1:
            raise SpecError(f"keypoints: most must be >= 1, got {self.most}.")

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # the interface's
        """Colors of the codec's, and stated ones."""
        free, named = ("joints",), (("joints",),)
        said = Wording((*free, *LEGEND), (*named, LEGEND))
        return (Wording(free, named), said) if self.stated else (Wording(free, named),)

    def ask(self, target: Keypoints, codec: Codec[Any], chance: Chance, *, where: str) -> Question:
        """Joints that somebody shows, or that nobody does."""
        shown = np.flatnonzero(target.present.any(axis=0)).tolist()
        hidden = [at for at in range(len(target.names)) if at not in shown]
        negative = self.wants_negative(chance) and bool(hidden)
        choice = hidden if negative else shown
        if not choice:
            raise nothing(self.target, where, "shows nobody")
        rng = chance.generator("joints")
        count = int(rng.integers(1, min(self.most, len(choice)) + 1))
        joints = sorted(rng.permutation(choice)[:count].tolist())
        if not negative and rng.random() < self.whole:
            joints = list(range(len(target.names)))
        chosen = _of_joints(target, joints)
        names = tuple(map(spoken, chosen.names))
        stated = _legend_names(chosen) if chance.share("stated") < self.stated else []
        changed: Any = replace(codec, joints=chosen.names)  # type: ignore[call-arg]  # a codec of keypoints
        question = Question(
            chosen,
            changed,
            {"joints": listed(names)},
            (("joints",),),
            asked=names,
            negative=negative,
        )
        if not 0 < len(stated) <= self.most_stated:
            return question
        return _said(question, stated, chance)


def _of_joints(target: Keypoints, joints: Sequence[int]) -> Keypoints:
    """These joints alone, of the people that have one, from left to right."""
    xy, seen = target.xy_px[:, joints], target.visibility[:, joints]
    here = np.flatnonzero((seen > 0).any(axis=1))
    order = here[np.argsort(_middles(xy[here], seen[here]), kind="stable")]
    names = tuple(target.names[at] for at in joints)
    return Keypoints(xy[order], seen[order], names, shape=target.shape)


def _middles(xy: Array, seen: Array) -> Array:
    """Where the joints of each person are on average, along x."""
    known = np.where(seen > 0, xy[..., 0], 0).sum(axis=1)
    middles: Array = known / np.maximum((seen > 0).sum(axis=1), 1)
    return middles


def _legend_names(chosen: Keypoints) -> list[str]:
    """What the colors stand for: of each person each joint, visible and then occluded.

    Nothing where there are more people than words for them.
    """
    people = len(chosen.visibility)
    if people > len(_ORDINALS):
        return []
    owners = [""] if people <= 1 else [f" of the {word} person" for word in _ORDINALS[:people]]
    return [
        f"{spoken(joint)}{owner}{way}"
        for owner in owners
        for joint in chosen.names
        for way in ("", ", occluded")
    ]


def _said(question: Question, names: list[str], chance: Chance) -> Question:
    """The same question with colors of its own, those that occur said in a legend."""
    chosen: Keypoints = question.target
    everyone = draw_coloring(names, chance, background=BLACK)
    occluded = (chosen.visibility == 1).any()
    needed: dict[str, RGB] = {
        name: color
        for name, color in everyone.colors.items()
        if occluded or not name.endswith(", occluded")
    }
    said = draw_coloring(list(needed), chance, colors=list(needed.values()), background=BLACK)
    changed: Any = question.codec
    colors = tuple(format_color(color, "hex") for color in everyone.colors.values())
    people = max(len(chosen.visibility), 1)
    return replace(
        question,
        codec=replace(changed, people=people, colors=colors),
        fields={**question.fields, **said.fields},
        convey=(*question.convey, LEGEND),
    )
