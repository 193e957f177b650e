"""YAML as people mean it: 1.2 scalars, lines, and every way a file can be wrong."""

from __future__ import annotations

import json
import time
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vtencode.errors import RecipeError
from vtencode.yaml12 import MAX_BYTES, MAX_DEPTH, Document, dotted, parse, scalar

LAUGHS = "\n".join(
    ["a0: &a0 [lol, lol]", *(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}x]" for n in range(1, 30))]
)
#: Text that looks like YAML more often than plain random text does.
pieces = [
    *" \t\n{}[]:?-&*!|>'\"#%@`,\\~<=.\0\u2028\ufeff",
    "a: ",
    "- ",
    "\n  ",
    "&x ",
    "*x",
    "!!str ",
]
pieces += ["|\n", "---\n", "...\n", "%YAML 1.2\n", "<<: ", "\\U", "FFFFFFFF", "\\uD800", "1e3", "é"]
yamlish = st.lists(st.sampled_from(pieces), max_size=25).map("".join)
scalars = (
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=6)
)
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('ab1: #-"\\', max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


def value_of(text: str) -> object:
    return parse(text, where="here.yaml").value


def faults_of(text: str) -> list[tuple[int | None, str, str]]:
    return parse(text, where="here.yaml").faults


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("tRUE", "tRUE"),
        ("", None),
        ("~", None),
        ("null", None),
        ("nULL", "nULL"),
        ("012", 12),
        ("-7", -7),
        ("+7", 7),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (".5", 0.5),
        ("-.5e1", -5.0),
        ("5.", 5.0),
        (".", "."),
        ("1e", "1e"),
        ("2024-01-01", "2024-01-01"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("=", "="),
        ("٣", "٣"),
    ],
)
def test_a_plain_scalar_is_what_yaml_1_2_says(text, value) -> None:
    read = value_of(f"key: {text}")
    assert read == {"key": value}
    assert type(read["key"]) is type(value)
    assert scalar(text) == value


@pytest.mark.parametrize("text", ["no", "12", "1e-3", "null", "true", ""])
def test_what_is_quoted_is_text(text) -> None:
    assert value_of(f"key: '{text}'") == {"key": text}
    assert value_of(f'key: "{text}"') == {"key": text}


def test_block_text_is_text() -> None:
    assert value_of("key: >-\n  12\n  13\n") == {"key": "12 13"}
    assert value_of("key: |\n  12\n") == {"key": "12\n"}


def test_keys_are_text_however_they_look() -> None:
    assert value_of("on: 1\n12: 2\nnull: 3\n") == {"on": 1, "12": 2, "null": 3}


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_a_file_without_content_is_null(text) -> None:
    assert value_of(text) is None


@given(json_values)
def test_json_is_yaml(value) -> None:
    assert value_of(json.dumps(value)) == value


def test_a_duplicate_key_is_told_with_both_lines() -> None:
    document = parse("a: 1\nb: 2\n\na: 3\n", where="here.yaml")
    assert document.faults == [(4, "a", "is already set on line 1")]
    assert document.value == {"a": 1, "b": 2}


def test_a_nested_duplicate_key_is_told_with_its_path() -> None:
    text = "tasks:\n  - task: depth\n    codec: {name: a,\n      name: b}\n"
    assert faults_of(text) == [(4, "tasks.0.codec.name", "is already set on line 3")]


def test_all_faults_are_found_at_once() -> None:
    text = "a: 1\na: 2\nb: !x 3\nc: &c [1]\nd: *c\n? [k]\n: 1\n"
    assert [line for line, _, _ in faults_of(text)] == [2, 3, 5, 6]


@pytest.mark.parametrize(
    ("text", "line", "path"),
    [
        ("a: &x [1]\nb: *x\n", 2, "b"),
        ("a: &x {k: 1}\nb:\n  c: *x\n", 3, "b.c"),
        ("a: &x 1\nb: *x\n", 2, "b"),
        ("base: &x {k: 1}\nmore:\n  <<: *x\n", 3, "more.<<"),
        ("a: &x [*x]\n", 1, "a.0"),
    ],
)
def test_an_alias_is_refused_where_it_stands(text, line, path) -> None:
    assert faults_of(text) == [(line, path, "must be written out, not aliased (*name)")]


