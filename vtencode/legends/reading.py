"""Legends read back out of prompts, whoever wrote them."""

from __future__ import annotations

from vtencode.colors import RGB
from vtencode.legends.naming import BACKGROUND, name_in
from vtencode.legends.phrases import JOINERS, LISTING, color_at, marking_at, starts, verb_at
from vtencode.legends.tokens import tokens

_ASSIGNING = frozenset({":", "=", "->", "=>", "→", "-", "–", "—", "in", "as"})  # noqa: RUF001  # dashes people type


def parse(prompt: str) -> dict[str, RGB]:
    """The names of a prompt and their colors; none where it has no legend.

    Read are sentences ("The chair is shown in red", "red marks the chair"), JSON maps, and lists
    after a colon or a bracket ("Colors: chair (255, 0, 0), sofa #00ff00"). Quoted names come back
    as they are. Others lose their article and what says no more than the name ("the area that
    corresponds to the"), and "everything else" and the like are "background". Of two colors of a
    name the first counts. Reads any text, in time that grows with its length.

    >>> parse("A map. The stretching cat is rendered in green, the other cat is in cyan.")
    {'stretching cat': (0, 128, 0), 'other cat': (0, 255, 255)}
    """
    return _Reader(prompt).read()


class _Reader:
    """One prompt: its pieces, what was read of it, and where the clause at hand begins.

    Its methods take the place of a piece, and give that after what they read there, or None.
    """

    def __init__(self, prompt: str) -> None:
        self.prompt = prompt
        self.pieces = tokens(prompt)
        self.found: dict[str, RGB] = {}
        self.begin = 0

    def read(self) -> dict[str, RGB]:
        at = 0
        while at < len(self.pieces):
            kind = self.pieces[at].kind
            if kind == "word":
                end = self._sentence(at) or self._backdrop(at) or self._marked(at)
            else:
                end = self._marked(at) if kind == "color" else self._entries(at)
            if end or kind not in ("word", "mark"):
                self.begin = end or at + 1
            at = end or at + 1
        return self.found

    def _sentence(self, at: int) -> int | None:
        """A verb and a color, the name before them."""
        value = self._told(at)
        if value is None:
            return None
        if self.begin < at:
            return self._record(name_in(self.prompt, self.pieces[self.begin : at]), *value)
        quoted = at > 0 and self.pieces[at - 1].kind == "quoted"
        return self._record(self.pieces[at - 1].name if quoted else None, *value)

    def _told(self, at: int) -> tuple[RGB, int] | None:
        """The color after a verb, and where it ends."""
        verb = verb_at(self.pieces, at)
        value = color_at(self.pieces, verb) if verb else None
        return value if value and self._ends(value[1]) else None

    def _backdrop(self, at: int) -> int | None:
        """A color that ends in "background", as in "on a black background"."""
        value = color_at(self.pieces, at + 1) if self.pieces[at].text in JOINERS else None
        if value and starts(self.pieces, value[1], (BACKGROUND,)):
            return self._record(BACKGROUND, value[0], value[1] + 1)
        return None

    def _marked(self, at: int) -> int | None:
        """A color, and then what it marks."""
        value = color_at(self.pieces, at)
        name = marking_at(self.pieces, at, value[1]) if value else None
        if value is None or name is None:
            return None
        end = name
        if end < len(self.pieces) and self.pieces[end].kind == "quoted":
            return self._record(self.pieces[end].name, value[0], end + 1)
        while end < len(self.pieces) and self.pieces[end].kind in ("word", "mark"):
            end += 1
        return self._record(name_in(self.prompt, self.pieces[name:end]), value[0], end)

    def _entries(self, at: int) -> int | None:
        """Names with their colors, from a quoted name or from what opens a list on."""
        quoted = self.pieces[at].kind == "quoted"
        end = self._entry(at if quoted else at + 1) if quoted or self._opens(at) else None
        following = end
        while following is not None:
            end = following
            more = end < len(self.pieces) and self.pieces[end].text in (",", ";", "and")
            following = self._entry(end + 1) if more else None
        return end

    def _opens(self, at: int) -> bool:
        """Whether a list may follow: after a bracket, or a colon after such a word as "legend"."""
        before = self.pieces[max(self.begin, at - 8) : at]
        text = self.pieces[at].text
        return text in ("[", "{") or (
            text == ":" and any(piece.text in LISTING for piece in before)
        )

    def _entry(self, at: int) -> int | None:
        """One name and its color."""
        at += starts(self.pieces, at, ("and",))
        if at < len(self.pieces) and self.pieces[at].kind == "quoted":
            value = self._assigned(at + 1)
            return self._record(self.pieces[at].name, *value) if value else None
        for middle in range(at, len(self.pieces)):
            value = self._assigned(middle) if middle > at else None
            if value and self._ends(value[1]):
                return self._record(name_in(self.prompt, self.pieces[at:middle]), *value)
            if self.pieces[middle].kind not in ("word", "mark") or self._told(middle):
                return None
        return None

    def _assigned(self, at: int) -> tuple[RGB, int] | None:
        """The color at a piece, or after what assigns it, and where it ends."""
        if at >= len(self.pieces):
            return None
        piece = self.pieces[at]
        if piece.color is not None:
            return piece.color, at + 1
        if piece.text in _ASSIGNING:
            return color_at(self.pieces, at + 1)
        value = color_at(self.pieces, at + 1) if piece.text == "(" else None
        closed = value is not None and starts(self.pieces, value[1], (")",))
        return (value[0], value[1] + 1) if value and closed else None

    def _ends(self, at: int) -> bool:
        """Whether a color that ends before a piece is not the start of more words."""
        if at >= len(self.pieces) or self.pieces[at - 1].color is not None:
            return True
        text, kind = self.pieces[at].text, self.pieces[at].kind
        return (kind == "stop" and text not in ("(", ":")) or text in JOINERS

    def _record(self, name: str | None, color: RGB, end: int) -> int:
        if name is not None:
            self.found.setdefault(name, color)
        return end
