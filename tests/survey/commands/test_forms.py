"""`hailong forms print`: what is printed is issued, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

Program = Callable[..., Any]


def pages(path: Path) -> int:
    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def accounts(hailong: Program) -> list[tuple[str, int]]:
    ended = hailong("accounting", "--wave", "ho-mau")
    return [(line["batch"], line["issued"]) for line in json.loads(ended.out)]


def test_forms_are_numbered_and_printed_and_the_second_time_printed_alone(
    hailong: Program, tmp_path: Path
) -> None:
    out = tmp_path / "phieu.pdf"
    first = hailong(*("forms", "print", "--wave", "ho-mau", "--per-village", 2, "--double", 100, "--out", out))
    assert first.code == 0
    assert "Numbered: batches 4, forms 8; of these to be keyed twice 8" in first.err
    assert f"The forms are in {out}, batches: 4." in first.err
    assert pages(out) == 4 * (4 + 2 * 4)
    assert accounts(hailong) == [(f"ho-mau-{number:03d}", 2) for number in range(1, 5)]
    again = hailong("forms", "print", "--wave", "ho-mau", "--unit", "06652", "--out", out)
    assert again.code == 0
    assert "numbered already" in again.err
    assert pages(out) == 2 * (4 + 2 * 4)
    assert len(accounts(hailong)) == 4


def test_one_village_or_batch_is_printed_alone_and_may_get_more_forms(hailong: Program, tmp_path: Path) -> None:
    out = tmp_path / "phieu.pdf"
    each = ("forms", "print", "--wave", "ho-mau", "--out", out)
    assert hailong(*each, "--village", "V2", "--per-village", 1).code == 0
    assert accounts(hailong) == [("ho-mau-001", 1)]
    more = hailong(*each, "--village", "V2", "--more", 2, "--reinterview", 100)
    assert "batches 1, forms 2" in more.err
    assert "asked again 0" in more.err
    assert accounts(hailong) == [("ho-mau-001", 1), ("ho-mau-002", 2)]
    assert pages(out) == 4 + 2 * 4
    assert hailong(*each, "--batch", "ho-mau-001").code == 0
    assert pages(out) == 4 + 4


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ((), 1, "No sample is drawn for the wave Khảo sát mức độ hài lòng của người dân"),
        (("--batch", "ho-mau-009"), 1, "No forms are numbered here yet"),
        (("--village", "V9", "--per-village", 1), 1, "Not in the sample of this wave: V9"),
        (("--unit", "06652", "--village", "V1"), 2, "Give one of --unit"),
        (("--more", 3), 2, "Say for which village"),
        (("--double", 101), 2, "--double"),
    ],
)
def test_what_can_not_be_printed_is_refused_and_leaves_no_file(
    hailong: Program, tmp_path: Path, how: tuple[Any, ...], code: int, words: str
) -> None:
    out = tmp_path / "phieu.pdf"
    ended = hailong("forms", "print", "--wave", "ho-mau", "--out", out, *how)
    assert ended.code == code
    assert words in ended.err
    assert not out.exists()
    assert accounts(hailong) == []
