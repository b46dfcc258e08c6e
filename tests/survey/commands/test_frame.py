from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from survey.storage.database import Database
from survey.waves import waves

Program = Callable[..., Any]
FRAME = "psu,unit,stratum,households,adults,name\nT1,06652,A,120,300,Thôn 1\nT2,06970,B,80,,\n"


@pytest.fixture
def load(hailong: Program, tmp_path: Path) -> Program:
    def load(text: str, wave: str = "ho-mau") -> Any:
        (tmp_path / "khung.csv").write_text(text, encoding="utf-8")
        return hailong("frame", "import", tmp_path / "khung.csv", "--wave", wave)

    return load


def villages(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as session:
        return [
            (village.psu, village.unit, village.stratum, village.households, village.adults, village.name)
            for village in waves.villages(session, "ho-mau")
        ]


@pytest.mark.both_databases
def test_villages_are_stored_and_may_come_again(load: Program, province: Database) -> None:
    done = load(FRAME)
    assert (done.code, done.out) == (0, "")
    assert "Rows of the frame stored: 2; there already: 0." in done.err
    assert villages(province)[:2] == [
        ("T1", "06652", "A", 120, 300, "Thôn 1"),
        ("T2", "06978", "B", 80, None, None),
    ]
    assert "Rows of the frame stored: 0; there already: 2." in load(FRAME).err


def test_a_list_of_villages_as_a_commune_keeps_it_is_understood(load: Program, province: Database) -> None:
    """Titles, running numbers, semicolons, Vietnamese heads, names of communes, a code whose zeros are lost."""
    load("psu,unit,stratum,households\n00123,06652,A,90\n")
    done = load(
        "DANH SÁCH THÔN, TỔ DÂN PHỐ;;;;;;\nNăm 2026;;;;;;\n"
        "STT;Mã thôn;Tên thôn;Xã, phường;Tầng;Số hộ;\n"
        "1;123;Thôn Một;Hà Tu;A;90;\n2;T2;Thôn Hai;Phường Cao Xanh;B;80;\n;;;;;;\n3;T3;;6652;A;70;\n"
    )
    assert "Rows of the frame stored: 2; there already: 1." in done.err
    assert villages(province)[:3] == [
        ("00123", "06652", "A", 90, None, "Thôn Một"),
        ("T2", "06658", "B", 80, None, "Thôn Hai"),
        ("T3", "06652", "A", 70, None, None),
    ]


def test_faults_are_told_in_the_words_of_the_file_all_at_once(load: Program) -> None:
    head = "Mã thôn;Tên thôn, khu;Xã, phường;Tầng;Số hộ\n"
    done = load(f"{head}T1;Một;Hà Tu;A;khoảng 120\nT1;Một;Hà Tu;A;120\nTổng cộng;;;;240\n")
    assert "Row 2, column Số hộ: “khoảng 120”: write a whole number" in done.err
    assert "Row 3, column Mã thôn: Row 2 has this village already." in done.err
    assert "Row 4" not in done.err
    for total in ("Tổng cộng", "Cộng", "TỔNG", "Tổng cộng: 50", "Tổng số phiếu: 1.250", "Cộng: 50"):
        done = load(f"{head}T1;Một;Hà Tu;A;120\n;{total};;;120\n")
        assert "Row 3, a total, was passed over." in done.err
    done = load(f"{head}T1;Một;Hà Tu;A;120\n;;Người lập biểu: Nguyễn Văn A;;\n")
    assert "Row 3, who made the file, was passed over." in done.err
    assert "Rows of the frame stored: 0; there already: 1." in done.err
    assert "a header and no rows" in load(head).err
    assert "The file is empty." in load("").err


def test_the_zero_of_the_commune_comes_back_in_the_codes_of_its_villages(
    load: Program, province: Database
) -> None:
    head = "psu;unit;stratum;households\n"
    done = load(f"{head}6652-1;6652;A;80\n6652-2;Hà Tu;A;70\n66523;6652;A;60\n6658-1;6652;A;50\n")
    assert "zero of their commune back: 2 (6652-1 is 06652-1)." in done.err
    stored = ["06652-1", "06652-2", "66523", "6658-1"]
    assert [row[0] for row in villages(province) if row[2] == "A"] == stored
    done = load(f"{head}06652-1;06652;A;80\n06652-2;6652;A;70\n6658-1;6652;A;50\n")
    assert "Rows of the frame stored: 0; there already: 3." in done.err


def test_what_was_not_known_is_filled_in(load: Program, province: Database) -> None:
    load(FRAME)
    load("psu,unit,stratum,households,adults\nT2,06978,B,80,190\nV1,06652,06652,70,\n")
    assert villages(province)[1] == ("T2", "06978", "B", 80, 190, None)
    assert villages(province)[2] == ("V1", "06652", "06652", 70, None, "Thôn V1")


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("T3,99999,A,10,,", "Row 4, column unit: There is no unit with the code 99999."),
        (",06652,A,10,,", "Row 4, column psu: Fill in this cell"),
        ("T3,06652,,10,,", "Row 4, column stratum: Fill in this cell"),
        ("T3,06652,A,,,", "Row 4, column households: Fill in this cell"),
        ("T3,06652,A,0,,", "Row 4, column households: “0”: write a whole number"),
        ("T3,06652,A,1.5,,", "Row 4, column households: “1.5”: write a whole number"),
        ("T3,06652,A,9,x,", "Row 4, column adults: “x”: write a whole number"),
        ("T1,06652,A,120,300,Thôn 1", "Row 4, column psu: Row 2 has this village already."),
        ("V1,06658,06652,9,,", "Row 4, column unit: Village V1 is there already with 06652 here."),
        ("T3,06652,A", "Row 4: The row has 3 cells, the header 6."),
    ],
)
def test_a_frame_that_is_wrong_is_refused_whole(load: Program, province: Database, row: str, told: str) -> None:
    before = villages(province)
    done = load(FRAME + row + "\n")
    assert (done.code, done.out) == (1, "")
    assert told in done.err
    assert villages(province) == before


