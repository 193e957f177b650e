"""Instruction pools: many phrasings of one request, one drawn for each pair."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vtencode.errors import SpecError
from vtencode.instructions.template import Template
from vtencode.seeds import Chance

#: The share of the phrasings that only evaluation sees.
HELDOUT = 0.2


@dataclass(frozen=True)
class Pool:
    """Phrasings of one task, all different; the share `heldout` is kept for evaluation.

    `confusion` holds sentences that tell the task from others, one of which may follow a prompt.
    """

    templates: tuple[Template, ...]
    confusion: tuple[str, ...] = ()
    heldout: float = HELDOUT

    @cached_property
    def evaluation_ids(self) -> frozenset[str]:
        """The phrasings kept for evaluation: the `round(heldout * n)` with the lowest ids.

        Ids come from texts, so that adding, removing or moving one phrasing moves at most one
        other over.
        """
        ids = sorted(template.id for template in self.templates)
        return frozenset(ids[: round(self.heldout * len(ids))])

    def eligible(
        self,
        supplied: Collection[str],
        convey: Sequence[Collection[str]] = (),
        *,
        evaluation: bool = False,
    ) -> tuple[Template, ...]:
        """The phrasings for a pair that has values for the fields `supplied`.

        Of each group in `convey` they name at least one field, or the prompt would leave open
        what the picture needs. Evaluation draws from what is held out, or from all where nothing
        is.
        """
        given = frozenset(supplied)
        return tuple(
            template
            for template in self.templates
            if self._is_for(template, evaluation=evaluation)
            and template.fields <= given
            and not any(template.fields.isdisjoint(group) for group in convey)
        )

    def pick(
        self,
        chance: Chance,
        *,
        supplied: Collection[str],
        convey: Sequence[Collection[str]] = (),
    ) -> Template:
        """One of the eligible phrasings, each as likely as the others.

        Raises `SpecError` where there is none.
        """
        choice = self.eligible(supplied, convey, evaluation=chance.evaluation)
        if not choice:
            side = "evaluation" if chance.evaluation else "training"
            raise SpecError(
                f"the instructions for {side} must have one that names {_naming(supplied, convey)}"
                ", and none does. Add phrasings that do."
            )
        return choice[chance.draw("instruction") % len(choice)]

    def pick_confusion(self, chance: Chance) -> str:
        """One of the sentences that tell the task from others; nothing where there is none."""
        if not self.confusion:
            return ""
        return self.confusion[chance.draw("confusion") % len(self.confusion)]

    def spec(self) -> dict[str, Any]:
        """The pool as `load_pool` reads it back."""
        return {
            "add": [template.text for template in self.templates],
            "confusion": list(self.confusion),
            "heldout": self.heldout,
        }

    def _is_for(self, template: Template, *, evaluation: bool) -> bool:
        held = self.evaluation_ids
        return (template.id in held) == evaluation if held else True


def _naming(supplied: Collection[str], convey: Sequence[Collection[str]]) -> str:
    """Which fields a phrasing has to name, and which it may."""
    wanted = [" or ".join(f"{{{name}}}" for name in sorted(group)) for group in convey]
    may = ", ".join(f"{{{name}}}" for name in sorted(supplied)) or "no field"
    return f"{' and '.join(wanted)} of {may}" if wanted else f"at most {may}"
