"""Pickles of plain values: whatever protocol wrote them, and nothing that they could run."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode.errors import CodeError
from vtencode.formats.plain_pickle import read_plain_pickle, write_plain_pickle

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@given(value=PLAIN)
def test_what_python_pickles_comes_back(protocol, value):
    assert read_plain_pickle(pickle.dumps(value, protocol)) == value


@given(value=PLAIN)
def test_what_is_written_is_read_by_python_as_by_us(value):
    data = write_plain_pickle(value)

    assert pickle.loads(data, encoding="latin-1") == value
    assert read_plain_pickle(data) == value


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_tuples_floats_and_what_is_there_twice_come_back(protocol):
    twice = [1.5, -0.25]
    value = {"a": twice, "b": twice, "c": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4))}

    assert read_plain_pickle(pickle.dumps(value, protocol)) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"(dp0\nS'sent'\np1\nS'it\\'s \\xe9\\n'\np2\ns.", {"sent": "it's \xe9\n"}),
        (b"\x80\x02}q\x00U\x04sentq\x01U\x02\xc3\xa9q\x02s.", {"sent": "Ã©"}),
        (b"\x80\x02]q\x00(T\x03\x00\x00\x00abcq\x01h\x01e.", ["abc", "abc"]),
        (b"(lp0\nL581857L\naVd\\u00e9j\\u00e0\np1\na.", [581857, "déjà"]),
        (b"(I1\nI00\nI01\nF2.5\nl.", [1, False, True, 2.5]),
    ],
)
def test_python_2_wrote_byte_strings_and_long_numbers(data, value):
    assert read_plain_pickle(data) == value
    assert pickle.loads(data, encoding="latin-1") == value


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"cos\nsystem\n(S'true'\ntR.", "got the opcode GLOBAL"),
        (b"(ios\nsystem\n.", "got the opcode INST"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "got the opcode STACK_GLOBAL"),
        (b"(S'a'\no.", "got the opcode OBJ"),
        (b"N)R.", "got the opcode REDUCE"),
        (b"]Nb.", "got the opcode BUILD"),
        (b"N)\x81.", "got the opcode NEWOBJ"),
        (b"N)}\x92.", "got the opcode NEWOBJ_EX"),
        (b"\x82\x01.", "got the opcode EXT1"),
        (b"P1\n.", "got the opcode PERSID"),
        (b"K\x01Q.", "got the opcode BINPERSID"),
        (b"\x96\xff\xff\xff\xff\xff\xff\xff\x7f.", "got the opcode BYTEARRAY8"),
        (b"\xff.", "got the opcode 0xff"),
        (b"\x80\x06N.", "of protocol 0 to 5"),
        (b"]S'a'\nK\x02s.", "a dict must be filled, got list"),
        (b"}K\x01a.", "a list must be filled, got dict"),
        (b"}K\x01K\x02s.", "texts as keys"),
        (b"(S'a'\nd.", "texts as keys, and a value for each"),
        (b"Nr\xff\xff\xff\xff.", "places up to its size, got 4294967295"),
        (b"Np-1\n.", "places up to its size, got -1"),
        (b"h\x07.", "breaks at byte 2"),
        (b"X\xff\xff\xff\xffab.", "ends 4294967292 bytes early"),
        (b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffab.", "bytes early"),
        (b"\x8a\xffabc.", "at most 8 bytes, got 255"),
        (b"I" + b"9" * 5000 + b"\n.", "at most 32 letters"),
        (b"S'\\q'\n.", "escaped as Python 2 does"),
        (b"Sabc\n.", "stand in quotes"),
        (b"\x8c\x02\xff\xff.", "breaks at byte"),
        (b"\x86.", "lacks a value"),
        (b"t.", "breaks at byte"),
        (b"", "breaks at byte 0"),
        (b"N", "breaks at byte 1"),
        (b".", "breaks at byte 1"),
        (pickle.dumps([1, 2])[:-1], "breaks at byte"),
        (pickle.dumps({1, 2}, 4), "got the opcode EMPTY_SET"),
        (pickle.dumps(b"raw", 3), "got the opcode SHORT_BINBYTES"),
    ],
)
def test_what_is_more_than_plain_values_is_refused_by_its_opcode(data, told):
    with pytest.raises(CodeError, match=told):
        read_plain_pickle(data)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_any_flipped_byte_gives_plain_values_or_a_code_error(protocol):
    whole = pickle.dumps([{"sent": "the lady", "ids": [1, 2], "x": None}] * 2, protocol)
    for at in range(len(whole)):
        for flip in (0x01, 0x20, 0x80, 0xFF):
            data = bytearray(whole)
            data[at] ^= flip
            try:
                found = read_plain_pickle(bytes(data))
            except CodeError:
                continue
            assert found is None or isinstance(found, (dict, list, tuple, str, int, float))


def test_a_list_within_itself_or_nested_very_deeply_does_no_harm():
    looped = read_plain_pickle(b"]q\x00h\x00a.")
    deep = read_plain_pickle(b"]" * 200_000 + b"a" * 199_999 + b".")

    assert looped[0] is looped
    assert isinstance(deep[0], list)
