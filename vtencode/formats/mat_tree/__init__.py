"""Structs, cells, texts and numbers in MATLAB level 5 MAT files, read and written as plain values.

Layout after MathWorks, "MAT-File Format", chapter "Level 5 MAT-File Format". The parser is our
own, as that of `vtencode.mat5` is: it needs no optional package, never runs what a file holds, and
refuses a hostile file by a message, where a parser in C may take the process along.

| MATLAB | here |
|---|---|
| one number | `int` or `float`, as it is stored; logical is 0 or 1 |
| other real numeric matrices, logical ones | `numpy.ndarray` of their class (logical: bool) |
| text of one row | `str` |
| struct array of any shape | `list` of a `dict` an element, column by column |
| cell array of any shape | `tuple`, column by column |
| anything else | `None` |

Arrays are of any number of sides, and turned as MATLAB shows them. `read_mat_arrays` has an array
for one number too.
"""

from vtencode.formats.mat_tree.reading import read_mat_arrays, read_mat_tree
from vtencode.formats.mat_tree.writing import write_mat_tree

__all__ = ["read_mat_arrays", "read_mat_tree", "write_mat_tree"]