def test_a_billion_laughs_are_refused_at_once() -> None:
    start = time.perf_counter()
    assert len(faults_of(LAUGHS)) == 29 * 9
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    "text",
    [
        "a: !thing 1",
        "a: !thing {b: 1}",
        "a: !!str 12",
        "a: !!int '12'",
        "a: !!binary aGk=",
        "a: !!set {b, c}",
        "a: !!python/object:os.system {}",
        "a: !!python/object/apply:os.system ['true']",
        "a: !!python/name:os.system ''",
        "a: !<tag:example.org,2000:thing> 1",
    ],
)
def test_a_tag_is_refused(text) -> None:
    ((line, path, message),) = faults_of(text)
    assert (line, path) == (1, "a")
    assert message.startswith("must have no tag, got ")


def test_keys_that_are_not_text_are_refused() -> None:
    assert faults_of("a:\n  ? [1, 2]\n  : 3\n") == [(2, "a", "must have plain text as keys")]


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "{a: " * 50_000, "? " * 100_000])
def test_a_file_that_nests_without_end_is_refused(text) -> None:
    with pytest.raises(RecipeError, match=f"must nest at most {MAX_DEPTH} deep"):
        value_of(text)


def test_a_file_that_nests_too_deep_is_refused_where_it_does() -> None:
    assert faults_of("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    text = "a:\n" + "".join(f"{' ' * depth}b:\n" for depth in range(1, 60))
    assert faults_of(text) == [(MAX_DEPTH + 2, "a.b.b", f"must nest at most {MAX_DEPTH} deep")]


def test_a_file_that_is_too_big_is_refused_unread() -> None:
    assert value_of(f"a: '{'x' * (MAX_BYTES - 5)}'") == {"a": "x" * (MAX_BYTES - 5)}
    start = time.perf_counter()
    with pytest.raises(RecipeError, match=f"must have at most {MAX_BYTES} bytes"):
        value_of("- a\n" * (MAX_BYTES // 4) + "b")
    assert time.perf_counter() - start < 0.1


def test_lines_of_nested_paths_are_known() -> None:
    text = "name: a\ntasks:\n  - task: depth\n    codec:\n      name: depth\n  - task: x\n"
    document = parse(text, where="here.yaml")
    assert document.line_of(("name",)) == 1
    assert document.line_of(("tasks",)) == 2
    assert document.line_of(("tasks", 0, "task")) == 3
    assert document.line_of(("tasks", 0, "codec")) == 4
    assert document.line_of(("tasks", 0, "codec", "name")) == 5
    assert document.line_of(("tasks", 1)) == 6


def test_what_is_not_in_the_file_has_the_line_of_what_would_hold_it() -> None:
    document = parse("# comment\nname: a\noutput:\n  format: x\n", where="here.yaml")
    assert document.line_of(("output", "missing", 3)) == 3
    assert document.line_of(("missing",)) == 2
    assert Document().line_of(("missing",)) is None


def test_a_path_is_written_with_dots() -> None:
    assert dotted(("tasks", 0, "codec")) == "tasks.0.codec"
    assert dotted(()) == "(the file)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1, 2\n", 3),
        ("a: 1\nb: 'x\n", 3),
        ("a: 1\n\tb: 2\n", 2),
        ("a: 1\n---\nb: 2\n", 2),
        ("a: *nowhere\n", 1),
        ("a: @\n", 1),
        ("a: b: c\n", 1),
        ("<html>\n<body>: [\n", 2),
        ("a: \x00", 1),
        ('a: "\\UFFFFFFFF"', 1),
        ("%YAML " + "9" * 5000 + ".1\n---\na", 1),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(text, line) -> None:
    with pytest.raises(RecipeError, match="must be YAML: ") as caught:
        value_of(text)
    ((told, path, _),) = caught.value.faults
    assert (told, path) == (line, "(the file)")


@pytest.mark.parametrize("text", ["9" * 5000, r'"\uD800"'])
def test_a_value_that_cannot_be_stored_is_told_with_its_path(text) -> None:
    ((line, path, message),) = faults_of(f"a:\n  b: {text}\n")
    assert (line, path) == (2, "a.b")
    assert message.startswith("must be readable: ")


@given(st.text() | yamlish)
@example("'\\UFFFFFFFF'")
@example("a: !!timestamp 2024-99-99")
@example("=")
@example("<<")
def test_any_text_is_a_document_or_a_recipe_error(text) -> None:
    faults = []
    with suppress(RecipeError):
        faults = parse(text, where="here.yaml").faults
    assert all(
        line is not None and line >= 1 and path and message for line, path, message in faults
    )
