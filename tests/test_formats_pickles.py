"""Pickles of numbers and arrays: whatever protocol wrote them, and nothing that they could run."""

from __future__ import annotations

import os
import pickle
import struct

import numpy as np
import pytest

from vtencode.errors import CodeError
from vtencode.formats import pickles
from vtencode.formats.pickles import read_pickle, write_pickle

SAMPLE = {
    "min_y": 3,
    "max_y": np.int64(10),
    "wide": np.float32(0.5),
    "normal": np.arange(24, dtype=np.float32).reshape(2, 4, 3),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "swapped": np.arange(4, dtype=">i2"),
    "mask": np.array([True, False]),
    "none": np.zeros((0, 3), np.float16),
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_numbers_and_arrays_come_back_whatever_the_protocol(protocol):
    found = read_pickle(write_pickle(SAMPLE, protocol=protocol))

    assert list(found) == list(SAMPLE)
    for name, value in SAMPLE.items():
        assert np.array_equal(found[name], value)
        assert np.asarray(found[name]).dtype == np.asarray(value).dtype
        assert np.shape(found[name]) == np.shape(value)


def test_numpy_1_called_its_module_otherwise():
    data = write_pickle(SAMPLE, protocol=2).replace(b"numpy._core.", b"numpy.core.")

    assert b"numpy.core.multiarray" in data
    assert np.array_equal(read_pickle(data)["normal"], SAMPLE["normal"])


def test_python_2_wrote_the_bytes_of_arrays_as_text():
    raw = struct.pack("<3f", 0.25, -1.5, 3e-8)
    data = (
        b"\x80\x02}q\x00U\x06normalq\x01cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray"
        b"\nq\x03K\x00\x85U\x01b\x87Rq\x04(K\x01K\x03\x85cnumpy\ndtype\nq\x05U\x02f4K\x00K\x01\x87R"
        b"q\x06(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x0c" + raw + b"tbs."
    )

    assert read_pickle(data)["normal"].tobytes() == raw


class Runs:
    """Whoever unpickles this runs a command."""

    def __reduce__(self):
        return os.system, ("echo never",)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (pickle.dumps(Runs()), "got posix.system"),
        (pickle.dumps({"a": Runs()}), "got posix.system"),
        (b"cos\nsystem\n(S'echo never'\ntR.", "got os.system"),
        (b"(ios\nsystem\n.", "got INST"),
        (b"(cos\nsystem\no.", "got OBJ"),
        (b"\x80\x02cos\nsystem\n)\x81.", "got NEWOBJ"),
        (b"\x82\x01.", "got EXT1"),
        (b"P1\n.", "got PERSID"),
        (b"cnumpy\nload\n.", "got numpy.load"),
        (b"c__builtin__\neval\n.", "got __builtin__.eval"),
        (b"N" + b"r\xff\xff\xff\x0f.", "got LONG_BINPUT"),
        (pickle.dumps([1, 2]), "one dictionary of names"),
        (pickle.dumps({1: 2}), "one dictionary of names"),
        (pickle.dumps({"a": np.array([{}], dtype=object)}), "plain numbers, got 'O8'"),
        (pickle.dumps({"a": np.zeros(2, [("x", "f4")])}), "plain numbers, got 'V4'"),
        (pickle.dumps({"a": np.array(["text"])}), "plain numbers, got 'U4'"),
        (pickle.dumps({"a": np.array(["2020"], "M8[Y]")}), "plain numbers, got 'M8'"),
        (b"", "must be whole"),
        (pickle.dumps({"a": 1})[:-1], "must be whole"),
        (b"}cnumpy.core.multiarray\n_reconstruct\n)RNb.", "must be whole"),
        (b"}cnumpy.core.multiarray\n_reconstruct\n)R(Nb.", "must be whole"),
    ],
)
def test_what_is_more_than_numbers_is_refused_and_never_run(capfd, data, message):
    with pytest.raises(CodeError, match=message):
        read_pickle(data)
    assert "never" not in capfd.readouterr().out


def test_a_size_that_does_not_match_its_bytes_is_refused():
    data = write_pickle({"a": np.zeros((7, 5), np.float32)}, protocol=2)

    for shape in (b"K\x08K\x05", b"K\x07J\xff\xff\xff\xff"):
        with pytest.raises(CodeError, match=r"must hold (float32|arrays of whole sizes)"):
            read_pickle(data.replace(b"K\x07K\x05", shape))


@pytest.mark.parametrize("at", range(0, 400, 7))
def test_a_flipped_byte_gives_numbers_or_a_code_error(at):
    data = bytearray(write_pickle(SAMPLE, protocol=4))
    data[at] ^= 0x41
    try:
        found = read_pickle(bytes(data))
    except CodeError:
        return
    assert isinstance(found, dict)


def test_a_pickle_cannot_change_the_reader():
    """BUILD sets attributes of whatever was named; here that is nothing of ours."""
    data = b"\x80\x02}c_codecs\nencode\n}U\x03badK\x01sb0U\x01aK\x05s."

    assert read_pickle(data) == {"a": 5}
    ours = vars(pickles).values()
    assert not any(hasattr(each, "bad") for each in (*ours, pickles))
