import csv
import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pyreadstat
import pytest
from sqlalchemy import func, select

from survey.results import release_steps, releases
from survey.storage.database import Database
from survey.storage.models import Response
from survey.system import dates
from survey.waves import waves

Program = Callable[..., Any]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "phieu.csv"
    path.write_text("unit,psu,weight,C5\n06652,V1,10,1\n06658,V3,20,2\n", encoding="utf-8")
    return path


def stored(database: Database) -> int | None:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Response))


def test_an_import_says_what_it_did_on_standard_error(hailong: Program, province: Database, file: Path) -> None:
    done = hailong("import", file, "--wave", "ho-mau")
    assert (done.code, done.out) == (0, "")
    assert "Responses stored: 2; there already: 0." in done.err
    assert "weights of the wave are now version 1" in done.err
    assert "The file had no ids" in done.err
    assert "The lot is called “phieu.csv”." in done.err
    assert stored(province) == 2


def test_a_file_that_comes_twice_is_stored_once_and_an_ambiguous_name_replaces_nothing(
    hailong: Program, province: Database, file: Path
) -> None:
    assert hailong("import", file, "--wave", "ho-mau").code == 0
    again = hailong("import", file, "--wave", "ho-mau")
    assert "Responses stored: 0; there already: 2." in again.err
    assert stored(province) == 2
    file.write_text("unit,psu,weight,C5\n06652,V1,10,3\n", encoding="utf-8")
    assert "“phieu.csv (3)”" in hailong("import", file, "--wave", "ho-mau").err
    why = ("--reason", "Keyed wrongly.", "--by", "An")
    refused = hailong("import", file, "--wave", "ho-mau", "--replaces", "phieu.csv", *why)
    assert refused.code == 1
    assert "(phieu.csv, n = 2), " in refused.err
    assert "(phieu.csv (3), n = 1)" in refused.err
    assert hailong("lot", "recall", "phieu.csv", "--wave", "ho-mau", *why).code == 1
    assert (
        "2 forms" in hailong("lot", "recall", refused.err.split(": ")[-1].split()[0], "--wave", "ho-mau", *why).err
    )


def test_an_import_that_is_wrong_ends_with_1_and_stores_nothing(
    hailong: Program, province: Database, file: Path
) -> None:
    file.write_text(file.read_text() + "06652,V1,1,9\n")
    done = hailong("import", file, "--wave", "ho-mau")
    assert (done.code, done.out) == (1, "")
    assert "Row 4, column C5: " in done.err
    assert stored(province) == 0


def test_it_speaks_vietnamese(hailong: Program, file: Path) -> None:
    file.write_text("unit,C55\n06652,1\n")
    done = hailong("--lang", "vi", "import", file, "--wave", "ho-mau")
    assert "Dòng 1, cột C55: Không có cột này. Tên gần nhất là C5." in done.err
    done = hailong("--lang", "vi", "import", file.parent / "nowhere.csv", "--wave", "ho-mau")
    assert "không có tệp hay thư mục này" in done.err  # not in the operating system's English


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--wave", "khong-co"], 1),
        (["--wave"], 2),
        ([], 2),
        (["--wave", "ho-mau", "--sheet", "2"], 2),
    ],
)
def test_the_exit_code_tells_input_from_command_line(
    hailong: Program, file: Path, arguments: list[str], code: int
) -> None:
    assert hailong("import", file, *arguments).code == code


def test_a_file_that_is_not_there_is_wrong_input(hailong: Program, tmp_path: Path) -> None:
    done = hailong("import", tmp_path / "khong-co.csv", "--wave", "ho-mau")
    assert done.code == 1
    assert "can't be read" in done.err


def test_an_export_can_be_imported_again(hailong: Program, file: Path, tmp_path: Path) -> None:
    hailong("import", file, "--wave", "ho-mau")
    out = tmp_path / "out.csv"
    done = hailong("data", "--wave", "ho-mau", "--format", "csv", "--out", out)
    assert (done.code, done.out) == (0, "")
    assert "Responses written: 2" in done.err
    with out.open(newline="", encoding="utf-8") as rows:
        assert [(row["unit"], row["psu"], row["weight"], row["C5"]) for row in csv.DictReader(rows)] in (
            [("06652", "V1", "10", "1"), ("06658", "V3", "20", "2")],
            [("06658", "V3", "20", "2"), ("06652", "V1", "10", "1")],
        )
    assert "Responses stored: 0; there already: 2." in hailong("import", out, "--wave", "ho-mau").err


def test_an_export_says_how_many_stand_outside(hailong: Program, tmp_path: Path, file: Path) -> None:
    file.write_text("unit,mode,day\n06652,phone," + dates.today().isoformat() + "\n")
    hailong("import", file, "--wave", "ho-mau")
    done = hailong("data", "--wave", "ho-mau", "--format", "csv", "--out", tmp_path / "out.csv")
    assert "Outside the sample and not in the file: 1 (--outside)." in done.err
    done = hailong("data", "--wave", "ho-mau", "--format", "csv", "--out", tmp_path / "out.csv", "--outside")
    assert "Responses written: 1" in done.err


def test_an_export_in_parquet_has_the_same_rows(hailong: Program, file: Path, tmp_path: Path) -> None:
    hailong("import", file, "--wave", "ho-mau")
    assert hailong("data", "--wave", "ho-mau", "--format", "parquet", "--out", tmp_path / "out.parquet").code == 0
    assert sorted(parquet.read_table(tmp_path / "out.parquet")["weight"].to_pylist()) == [10, 20]


