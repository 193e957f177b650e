"""`check_codec`: every law, on many examples, in one call."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vtencode.codecs.base import Codec
from vtencode.testing.laws import PICTURE_LAWS, SPEC_LAWS, TARGET_LAWS, LawError
from vtencode.testing.strategies import pictures, targets_of


@dataclass(frozen=True)
class Outcome:
    """One law: what it says, and how it was broken, if it was."""

    law: str
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Whether the law held on every example."""
        return not self.fault


@dataclass(frozen=True)
class Proof:
    """The outcome of every law."""

    codec: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Whether every law held."""
        return all(outcome.ok for outcome in self.outcomes)


def check_codec(codec: Codec[Any], strategy: Any = None, *, examples: int = 100) -> Proof:
    """Prove a codec: run every law on `examples` targets and pictures, always the same ones.

    `strategy` is a Hypothesis strategy of targets; left out, the one for the codec's type of
    target. Raises `LawError` naming every broken law with how the smallest example broke it.
    """
    proof = prove(codec, strategy, examples=examples)
    if not proof.ok:
        broken = "; ".join(f"{o.law}: {o.fault}" for o in proof.outcomes if not o.ok)
        raise LawError(f"{proof.codec} breaks {broken}")
    return proof


def prove(codec: Codec[Any], strategy: Any = None, *, examples: int = 100) -> Proof:
    """Run every law, and tell how each came out."""
    targets = targets_of(codec) if strategy is None else strategy
    return Proof(codec.name, tuple(_outcomes(codec, targets, examples)))


def _outcomes(codec: Codec[Any], targets: Any, examples: int) -> Iterator[Outcome]:
    for spec_law in SPEC_LAWS:
        yield Outcome(_told(spec_law), _fault(lambda law=spec_law: law(codec)))  # type: ignore[misc]  # bound now
    for law in TARGET_LAWS:
        yield Outcome(_told(law), _searched(law, codec, (targets,), examples))
    for picture_law in PICTURE_LAWS:
        given = (targets, pictures())
        yield Outcome(_told(picture_law), _searched(picture_law, codec, given, examples))


def _searched(
    law: Callable[..., None], codec: Codec[Any], strategies: tuple[Any, ...], examples: int
) -> str:
    """Look for an example that breaks a law: what it says, or nothing."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*strategies))
    def holds(example: tuple[Any, ...]) -> None:
        law(codec, *example)

    return _fault(holds)


def _fault(holds: Callable[[], None]) -> str:
    try:
        holds()
    except LawError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # whatever a user's codec raises breaks the law
        return f"raised {type(error).__name__}: {error}"
    return ""


def _told(law: Callable[..., None]) -> str:
    return (inspect.getdoc(law) or law.__name__).split("\n")[0].rstrip(".")
