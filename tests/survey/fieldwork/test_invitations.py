"""Invitation codes: one response each, for their village, and no way from a code to its response."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from survey.fieldwork import invitations
from survey.fieldwork.invitations import SIGNS, Used
from survey.responses import submission
from survey.responses.receipts import ALPHABET
from survey.storage.database import Database
from survey.storage.models import Invitation, Mode, Response
from survey.system import dates
from survey.waves import waves
from translations import Conflict, Gone, NotFound, Refusal, speaking

pytestmark = pytest.mark.both_databases
KEY = "tests"
ANSWERS = {"C5": 1, "C6": 2}


@pytest.fixture
def codes(province: Database) -> list[str]:
    """Three codes of the village V1."""
    with province.writing() as session:
        return [letter.code for letter in invitations.make(session, KEY, "ho-mau", ["V1"], 3)]


def send(province: Database, code: str, id: uuid.UUID, answers: dict[str, int] = ANSWERS) -> bool:
    digest = invitations.digest(KEY, code)
    with province.writing() as session:
        place, _used = invitations.place(session, digest)
        return invitations.submit(session, place, digest, id, answers)


def burnt(province: Database) -> int:
    with province.reading() as session:
        return len(session.scalars(select(Invitation).where(Invitation.used)).all())


def stored(province: Database) -> list[Response]:
    with province.reading() as session:
        return list(session.scalars(select(Response)))


# Making


def test_codes_are_made_for_the_villages_named_and_for_all_of_them_without(province: Database) -> None:
    with province.writing() as session, speaking("en"):  # the letters are in Vietnamese all the same
        some = invitations.make(session, KEY, "ho-mau", ["V3", "V1", "V3"], 2)
        every = invitations.make(session, KEY, "ho-mau", [], 1)
    assert [letter.place for letter in some] == ["V3", "V3", "V1", "V1"]
    assert [letter.place for letter in every] == ["V1", "V2", "V3", "V4"]
    assert (some[0].name, some[0].unit, some[0].commune) == ("Thôn V3", "06658", "phường Cao Xanh")
    assert len({letter.code for letter in some + every}) == 8
    for letter in some:
        assert len(letter.code) == SIGNS + 1
        assert set(letter.code) <= {*ALPHABET, "-"}


def test_no_code_is_kept(province: Database, codes: list[str]) -> None:
    with province.reading() as session:
        rows = session.execute(text("SELECT * FROM invitation")).all()
    assert len(rows) == 3
    for code in codes:
        assert code not in str(rows)
        assert code.replace("-", "") not in str(rows)
        assert invitations.digest("another key", code) not in str(rows)


@pytest.mark.parametrize(
    ("wave", "psus", "count", "refusal"),
    [
        ("gop-y", [], 1, Conflict),
        ("khong-co", [], 1, NotFound),
        ("ho-mau", ["V9"], 1, NotFound),
        ("ho-mau", [], 0, Refusal),
        ("ho-mau", [], 1001, Refusal),
    ],
)
def test_what_can_not_be_invited_to_is_refused(
    province: Database, wave: str, psus: list[str], count: int, refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal), province.writing() as session:
        invitations.make(session, KEY, wave, psus, count)
    with province.reading() as session:
        assert not session.scalars(select(Invitation)).all()


def test_a_wave_that_is_over_invites_nobody(province: Database) -> None:
    with province.writing() as session:
        waves.find(session, "ho-mau").closes = dates.today() - timedelta(1)
    with pytest.raises(Gone), province.writing() as session:
        invitations.make(session, KEY, "ho-mau", [], 1)


# Answering


@pytest.mark.parametrize(
    "written", [str, str.lower, lambda code: f" {code[:3]} {code[3:]}.", lambda c: c.replace("-", "")]
)
def test_a_code_is_known_however_it_is_typed(
    province: Database, codes: list[str], written: Callable[[str], str]
) -> None:
    with province.reading() as session:
        place, used = invitations.place(session, invitations.digest(KEY, written(codes[0])))
    assert (place.wave.code, place.unit.code, used) == ("ho-mau", "06652", False)


@pytest.mark.parametrize("typed", ["", "AAAAA-AAAAA", "x" * 500])
def test_another_code_is_none(province: Database, codes: list[str], typed: str) -> None:
    with pytest.raises(NotFound), province.reading() as session:
        invitations.place(session, invitations.digest(KEY, typed))


def test_the_response_gets_the_village_and_the_code_is_used(province: Database, codes: list[str]) -> None:
    assert send(province, codes[0], uuid.uuid4())
    (kept,) = stored(province)
    assert (kept.psu, kept.unit, kept.mode, kept.answers) == ("V1", "06652", Mode.PHONE, ANSWERS)
    assert burnt(province) == 1


def test_a_used_code_takes_no_second_response(province: Database, codes: list[str]) -> None:
    send(province, codes[0], uuid.uuid4())
    with pytest.raises(Used):
        send(province, codes[0], uuid.uuid4())
    assert send(province, codes[1], uuid.uuid4())
    assert len(stored(province)) == burnt(province) == 2


def test_the_same_response_again_is_known_by_its_id_before_the_code_is_looked_at(
    province: Database, codes: list[str]
) -> None:
    id = uuid.uuid4()
    assert send(province, codes[0], id)
    assert not send(province, codes[0], id)
    assert not send(province, codes[1], id)  # and burns no other code
    assert len(stored(province)) == burnt(province) == 1
    with pytest.raises(Conflict):
        send(province, codes[0], id, {"C5": 3})


def test_where_the_response_is_refused_the_code_stays(
    province: Database, codes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_named: object) -> bool:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(submission, "submit", full)
        with pytest.raises(OSError, match="disk full"):
            send(province, codes[0], uuid.uuid4())
    assert burnt(province) == 0
    assert send(province, codes[0], uuid.uuid4())


def test_response_and_code_are_kept_together_or_not_at_all(province: Database, codes: list[str]) -> None:
    digest = invitations.digest(KEY, codes[0])
    with province.engine.connect() as connection, Session(connection) as session:
        place, _used = invitations.place(session, digest)
        assert invitations.submit(session, place, digest, uuid.uuid4(), ANSWERS)
        assert session.scalars(select(Invitation.used).where(Invitation.digest == digest)).one()
        session.rollback()
    assert (stored(province), burnt(province)) == ([], 0)


def at_once(province: Database, sent: list[tuple[str, uuid.UUID]]) -> list[str]:
    """What becomes of responses that are sent at the same time."""
    ready = threading.Barrier(len(sent))
    outcomes: list[str] = []

    def one(code: str, id: uuid.UUID) -> None:
        ready.wait()
        try:
            outcomes.append("new" if send(province, code, id) else "known")
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=one, args=pair) for pair in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def test_of_eight_at_once_with_one_code_one_is_kept(province: Database, codes: list[str]) -> None:
    outcomes = at_once(province, [(codes[0], uuid.uuid4()) for _number in range(8)])
    assert outcomes == ["Used"] * 7 + ["new"]
    assert len(stored(province)) == burnt(province) == 1


def test_the_same_response_eight_times_at_once_is_kept_once(province: Database, codes: list[str]) -> None:
    id = uuid.uuid4()
    assert at_once(province, [(codes[0], id)] * 8) == ["known"] * 7 + ["new"]
    assert len(stored(province)) == burnt(province) == 1


def test_two_of_one_village_at_once_do_not_stop_each_other(province: Database, codes: list[str]) -> None:
    assert at_once(province, [(code, uuid.uuid4()) for code in codes]) == ["new"] * 3
    assert len(stored(province)) == burnt(province) == 3


# Nothing leads from a code to its response


def test_a_code_has_nothing_but_its_village_or_group_and_whether_it_is_used(province: Database) -> None:
    columns = {column["name"] for column in inspect(province.engine).get_columns("invitation")}
    assert columns == {"digest", "wave", "psu", "stratum", "used"}


def test_not_even_the_database_knows_which_code_a_response_used(province: Database, codes: list[str]) -> None:
    if province.is_sqlite:
        with province.engine.connect() as connection:
            made = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE name IN ('invitation', 'response')")
            )
            assert all("WITHOUT ROWID" in sql for (sql,) in made)
        return
    for code in codes[:2]:
        send(province, code, uuid.uuid4())
    with province.engine.connect() as connection:
        # The number of the transaction that wrote a row stands beside it, in both tables.
        writers = set(connection.scalars(text("SELECT xmin::text FROM invitation")))
        assert len(writers) == 1
        assert len(set(connection.scalars(text("SELECT xmin::text FROM response")))) == 2
