"""A file typed up elsewhere: its columns, its words, its faults."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms import Questionnaire
from survey.data_files import column_mapping, importing, pending_imports
from survey.data_files.column_mapping import BLANK, Plan, key
from survey.data_files.importing import Wanted
from survey.storage.database import Database
from survey.system import dates
from survey.system.csv_table import Faults
from survey.waves import questionnaires
from translations import Gone, Refusal, speaking

Settle = Callable[[bytes], Path]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def household(province: Database) -> Questionnaire:
    with province.reading() as session:
        return questionnaires.find(session, "ho_gia_dinh@1")


@pytest.fixture
def reads(province: Database, household: Questionnaire) -> dict[str, column_mapping.Reading]:
    with province.reading() as session:
        return column_mapping.readings(session, household)


@pytest.fixture
def settle(tmp_path: Path, household: Questionnaire) -> Settle:
    def settle(content: bytes) -> Path:
        (tmp_path / "go.csv").write_bytes(content)
        column_mapping.settle(tmp_path / "go.csv", tmp_path / "settled.csv", household)
        return tmp_path / "settled.csv"

    return settle


def test_columns_are_known_by_code_words_or_nearness(household: Questionnaire) -> None:
    names = ["STT", "C5", "GIOI TINH", "Độ tuổi", "Xã/phường", "Ngay phong van", "Ghi chú", "gioi_tinh", "Câu 4"]
    found = column_mapping.guess(names, household)
    fourth = next(item.code for item in household.items.values() if item.no == 4)
    assert {names[place]: column for place, column in found.items()} == {
        "C5": "C5",
        "gioi_tinh": "gioi_tinh",
        "Độ tuổi": "do_tuoi",
        "Xã/phường": "unit",
        "Ngay phong van": "day",
        "Câu 4": fourth,
    }


def test_words_become_codes_and_the_rest_is_asked(reads: dict[str, column_mapping.Reading]) -> None:
    sex, commune, mode, many = (reads[column] for column in ("gioi_tinh", "unit", "mode", "C2"))
    assert [sex.code(text) for text in ("nữ", "NAM", "2. Nữ", "2", "Female", "Nư")] == [
        "2",
        "1",
        "2",
        "2",
        "2",
        "2",
    ]
    assert [(sex.code(text), sex.near(text)) for text in ("Nuw", "không rõ")] == [("", "2"), ("", "")]
    names = ("Hà Tu", "P. hà tu", "06652", "6652", "Hà Phong")
    assert [commune.code(text) for text in names] == ["06652"] * 5
    assert [commune.code(text) for text in ("Hà Nội 5", "TP Cẩm Phả", "Hà Khẩu")] == [""] * 3
    assert commune.units is not None
    assert len(commune.units.meant("TP Cẩm Phả")) == 5
    assert mode.code("Giấy") == "paper"
    assert many.parts("1, 3") == ["1", "3"]
    assert many.parts("1;3|4\n5") == ["1", "3", "4", "5"]
    assert sex.parts("1;2") == ["1;2"]


def test_excel_in_vietnam_separates_by_semicolons(settle: Settle) -> None:
    rows = '\ufeffXã;"Góp ý"\r\n06652;"một, hai; ba"\r\n\r\n06658;x\r\n'.encode()
    assert settle(rows).read_text() == 'Xã,Góp ý\n06652,"một, hai; ba"\n\n06658,x\n'
    with pytest.raises(Refusal, match=r"go\.csv has a header and no rows"):
        settle(b"a,b\n")
    with pytest.raises(Refusal, match="Row 1, column a: Two columns have this name"):
        settle(b"a,a\n1,2\n")
    with pytest.raises(Refusal, match="Save the file in UTF-8") as told:
        settle(b"x\xe3,n\xe0\n" + b"H\xe0,\xe0\n" * 20)
    assert str(told.value).count("Save the file") == 1


def test_rows_keep_the_numbers_that_excel_shows(tmp_path: Path, household: Questionnaire) -> None:
    book = openpyxl.Workbook()
    for at, cells in ((1, ["unit", "day"]), (3, ["06652", dates.today()]), (6, ["06658", "x"])):
        for place, cell in enumerate(cells, start=1):
            book.active.cell(at, place, cell)  # type: ignore[union-attr]
    book.save(tmp_path / "go.xlsx")
    column_mapping.settle(tmp_path / "go.xlsx", tmp_path / "settled.csv", household)
    assert [row for row, _cells in column_mapping.settled_rows(tmp_path / "settled.csv")] == [1, 3, 6]


def test_a_mapped_file_is_what_the_import_takes(
    province: Database, settle: Settle, reads: dict[str, column_mapping.Reading], tmp_path: Path
) -> None:
    day = dates.today()
    head = "Thôn,Ngày,Giới tính,Kênh,Trọng số,Bỏ\n"
    rows = f'V1,{day:%d/%m/%Y},nữ,"1,3","1,5",a\nV3,{day},không rõ,,2,b\nV2,{day},Nam,Tivi,2,c\n'
    path = settle((head + rows).encode())
    plan = Plan({0: "psu", 1: "day", 2: "gioi_tinh", 3: "C2", 4: "weight"}, {}, {"unit": "06652", "mode": "phone"})
    asked = column_mapping.words(path, plan, reads)
    assert [(word.text, word.code, word.rows) for word in asked[2]] == [
        ("nữ", "2", (2,)),
        ("không rõ", "", (3,)),
        ("Nam", "1", (4,)),
    ]
    words = {(2, key("không rõ")): BLANK, (3, key("Tivi")): "5"}
    plan = Plan(plan.columns, words, plan.fixed)
    settled = column_mapping.settled(path, Faults())
    table = column_mapping.Translated(settled, plan, reads, ["unit"], id=lambda row: UUID(int=row))
    rows = list(table)
    assert table.columns == ["psu", "day", "gioi_tinh", "C2", "weight", "unit", "mode", "response_id"]
    assert rows[0] == ["V1", day.isoformat(), "2", "1;3", "1.5", "06652", "phone", str(UUID(int=2))]
    assert rows[1][2:5] == ["", "", "2"]
    checked = importing.checked(province, "ho-mau", Wanted(path, plan=plan))
    assert [(fault.row, fault.column) for fault in checked.faults] == [(3, "unit")]  # V3 is in the other commune
    assert (checked.rows, checked.wrong) == (2, {3})
    with pytest.raises(Refusal, match="Row 3, column unit"):
        importing.responses(province, "ho-mau", Wanted(path, plan=plan))
    assert importing.responses(province, "ho-mau", Wanted(path, plan=plan, skip=checked.wrong)).stored == 2


def test_every_fault_is_told_not_the_first_ten(province: Database, tmp_path: Path) -> None:
    path = tmp_path / "ours.csv"
    path.write_text("unit,C5\n" + "06652,9\n" * 25)
    plan = Plan({0: "unit", 1: "C5"})
    checked = importing.checked(province, "ho-mo", Wanted(path, plan=plan))
    assert (checked.rows, checked.count, [fault.row for fault in checked.faults]) == (0, 25, list(range(2, 27)))
    path.write_text("C5\n1\n")
    checked = importing.checked(province, "ho-mo", Wanted(path, plan=Plan({0: "C5"})))
    assert ([fault.column for fault in checked.faults], checked.wrong) == (["unit"], {1})


@given(cells=st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), min_size=1, max_size=6))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_nothing_breaks_and_rows_stay(
    province: Database,
    tmp_path: Path,
    cells: list[tuple[str, str]],
) -> None:
    """Any cells: the mapped file has each row at its number, and faults name rows of the file."""
    with province.reading() as session:
        household = questionnaires.find(session, "ho_gia_dinh@1")
    source, path = tmp_path / "x.csv", tmp_path / "settled.csv"
    with source.open("w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows([("gioi_tinh", "C2"), *cells])
    try:
        column_mapping.settle(source, path, household)
    except Refusal:
        return
    plan = Plan({0: "gioi_tinh", 1: "C2"}, {}, {"unit": "06652"})
    theirs = {row for row, _cells in column_mapping.settled_rows(path)}
    checked = importing.checked(province, "ho-mo", Wanted(path, plan=plan))
    assert checked.wrong <= theirs
    assert checked.rows + len(checked.wrong - {1}) == len(theirs - {1})


# The file that waits


def test_a_file_waits_sealed_and_only_the_ticket_opens_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    ticket = pending_imports.keep("Giới tính,nữ".encode())
    (kept,) = (tmp_path / "cho-nhap").iterdir()
    assert "nữ".encode() not in kept.read_bytes()
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert pending_imports.opened(ticket) == "Giới tính,nữ".encode()
    for wrong in (f"{ticket[:-4]}AAA=", f"../{ticket}", "", "x.y"):
        with pytest.raises(Gone):
            pending_imports.opened(wrong)
    pending_imports.destroy(ticket)
    assert list((tmp_path / "cho-nhap").iterdir()) == []
    with pytest.raises(Gone, match="kept for an hour"):
        pending_imports.opened(ticket)


def test_what_lay_for_an_hour_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    ticket = pending_imports.keep(b"x")
    (tmp_path / "cho-nhap" / "tmpleft").mkdir()  # of a process that was killed while it read
    (tmp_path / "cho-nhap" / "tmpleft" / "go.csv").write_bytes(b"x")
    monkeypatch.setattr(pending_imports, "LASTS", 0)
    with pytest.raises(Gone):
        pending_imports.opened(ticket)
    assert list((tmp_path / "cho-nhap").iterdir()) == []


def test_a_server_that_starts_again_sees_to_what_waited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    pending_imports.keep(b"x")
    monkeypatch.setattr(pending_imports, "LASTS", 0)
    before = set(threading.enumerate())
    pending_imports.resume()
    for timer in set(threading.enumerate()) - before:
        timer.join(300)
    assert list((tmp_path / "cho-nhap").iterdir()) == []
