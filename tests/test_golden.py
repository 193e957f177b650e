"""Old pixels decode as they did, and today's codecs paint them still."""

from __future__ import annotations

import golden
import numpy as np
import pytest

from vtencode.painted import painted, read_painted


@pytest.mark.parametrize(
    ("stem", "codec", "target"), golden.vectors(), ids=[stem for stem, _, _ in golden.vectors()]
)
def test_a_golden_vector_is_painted_and_read_as_on_its_first_day(stem, codec, target):
    path = golden.FOLDER / f"{stem}.png"
    assert path.is_file(), f"missing: write it once with python tests/golden.py {codec.name}"
    stored = np.load(path.with_suffix(".npz"), allow_pickle=False)

    code, _ = read_painted(path.read_bytes())
    now, _ = read_painted(painted(codec.encode(target), codec))

    assert np.array_equal(now.rgb, code.rgb)
    assert now.legend == code.legend
    arrays = golden.decoded(path)
    assert set(arrays) == set(stored.files)
    for name, values in arrays.items():
        assert np.array_equal(values, stored[name], equal_nan=values.dtype.kind == "f"), name


def test_vectors_of_versions_past_still_lie_there():
    current = {stem for stem, _, _ in golden.vectors()}

    assert current <= {path.stem for path in golden.FOLDER.glob("*.png")}
