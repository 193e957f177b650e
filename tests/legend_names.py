"""Names that are hard to write and to read back, and legends of them."""

from __future__ import annotations

from hypothesis import strategies as st

#: Each could be read as something else than a name.
HARD = (
    "", " ", "a", "the", "The", "the chair", "a  b", "  x ", "and", "is", "is shown in", "red",
    "light", "the color red", "light green", "red marks", "chair is red", "chair that is red",
    "man in red", "x is shown in red. The y", "x: (1, 2, 3), y", 'x": (1, 2, 3), "y', '"', '""',
    "\\", '\\"', "'s", "chair.", "St. Bernard", "screen, 24", 'pipe 5"', "{a}", "[a]", "(a)",
    "<a>", "#00ff00", "(1, 2, 3)", "rgb(1, 2, 3)", "a: b", "a = b", "a - b", "and so on",
    "chair and", "rest", "Background", "everything else", "area of rug", "color of the sky",
    "colors", "Colors: chair", "each chair", "where", "man where the light is", "all other pixels",
    "1", "person 1", "AC/DC sign", "t-shirt", "children's book", "o\u2019clock", "Stra\u00dfe",
    "\u00fcber", "\u732b", "\U0001f600", "\u200d", "\u2028", "\x00", "\x85", "\u00a0", "\ud800",
    "\u0301", "chair on a black background", "use red for", "for", "black background", "sheep",
    "macaron cakes", "chef's names in both Chinese and English", "cat that is cleaning itself",
    "Void", "grass", "skis", "glass of water", "red car", "traffic light", "dark red",
    "x should be red",
)  # fmt: skip

byte = st.integers(0, 255)
rgb = st.tuples(byte, byte, byte)
_words = st.sampled_from([
    "the", "a", "chair", "red", "green", "light", "is", "are", "shown", "in", "and", "marks", "for",
    "stands", "of", "The", "Colors", "background", "where", "with", "use", *',.;:(){}[]<>"\\\'#=-&',
    "(1, 2, 3)", "#00ff00", "rgb(1,2,3)",
])  # fmt: skip
_phrases = st.lists(_words, min_size=1, max_size=6).map(" ".join)
names = (
    st.sampled_from(HARD)
    | _phrases
    | st.text(st.characters(exclude_characters="\n\r"), max_size=10)
    | st.from_regex(r"[a-z]{1,6}( [a-z]{1,6}){0,3}", fullmatch=True)
)
legends = st.dictionaries(names, rgb, max_size=6)
