"""The keys of all pairs of a plan: each its own, and short enough for every reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vtencode.errors import SpecError
from vtencode.pairs import pair_key
from vtencode.recipe import Mix, Part

if TYPE_CHECKING:
    import pyarrow as pa

#: The longest key: with the longest ending it is a name of a tar member, at most 100 bytes.
LONGEST = 80


def check_pair_keys(pairs: pa.Table, samples: Sequence[pa.Table], mix: Mix) -> None:
    """Raise `SpecError` for a key that two pairs have, or that is longer than `LONGEST`.

    A task may be called what another task and its repeat make, and a sample what another sample
    and its task make.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    at = pairs["part"].to_numpy()
    places = [np.flatnonzero(at == part) for part in range(len(samples))]
    made = pa.chunked_array(
        [
            _keys(pairs.take(place), table, part)
            for place, table, part in zip(places, samples, mix.parts, strict=True)
        ],
        pa.large_string(),
    )
    if pc.count_distinct(made).as_py() < len(made):
        counts = pc.value_counts(made)
        key = counts.filter(pc.greater(counts.field("counts"), 1))[0]["values"].as_py()
        twice = np.concatenate(places)[np.flatnonzero(pc.equal(made, key))[:2]]
        first, second = (_maker(pair, mix) for pair in pairs.take(twice).to_pylist())
        raise SpecError(
            f"{first} and {second} both make the pair {key!r}: give one of these tasks another "
            "name."
        )
    lengths = pc.utf8_length(made).to_numpy()
    if lengths.size and lengths.max() > LONGEST:
        key = made[int(lengths.argmax())].as_py()
        raise SpecError(
            f"the key of a pair must have at most {LONGEST} characters, got {len(key)} in {key!r}: "
            "give the task a shorter name."
        )


def _keys(pairs: pa.Table, samples: pa.Table, part: Part) -> pa.Array:
    """`pair_key` of the pairs of one part, all at once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.large_string()
    endings = [
        pair_key("", task.key, repeat)
        for task in part.recipe.tasks
        for repeat in range(part.repeats)
    ]
    task, repeat = (pairs[name].to_numpy() for name in ("task", "repeat"))
    keys = samples["key"].cast(text).combine_chunks().take(pairs["row"].combine_chunks())
    ending = pa.array(endings, text).take(pa.array(task * part.repeats + repeat))
    return pc.binary_join_element_wise(keys, ending, pa.scalar("", text))


def _maker(pair: dict[str, Any], mix: Mix) -> str:
    recipe = mix.parts[pair["part"]].recipe
    return f"{recipe.name}'s {recipe.tasks[pair['task']].key}"
