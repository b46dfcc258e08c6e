"""`hailong weights` and `hailong transactions`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from survey.system import dates

Program = Callable[..., Any]
ROWS = "unit,psu,weight,gioi_tinh\n06652,V1,10,1\n06652,V2,20,2\n06658,V3,30,1\n06658,V4,40,2\n"


def test_weights_are_computed_shown_listed_and_chosen(hailong: Program, tmp_path: Path) -> None:
    (tmp_path / "phieu.csv").write_text(ROWS)
    (tmp_path / "dan.csv").write_text("variable,value,total\ngioi_tinh,1,60\ngioi_tinh,2,30\n")
    assert hailong("import", tmp_path / "phieu.csv", "--wave", "ho-mau").code == 0
    made = hailong(
        "weights", "compute", "--wave", "ho-mau", "--margins", tmp_path / "dan.csv", "--bounds", "0.3,3"
    )
    assert (made.code, made.out) == (0, "")
    assert "The weights of ho-mau are now version 2: version 1; raking to gioi_tinh; product of" in made.err
    assert "People: 4; sum of the weights: 90;" in made.err
    assert "Factors from 0.556 to 1.667." in made.err  # 30/60 and 60/40, over 90/100
    shown = json.loads(hailong("weights", "show", "--wave", "ho-mau").out)
    assert (shown["version"], shown["bounds"]) == (2, [0.3, 3.0])
    assert "fit" not in shown
    listed = hailong("weights", "list", "--wave", "ho-mau").out.splitlines()
    today = str(dates.today())
    label = "version 1; raking to gioi_tinh; product of all factors from 0.30 to 3.00"
    assert listed == [f"2\t*\t{today}\t{label}", f"1\t\t{today}\timport phieu.csv"]
    assert hailong("weights", "use", "--wave", "ho-mau", "--version", "1").code == 0
    assert hailong("weights", "list", "--wave", "ho-mau").out.splitlines()[1].startswith("1\t*")
    assert hailong("weights", "show", "--wave", "ho-mau", "--version", "9").code == 1
    assert hailong("weights", "compute", "--wave", "ho-mau", "--bounds", "3").code == 1


def test_classes_that_nobody_named_are_called_by_their_names(hailong: Program, tmp_path: Path) -> None:
    (tmp_path / "phieu.csv").write_text(ROWS)
    (tmp_path / "dan.csv").write_text("variable,value,total\nunit,06652,60\nunit,06658,30\n")
    assert hailong("import", tmp_path / "phieu.csv", "--wave", "ho-mau").code == 0
    how = ("--margins", tmp_path / "dan.csv", "--together", "06658,06652", "--reason", "Lũ")
    made = hailong("weights", "compute", "--wave", "ho-mau", *how)
    assert "counted together: Cao Xanh + Hà Tu (Lũ)" in made.err


def test_an_open_wave_is_weighed_by_transactions(hailong: Program, tmp_path: Path) -> None:
    (tmp_path / "phieu.csv").write_text("unit,dich_vu\n" + "06652,1\n" * 5 + "06652,2\n" * 5 + "06658,1\n")
    (tmp_path / "gd.csv").write_text(
        f"unit,service,week,count\n06652,1,{dates.today()},90\n06652,2,{dates.today()},10\n"
    )
    assert hailong("import", tmp_path / "phieu.csv", "--wave", "gop-y").code == 0
    done = hailong("transactions", "import", tmp_path / "gd.csv", "--wave", "gop-y")
    assert "Counts stored: 2; corrected: 0; there already: 0." in done.err
    done = hailong("weights", "compute", "--wave", "gop-y")
    assert "each has the mean weight of the others: 06658\n" in done.err
    shares = json.loads(
        hailong("results", "--wave", "gop-y", "--item", "dich_vu=1", "--by", "unit", "--output", "json").out
    )
    [record] = [record for record in shares if record["domain"] == "06652"]
    assert record["estimate"] == 0.9
    assert "not_a_sample" in record["flags"]
