"""Arrays in files of datasets: what is written reads back, and nothing but numbers is ever read."""

from __future__ import annotations

import io
import pickle

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vtencode.errors import CodeError
from vtencode.formats.hdf5 import read_hdf5, write_hdf5
from vtencode.formats.npy import read_npy, write_npy
from vtencode.png import read_png_numbers, write_png_gray

NUMBERS = st.sampled_from(["u1", "u2", "i4", "i8", "f2", "f4", "f8", "?"])
arrays = NUMBERS.flatmap(lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=1, max_side=6)))
grays = st.sampled_from(["u1", "u2"]).flatmap(
    lambda kind: hnp.arrays(kind, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return (
        one.dtype == other.dtype and one.tobytes() == other.tobytes() and one.shape == other.shape
    )


@given(arrays)
def test_npy_reads_what_it_writes(values):
    assert same(read_npy(write_npy(values)), values)
    assert write_npy(values) == write_npy(values.copy())


@given(arrays)
def test_hdf5_reads_what_it_writes(values):
    data = write_hdf5({"dataset": values})

    assert same(read_hdf5(data, "dataset"), values)
    assert data == write_hdf5({"dataset": values})


@given(grays)
def test_a_gray_png_reads_what_it_writes(values):
    assert same(read_png_numbers(write_png_gray(values)), values)


def test_a_gray_png_of_numbers_that_are_not_side_by_side_in_memory_is_the_same():
    values = np.arange(24, dtype=np.uint16).reshape(4, 6)

    assert write_png_gray(values.T) == write_png_gray(np.ascontiguousarray(values.T))
    assert write_png_gray(np.broadcast_to(values[:1], (4, 6))) == write_png_gray(
        np.repeat(values[:1], 4, axis=0)
    )


@pytest.mark.parametrize("values", [np.zeros((2, 2, 3), "u1"), np.zeros((2, 2), "f4")])
def test_a_gray_png_is_of_whole_numbers_in_a_plane(values):
    with pytest.raises(CodeError, match="uint8 or uint16"):
        write_png_gray(values)


@given(st.data())
def test_a_cut_or_changed_file_is_told_or_read_and_never_anything_else(data):
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    write, read = data.draw(
        st.sampled_from(
            [
                (write_npy, read_npy),
                (lambda v: write_hdf5({"d": v}), lambda b: read_hdf5(b, "d")),
            ]
        )
    )
    whole = bytearray(write(values))
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        whole[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        whole = whole[:at]
    try:
        found = read(bytes(whole))
    except CodeError:
        return
    assert found.dtype.kind in "biuf"


class Evil:
    def __reduce__(self):
        return (print, ("executed",))


def test_a_pickle_in_a_npy_is_never_run(capsys):
    buffer = io.BytesIO()
    np.save(buffer, np.array([Evil()], dtype=object), allow_pickle=True)

    for data in (buffer.getvalue(), pickle.dumps(Evil())):
        with pytest.raises(CodeError):
            read_npy(data)
    assert capsys.readouterr().out == ""


def h5(fill) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


HOSTILE = {
    "a link to another file": lambda f: f.__setitem__("d", h5py.ExternalLink("/etc/passwd", "x")),
    "a soft link": lambda f: f.__setitem__("d", h5py.SoftLink("/d")),
    "external storage": lambda f: f.create_dataset(
        "d", (16,), "u1", external=[("/etc/passwd", 0, 16)]
    ),
    "a virtual array": lambda f: f.create_virtual_dataset("d", virtual()),
    "references": lambda f: f.create_dataset("d", (1,), h5py.ref_dtype),
    "texts": lambda f: f.create_dataset("d", (1,), h5py.string_dtype()),
    "a group": lambda f: f.create_group("d"),
    "nothing": lambda f: f.create_group("e"),
    "more than any frame": lambda f: f.create_dataset("d", (2**40,), "f4"),
}


def virtual() -> h5py.VirtualLayout:
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "d", (4,))
    return layout


@pytest.mark.parametrize("name", HOSTILE)
def test_hdf5_that_holds_anything_but_its_own_numbers_is_refused(name):
    with pytest.raises(CodeError):
        read_hdf5(h5(HOSTILE[name]), "d")
