"""Reading remarks and coding them: which are read, in what order, what holds, and how far two readers agree."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from survey.fieldwork import reviews
from survey.remarks import codings, themes
from survey.remarks.codings import FIRST, SECOND
from survey.responses import submission
from survey.storage import encrypted_texts
from survey.storage.database import Database
from survey.storage.models import Coding, Mode, ReviewState, Wave
from survey.waves import waves
from translations import Conflict, NotFound, Refusal


def code(database: Database, id: UUID, *chosen: str, person: str = "lan", turn: int = FIRST) -> Coding | None:
    with database.writing() as session:
        return codings.code(session, waves.find(session, "gop-y"), id, turn, chosen, person)


def queue(database: Database, turn: int = FIRST, person: str = "lan") -> codings.Queue:
    with database.reading() as session:
        return codings.queue(session, waves.find(session, "gop-y"), turn, person)


@pytest.mark.both_databases
def test_remarks_come_in_the_order_of_their_ids_without_silent_and_rejected_forms(
    province: Database, remarks: list[UUID]
) -> None:
    with province.writing() as session:
        place = waves.place(session, "gop-y", "06652")
        submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"hl_chung": 4})
        reviews.decide(session, "gop-y", remarks[3:4], ReviewState.REJECTED, "trùng", "lan")
    assert queue(province).remarks == tuple(sorted(remarks[:3] + remarks[4:], key=lambda id: id.hex))


def test_what_names_a_choice_is_no_remark(province: Database) -> None:
    with province.writing() as session:
        place = waves.place(session, "ho-mo", "06652")
        submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"C2": [6], "C2_khac": "loa xã"})
        id = uuid4()
        submission.submit(
            session.connection(), place, id, Mode.PHONE, {"C10_khac": "thêm cây xanh", "C2": [6], "C2_khac": "loa"}
        )
    with province.reading() as session:
        wave = waves.find(session, "ho-mo")
        assert codings.list_all(session, wave) == (id,)
        read = codings.read(session, wave, id)
        assert (read.unit, [text for _item, text in read.texts]) == ("06652", ["thêm cây xanh"])


@pytest.mark.both_databases
def test_the_newest_coding_holds_and_the_same_again_adds_none(province: Database, remarks: list[UUID]) -> None:
    assert code(province, remarks[0], "khen") is not None
    assert code(province, remarks[0], "khen", person="minh") is None
    changed = code(province, remarks[0], "dat_dai", "thai_do", person="minh")
    assert changed is not None
    assert changed.themes == ["thai_do", "dat_dai"]  # in the order of the list
    with province.reading() as session:
        assert codings.newest(session, "gop-y")[remarks[0]].person == "minh"
        assert session.scalar(select(func.count()).select_from(Coding)) == 2
    found = queue(province)
    assert (found.after(1), found.after(10)) == (2, 2)


def test_no_theme_an_unknown_one_and_one_closed_since_are_refused(province: Database, remarks: list[UUID]) -> None:
    for chosen in ((), ("la",)):
        with pytest.raises(Refusal):
            code(province, remarks[0], *chosen)
    code(province, remarks[0], "khen")
    with province.writing() as session:
        themes.close(session, "gop-y", "khen")
    with pytest.raises(Conflict):
        code(province, remarks[1], "khen")
    assert code(province, remarks[0], "khen", "khac") is not None  # what held may stay
    with pytest.raises(NotFound):
        code(province, uuid4(), "khac")


def test_a_second_reader_gets_a_fifth_of_what_somebody_else_read_and_agreement_is_of_first_thoughts(
    province: Database, remarks: list[UUID]
) -> None:
    for number, id in enumerate(remarks):
        code(province, id, "khen" if number % 2 else "khac")
    assert queue(province, SECOND).remarks == ()  # nobody is one's own second reader
    assert queue(province, SECOND, "minh").remarks == (remarks[4], remarks[9])
    code(province, remarks[4], "khac", person="minh", turn=SECOND)
    code(province, remarks[9], "khac", person="minh", turn=SECOND)
    code(province, remarks[9], "khen", person="minh", turn=SECOND)  # after they talked
    assert queue(province, SECOND, "ba").remarks == ()
    with province.reading() as session:
        held = codings.newest(session, "gop-y")
        assert held[remarks[9]].themes == ["khen"]  # the first reading counts
        agreed = codings.agreed(session, "gop-y")
    assert agreed.pairs == 2
    assert {theme.code: one.equal for theme, one in agreed.lines} == {"khen": 0.5, "khac": 0.5}
    assert agreed.whole is not None
    assert agreed.whole.equal == 0.5


def test_once_texts_are_destroyed_codings_stay_and_nothing_is_read(
    province: Database, remarks: list[UUID]
) -> None:
    code(province, remarks[0], "khen")
    with province.writing() as session:
        encrypted_texts.destroy(session.connection(), "gop-y")
    assert queue(province).remarks == ()
    with province.reading() as session:
        assert codings.newest(session, "gop-y")[remarks[0]].themes == ["khen"]
        with pytest.raises(NotFound):
            codings.read(session, session.get_one(Wave, "gop-y"), remarks[0])
