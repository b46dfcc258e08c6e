"""The commands of cases: row and column of what is wrong, all or nothing, no day but the deadline."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from survey.storage.database import Database
from survey.system import dates
from survey.year import cases
from tests.survey.year.said import HA_TU, WAITING, speak


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_from_file_to_the_page(province: Database, hailong: Any, tmp_path: Path) -> None:
    speak(province)
    past, soon = (dates.today() + timedelta(days) for days in (-1, 20))
    head = "wave,unit,theme,words,office,head,deadline"
    good = f"gop-y,{HA_TU},thoi_gian,{WAITING},{HA_TU},Chủ tịch,{past}"
    few = f"gop-y,{HA_TU},dat_dai,Có người chờ sổ đỏ.,{HA_TU},Chủ tịch,{soon}"
    ended = hailong("case", "open", table(tmp_path / "few.csv", head, good, few), "--by", "An")
    assert (ended.code, ended.out) == (1, "")
    assert re.search(r"[Rr]ow 3, column theme", ended.err)
    listed = hailong("case", "list")
    assert json.loads(listed.out) == []
    pool = f"gop-y,,thoi_gian,Có người mong biết giờ đến lượt.,SKHCN,Giám đốc,{soon}"
    ended = hailong("case", "open", table(tmp_path / "good.csv", head, good, pool), "--by", "An")
    made = list(csv.DictReader(io.StringIO(ended.out)))
    assert [(one["unit"], one["theme"]) for one in made] == [(HA_TU, "thoi_gian"), ("22", "thoi_gian")]
    quarter = cases.quarter_of(dates.today())
    assert hailong("case", "publish", quarter, "--by", "Cường").code == 1
    answer = table(tmp_path / "a.csv", "case,outcome,words", f"{made[1]['case']},done,Đã gọi theo số.")
    assert hailong("case", "answer", answer, "--by", "Bình").code == 0
    assert hailong("case", "publish", quarter, "--by", "Bình").code == 1
    assert hailong("case", "publish", quarter, "--by", "Cường").code == 0
    records = json.loads(hailong("case", "list", "--quarter", quarter).out)
    assert [tuple(record) for record in records] == [cases.FIELDS] * 2
    assert [record["state"] for record in records] == ["published"] * 2
    assert [record["late"] for record in records] == [True, False]
    assert not any(
        re.search(r"\d{4}-\d\d-\d\d", str(value))
        for record in records
        for name, value in record.items()
        if name != "deadline"
    )
    own = hailong("case", "list", "--office", "SKHCN", "--output", "csv").out
    assert [row["case"] for row in csv.DictReader(io.StringIO(own))] == [made[1]["case"]]
