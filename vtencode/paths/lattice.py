"""Hamiltonian paths of the k x k x k lattice, black to white, in Vision Banana's octant order.

The cube is eight octants. Each is crossed along one of its edges, from the gate that it shares
with the octant before to the gate that it shares with the next; gates are points of {0, 1, 2}
** 3, in halves of the cube's side. An octant of one vertex gives k = 2, a Hilbert curve k = 4 and
16, a 3 x 3 x 3 block k = 6; all of them visit the octants in the order of k = 2.
"""

from __future__ import annotations

import numpy as np

from vtencode.targets import Array

_Row = tuple[tuple[int, int, int], ...]

#: Black, red, yellow, green, cyan, blue, magenta, white: the order of Vision Banana
#: (arXiv:2604.20329), a Gray code, so that consecutive octants share a face.
_OCTANTS: _Row = (
    (0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 1, 1),
)  # fmt: skip
#: One of the 4 rows of gates from black to white that cross each of these octants along an edge.
_GATES: _Row = (
    (0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 2, 0), (1, 2, 1), (1, 1, 1), (1, 1, 2), (2, 1, 2),
    (2, 2, 2),
)  # fmt: skip

#: Hilbert's curve in space: from a corner of the cube to the next along the first axis.
_HILBERT_OCTANTS: _Row = (
    (0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1), (1, 1, 1), (1, 1, 0), (1, 0, 0),
)  # fmt: skip
_HILBERT_GATES: _Row = (
    (0, 0, 0), (0, 1, 0), (0, 1, 1), (0, 1, 2), (1, 1, 2), (2, 1, 2), (2, 1, 1), (2, 1, 0),
    (2, 0, 0),
)  # fmt: skip

#: Steps through 3 x 3 x 3 from corner (0, 0, 0) to corner (2, 0, 0); capitals step back. Found by
#: search: of all 31 164 such paths the one that brings lattice neighbors nearest in order at k = 6.
_BLOCK_OF_3 = "zyZyzzYYxyZYZyyzzxYYZyyZYY"


def lattice_path(k: int) -> Array:
    """The vertices of the path for k = 2, 4, 6 or 16, in order: int64 (k ** 3, 3), 0 … k - 1."""
    block = np.zeros((1, 3), dtype=np.int64)
    if k == 6:
        block = _walk(_BLOCK_OF_3)
    for _ in range({2: 0, 4: 1, 6: 0, 16: 3}[k]):
        block = _crossed(block, _HILBERT_OCTANTS, _HILBERT_GATES)
    return _crossed(block, _OCTANTS, _GATES)


def _crossed(block: Array, octants: _Row, gates: _Row) -> Array:
    """Eight copies of a block, each turned so that it leads from its gate to the next."""
    side = block.max() + 1
    parts = []
    for octant, enter, leave in zip(octants, gates[:-1], gates[1:], strict=True):
        offset = np.array(octant)
        parts.append(side * offset + _turned(block, enter - offset, leave - offset))
    return np.concatenate(parts)


def _turned(block: Array, enter: Array, leave: Array) -> Array:
    """The block, which leads along its first axis, led from one corner of {0, 1} ** 3 to another.

    Its axes are moved around in a cycle, then mirrored wherever `enter` is 1.
    """
    along = int(np.flatnonzero(enter != leave)[0])
    turned = np.roll(block, along, axis=1)
    return np.where(enter == 1, block.max() - turned, turned)


def _walk(steps: str) -> Array:
    moves = np.zeros((len(steps) + 1, 3), dtype=np.int64)
    for index, step in enumerate(steps, start=1):
        moves[index, "xyz".index(step.lower())] = 1 if step.islower() else -1
    return np.cumsum(moves, axis=0)
