"""What is read of a YAML file, with its lines, and the one form in which a document is stored."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import DocumentError, Places
from forms.document import MOST_BYTES, Part, canonical, plain, read

pytestmark = pytest.mark.usefixtures("english")


def refused(file: Path, written: bytes | str) -> DocumentError:
    file.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(DocumentError) as caught:
        read(file)
    assert caught.value.file == file.name
    return caught.value


def test_values_come_with_their_lines(file: Path) -> None:
    file.write_text("code: a\npages:\n  - code: b\n    items: [x,\n      y]\n", encoding="utf-8")
    values, places = read(file)
    assert values == {"code": "a", "pages": [{"code": "b", "items": ["x", "y"]}]}
    assert places.line(("pages",)) == 2
    assert places.line(("pages", 0, "items", 1)) == 5
    assert places.line(("pages", 0, "title", "vi")) == 3  # not written: the nearest part around it


def test_words_that_yaml_takes_for_something_else_are_texts(file: Path) -> None:
    file.write_text(
        "[no, yes, on, 18:30, 2026-01-01, 012, 1_000, .5, '7', 7, -2, 0.25, true, null]", encoding="utf-8"
    )
    values, _ = read(file)
    texts = ["no", "yes", "on", "18:30", "2026-01-01", "012", "1_000", ".5", "7"]
    assert values == [*texts, 7, -2, 0.25, True, None]


def test_a_file_from_windows_reads_alike(file: Path) -> None:
    file.write_bytes("\ufeffcode: thử\r\nversion: 1\r\n".encode())
    assert read(file)[0] == {"code": "thử", "version": 1}


@pytest.mark.parametrize(
    ("written", "line", "reason"),
    [
        ("", 1, "it is empty"),
        ("# nothing but a remark\n", 2, "it is empty"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "YAML says"),
        ("a: 1\n\tb: 2\n", 2, "YAML says"),
        ("a: 'open\n", 2, "YAML says"),
        ("a: 1\nb: 2\na: 3\n", 3, "Take out the second a"),
        ("a: 1\nb: &x [1]\nc: 2\n", 2, "`&` and `*` are not read"),
        ("a: 1\nb: *x\n", 2, "`&` and `*` are not read"),
        ("a:\n  <<: *x\n", 2, "`&` and `*` are not read"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "Take out the tag"),
        ("a: 1\n? [1, 2]\n: 3\n", 2, "Write a plain word"),
        ("a: 1\n---\nb: 2\n", 2, "Write one document"),
        ("a: 1\nb: x\x07y\n", 2, "Take out the control character"),
        (b"a: 1\nb: 2\nc: \xff\n", 3, "Save this file in UTF-8"),
        ("a: 1\nb: " + "[" * 40 + "]" * 40, 2, "nothing is nested this deep"),
        ("[" * 100_000, 1, ""),
    ],
)
def test_what_is_not_plain_yaml_is_refused_at_its_line(
    file: Path, written: bytes | str, line: int, reason: str
) -> None:
    error = refused(file, written)
    assert (error.line, reason in error.reason) == (line, True), str(error)
    assert str(error).startswith(f"thu.yaml:{line}: ")


def test_a_bomb_of_aliases_is_refused_before_it_grows(file: Path) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9) if n else '1'}]" for n in range(30)]
    assert refused(file, "\n".join(levels)).line == 1


def test_a_huge_file_is_not_read_to_its_end(file: Path) -> None:
    assert "at most 1 MB" in refused(file, "a: " + "x" * MOST_BYTES).reason


def test_a_file_that_is_not_there_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"^nowhere.yaml:1: Name a file that can be read"):
        read(tmp_path / "nowhere.yaml")


SYNTAX = st.text("abc12:-?[]{},&*!|>'\"#%@` \n\t~éọ", max_size=80).map(str.encode)


@given(st.binary(max_size=300) | SYNTAX)
def test_any_bytes_are_read_or_refused_at_a_line(tmp_path_factory: pytest.TempPathFactory, written: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(written)
    try:
        read(file)
    except DocumentError as error:
        line = error.line or 0
        assert 0 < line <= written.count(b"\n") + written.count(b"\xe2\x80") + 2


def test_an_error_without_a_file_names_the_place_alone() -> None:
    part = Part({"pages": [{"code": "C1", "items": 5}]})
    items = part.table("pages")["pages"].rows()[0].table("code items")["items"]
    with pytest.raises(DocumentError, match=r"^pages/C1/items: Write a list here"):
        items.rows()


def test_a_part_is_told_from_its_file_and_line() -> None:
    part = Part({"a": 1}, places=Places("x.yaml", {("a",): 7})).table("a")["a"]
    with pytest.raises(DocumentError, match=r"^x.yaml:7, a: Write true or false here\.$"):
        part.flag()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.floats(-1e9, 1e9)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abế1 ", max_size=3), inner, max_size=4),
    max_leaves=12,
)


def plain_or_refused(value: Any) -> Any:
    try:
        return plain(Part(value))
    except DocumentError:
        return None


@given(values)
def test_the_stored_form_survives_json(value: Any) -> None:
    once = plain_or_refused(value)
    again = json.loads(json.dumps(once))
    assert plain(Part(again)) == once
    assert canonical(plain(Part(again))) == canonical(once)


def test_the_stored_form_is_one() -> None:
    composed, decomposed = "hài lòng", unicodedata.normalize("NFD", "hài lòng")
    alike = [{1: composed, "b": 1}, {"b": 1.0, "1": decomposed + " \n"}, {"1": composed, "b": 1}]
    assert {canonical(plain(Part(value))) for value in alike} == {'{"1":"hài lòng","b":1}'}


@pytest.mark.parametrize(
    "value",
    [
        {"a": float("nan")},
        {"a": float("inf")},
        pytest.param({"a": 10**5000}, id="5001 digits"),
        {"a": "x\x00"},
        {"a": "\ud800"},
        {"a": object()},
        {"a": b"x"},
        {1: "a", "1": "b"},
        {(1, 2): "a"},
        pytest.param({10**5000: "a"}, id="a key of 5001 digits"),
    ],
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    with pytest.raises(DocumentError):
        plain(Part(value))


def test_a_document_nested_without_end_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(DocumentError, match="nested this deep"):
        plain(Part(value))
