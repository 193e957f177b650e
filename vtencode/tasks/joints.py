"""Keypoints: joints of people as discs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from vtencode.codecs.base import Codec
from vtencode.errors import SpecError
from vtencode.palettes import CAPACITY
from vtencode.seeds import Chance
from vtencode.targets import Array, Keypoints, Visibility
from vtencode.tasks.base import Finding, Question, Wording, check_shares, nothing
from vtencode.tasks.coloring import BLACK, LEGEND, draw_coloring
from vtencode.tasks.inventory import in_a_row
from vtencode.tasks.words import ORDINALS, listed, spoken


@dataclass(frozen=True, kw_only=True)
class KeypointsTask(Finding[Keypoints]):
    """Chosen joints of everybody, up to `most`, or in a share `whole` of the pairs all of them.

    Colors are the codec's: joints of the first person from the left have the same ones in every
    picture, and so those of the second. Or, in a share `stated` of the pairs, they are drawn and
    said in a legend, where it has at most `most_stated` entries: of each person, from left to right
    where one can see that order, each joint, and once more where it is hidden. Joints off the
    picture are absent; where some lie on one another, fewer are asked for.
    """

    name: ClassVar[str] = "keypoints"
    summary: ClassVar[str] = "joints of people as discs"
    target: ClassVar[str] = "keypoints"
    takes: ClassVar[tuple[type, ...]] = (Keypoints,)
    paints: ClassVar[type] = Keypoints
    fields: ClassVar[tuple[str, ...]] = ("joints", *LEGEND)
    codec: ClassVar[str] = "keypoints"
    pool: ClassVar[str] = "keypoints"
    drawn: ClassVar[tuple[str, ...]] = ("joints",)

    most: int = 4
    whole: float = 0.3
    stated: float = 0.5
    most_stated: int = 10

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
        target = _on_picture(target)
        shown = np.flatnonzero(target.present.any(axis=0)).tolist()
        hidden = [at for at in range(len(target.names)) if at not in shown]
        negative = self.wants_negative(chance) and bool(hidden)
        choice = hidden if negative else shown
        if not choice:
            raise nothing(self.target, where, "shows nobody")
        rng = chance.generator("joints")
        count = int(rng.integers(1, min(self.most, len(choice)) + 1))
        joints = rng.permutation(choice)[:count].tolist()
        if not negative and rng.random() < self.whole:
            joints = list(range(len(target.names)))
        while joints:
            question = self._about(target, sorted(joints), codec, chance, negative=negative)
            if not json.loads(str(question.code.legend.facts.get("lost", "[]"))):
                return question
            joints = joints[: len(joints) // 2]
        raise nothing(self.target, where, "shows joints that lie on one another")

    def _about(
        self,
        target: Keypoints,
        joints: Sequence[int],
        codec: Codec[Any],
        chance: Chance,
        *,
        negative: bool,
    ) -> Question:
        everyone = _from_left(target)
        names = tuple(spoken(target.names[at]) for at in joints)
        fields, convey = {"joints": listed(names)}, (("joints",),)
        chosen, places = _of_joints(everyone, joints)
        stated = _legend_names(chosen, places) if chance.share("stated") < self.stated else {}
        if 0 < len(stated) <= self.most_stated:
            free = Question(
                chosen, _for_these(codec, chosen), fields, convey, None, names, negative
            )
            return _said(free, stated, chance)
        others = [at for at in range(len(target.names)) if at not in joints]
        visibility = everyone.visibility.copy()
        visibility[:, others] = Visibility.ABSENT
        shown = replace(everyone, visibility=visibility)
        return Question(shown, _for_these(codec, shown), fields, convey, None, names, negative)


def _on_picture(target: Keypoints) -> Keypoints:
    height, width = target.shape
    edges = np.array([width, height]) - 0.5
    here = ((target.xy_px >= -0.5) & (target.xy_px < edges)).all(axis=2)  # NaN is nowhere
    return replace(target, visibility=np.where(here, target.visibility, Visibility.ABSENT))


def _for_these(codec: Any, chosen: Keypoints) -> Codec[Any]:
    """The codec for these joints alone, and for more people where there are more."""
    most = CAPACITY // (2 * len(chosen.names))
    people = min(max(codec.people, len(chosen.visibility)), most)
    same = (codec.joints, codec.people) == (chosen.names, people)
    colors = codec.colors if same else ()
    made: Codec[Any] = replace(codec, joints=chosen.names, people=people, colors=colors)
    return made


def _from_left(target: Keypoints) -> Keypoints:
    """Everybody who shows a joint, from left to right."""
    here = np.flatnonzero(target.present.any(axis=1))
    order = here[np.argsort(_middles(target.of(here)), kind="stable")]
    return target.of(order)


def _of_joints(everyone: Keypoints, joints: Sequence[int]) -> tuple[Keypoints, list[str]]:
    """These joints alone, of the people that have one; and who these are.

    People are counted with all their joints, as whoever looks at the image counts them.
    """
    ordered = in_a_row(_middles(everyone).tolist(), everyone.shape[1])
    here = np.flatnonzero(everyone.present[:, joints].any(axis=1))
    chosen = Keypoints(
        everyone.xy_px[here][:, joints],
        everyone.visibility[here][:, joints],
        tuple(everyone.names[at] for at in joints),
        shape=everyone.shape,
    )
    return chosen, _places(here.tolist(), len(everyone.visibility)) if ordered else []


def _middles(people: Keypoints) -> Array:
    """Where the joints of each person are on average, along x: float64 (N,)."""
    known = np.where(people.present, people.xy_px[..., 0], 0).sum(axis=1, dtype=np.float64)
    middles: Array = known / np.maximum(people.present.sum(axis=1), 1)
    return middles


def _places(numbers: Sequence[int], people: int) -> list[str]:
    """What tells these people apart from the others; nothing where words are missing."""
    if people <= 1 or not numbers:
        return [""]
    if people > len(ORDINALS):
        return []
    return [f" of the {ORDINALS[number]} person from the left" for number in numbers]


def _legend_names(chosen: Keypoints, places: Sequence[str]) -> dict[str, bool]:
    """What the colors stand for, and which are of a joint that is hidden.

    Of each person each joint, seen and then hidden.
    """
    return {
        f"{'hidden ' if hidden else ''}{spoken(joint)}{place}": hidden
        for place in places
        for joint in chosen.names
        for hidden in (False, True)
    }


def _said(question: Question, names: Mapping[str, bool], chance: Chance) -> Question:
    """The same question with colors of its own, those that may occur said in a legend."""
    chosen: Keypoints = question.target
    some_hidden = bool((chosen.visibility == Visibility.OCCLUDED).any())
    told = [name for name, hidden in names.items() if some_hidden or not hidden]
    coloring = draw_coloring(list(names), chance, background=BLACK, told=told)
    changed: Any = question.codec
    people = max(len(chosen.visibility), 1)
    return replace(
        question,
        codec=replace(changed, people=people, colors=coloring.hexes[1:]),
        fields={**question.fields, **coloring.fields},
        convey=(*question.convey, LEGEND),
    )
