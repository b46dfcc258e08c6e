"""`hailong estimate` and `hailong compare`: any file in, records out, one clear sentence where it is wrong."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import subprocess
import sys
import tracemalloc
import unicodedata
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from analysis.design import SINGLE_PSU
from analysis.estimate import VARIANCES
from analysis.interval import INTERVALS
from analysis.weights import METHODS
from survey.commands import estimate as command
from survey.commands import main
from survey.data_files import table_reader

ROWS = """w,tang,thon,xa,c9,cho,lan,tong
1.5,1,1,Hà Tu,5,10,2,3
2,1,1,Hà Tu,4,,1,3
1,1,2,"Bãi, Cháy",3,12.5,0,3
1,1,2,"Bãi, Cháy",,8,1,3
2,2,1,Hà Tu,5,9,3,3
2,2,1,,2,7,2,3
1,2,3,"Bãi, Cháy",4,6,1,3
1,2,3,Hà Tu,1,11,4,3
"""
DESIGN = ("--weights", "w", "--strata", "tang", "--psu", "thon")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "so-lieu.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


class Run:
    """Runs a command in this process and keeps what it printed."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self.capfd = capfd

    def __call__(self, *argv: Any, lang: str = "en") -> tuple[int, str, str]:
        self.capfd.readouterr()
        status = 0
        try:
            main(["--lang", lang, *map(str, argv)])
        except SystemExit as end:
            status = int(end.code or 0)
        printed = self.capfd.readouterr()
        return status, printed.out, printed.err

    def records(self, *argv: Any) -> list[dict[str, Any]]:
        status, out, err = self(*argv)
        assert (status, err) == (0, "")
        found: list[dict[str, Any]] = json.loads(out)
        return found

    def refused(self, *argv: Any, lang: str = "en") -> str:
        status, out, err = self(*argv, lang=lang)
        assert (status, out) == (1, "")
        assert "Traceback" not in err
        assert len(err.strip().splitlines()) == 1
        return err.strip()


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    return Run(capfd)


def test_the_choices_are_those_of_the_statistics() -> None:
    assert command.INTERVALS == INTERVALS
    assert command.VARIANCES == VARIANCES
    assert command.SINGLE_PSU == SINGLE_PSU
    assert command.CALIBRATIONS == METHODS


def test_a_record_has_what_the_contract_names(run: Run, data: Path) -> None:
    (one,) = run.records("estimate", data, *DESIGN, "--item", "c9=4,5")
    assert list(one) == [
        "item", "value", "domain", "statistic", "estimate", "standard_error", "low", "high", "df", "deff", "n",
        "n_eff", "variance", "flags",
    ]  # fmt: skip
    assert (one["item"], one["value"], one["domain"], one["n"]) == ("c9", "4,5", None, 7)
    assert one["estimate"] == pytest.approx((1.5 + 2 + 2 + 1) / 10.5)


def test_without_values_each_value_has_a_record(run: Run, data: Path) -> None:
    found = run.records("estimate", data, *DESIGN, "--item", "c9")
    assert [one["value"] for one in found] == ["1", "2", "3", "4", "5"]
    assert sum(one["estimate"] for one in found) == pytest.approx(1)


def test_domains_keep_their_names_and_several_columns_cross(run: Run, data: Path) -> None:
    found = run.records("estimate", data, *DESIGN, "--item", "c9=4,5", "--by", "xa")
    assert [one["domain"] for one in found] == ["Bãi, Cháy", "Hà Tu"]
    found = run.records("estimate", data, *DESIGN, "--item", "c9=4,5", "--by", "xa", "--by", "tang")
    assert found[0]["domain"] == {"xa": "Bãi, Cháy", "tang": "1"}
    assert len(found) == 4


def test_without_psu_each_row_is_its_own(run: Run, data: Path) -> None:
    (one,) = run.records("estimate", data, "--weights", "w", "--item", "c9=4,5")
    assert one["df"] == 6


