"""Small matrices as text: numbers between blanks, however they are broken into lines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtencode.errors import CodeError

Array = NDArray[Any]


def read_text_matrix(data: bytes, shape: tuple[int, int]) -> Array:
    """The float64 matrix of that shape. Raises `CodeError` for other text, or other counts."""
    rows, columns = shape
    try:
        numbers = [float(word) for word in data.decode("ascii").split()]
    except ValueError as error:
        raise CodeError(f"must be {rows}x{columns} numbers as text: {error}.") from error
    if len(numbers) != rows * columns:
        raise CodeError(f"must be {rows}x{columns} numbers as text, got {len(numbers)}.")
    return np.array(numbers).reshape(shape)


def write_text_matrix(matrix: Array) -> bytes:
    """A row a line, six decimals: what `numpy.savetxt` writes with `%f`."""
    return "".join(" ".join(f"{n:f}" for n in row) + "\n" for row in matrix.tolist()).encode()
