"""The page that comes with an export: what each trainer is to be told."""

from __future__ import annotations

from collections.abc import Sequence

from vtencode.exports.base import Trainer
from vtencode.exports.tree import Tree

_HEAD = """\
# {name}: {count} pairs for {titles}

Exported by vtencode from the dataset `{name}` (manifest {digest}).

{pictures}Every target is a PNG that says in its own header how to decode it. Never flip, recolor or
resample a target: each setting below keeps its pixels as they are.
"""
_PICTURES = """\
`source/` holds pictures to edit, `target/` the pictures to paint; a pair shares the name of its
files. """


def readme(tree: Tree, trainers: Sequence[Trainer], changes: Sequence[str]) -> str:
    """The page, as Markdown."""
    head = _HEAD.format(
        name=tree.name,
        count=tree.count,
        titles=", ".join(trainer.title for trainer in trainers),
        digest=tree.manifest["self_sha256"][:12],
        pictures=_PICTURES if any(trainer.pictures for trainer in trainers) else "",
    )
    warned = "".join(f"- {line}\n" for line in changes)
    if warned:
        head += f"\n## What would be changed\n\nExported all the same, as was asked:\n\n{warned}"
    pages = [f"## {trainer.title}\n\n{trainer.usage(tree).strip()}\n" for trainer in trainers]
    return "\n".join([head, *pages])
