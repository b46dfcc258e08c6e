"""A keyed form is stored once, compared with a second and blind keying, and settled by a third person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from forms import Questionnaire
from survey.fieldwork import double_entry, keying, sheet_locks
from survey.fieldwork.double_entry import Finished
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Batch, Keying, Mode, OpenKeying, Response, Sheet, SheetState
from survey.system import dates
from survey.waves import questionnaires
from translations import Conflict, Refusal

TODAY = dates.today()


@pytest.fixture
def batch(province: Database) -> Database:
    """Forms 0001 (keyed once) and 0002, 0003 (keyed twice) of village V1, all back since yesterday."""
    with province.writing() as session:
        back = TODAY - timedelta(1)
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=back, returned=back, counted=3))
        session.flush()
        session.add_all(
            Sheet(serial=f"000{place}", batch="B1", place=place, state=SheetState.WAITING, double=place > 1)
            for place in (1, 2, 3)
        )
    return province


def first_answers(questionnaire: Questionnaire) -> dict[str, str]:
    items = (*keying.head(), *questionnaire.keyed)
    return {item.code: str(next(iter(item.choices))) for item in items if item.choices}


def finish(
    database: Database, number: str, turn: int, keyer: str, fields: dict[str, str], **more: Any
) -> Finished:
    with database.writing() as session:
        return double_entry.finish(session, number, turn, keyer, fields, **more)


def sheet(database: Database, number: str) -> Sheet:
    with database.reading() as session:
        return session.get_one(Sheet, number)


def stored(database: Database) -> list[Response]:
    with database.reading() as session:
        return list(session.scalars(select(Response)))


@pytest.mark.both_databases
def test_a_form_keyed_once_is_stored_with_what_stands_at_its_head(batch: Database, typed: dict[str, str]) -> None:
    fields = typed | {"so_nguoi_lon": "3", "ho_thay_the": "2", "C5": "*", "dan_toc": "2", "dan_toc_khac": " Dao "}
    assert finish(batch, "0001", 1, "lan", fields) == Finished(stored=True)
    [row] = stored(batch)
    assert (row.wave, row.unit, row.psu, row.mode, row.day) == (
        "ho-mau",
        "06652",
        "V1",
        Mode.PAPER,
        TODAY - timedelta(1),
    )
    assert row.adults == 3
    assert "C5" not in row.answers
    assert row.answers["C6"] == 1
    form = sheet(batch, "0001")
    assert (form.state, form.response, form.adults, form.replaced) == (SheetState.ENTERED, row.id, 3, "away")
    with batch.reading() as session:
        assert texts_of(session.connection(), row.id) == {"dan_toc_khac": "Dao"}
        [kept] = session.scalars(select(Keying))
        assert (kept.turn, kept.keyer, kept.source, kept.day) == (1, "lan", "person", TODAY)
        assert kept.typed["C5"] == "*"
        assert kept.typed["so_nguoi_lon"] == "3"
        assert "dan_toc_khac" not in kept.typed
        assert session.scalar(select(func.count()).select_from(OpenKeying)) == 0


def test_the_same_again_is_fine_and_other_answers_are_refused(batch: Database, typed: dict[str, str]) -> None:
    for _time in range(2):
        assert finish(batch, "0001", 1, "lan", typed).stored
    with pytest.raises(Conflict, match="đã nhập rồi"):
        finish(batch, "0001", 1, "lan", typed | {"C5": "2"})
    with pytest.raises(Conflict):
        finish(batch, "0001", 1, "minh", typed)
    with pytest.raises(Conflict):
        finish(batch, "0001", 2, "minh", typed)
    assert len(stored(batch)) == 1


def test_two_keyings_that_agree_are_stored_by_the_second(batch: Database, typed: dict[str, str]) -> None:
    assert finish(batch, "0002", 1, "lan", typed | {"dan_toc": "2", "dan_toc_khac": "Dao"}) == Finished(False)
    assert sheet(batch, "0002").state is SheetState.WAITING
    assert stored(batch) == []
    # Another way to type the same, and another spelling of a text, are no difference.
    again = typed | {"dan_toc": " 2", "dan_toc_khac": "dao", "ho_thay_the": "-", "C2": "1,"}
    assert finish(batch, "0002", 2, "minh", again) == Finished(True)
    [row] = stored(batch)
    with batch.reading() as session:
        assert texts_of(session.connection(), row.id) == {"dan_toc_khac": "Dao"}
        assert len(list(session.scalars(select(Keying)))) == 2


@pytest.mark.both_databases
def test_what_differs_is_settled_by_a_third_person_and_both_keyings_stay(
    batch: Database, typed: dict[str, str]
) -> None:
    finish(batch, "0002", 1, "lan", typed | {"C5": "1"})
    other = typed | {"C5": "2", "so_nguoi_lon": "4"}
    assert finish(batch, "0002", 2, "minh", other) == Finished(False, ("so_nguoi_lon", "C5"))
    with batch.reading() as session:
        assert [row.serial for row, _batch in double_entry.to_settle(session)] == ["0002"]
        assert [row.serial for row, _batch in double_entry.to_settle(session, ["ho-mo"])] == []
        assert double_entry.keyers(session, ["0002"]) == {"0002": {"lan", "minh"}}
    for keyer in ("lan", "minh"):
        with pytest.raises(Conflict, match="tự nhập"):
            finish(batch, "0002", 3, keyer, typed)
    assert finish(batch, "0002", 3, "ba", typed | {"C5": "3", "so_nguoi_lon": "4"}) == Finished(True)
    [row] = stored(batch)
    assert (row.answers["C5"], row.adults) == (3, 4)
    with batch.reading() as session:
        kept = list(session.scalars(select(Keying).order_by(Keying.turn)))
        assert [(one.turn, one.keyer, one.typed["C5"]) for one in kept] == [
            (1, "lan", "1"),
            (2, "minh", "2"),
            (3, "ba", "3"),
        ]
        assert double_entry.to_settle(session) == []


def test_nobody_keys_a_form_twice(batch: Database, typed: dict[str, str]) -> None:
    finish(batch, "0002", 1, "lan", typed)
    with pytest.raises(Conflict, match="tự nhập"):
        finish(batch, "0002", 2, "lan", typed)
    with pytest.raises(Conflict):
        finish(batch, "0002", 3, "ba", typed)  # nothing to settle yet
    with pytest.raises(Conflict):
        finish(batch, "0003", 2, "ba", typed)  # nor a second turn before the first


def test_a_scan_stands_in_for_one_keying_and_never_for_both(batch: Database, typed: dict[str, str]) -> None:
    finish(batch, "0002", 1, "lan", typed, source="scan")
    with pytest.raises(Conflict, match="một lần quét"):
        finish(batch, "0002", 2, "minh", typed, source="scan")
    assert finish(batch, "0002", 2, "minh", typed | {"C6": "2"}).differing == ("C6",)
    with pytest.raises(Conflict):
        finish(batch, "0002", 3, "ba", typed, source="scan")
    finish(batch, "0003", 1, "lan", typed)
    assert finish(batch, "0003", 2, "minh", typed, source="scan").stored
    with pytest.raises(ValueError, match="oracle"):
        finish(batch, "0001", 1, "lan", typed, source="oracle")


def test_what_somebody_has_open_is_not_finished_by_another(batch: Database, typed: dict[str, str]) -> None:
    with batch.writing() as session:
        sheet_locks.acquire(session, "0001", "lan")
    with pytest.raises(sheet_locks.SheetLocked, match="lan"):
        finish(batch, "0001", 1, "minh", typed, source="scan")
    assert finish(batch, "0001", 1, "lan", typed).stored


def test_a_void_form_and_what_cant_be_an_answer_are_refused(batch: Database, typed: dict[str, str]) -> None:
    for wrong in ({"C5": "7"}, {"so_nguoi_lon": "0"}):
        with pytest.raises(Refusal, match=next(iter(wrong))):
            finish(batch, "0001", 1, "lan", typed | wrong)
    with batch.writing() as session:
        row = session.get_one(Sheet, "0001")
        row.state, row.reason = SheetState.VOID, "blank"
    with pytest.raises(Conflict, match="còn trắng"):
        finish(batch, "0001", 1, "lan", typed)
    assert stored(batch) == []


def test_texts_of_a_form_that_waits_stand_in_one_place_and_go_with_the_storing(
    batch: Database, typed: dict[str, str]
) -> None:
    finish(batch, "0002", 1, "lan", typed | {"dan_toc_khac": "Dao"})
    finish(batch, "0002", 2, "minh", typed | {"dan_toc_khac": "Tày", "C5": "2", "C10_khac": "đường"})
    with batch.reading() as session:
        assert double_entry.texts(session, "0002") == {"dan_toc_khac": ["Dao", "Tày"], "C10_khac": ["đường"]}
    finish(batch, "0002", 3, "ba", typed | {"dan_toc_khac": "Tày", "C10_khac": ""})
    [row] = stored(batch)
    with batch.reading() as session:
        assert texts_of(session.connection(), row.id) == {"dan_toc_khac": "Tày"}
        assert double_entry.texts(session, "0002") == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_kept_of_a_keying_reads_as_what_was_typed(data: st.DataObject, province: Database) -> None:
    with province.reading() as session:
        questionnaire = questionnaires.find(session, "ho_gia_dinh@1")
    items = [item for item in (*keying.head(), *questionnaire.keyed) if item.choices]
    drawn = {}
    for item in data.draw(st.lists(st.sampled_from(items), unique_by=lambda item: item.code)):
        codes = st.sampled_from([str(code) for code in item.choices])
        several = st.lists(codes, min_size=1, unique=True).map(" ".join)
        nothing = st.sampled_from(["", *keying.blank(item), *keying.two_marks(item)])
        drawn[item.code] = data.draw(st.one_of(several if item.kind.several else codes, nothing))
    kept = keying.fields(questionnaire, drawn)
    assert keying.fields(questionnaire, kept) == kept
    one, two = (keying.keyed(questionnaire, text, keying.head()) for text in (drawn, kept))
    assert (one.answers, one.head, one.two) == (two.answers, two.head, two.two)
