"""Numbers that the level 5 format of MAT files gives to its parts."""

HEADER_BYTES, VERSION = 128, 0x0100
#: "MAT-File Data Types".
INT8, INT32, UINT32, MATRIX, COMPRESSED, UTF16 = 1, 5, 6, 14, 15, 17
#: Those of them that numbers are stored in, as `struct` and numpy write them.
STORED = {
    1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "f", 9: "d", 12: "q", 13: "Q",
}  # fmt: skip
#: "MATLAB Array Types (Classes)" that are not numbers.
CELL, STRUCT, CHAR = 1, 2, 4
#: Flags of an array, beside its class.
LOGICAL, COMPLEX = 0x0200, 0x0800
#: The classes that are numbers, as numpy writes them. Here logical is one; there it is a flag.
CLASSES = {
    6: "d", 7: "f", 8: "b", 9: "B", 10: "h", 11: "H", 12: "i", 13: "I", 14: "q", 15: "Q",
    LOGICAL: "?",
}  # fmt: skip
