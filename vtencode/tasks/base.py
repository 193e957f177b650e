"""What every task gives: of one target, a question that can be put into words and painted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from vtencode.codecs.base import Code, Codec
from vtencode.colors import RGB
from vtencode.errors import SampleFiltered, SpecError
from vtencode.registry import find, names
from vtencode.seeds import Chance

T = TypeVar("T")


class Wording(NamedTuple):
    """Fields that a wording may use, and groups of which it must use one each."""

    supplied: tuple[str, ...] = ()
    convey: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Question:
    """One question about one image, and the answer to paint.

    `target` is the answer and `codec` paints it, ids in their `colors` where these are stated.
    `fields` are what the wording may use; of each group in `convey` it must use one, or the
    words would not say enough. `asked` names what was asked for. `negative` tells that there is
    nothing to find.
    """

    target: Any
    codec: Codec[Any]
    fields: Mapping[str, str] = field(default_factory=dict)
    convey: tuple[tuple[str, ...], ...] = ()
    colors: Mapping[int, RGB] | None = None
    asked: tuple[str, ...] = ()
    negative: bool = False

    @cached_property
    def code(self) -> Code:
        """The answer as a picture. Raises `TargetError` for what the codec cannot hold."""
        stated: Any = self.codec
        if self.colors is None:
            return self.codec.encode(self.target)
        code: Code = stated.encode(self.target, colors=self.colors)
        return code


@dataclass(frozen=True, kw_only=True)
class Task(ABC, Generic[T]):
    """A kind of question.

    Subclasses are frozen dataclasses whose fields are the task's options in a recipe. `target`
    names the target of a sample that is asked about unless a recipe names another; `takes` and
    `paints` are the types of that target and of the answer, `fields` what templates may name,
    `codec` and `pool` what a recipe gets that names none.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    target: ClassVar[str]
    takes: ClassVar[tuple[type, ...]]
    #: Kinds of what it takes that do not say enough, and what to ask of them instead.
    refuses: ClassVar[Mapping[type, str]] = {}
    paints: ClassVar[type]
    fields: ClassVar[tuple[str, ...]] = ()
    codec: ClassVar[str]
    pool: ClassVar[str]
    #: Parameters of the codec that each pair has its own of.
    drawn: ClassVar[tuple[str, ...]] = ()

    def overrules(self) -> tuple[str, ...]:
        """Parameters of the codec that a recipe would set in vain."""
        return self.drawn

    def wordings(self, codec: Codec[Any]) -> tuple[Wording, ...]:  # noqa: ARG002  # for subclasses
        """Every kind of wording that its questions need: a pool must have one of each."""
        return (Wording(),)

    @abstractmethod
    def ask(self, target: T, codec: Codec[Any], chance: Chance, *, where: str) -> Question:
        """Ask about a target; `where` is what messages call it.

        Raises `SampleFiltered` where there is nothing to ask, and `TargetError` for what the
        codec cannot hold.
        """


@dataclass(frozen=True, kw_only=True)
class Finding(Task[T]):
    """A task that may find nothing: in a share of the pairs, `negatives`, the answer is empty."""

    negatives: float = 0.1

    def __post_init__(self) -> None:
        check_shares(self, "negatives")

    def wants_negative(self, chance: Chance) -> bool:
        """Whether this pair is to ask for what is not there."""
        return chance.share("negative") < self.negatives


def check_shares(task: Any, *options: str) -> None:
    """Raise `SpecError` for an option that is no share."""
    for option in options:
        if not 0 <= getattr(task, option) <= 1:
            raise SpecError(f"{task.name}: {option} must be 0 to 1, got {getattr(task, option)}.")


def nothing(field_: str, where: str, message: str) -> SampleFiltered:
    """The reason why a pair is left out that has nothing to ask."""
    return SampleFiltered("NOTHING", field_, where, message)


def find_task(name: str) -> type[Task[Any]] | None:
    """The task of that name; None where a name only stands for a target to be painted."""
    return find("task", name) if name in names("task") else None
