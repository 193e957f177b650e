"""Questions whose answers are kinds of objects."""

from __future__ import annotations

#: What is asked; the kinds that answer it; the kinds that somebody might count as answers too,
#: so that nothing is asked where they are.
QUESTIONS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("what was made for people to sit on?", ("sofa", "chair"), ("car", "box")),
    ("where could two people sit side by side?", ("sofa",), ("car",)),
    ("where would one put books back in their place?", ("bookshelf",), ("cabinet",)),
    ("what gives light after dark?", ("lamp",), ("car", "building", "window")),
    ("what lets daylight into the room?", ("window",), ("building", "car", "door")),
    ("what needs watering?", ("plant",), ("tree",)),
    ("what loses its leaves in autumn?", ("tree",), ("plant",)),
    ("what would roll away if it were kicked?", ("ball",), ("car",)),
    ("what is made of cardboard?", ("box",), ("building",)),
    ("what would one open to walk out of the room?", ("door",), ("window", "building", "car")),
    ("where would one set plates for dinner?", ("table",), ("cabinet", "box")),
    ("what would feel soft under bare feet?", ("rug",), ("sofa",)),
    ("what hangs on the wall only to be looked at?", ("picture",), ("window",)),
    ("who could answer a question?", ("person",), ()),
    ("what could drive off?", ("car",), ()),
    ("what has many floors?", ("building",), ("bookshelf",)),
)
#: What one might take for a kind that is not there.
TAKEN_FOR: dict[str, tuple[str, ...]] = {
    "building": ("bookshelf", "cabinet"),
    "window": ("building", "car", "picture"),
    "picture": ("window",),
    "door": ("cabinet", "building", "car"),
    "table": ("cabinet", "box"),
    "cabinet": ("bookshelf", "box"),
    "box": ("cabinet",),
    "plant": ("tree",),
    "tree": ("plant",),
    "ball": ("lamp", "plant"),
    "rug": ("ground",),
}