def test_an_export_for_spss_has_vietnamese_labels_and_missing_values(
    hailong: Program, file: Path, tmp_path: Path
) -> None:
    file.write_text("unit,weight,dich_vu,tiep_xuc,gop_y\n06652,1.5,4,98,Cảm ơn\n", encoding="utf-8")
    assert hailong("import", file, "--wave", "gop-y").code == 0
    out = tmp_path / "out.sav"
    assert hailong("--lang", "vi", "data", "--wave", "gop-y", "--format", "sav", "--out", out).code == 0
    data, about = pyreadstat.read_sav(out, output_format="dict", user_missing=True)
    assert (data["unit"][0], data["dich_vu"][0], data["tiep_xuc"][0]) == ("06652", 4, 98)
    assert data["gop_y"][0] == "Cảm ơn"
    assert about.column_names_to_labels["weight"] == "Quyền số"
    assert about.variable_value_labels["tiep_xuc"][99] == "Tôi không muốn trả lời"
    assert [line["lo"] for line in about.missing_ranges["tiep_xuc"]] == [98, 99]


def test_an_export_for_spss_has_a_column_for_each_of_several_choices(
    hailong: Program, file: Path, tmp_path: Path
) -> None:
    file.write_text("unit,psu,weight,C2\n06652,V1,10,1;3\n06652,V1,10,\n", encoding="utf-8")
    hailong("import", file, "--wave", "ho-mau")
    out = tmp_path / "out.sav"
    assert hailong("data", "--wave", "ho-mau", "--format", "sav", "--out", out).code == 0
    data, _about = pyreadstat.read_sav(out, output_format="dict")
    chosen = [[data[f"C2_{code}"][row] for code in (1, 2, 3)] for row in range(2)]
    assert [1, 0, 1] in chosen
    assert [None, None, None] in chosen


def test_the_figures_of_the_file_for_spss_are_those_of_the_results(
    hailong: Program, file: Path, tmp_path: Path
) -> None:
    rows = [f"06652,V{1 + n % 2},{10 + n % 3},{1 + n % 3}" for n in range(12)]
    file.write_text("unit,psu,weight,C5\n" + "\n".join(rows) + "\n", encoding="utf-8")
    hailong("import", file, "--wave", "ho-mau")
    out = tmp_path / "out.sav"
    hailong("data", "--wave", "ho-mau", "--format", "sav", "--out", out)
    data, _about = pyreadstat.read_sav(out, output_format="dict")
    (record,) = json.loads(hailong("results", "--wave", "ho-mau", "--item", "C5=3").out)
    pairs = list(zip(data["weight"], data["C5"], strict=True))
    share = sum(weight for weight, level in pairs if level == 3) / sum(weight for weight, _level in pairs)
    assert share == pytest.approx(record["estimate"], rel=1e-12)


def test_the_responses_of_a_release_are_written_without_those_that_came_later(
    hailong: Program, province: Database, file: Path, tmp_path: Path
) -> None:
    hailong("import", file, "--wave", "ho-mau")
    with province.writing() as session:
        releases.freeze(session, waves.find(session, "ho-mau"), "lan")
    file.write_text("unit,psu,weight,C5\n06652,V1,10,3\n", encoding="utf-8")
    hailong("import", file, "--wave", "ho-mau")
    out = tmp_path / "ra.csv"
    arguments = ("data", "--wave", "ho-mau", "--out", out, "--release", "1")
    done = hailong(*arguments)
    assert (done.code, "--outside" in done.err) == (0, False)  # what came later is not outside the sample
    assert len(out.read_text(encoding="utf-8").splitlines()) == 1 + 2
    for other in ("--outside", "--open"):
        assert hailong(*arguments, other).code == 2


def test_open_data_come_from_an_approved_release_under_a_consent_that_allows_them(
    hailong: Program, province: Database, tmp_path: Path
) -> None:
    file = tmp_path / "phieu.csv"
    unit = ["06652", "06658"]
    lines = [f"{unit[n % 2]},{4 - n % 2},2,98,Cảm ơn ông Bảy" for n in range(80)]
    file.write_text("unit,hl_chung,dich_vu,tiep_xuc,gop_y\n" + "\n".join(lines) + "\n", encoding="utf-8")
    hailong("import", file, "--wave", "gop-y")
    out = tmp_path / "mo.csv"
    arguments = ("data", "--wave", "gop-y", "--open", "--out", out)
    refused = hailong(*arguments)
    assert (refused.code, out.exists()) == (1, False)
    with province.writing() as session:
        release = releases.freeze(session, waves.find(session, "gop-y"), "lan")
        release_steps.check(release, "minh")
    assert "is released yet: open data come from" in hailong(*arguments).err
    with province.writing() as session:
        releases.approve(session, releases.find(session, "gop-y", 1), "hoa")
    refused = hailong(*arguments)
    assert (refused.code, out.exists()) == (1, False)
    assert "never for a person" in refused.err
    with province.writing() as session:  # made-up forms are nobody's
        waves.find(session, "gop-y").simulated = True
    done = hailong(*arguments)
    assert (done.code, done.out) == (0, "")
    assert "gop_y: Left out" in done.err
    assert "These rows are demonstration data" in done.err
    content = out.read_text(encoding="utf-8")
    assert len(content.splitlines()) == 81
    assert "Bảy" not in content
    assert hailong(*arguments, "--outside").code == 2


def test_an_export_to_nowhere_is_wrong_input(hailong: Program, tmp_path: Path) -> None:
    done = hailong("data", "--wave", "ho-mau", "--format", "csv", "--out", tmp_path / "khong" / "co.csv")
    assert done.code == 1
    assert "can't be written" in done.err


def test_a_full_disk_is_told_with_what_to_do(hailong: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")  # as a write says it: of no file

    monkeypatch.setattr("survey.operations.installation.opened", full)
    done = hailong("wave", "list")
    assert done.code == 1
    assert done.err.startswith("The disk is full: nothing more can be kept. Make room on it")
