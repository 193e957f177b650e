"""`python tests/golden_readers.py RECIPE …`: record golden figures that are missing."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from test_mutants import GOLDEN, geometric, opened, read_figures

from vtencode.registry import find


def main(wanted: list[str]) -> None:
    kept = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    for name, target in geometric():
        label = f"{name} {target}"
        if name not in wanted or label in kept:
            continue
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            _, source, table = opened(name, lambda s, r=root: find("miniature", s)(r, count=1))
            kept[label] = read_figures(source, table, target)
    GOLDEN.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
