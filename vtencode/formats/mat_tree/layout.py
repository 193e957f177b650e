"""Numbers that the level 5 format of MAT files gives to its parts."""

HEADER_BYTES, VERSION = 128, 0x0100
#: "MAT-File Data Types".
INT8, INT32, UINT32, FLOAT64, MATRIX, COMPRESSED, UTF16 = 1, 5, 6, 9, 14, 15, 17
#: "MATLAB Array Types (Classes)" that are not numbers, and the one that numbers usually are.
CELL, STRUCT, CHAR, DOUBLE = 1, 2, 4, 6
