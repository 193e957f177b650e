"""Errors: each one crosses processes whole, and says what the command line exits with."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtencode import errors
from vtencode.errors import (
    FILTER_CODES,
    REJECT_CODES,
    MissingExtraError,
    RecipeError,
    SampleError,
    SampleFiltered,
    UnknownNameError,
    VtencodeError,
    did_you_mean,
)

FAULTS = ((2, "seed", "must be a whole number, got 'x'"), (None, "name", "is missing"))
#: What each class is made of, where it is more than one sentence.
FACTS = {
    UnknownNameError: ("codec", "deth", ("depth",)),
    RecipeError: ("nyu.yaml", FAULTS),
    SampleError: ("MODE", "depth", "a.png", "must be 16-bit gray, got 8-bit RGB"),
    SampleFiltered: ("NOTHING", "instances", "a.png", "has no instance to ask for"),
    MissingExtraError: ("OpenEXR", "exr"),
}
EXIT_CODES = {
    "VtencodeError": 1,
    "TargetError": 2,
    "CodeError": 2,
    "SpecError": 2,
    "UnknownNameError": 2,
    "ExportError": 2,
    "PushError": 1,
    "PushRefusedError": 2,
    "RecipeError": 2,
    "SourceError": 2,
    "SampleError": 1,
    "SampleFiltered": 1,
    "ShardError": 1,
    "DownloadError": 1,
    "MissingExtraError": 2,
    "VerificationError": 5,
    "BuildError": 1,
    "LockedError": 4,
    "PlanChangedError": 2,
    "NotADatasetError": 2,
}
CLASSES = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, VtencodeError)
]


def made(cls: type[VtencodeError]) -> VtencodeError:
    return cls(*FACTS.get(cls, ("a depth must be finite, got 3 NaN.",)))


def raise_sample_error() -> None:
    raise made(SampleError)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_pickles_to_an_equal_message_and_equal_facts(cls: type[VtencodeError]) -> None:
    error = made(cls)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is cls
    assert str(copy) == str(error)
    assert copy.args == error.args


@pytest.mark.parametrize("cls", CLASSES)
def test_an_error_keeps_its_facts_in_args_and_shows_each_of_them(cls: type[VtencodeError]) -> None:
    facts = FACTS.get(cls, ("a depth must be finite, got 3 NaN.",))
    assert made(cls).args == facts
    for fact in facts:
        if isinstance(fact, str):
            assert fact in str(made(cls))


@pytest.mark.parametrize("cls", CLASSES)
def test_every_error_has_the_exit_code_of_the_contract(cls: type[VtencodeError]) -> None:
    assert cls.exit_code == EXIT_CODES[cls.__name__]


def test_the_tree_in_the_docstring_names_every_class() -> None:
    assert {cls.__name__ for cls in CLASSES} == set(EXIT_CODES)
    assert all(cls.__name__ in str(errors.__doc__) for cls in CLASSES)


def test_an_error_raised_in_a_worker_process_arrives_with_its_message() -> None:
    with (
        ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool,
        pytest.raises(SampleError, match="must be 16-bit gray"),
    ):
        pool.submit(raise_sample_error).result()


def test_errors_can_be_caught_as_the_builtin_they_resemble() -> None:
    assert issubclass(errors.TargetError, ValueError)
    assert issubclass(errors.CodeError, ValueError)
    assert issubclass(errors.SpecError, ValueError)
    assert issubclass(errors.UnknownNameError, LookupError)
    assert issubclass(errors.RecipeError, ValueError)
    assert issubclass(errors.ShardError, ValueError)
    assert issubclass(errors.MissingExtraError, ImportError)


def test_a_recipe_error_lists_every_fault_with_its_line_or_the_option_it_came_from() -> None:
    assert str(made(RecipeError)).splitlines() == [
        "nyu.yaml has 2 faults:",
        "  line 2   seed  must be a whole number, got 'x'",
        "  --set    name  is missing",
    ]


def test_a_recipe_error_with_one_fault_says_one_fault() -> None:
    assert str(RecipeError("nyu.yaml", FAULTS[:1])).startswith("nyu.yaml has 1 fault:\n")


def test_a_sample_error_ends_with_its_code() -> None:
    text = "a.png: depth: must be 16-bit gray, got 8-bit RGB [MODE]"
    assert str(made(SampleError)) == text


@pytest.mark.parametrize("code", ["mode", "OTHER", ""])
def test_a_sample_error_has_one_of_the_reject_codes(code) -> None:
    with pytest.raises(ValueError, match=f"must be one of {', '.join(REJECT_CODES)}, got '{code}'"):
        SampleError(code, "depth", "a.png", "x")


def test_a_filtered_pair_has_one_of_the_filter_codes():
    with pytest.raises(ValueError, match=f"must be one of {', '.join(FILTER_CODES)}, got 'MODE'"):
        SampleFiltered("MODE", "depth", "a.png", "x")


def test_a_missing_extra_says_the_command_that_installs_it() -> None:
    assert str(made(MissingExtraError)) == (
        "this needs the package 'OpenEXR': pip install 'vtencode[exr]'"
    )


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("deth", ("normals", "depth"), " Did you mean 'depth'?"),
        ("zzz", ("normals", "depth"), " Choose from: depth, normals."),
        ("depth", (), ""),
        ("", ("depth",), " Choose from: depth."),
    ],
)
def test_a_hint_is_the_near_miss_or_else_the_whole_choice(word, known, hint) -> None:
    assert did_you_mean(word, known) == hint


@given(st.text(), st.lists(st.text(max_size=8), max_size=5))
def test_a_hint_does_not_depend_on_the_order_of_the_choice(word: str, known: list[str]) -> None:
    assert did_you_mean(word, known) == did_you_mean(word, reversed(known))