@pytest.mark.parametrize(("unit", "name"), [("SNV", "Sở Nội vụ"), ("22", "Quảng Ninh")])
def test_a_village_lies_in_a_commune_and_not_in_a_department(
    load: Program, province: Database, unit: str, name: str
) -> None:
    before = villages(province)
    told = f"Row 4, column unit: Write the code of the village's commune: {name} is not one."
    assert told in load(f"{FRAME}T3,{unit},A,10,,\n").err
    assert villages(province) == before


def test_other_content_of_a_known_village_is_refused(load: Program, province: Database) -> None:
    load(FRAME)
    assert "column households: Village T1 is there already with 120 here." in load(FRAME.replace("120", "121")).err
    assert villages(province)[0][3] == 120


def test_an_open_wave_has_no_frame(load: Program) -> None:
    assert load(FRAME, "ho-mo").code == 1


def test_a_frame_without_its_columns_is_refused(load: Program) -> None:
    assert "Row 1, column households: Add this column" in load("psu,unit,stratum\nT1,06652,A\n").err


def test_an_excel_file_does_as_well(hailong: Program, province: Database, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ["psu", "name", "unit", "stratum", "households"],
        ["T1", "Thôn 1", "06652", "A", 120],
        [7, None, "06658", 2, 80],
    ):
        book.active.append(row)
    book.save(tmp_path / "khung.xlsx")
    assert (
        "Rows of the frame stored: 2"
        in hailong("frame", "import", tmp_path / "khung.xlsx", "--wave", "ho-mau").err
    )
    assert villages(province)[:2] == [
        ("7", "06658", "2", 80, None, None),
        ("T1", "06652", "A", 120, None, "Thôn 1"),
    ]
    book.active.append(["T3", None, 6652, "A", 0])
    book.save(tmp_path / "khung.xlsx")
    done = hailong("frame", "import", tmp_path / "khung.xlsx", "--wave", "ho-mau")
    assert done.code == 1
    assert "Row 4, column households: “0”: write a whole number" in done.err
    assert "Row 4, column households: “0”: write a whole number" in done.err
