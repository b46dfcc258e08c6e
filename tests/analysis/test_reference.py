"""Every figure as R gives it: the open cases, run through the command's own function."""

from __future__ import annotations

import json
import math
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from survey.commands import main

FOLDER = Path(__file__).parent / "reference"
CASES = json.loads((FOLDER / "cases.json").read_text(encoding="utf-8"))["cases"]
EXACT = ("df", "n")
FIELDS = ("estimate", "standard_error", "low", "high", "df", "deff", "n")


def run(argv: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = 0
    try:
        main(argv)
    except SystemExit as end:
        status = int(end.code or 0)
    printed = capfd.readouterr()
    return status, printed.out, printed.err


def key(record: dict[str, Any]) -> tuple[str, tuple[str, ...], str | None]:
    value = tuple(sorted(str(record["value"]).split(","))) if record["value"] is not None else ()
    domain = record["domain"]
    return record["item"], value, None if domain is None else unicodedata.normalize("NFC", str(domain))


def disagrees(field: str, want: Any, got: Any) -> bool:
    if want is None:
        return got is not None
    if got is None:
        return True
    if isinstance(want, dict):
        low, high = want["min"], want["max"]
        return not low - 1e-6 * abs(low) - 1e-12 <= got <= high + 1e-6 * abs(high) + 1e-12
    return math.fabs(got - want) > (0 if field in EXACT else 1e-6 * math.fabs(want)) + 1e-12


@pytest.mark.parametrize("case", [case for case in CASES if case["argv"]], ids=lambda case: case["id"])
def test_agrees_with_r(
    case: dict[str, Any], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    status, out, err = run(case["argv"], capfd)
    if case.get("expect_error"):
        assert status == 1
        assert out == ""
        assert len(err.strip().splitlines()) == 1
        return
    assert (status, err) == (0, "")
    records = {key(record): record for record in json.loads(out)}
    wrong = [
        (key(want), field, want[field], records[key(want)][field])
        for want in case["expected"]
        for field in FIELDS
        if field in want and disagrees(field, want[field], records[key(want)][field])
    ]
    assert not wrong
