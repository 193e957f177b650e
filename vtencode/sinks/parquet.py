"""Parquet shards: typed columns that `datasets.load_dataset` and the diffusers scripts read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from io import RawIOBase
from typing import TYPE_CHECKING, Any, ClassVar

from vtencode.durable import Hashed
from vtencode.errors import CodeError, ShardError
from vtencode.images import Picture
from vtencode.locations import Location
from vtencode.sinks.base import Append, FileSink, Record
from vtencode.sinks.meta import PairMeta

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

#: A row group ends with its 100th pair or 64 MiB of pictures, whichever comes first: readers that
#: stream, and loaders that share out row groups, hold one of them in memory.
ROWS, BYTES = 100, 64 * 2**20

#: Columns of the two pictures and the prompt: what `train_instruct_pix2pix.py` of diffusers reads
#: unless told otherwise; its other scripts are told.
INPUT, TARGET, PROMPT = "input_image", "edited_image", "edit_prompt"

#: Types of metadata: their names in Arrow, and what `datasets` calls them.
_TYPES: Mapping[Any, str] = {str: "string", bool: "bool", int: "int64", float: "float64"}
#: Fields of the metadata that are columns under other names.
_TOLD = {"instruction": PROMPT}


class ParquetSink(FileSink):
    """`key`, `input_image`, `edited_image`, `edit_prompt`, and a column for each field of metadata.

    Pictures keep the bytes of their files. Pages carry checksums; nothing is compressed, for
    JPEGs and PNGs are already.
    """

    name: ClassVar[str] = "parquet"
    suffix: ClassVar[str] = ".parquet"

    @contextmanager
    def records(self, out: Hashed) -> Iterator[Append]:
        """Write the records, a row group at a time."""
        with _writer(out, _schema()) as writer:
            group = _Group(writer)
            yield group.append
            group.flush()

    def read(self, path: Location) -> Iterator[Record]:
        """The records of a shard, in order, a row group in memory."""
        import pyarrow as pa

        where = path.name
        try:
            with path.open("rb") as file:
                for row in _rows(file, where=where):
                    yield _record(row, where=where)
        except (pa.ArrowException, OSError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's, not the file's
            raise ShardError(f"{where} must be a whole Parquet file: {error}.") from error


class _Group:
    """Rows that become one row group."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def append(self, record: Record) -> None:
        """Take one more record."""
        self._rows.append(_row(record))
        self._bytes += len(record.input.data) + len(record.target.data)
        if len(self._rows) == ROWS or self._bytes >= BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what was taken."""
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, _schema()))
        self._rows, self._bytes = [], 0


class _Out(RawIOBase):
    """A file that is being written, as Arrow writes to it."""

    def __init__(self, file: Hashed) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.size

    def write(self, data: Any) -> int:
        self._file.write(data)
        return len(memoryview(data))


def parquet_writer(out: Hashed, schema: pa.Schema, *, dictionary: list[str]) -> pq.ParquetWriter:
    """A writer whose bytes depend on the rows, and on the version of Arrow alone."""
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        _Out(out),
        schema,
        version="2.6",
        compression="none",
        use_dictionary=dictionary,
        write_page_index=True,
        write_page_checksum=True,
    )


def _writer(out: Hashed, schema: pa.Schema) -> pq.ParquetWriter:
    import pyarrow as pa

    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    return parquet_writer(out, schema, dictionary=texts)


@cache
def _columns() -> dict[str, Any]:
    """Types of the columns that are not pictures, by name; the first is the prompt."""
    fields = PairMeta.model_fields
    told = {name: field.annotation for name, field in fields.items() if name not in _TOLD}
    return {PROMPT: str, **told}


@cache
def _schema() -> pa.Schema:
    import pyarrow as pa

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    plain = {name: _TYPES[kind] for name, kind in _columns().items()}
    fields = [(INPUT, picture), (TARGET, picture)]
    fields += [(name, pa.type_for_alias(kind)) for name, kind in plain.items()]
    return pa.schema(fields, metadata={"huggingface": json.dumps(hub_info(), sort_keys=True)})


def hub_info() -> dict[str, Any]:
    """The columns in the words of the `datasets` library, which finds them in the file."""
    plain = {name: {"dtype": _TYPES[kind], "_type": "Value"} for name, kind in _columns().items()}
    pictures = {INPUT: {"_type": "Image"}, TARGET: {"_type": "Image"}}
    return {"info": {"features": {**pictures, **plain}}}


def _row(record: Record) -> dict[str, Any]:
    meta = dict(record.meta)
    told = meta.pop("instruction", None), meta.get("key")
    if told != (record.instruction, record.key) or set(meta) != set(_columns()) - {PROMPT}:
        raise ShardError(
            f"{record.key}: the metadata must be the fields of schemas/pair.schema.json, with the "
            f"record's own key and instruction, got {', '.join(sorted(record.meta))}."
        )
    pictures = {INPUT: (record.input, "input"), TARGET: (record.target, "target")}
    stored = {
        column: {"bytes": picture.data, "path": f"{record.key}.{name}.{picture.format}"}
        for column, (picture, name) in pictures.items()
    }
    return {**stored, PROMPT: record.instruction, **meta}


def _rows(file: Any, *, where: str) -> Iterator[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(file, page_checksum_verification=True) as found:
        if not found.schema_arrow.equals(_schema()):
            raise ShardError(f"{where} must have the columns that the parquet sink writes.")
        for group in range(found.num_row_groups):
            yield from found.read_row_group(group).to_pylist()


def _record(row: dict[str, Any], *, where: str) -> Record:
    key, pictures, prompt = row["key"], (row.pop(INPUT), row.pop(TARGET)), row.pop(PROMPT)
    try:
        shown, painted = (Picture.from_bytes(picture["bytes"]) for picture in pictures)
    except (CodeError, TypeError) as error:
        raise ShardError(f"{where}: the record {key!r} cannot be read: {error}") from error
    return Record(key, shown, painted, prompt, {**row, "instruction": prompt})
