"""Arrays as targets hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class ReadOnly:
    """A target whose arrays stay read-only in copies, and in other processes."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take what was pickled or copied, and lock its arrays."""
        for value in state.values():
            if isinstance(value, np.ndarray):
                value.setflags(write=False)
        self.__dict__.update(state)
