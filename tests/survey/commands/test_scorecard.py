"""`hailong scorecard` as it is typed: documents, scores of a file, and the table of records."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from survey.year import scorecard_table

Program = Callable[..., Any]

EXAMPLES = Path(__file__).parents[3] / "docs/examples/nam"
YEAR = ("--year", "2024", "--document")


def shown(hailong: Program, *more: str) -> list[dict[str, Any]]:
    ended = hailong("scorecard", "show", *YEAR, "par_tinh", *more)
    assert ended.code == 0, ended.err
    records: list[dict[str, Any]] = json.loads(ended.out)
    return records


def test_four_criteria_are_scored_and_what_is_lost_stands_first(hailong: Program) -> None:
    hailong("unit", "import", EXAMPLES / "offices.csv")
    assert "12 parts, of which 8" in hailong("scorecard", "check", EXAMPLES / "par_tinh.yaml").err
    assert hailong("scorecard", "publish", EXAMPLES / "par_tinh.yaml").code == 0
    assert "before" in hailong("scorecard", "publish", EXAMPLES / "par_tinh.yaml").err
    assert hailong("scorecard", "list").out.startswith("par_tinh@1\t")
    for kind, told in (
        ("official", "4; unchanged: 0"),
        ("official", "0; unchanged: 4"),
        ("self", "4; unchanged: 0"),
    ):
        file = EXAMPLES / f"{kind}_2024.csv"
        ended = hailong("scorecard", "import", file, *YEAR, "par_tinh@1", "--kind", kind, "--by", kind)
        assert (ended.code, told in ended.err) == (0, True), ended.err
    same = hailong(
        "scorecard",
        "import",
        EXAMPLES / "assessed_2024.csv",
        *YEAR,
        "par_tinh@1",
        "--kind",
        "assessed",
        "--by",
        "self",
    )
    assert (same.code, "Row 2, column part" in same.err) == (1, True)
    records = shown(hailong, "--sort", "lost")
    assert tuple(records[0]) == scorecard_table.FIELDS
    assert [(one["part"], one["lost"]) for one in records[:5]] == [
        ("7.2", 4.43),
        ("7.1", 0.63),
        ("6.2", 0.23),
        ("6.1", 0.17),
        ("1", None),
    ]
    rows = list(
        csv.DictReader(io.StringIO(hailong("scorecard", "show", *YEAR, "par_tinh", "--output", "csv").out))
    )
    assert [(row["part"], row["level"], row["value"], row["flags"]) for row in rows[:2]] == [
        ("", "0", "", "incomplete"),
        ("1", "1", "", "incomplete"),
    ]


def test_who_answers_is_the_target_of_the_plan_that_follows(hailong: Program) -> None:
    hailong("unit", "import", EXAMPLES / "offices.csv")
    for name in ("par_tinh", "khao_sat_lanh_dao", "papi_tinh"):
        hailong("scorecard", "publish", EXAMPLES / f"{name}.yaml")
    hailong("published", "import", EXAMPLES / "published_2024.csv")
    ended = hailong("plan", "import", EXAMPLES / "plan.csv", "--year", "2025", "--by", "A")
    assert ended.code == 0, ended.err
    at = {one["part"]: one for one in shown(hailong)}
    assert (at["7.2"]["office"], at["7.2"]["head"], at["7.2"]["deadline"]) == (
        "SKHCN",
        "Giám đốc Sở Khoa học và Công nghệ",
        "2025-12-31",
    )
    assert at["8"]["office"] is None
