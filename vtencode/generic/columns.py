"""Values of Arrow columns as they are stored: files' bytes, text, and arrays of any nesting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtencode.errors import CodeError, SampleError
from vtencode.generic.stored import Stored
from vtencode.sources.files import decoded
from vtencode.targets import Array

if TYPE_CHECKING:
    import pyarrow as pa

#: The two fields in which `datasets` keeps a file: its bytes, or else where it is.
_BYTES, _PATH = "bytes", "path"
#: Bytes that tell JPEG from PNG.
_MAGIC = 8


def stored_of(column: pa.ChunkedArray, *, below: Sequence[Path], field: str, where: str) -> Stored:
    """The one value of a column of one row; none is a reject.

    A file that is kept by its path must be below one of these folders.
    """
    import pyarrow as pa

    chunk = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(chunk, pa.ExtensionArray):
        chunk = chunk.storage
    kind, value = chunk.type, chunk[0]
    if not value.is_valid:
        raise SampleError("MISSING", field, where, "the column has no value here")
    if pa.types.is_struct(kind) and {_BYTES, _PATH} & {each.name for each in kind}:
        return Stored(_file(value.as_py(), below, field, where), where)
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return Stored(value.as_py(), where)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return Stored(value.as_py().encode(), where)
    return Stored(decoded(lambda: nested(chunk), field=field, where=where), where)


def nested(chunk: Any) -> Array:
    """A list of lists of numbers, the one value of `chunk`, as an array of their type.

    Raises `CodeError` for lists of unequal lengths, and for what is no number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    shape: list[int] = []
    while _is_list(chunk.type):
        inner = chunk.flatten()
        each, rest = divmod(len(inner), len(chunk)) if len(chunk) else (0, 0)
        lengths = pc.list_value_length(chunk).unique().to_pylist()
        if rest or lengths not in ([each], []):
            raise CodeError(f"must be rows of one length, got {sorted(lengths, key=str)[:4]}.")
        shape.append(each)
        chunk = inner
    if not (pa.types.is_integer(chunk.type) or pa.types.is_floating(chunk.type)):
        raise CodeError(f"must be a file's bytes or numbers, got {chunk.type}.")
    values: Array = chunk.to_numpy(zero_copy_only=False)
    return values.reshape(shape)


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def formats_of(column: pa.ChunkedArray) -> Iterator[str]:
    """The format of each image of a column, png or jpg: by its first bytes, or by its path."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_struct(column.type):
        names = {each.name for each in column.type}
        data = pc.struct_field(column, _BYTES) if _BYTES in names else None
        paths = pc.struct_field(column, _PATH).to_pylist() if _PATH in names else None
    else:
        data, paths = column, None
    starts = pc.binary_slice(data, 0, _MAGIC).to_pylist() if data is not None else None
    for at in range(len(column)):
        start = starts[at] if starts else None
        path = (paths[at] if paths else None) or ""
        png = start.startswith(b"\x89PNG") if start else path.lower().endswith(".png")
        yield "png" if png else "jpg"


def _file(value: Mapping[str, Any], below: Sequence[Path], field: str, where: str) -> bytes:
    """The bytes of a file that a value holds, or says the path of."""
    data, path = value.get(_BYTES), value.get(_PATH)
    if isinstance(data, bytes):
        return data
    places: list[Path] = [(folder / path).resolve() for folder in below] if path else []
    for folder, place in zip(below, places, strict=False):
        if place.is_file() and place.is_relative_to(folder.resolve()):
            return place.read_bytes()
    told = ", ".join(map(str, below)) or "the dataset"
    message = f"must hold a file's bytes, or the path of one below {told}, got {path!r}"
    raise SampleError("MISSING", field, where, message)
