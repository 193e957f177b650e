"""The tables of Open Images, read a block at a time: the largest has tens of millions of lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from vtencode.errors import SourceError
from vtencode.sources.tree import Tree

if TYPE_CHECKING:
    import pyarrow as pa


def masks_of(tree: Tree, name: str, images: pa.Array) -> tuple[pa.Table, list[str]]:
    """The masks of these images, and every label that any image has masks of.

    The table has `ImageID`, `MaskPath` and `LabelName`, and is sorted in this order.
    """
    import pyarrow.compute as pc

    columns = ["ImageID", "MaskPath", "LabelName"]
    found = _kept(tree, name, columns, lambda block: pc.is_valid(block["LabelName"]))
    labels = sorted(found["LabelName"].unique().to_pylist())
    found = found.filter(_of(found, images))
    return found.sort_by([(column, "ascending") for column in columns]), labels


def absences_of(tree: Tree, name: str, listed: pa.Table, labels: list[str]) -> pa.Table:
    """Which of these labels people did not see in the listed images: `ImageID`, `LabelName`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    images, known = listed["ImageID"].unique(), pa.array(labels, pa.string())

    def absent(block: pa.RecordBatch) -> Any:
        never = pc.equal(pc.cast(block["Confidence"], "float64"), 0.0)
        return pc.and_(never, pc.and_(_of(block, images), _of(block, known, "LabelName")))

    found = _kept(tree, name, ["ImageID", "LabelName", "Confidence"], absent)
    return found.select(["ImageID", "LabelName"])


def partial_of(tree: Tree, name: str, listed: pa.Table) -> pa.Table:
    """Listed images with labels of which they have more boxes than masks: both columns."""
    import pyarrow.compute as pc

    pair = ["ImageID", "LabelName"]
    images, labels = listed["ImageID"].unique(), listed["LabelName"].unique()
    found = _kept(
        tree, name, pair, lambda each: pc.and_(_of(each, images), _of(each, labels, "LabelName"))
    )
    boxes = found.group_by(pair).aggregate([([], "count_all")])
    masks = listed.group_by(pair).aggregate([([], "count_all")])
    both = masks.join(boxes, pair, join_type="inner", right_suffix="_of_boxes")
    more = both.filter(pc.greater(both["count_all_of_boxes"], both["count_all"]))
    return more.select(pair)


def names_of(tree: Tree, name: str) -> dict[str, str]:
    """What each label is called; with or without a line of headings."""
    try:
        text = tree.read(name, field="index").decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
        return {label: called for label, called in rows if label != "LabelName"}
    except (ValueError, csv.Error) as error:
        raise SourceError(f"{name} must have lines of a label and its name: {error}.") from error


def _of(block: pa.RecordBatch | pa.Table, values: pa.Array, column: str = "ImageID") -> Any:
    import pyarrow.compute as pc

    return pc.is_in(block[column], value_set=values)


def _kept(tree: Tree, name: str, columns: list[str], keep: Any) -> pa.Table:
    """The lines of a table that `keep` marks, of these columns."""
    import pyarrow as pa

    schema = pa.schema([(column, pa.string()) for column in columns])
    try:
        blocks = [block.filter(keep(block)) for block in _blocks(tree, name, columns)]
    except pa.ArrowException as error:
        raise SourceError(f"{name} must be a table with {', '.join(columns)}: {error}.") from error
    return pa.Table.from_batches(blocks, schema).combine_chunks()


def _blocks(tree: Tree, name: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import csv as tables

    loose = tree.root / name
    file: Any = loose if loose.is_file() else pa.BufferReader(tree.read(name, field="index"))
    kinds = {column: pa.string() for column in columns}
    chosen = tables.ConvertOptions(include_columns=columns, column_types=kinds)
    yield from tables.open_csv(file, convert_options=chosen)
