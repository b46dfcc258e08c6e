"""`hailong plan` as it is typed: a plan, reports on it, and the list with exactly its fields."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from survey.year import duties

Program = Callable[..., Any]

EXAMPLES = Path(__file__).parents[3] / "docs/examples/nam"
YEAR = ("--year", "2025")
BY = ("--by", "An")


def test_a_plan_its_reports_and_its_list(hailong: Program, tmp_path: Path) -> None:
    hailong("unit", "import", EXAMPLES / "offices.csv")
    hailong("scorecard", "publish", EXAMPLES / "par_tinh.yaml")
    for told in ("25; changed: 0; unchanged: 0", "0; changed: 0; unchanged: 25"):
        ended = hailong("plan", "import", EXAMPLES / "plan.csv", *YEAR, *BY)
        assert (ended.code, told in ended.err) == (0, True), ended.err
    ended = hailong("plan", "progress", EXAMPLES / "progress.csv", *YEAR, *BY)
    assert (ended.code, "4; unchanged: 0" in ended.err) == (0, True), ended.err
    moved = tmp_path / "moved.csv"
    lines = (EXAMPLES / "plan.csv").read_text(encoding="utf-8").splitlines()
    moved.write_text(
        "\n".join([lines[0], *(line.replace(",5,,,", ",4,,,") for line in lines if "MT-7.2" in line)])
    )
    ended = hailong("plan", "import", moved, *YEAR, *BY)
    assert ended.code == 1
    assert "Row 2, column decision" in ended.err
    records = json.loads(hailong("plan", "list", *YEAR).out)
    assert [*records[0]] == [*duties.FIELDS]
    assert {one["code"]: one["value"] for one in records}["MT-7.2"] == 5
    late = hailong("plan", "list", *YEAR, "--office", "06688", "--late", "--output", "csv").out
    rows = [*csv.DictReader(io.StringIO(late))]
    assert {row["code"] for row in rows} == {"MT-HALONG", "NV-12-06688"}
    ended = hailong("plan", "list", *YEAR, "--office", "SNX")
    assert (ended.code, ended.out) == (1, "")
    assert "SNX" in ended.err
    assert "hailong plan list --year 2025" in ended.err


def test_a_plan_that_is_listed_as_csv_can_be_imported_again(hailong: Program, tmp_path: Path) -> None:
    hailong("unit", "import", EXAMPLES / "offices.csv")
    hailong("scorecard", "publish", EXAMPLES / "par_tinh.yaml")
    hailong("plan", "import", EXAMPLES / "plan.csv", *YEAR, *BY)
    rows = [*csv.DictReader(io.StringIO(hailong("plan", "list", *YEAR, "--output", "csv").out))]
    words = {row[name] for row in rows for name in ("at_most", "after_data", "late", "current")}
    assert words == {"1", "0"}
    assert {row["code"] for row in rows if row["at_most"] == "1"} >= {"MT-PAR", "MT-SIPAS"}
    listed = tmp_path / "listed.csv"
    with listed.open("w", encoding="utf-8", newline="") as file:
        columns = (EXAMPLES / "plan.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    ended = hailong("plan", "import", listed, *YEAR, *BY)
    assert (ended.code, "unchanged: 25" in ended.err) == (0, True), ended.err