def test_csv_and_workbook_hold_the_same_as_json(data: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    asked = ["--lang", "en", "estimate", str(data), *DESIGN, "--item", "c9=4,5", "--by", "xa", "--by", "tang"]
    main([*asked, "--output", "json"])
    records = json.loads(capfdbinary.readouterr().out)
    main([*asked, "--output", "csv"])
    rows = list(csv.DictReader(io.StringIO(capfdbinary.readouterr().out.decode())))
    main([*asked, "--output", "xlsx"])
    sheet = openpyxl.load_workbook(io.BytesIO(capfdbinary.readouterr().out)).active
    assert sheet is not None
    cells = list(sheet.iter_rows(values_only=True))
    assert cells[0] == tuple(records[0])
    for record, row, line in zip(records, rows, cells[1:], strict=True):
        assert row["domain"] == line[2] == f"xa={record['domain']['xa']};tang={record['domain']['tang']}"
        assert row["flags"] == ";".join(record["flags"])
        assert row["estimate"] == ("" if record["estimate"] is None else repr(record["estimate"]))
        assert line[4] == record["estimate"] or line[4] == pytest.approx(record["estimate"])


def test_parquet_is_read_like_csv(run: Run, data: Path, tmp_path: Path) -> None:
    path = tmp_path / "so-lieu.parquet"
    pa.parquet.write_table(pa.csv.read_csv(data), path, row_group_size=3)
    for item in (["c9=4,5"], ["cho", "--statistic", "mean"], ["c9=5", "--statistic", "total"]):
        asked = [*DESIGN, "--item", *item, "--by", "xa"]
        assert run.records("estimate", path, *asked) == run.records("estimate", data, *asked)


def test_a_parquet_column_of_lists_is_refused(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pa.parquet.write_table(pa.table({"w": [1, 2], "q": [[1], [2]]}), path)
    told = run.refused("estimate", path, "--weights", "w", "--item", "q=1")
    assert told == "Column q contains lists or tables. Choose another."


def test_a_file_in_many_chunks_is_the_same_file(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("estimate", data, *DESIGN, "--item", "c9=4,5", "--item", "c9=1", "--by", "xa")
    whole = run.records(*asked)
    monkeypatch.setattr(table_reader, "CHUNK", 40)
    assert run.records(*asked) == whole
    asked = ("estimate", data, "--weights", "w", "--item", "cho", "--statistic", "mean", "--by", "xa")
    some = run.records(*asked)
    monkeypatch.undo()
    for one, other in zip(some, run.records(*asked), strict=True):
        assert one["standard_error"] == pytest.approx(other["standard_error"])


def test_line_breaks_and_commas_within_quotes_are_text(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    path.write_text('w,q,t\n1,1,"a\nb, ""c"""\n1,2,"d\n"\n1,1,e\n' * 1, encoding="utf-8")
    for chunk in (1 << 20, 12):
        monkeypatch.setattr(table_reader, "CHUNK", chunk)
        found = run.records("estimate", path, "--weights", "w", "--item", "q=1", "--by", "t")
        assert {one["domain"] for one in found} == {'a\nb, "c"', "d\n", "e"}


def test_codes_may_be_text_or_numbers_and_zeros_stay(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\ufeffw,q,ma\n1,4.0,06652\n1,04,06652\n1,5,6652\n1,hai,6652\n", encoding="utf-8")
    found = run.records("estimate", path, "--weights", "w", "--item", "q=4", "--by", "ma")
    assert {one["domain"]: one["estimate"] for one in found} == {"06652": 1.0, "6652": 0.0}
    decomposed = unicodedata.normalize("NFD", "Hà Tu")
    path.write_text(f"w,q,xa\n1,1,{decomposed}\n2,2,Hà Tu\n1,2,x\n3,1,x\n", encoding="utf-8")
    found = run.records("estimate", path, "--weights", "w", "--item", "q=1", "--by", "xa")
    assert [one["n"] for one in found] == [2, 2]


def test_answers_may_be_characters_first_and_longer_later(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("w,q\n1,A\n1,b\n1,\n1,5\n1,A\n1, 5\n1,-1\n1,127\n1,1000\n1,đ\n1,A\n", encoding="utf-8")
    for chunk in (table_reader.CHUNK, 8):
        monkeypatch.setattr(table_reader, "CHUNK", chunk)
        monkeypatch.setattr(table_reader, "FEW", chunk)
        found = run.records("estimate", path, "--weights", "w", "--item", "q")
        assert {one["value"]: round(10 * one["estimate"]) for one in found} == {
            "-1": 1, "5": 2, "127": 1, "1000": 1, "A": 3, "b": 1, "đ": 1
        }  # fmt: skip
        assert {one["n"] for one in found} == {10}


def test_compare_tells_to_minus_from(run: Run, data: Path) -> None:
    (one,) = run.records(
        "compare", data, *DESIGN, "--item", "c9=4,5", "--by", "xa", "--from", "Hà Tu", "--to", "rest"
    )
    assert list(one) == [
        "item", "value", "domain", "from", "to", "estimate", "standard_error", "low", "high", "df", "p", "n",
        "flags",
    ]  # fmt: skip
    assert (one["from"], one["to"], one["domain"]) == ("Hà Tu", "rest", None)
    assert one["estimate"] == pytest.approx(1 / 2 - 5.5 / 6.5)
    (within,) = run.records(
        "compare", data, *DESIGN, "--item", "c9=4,5", "--by", "xa", "--from", "Hà Tu", "--to", "Bãi, Cháy",
        "--within", "tang=1",
    )  # fmt: skip
    assert within["estimate"] == pytest.approx(0 - 1)


REFERENCE = Path(__file__).parents[2] / "analysis" / "reference"


def test_one_case_more_in_each_of_two_villages_is_no_change(run: Run, tmp_path: Path) -> None:
    """20 and 22 of 27, a year later 21 and 23 in the same two villages: no variance, and yet not p 0."""
    rows = [
        f"1,{year},{village},{int(person < events)}"
        for year, both in ((2025, (20, 22)), (2026, (21, 23)))
        for village, events in enumerate(both)
        for person in range(27)
    ]
    path = wrong(tmp_path, "\n".join(["w,nam,thon,q", *rows]) + "\n")
    asked = ("compare", path, "--weights", "w", "--psu", "thon", "--item", "q=1", "--by", "nam", "--from", "2025")
    (direct,) = run.records(*asked, "--to", "2026")
    assert (direct["standard_error"], direct["p"], direct["low"], direct["high"]) == (0, None, None, None)
    assert direct["flags"] == ["no_interval", "check"]
    (auto,) = run.records(*asked, "--to", "2026", "--variance", "auto")
    assert (auto["df"], auto["flags"]) == (2, [])
    assert [round(auto[name], 3) for name in ("p", "low", "high")] == [0.683, -0.3, 0.374]


def test_each_group_against_the_rest_has_its_word(run: Run) -> None:
    """The regions of a reference wave, one of them truly lower in what was asked."""
    data = REFERENCE / "verdicts" / "one_wave.csv"
    found = run.records(
        "compare", data, "--weights", "weight", "--strata", "stratum", "--psu", "village",
        "--single-psu", "centered", "--item", "asked=1", "--index", "good=good:1", "--by", "domain",
        "--each", "rest",
    )  # fmt: skip
    assert list(found[0]) == [
        "item", "value", "domain", "from", "to", "estimate", "standard_error", "low", "high", "df", "p", "n",
        "flags", "p_adjusted", "group",
    ]  # fmt: skip
    assert [one["item"] for one in found] == ["asked"] * 16 + ["good"] * 16
    assert {(one["from"], one["low"], one["high"]) for one in found} == {("rest", None, None)}
    words = ("above", "signs_above", "not_apart", "signs_below", "below", None)
    assert all(one["group"] in words and (one["p"] is None) == (one["group"] is None) for one in found)
    told = {one["to"]: (one["group"], one["p_adjusted"]) for one in found if one["item"] == "good"}
    assert told["x03"][0] == "below"
    assert told["x03"][1] < 0.05


@pytest.mark.parametrize(
    "asked", [("--each", "rest", "--from", "1"), ("--from", "1"), (), ("--from", "1", "--to", "1")]
)
def test_two_domains_or_each_against_the_rest(run: Run, data: Path, asked: tuple[str, ...]) -> None:
    assert run("compare", data, *DESIGN, "--item", "c9=4,5", "--by", "tang", *asked)[0] == 2


def test_an_index_pools_the_valid_answers(run: Run, tmp_path: Path) -> None:
    """Of Σ w answers those at 4 and 5: 98 is an answer unless the valid ones are named, a blank never is."""
    path = wrong(tmp_path, "w,a,b\n1,4,98\n2,5,\n1,1,4\n1,,\n")
    asked = ("estimate", path, "--weights", "w", "--item", "a=4,5")
    item, index = run.records(*asked, "--index", "chung=a,b:4,5")
    assert (item["item"], item["value"], item["statistic"]) == ("a", "4,5", "proportion")
    assert (index["item"], index["value"], index["statistic"], index["n"]) == ("chung", None, "index", 3)
    assert index["estimate"] == pytest.approx((1 + 2 + 1) / (2 + 2 + 2))
    _item, valid = run.records(*asked, "--index", "chung=a,b:4,5:1,2,3,4,5")
    assert valid["estimate"] == pytest.approx((1 + 2 + 1) / (1 + 2 + 2))
    assert valid["low"] < valid["estimate"] < valid["high"]
    (changed,) = run.records(
        "compare", path, "--weights", "w", "--index", "chung=a,b:4,5", "--by", "w", "--from", "1", "--to", "2"
    )
    assert (changed["item"], changed["n"]) == ("chung", 3)


@pytest.mark.parametrize("text", ["", "a", "=a:4", "x=a", "x=a:", "x=:4", "x=a,a:4", "x=a:4:1,2", "x=a:4:4:4"])
def test_an_index_is_a_name_columns_and_values(run: Run, tmp_path: Path, text: str) -> None:
    status, out, err = run("estimate", wrong(tmp_path, "w,a\n1,4\n"), "--weights", "w", "--index", text)
    assert (status, out) == (2, "")
    assert "--index takes NAME=COL" in err


def test_an_index_names_columns_and_values_that_are_there(run: Run, tmp_path: Path) -> None:
    path = wrong(tmp_path, "w,a,b\n1,4,3\n1,5,1\n")
    asked = ("estimate", path, "--weights", "w", "--index")
    assert "has no column c" in run.refused(*asked, "chung=a,c:4")
    assert run.refused(*asked, "chung=a,b:7") == "Column a, b has no value 7. It has: 1, 3, 4, 5."
    assert run(*asked, "x=a:4", "--index", "x=b:4")[0] == 2
    assert run("estimate", path, "--weights", "w")[0] == 2


def wrong(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "sai.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("w,q\n1,1\n,2\n", "Row 3, column w is blank. Fill it in."),
        ("w,q\n1,1\n-2,2\n", "Row 3, column w: the weight is negative. Weights are numbers from 0 up."),
        ('w,q\n1,1\n"1,5",2\n', "Row 3, column w: “1,5” is not a number. Correct it."),
        ("w,q\n1,1\nnan,2\n", "Row 3, column w: “nan” is not a number. Correct it."),
        ("w,q\n0,1\n0,2\n", "All weights are 0. Give each response the number of people it stands for."),
        ("w,q\n1,7\n1,2\n", "Column q has no value 1. It has: 2, 7."),
        ("w,w,q\n1,1,1\n", "Column w stands twice in %s. Rename one."),
        ("w,q\n1,1\n1,1,1\n", "%s, row 3 has 3 cells, the header 2. Correct the row."),
        (b"w,q\n1,1\n1,\xff\n", "%s, row 3: a byte is not UTF-8. Save the file as UTF-8."),
        (b"PK\3\4...", "%s is a workbook or is compressed. Save it as a CSV file in UTF-8."),
        (b"w,q\n1,1\n1,\0\n", "%s, row 3: a NUL byte. The file is damaged."),
        ("", "%s is empty."),
        ("w,q\n", "The file has no rows."),
        ('w,q\n1,1\n"1",2\n1,"1\n1,2\n', "%s, line 4: a quotation mark is opened and never closed. Close it."),
        ("w,q\n1,1\n1e200,1\n", "Row 3, column w: 1e+200 is too large to compute with. Correct it."),
        ("w;q\n1;1\n", "%s separates its columns by semicolons or tabs. Save it with commas between them."),
        ("weight,q\n1,1\n", "%s has no column w. It has: weight, q."),
        ("W,q\n1,1\n", "%s has no column w. Did you mean W?"),
    ],
)
def test_wrong_input_is_one_clear_sentence(run: Run, tmp_path: Path, text: str | bytes, says: str) -> None:
    path = wrong(tmp_path, text)
    told = run.refused("estimate", path, "--weights", "w", "--item", "q=1")
    assert told == (says % path if "%s" in says else says)


def test_a_single_unit_without_strata_is_told_without_a_name(run: Run, tmp_path: Path) -> None:
    told = run.refused("estimate", wrong(tmp_path, "w,q\n1,1\n"), "--weights", "w", "--item", "q=1")
    assert told.startswith("There is a single sampling unit, which shows no variance.")


def test_a_reader_that_has_enough_is_no_failure(data: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)  # what `| head` does once it has its lines
    program = Path(sys.executable).with_name("hailong")
    with os.fdopen(writer, "wb") as out:
        asked = [program, "estimate", data, *DESIGN, "--item", "c9"]
        done = subprocess.run(asked, stdout=out, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_sentence_is_in_the_language_of_the_person(run: Run, data: Path) -> None:
    told = run.refused("estimate", data, *DESIGN, "--item", "c99=4", lang="vi")
    assert told == f"{data} không có cột c99. Có phải c9 không?"


def test_one_column_may_play_several_parts(run: Run, data: Path) -> None:
    (one,) = run.records("estimate", data, *DESIGN, "--item", "tang=1", "--by", "lan", "--statistic", "total")[:1]
    assert one["domain"] == "0"
    found = run.records("estimate", data, *DESIGN, "--item", "lan", "--statistic", "mean", "--by", "lan")
    assert [(one["domain"], one["estimate"]) for one in found] == [(str(k), float(k)) for k in range(5)]


def test_a_column_without_a_label_makes_no_domains(run: Run, tmp_path: Path) -> None:
    path = wrong(tmp_path, "w,q,xa\n1,1,\n1,2,\n")
    told = run.refused("estimate", path, "--weights", "w", "--item", "q=1", "--by", "xa")
    assert told == "Column xa is blank in every row. Choose another."


def test_a_fpc_below_the_sample_and_unknown_domains_are_told(run: Run, data: Path) -> None:
    told = run.refused("estimate", data, *DESIGN, "--fpc", "lan", "--item", "c9=5")
    assert "fpc varies within stratum 1" in told
    told = run.refused("compare", data, *DESIGN, "--item", "c9=5", "--by", "xa", "--from", "Hà T", "--to", "rest")
    assert told == "Column xa has no value Hà T. Did you mean Hà Tu?"
    sides = ("--by", "xa", "--from", "Hà Tu", "--to", "rest")
    told = run.refused("compare", data, *DESIGN, "--item", "c9=5", *sides, "--within", "tang=3")
    assert told == "Column tang has no value 3. It has: 1, 2."
    assert run("compare", data, *DESIGN, "--item", "c9=5", *sides[:4], "--to", "Hà Tu")[0] == 2
    told = run.refused("estimate", data.parent, *DESIGN, "--item", "c9=5")
    assert told == f"{data.parent} is a folder. Name a file in it."
    assert run.refused("estimate", data.parent / "none.csv", *DESIGN, "--item", "c9=5").startswith(
        "There is no file"
    )


def test_rows_are_calibrated_as_r_calibrates_them(run: Run) -> None:
    """R 4.5.0, survey 4.4-2: calibrate(svydesign(~1, strata=~vung, weights=~w), ~gioi_tinh + do_tuoi, raking)."""
    margins = REFERENCE / "margins_calibrate-calibrate-raking.csv"
    asked = (
        "estimate",
        REFERENCE / "calibrated_a.csv",
        "--weights",
        "w",
        "--strata",
        "vung",
        "--item",
        "c9_01=4,5",
    )
    (whole,) = run.records(*asked, "--calibrate", margins)
    assert (whole["estimate"], whole["standard_error"]) == pytest.approx((0.742352227104, 0.017910237995), 1e-9)
    found = {one["domain"]: one for one in run.records(*asked, "--by", "xa", "--calibrate", margins)}
    assert found["Hà Tu"]["standard_error"] == pytest.approx(0.0522208125816, 1e-9)
    assert found["Đường Hoa"]["standard_error"] == pytest.approx(0.0621404505656, 1e-9)


def test_margins_are_checked(run: Run, data: Path, tmp_path: Path) -> None:
    margins = tmp_path / "tong.csv"
    asked = ("estimate", data, *DESIGN, "--item", "c9=4,5", "--calibrate", "tong.csv", "--calibration", "post")
    margins.write_text("variable,value,total\ntang,1,60\ntang,2,40\n", encoding="utf-8")
    (one,) = run.records(*asked)
    assert one["estimate"] == pytest.approx((60 * 3.5 / 5.5 + 40 * 3 / 6) / (60 * 4.5 / 5.5 + 40))
    margins.write_text("variable,value,total\ntang,1,sáu\n", encoding="utf-8")
    assert "“sáu” is not a number" in run.refused(*asked)
    margins.write_text("variable,value,total\ntang,1,60\n", encoding="utf-8")
    assert run.refused(*asked) == "tang has the value 2, for which the margins give no total. Add it."
    margins.write_text("variable,value,total\nxa,Hà Tu,60\n", encoding="utf-8")
    assert run.refused(*asked) == "Row 7, column xa is blank. Fill it in."


@pytest.mark.parametrize(
    "asked",
    [
        ["--item", "c9=4", "--statistic", "mean"],
        ["--item", "cho", "--statistic", "ratio"],
        ["--item", "cho", "--denominator", "lan"],
        ["--item", "c9=4", "--item", "c9=4"],
        ["--item", "c9="],
        ["--item", "c9=4", "--calibration", "post"],
        ["--item", "c9=4", "--level", "1"],
    ],
)
def test_a_wrong_command_line_ends_with_2(run: Run, data: Path, asked: list[str]) -> None:
    status, out, err = run("estimate", data, *DESIGN, *asked)
    assert (status, out) == (2, "")
    assert "Traceback" not in err


def test_nothing_of_the_web_is_imported(data: Path) -> None:
    code = (
        "import sys\nfrom survey.commands import main\n"
        f"main(['estimate', {str(data)!r}, '--weights', 'w', '--item', 'c9=4,5'])\n"
        "heavy = {'flask', 'jinja2', 'werkzeug', 'sqlalchemy', 'scipy.stats', 'babel', 'pandas', 'ibis'}\n"
        "heavy |= {'authlib', 'requests', 'numpy.f2py', 'numpy.testing', 'numpy.random'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stderr.strip() == "[]"


@pytest.mark.parametrize(
    "design", [("--psu", "thon"), (), ("--calibrate", "tong.csv")], ids=["psu", "rows", "calibrated-rows"]
)
def test_memory_is_that_of_a_few_chunks(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, design: tuple[str, ...]
) -> None:
    """Ten times the rows need no more: neither the text nor the columns of what is summed are kept."""
    monkeypatch.setattr(table_reader, "CHUNK", 4096)
    monkeypatch.setattr(table_reader, "FEW", 4096)
    totals = "".join(f"thon,{village},100\n" for village in range(9))
    (tmp_path / "tong.csv").write_text("variable,value,total\n" + totals, encoding="utf-8")

    held = 0  # by Arrow, which tells tracemalloc nothing
    parse = table_reader._Reader.parse

    def watched(reader: Any, block: memoryview) -> Any:
        nonlocal held
        if not held:
            tracemalloc.reset_peak()  # the header is looked for in more than all of this file
        table = parse(reader, block)
        held = max(held, pa.total_allocated_bytes())
        return table

    monkeypatch.setattr(table_reader._Reader, "parse", watched)

    def peak(rows: int) -> int:
        nonlocal held
        held = 0
        path = tmp_path / "long.csv"
        lines = "".join(f"1,{row % 9},{row % 5 + 1}\n" for row in range(rows))
        path.write_text("w,thon,q\n" + lines, encoding="utf-8")
        gc.collect()
        tracemalloc.start()
        (one,) = run.records("estimate", path, "--weights", "w", *design, "--item", "q=4,5")
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert one["n"] == rows
        return most + held

    peak(100)  # loads what is needed
    assert peak(80_000) < 3 * peak(
        8_000
    )  # some chunks more may be held; with the text alone it would be 3.4 times
