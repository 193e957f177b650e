"""Documents that say what COCO's do in another form, put into COCO's as they are read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vtencode.errors import CodeError, SourceError
from vtencode.sources.coco.document import strict
from vtencode.sources.tree import Tree

#: From a document, and what messages call it, to the same in COCO's form.
Recast = Callable[[Mapping[str, Any], str], Mapping[str, Any]]


class RecastTree(Tree):
    """The files below `root`, of which the documents that the pattern names are recast."""

    def __init__(self, root: Path, documents: re.Pattern[str], recast: Recast) -> None:
        super().__init__(root)
        self._documents, self._recast = documents, recast

    def read(self, name: str, *, field: str) -> bytes:
        """The bytes of a file, or of what its document becomes.

        Raises `SourceError` for a document that is no JSON object.
        """
        data = super().read(name, field=field)
        if not self._documents.fullmatch(name):
            return data
        try:
            document = strict(data.decode("utf-8-sig"))
        except (CodeError, UnicodeDecodeError) as error:
            raise SourceError(f"{name}: {error} Fetch it again.") from error
        if not isinstance(document, dict):
            raise SourceError(f"{name} must be a JSON object, got {str(document)[:40]!r}.")
        return json.dumps(self._recast(document, name)).encode()


def box_of_corners(box: Any) -> Any:
    """Left, top, width and height of left, top, right and bottom; anything else as it is.

    >>> box_of_corners([10, 20, 14, 25])
    [10, 20, 4, 5]
    """
    if not isinstance(box, list) or len(box) != 4:
        return box
    if not all(isinstance(side, int | float) for side in box):
        return box
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]
