"""Exports of pairs made up by a test: any prompt, any size, no pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypothesis import strategies as st

from vtencode.exports.entry import Entry, Size
from vtencode.exports.tree import Tree, write_entries

#: Prompts with whatever a manifest must quote and a loader may take for its own.
prompts = st.text(
    st.sampled_from("a,b. \n\r\t\"'\\{}[]<>|&%$#;:é漢🦊"), min_size=1, max_size=12
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def made_tree(
    folder: Path, asked: Sequence[str] = ("Paint it.",), sizes: Sequence[Size] = ((640, 480),)
) -> Tree:
    """An export into `folder` of one pair for each prompt, of these sizes in turn."""
    entries = [
        Entry(
            key=f"k{number}",
            prompt=prompt,
            input=f"source/k{number}.jpg",
            target=f"target/k{number}.png",
            twin=f"source-png/k{number}.png",
            width=sizes[number % len(sizes)][0],
            height=sizes[number % len(sizes)][1],
        )
        for number, prompt in enumerate(asked)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    write_entries(folder / "entries.jsonl", entries)
    manifest = {"dataset": "made", "counts": {"written": len(entries)}}
    return Tree(folder, str(folder), folder, manifest, (folder / "entries.jsonl",), None)
