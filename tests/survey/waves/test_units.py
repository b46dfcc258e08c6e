from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy.orm import Session

from survey.storage.database import Database
from survey.storage.models import Unit
from survey.waves import units
from translations import NotFound, Refusal, speaking


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with speaking("en"), database.writing() as session:
        yield session


def names(found: list[Unit]) -> list[str]:
    return [unit.name for unit in found]


@pytest.mark.both_databases
def test_the_54_communes_are_there_in_vietnamese_order(session: Session) -> None:
    found = names(units.communes(session))
    assert len(found) == 54
    assert found.index("Cửa Ông") < found.index("Đầm Hà") < found.index("Hà An") < found.index("Hải Hòa")


def test_ba_che_has_two_codes(session: Session) -> None:
    assert units.find(session, "06970").code == units.find(session, "06978").code == "06978"


def test_an_unknown_code_is_refused(session: Session) -> None:
    with pytest.raises(NotFound):
        units.find(session, "99999")


def test_the_province_stands_above(session: Session) -> None:
    assert units.province(session).name == "Quảng Ninh"


def test_a_unit_has_its_time(session: Session) -> None:
    units.load(session, "code,name,kind,parent,valid_from,valid_to\nCU,Xã Cũ,xã,22,2020-01-01,2025-06-30\n")
    assert "Xã Cũ" in names(units.communes(session, date(2025, 6, 30)))
    assert "Xã Cũ" not in names(units.communes(session, date(2025, 7, 1)))
    assert "Xã Cũ" not in names(units.communes(session, date(2019, 12, 31)))
    assert "Xã Cũ" in names(units.communes(session))


def test_a_kind_that_a_name_begins_with_is_not_said_twice() -> None:
    there = [("Sở Nội vụ", "sở"), ("Tổng Bí", "tổ"), ("Hà Tu", "phường")]
    said = [units.named(Unit(name=name, kind=kind)) for name, kind in there]
    assert said == ["Sở Nội vụ", "tổ Tổng Bí", "phường Hà Tu"]


def test_people_answer_at_communes_and_then_at_the_offices_of_the_province_that_exist(session: Session) -> None:
    units.load(
        session,
        "code,name,kind,parent,valid_from,valid_to\n"
        "CU,Sở Cũ,sở,22,2020-01-01,2025-06-30\nMOI,Sở Mới,sở,22,2025-07-01,\n",
    )
    there = names(units.answering(session, date(2026, 1, 1)))
    assert there[:54] == names(units.communes(session, date(2026, 1, 1)))
    assert there[54:] == ["Sở Mới", "Sở Nội vụ"]


@pytest.mark.both_databases
def test_units_are_added_and_renewed(session: Session) -> None:
    text = "\ufeffkind,code,name,parent\ntrung tâm,TT1,Trung ta\u0302m Ha\u0323 Long,22\n"
    assert units.load(session, text) == 1
    assert units.find(session, "TT1").name == "Trung t\u00e2m H\u1ea1 Long"
    assert units.load(session, text) == 0
    assert units.load(session, text.replace("Long", "Long 1")) == 1
    assert units.find(session, "TT1").name == "Trung t\u00e2m H\u1ea1 Long 1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("code,name\n1,a\n", "needs the columns"),
        ("code,name,kind,color\n1,a,b,c\n", "needs the columns"),
        ("code,name,kind\n1,,xã\n", "Row 2: give code, name and kind."),
        ("code,name,kind\n1,a,xã\n2,a,xã,22\n", "Row 3: give code, name and kind."),
        ("code,name,kind,parent\nTT1,a,xã,99\n", "Row 2, column parent: there is no unit 99."),
        ("code,name,kind\n06652,a,ward\n", "Row 2, column kind: Hà Tu is a commune."),
        ("code,name,kind,valid_to\nTT1,a,xã,30/6/2025\n", "Row 2, column valid_to: write the day as YYYY-MM-DD."),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(session: Session, text: str, told: str) -> None:
    with pytest.raises(Refusal) as refused:
        units.load(session, text)
    assert told in str(refused.value)


def test_what_a_unit_took_in_is_read_with_share_and_day(database: Database) -> None:
    with database.writing() as session:
        units.load(
            session, "code,name,kind,valid_from,replaces\n99901,Mới,xã,2027-01-01,06652; 06658:0.4@2027-07-01\n"
        )
        found = units.taken_in(units.find(session, "99901"))
        assert [(one.code, one.share, one.since) for one in found] == [
            ("06652", 1.0, date(2027, 1, 1)),
            ("06658", 0.4, date(2027, 7, 1)),
        ]
        for wrong in ("06652:1.5", "06652:2/5", "06652@1.7.2027", "06652@2027-02-30"):
            with pytest.raises(Refusal, match="00101:0.4@2027-07-01"):
                units.load(session, f"code,name,kind,replaces\n99902,Mới,xã,{wrong}\n")
