"""File formats that datasets keep arrays in: each a pair, bytes to an array and back.

Readers raise `CodeError` for bytes that are not whole, or not of the format.
"""
