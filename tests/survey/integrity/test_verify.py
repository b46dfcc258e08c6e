"""A row changed, removed or slipped in is found; honest work isn't."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from survey.integrity import digests
from survey.integrity.digest_file import Kept
from survey.integrity.verify import Fault, Sign, verify
from survey.storage import audit
from survey.storage.database import Database
from survey.waves import waves
from tests.survey.integrity.chain_rows import (
    TODAY,
    WAVE,
    chain,
    forms,
    lot,
    night,
    raw,
    recount,
    tamper,
)

pytestmark = pytest.mark.both_databases
FIRST, SECOND = TODAY - timedelta(3), TODAY - timedelta(2)


def found(province: Database, kept: Kept | None = None) -> list[Fault]:
    with province.reading() as session:
        return verify(session, WAVE, kept)


def test_what_was_not_touched_agrees(province: Database, kept: Kept) -> None:
    assert found(province, kept) == []


TAMPERED = {
    "an answer": (
        "UPDATE response SET answers = '{\"C5\": 3}' WHERE id = :id",
        Fault(Sign.CHANGED, FIRST, "responses", 6),
    ),
    "a village": ("UPDATE response SET psu = 'V2' WHERE id = :id", Fault(Sign.CHANGED, FIRST, "responses", 6)),
    "a mark": ("UPDATE response SET marks = '[\"x\"]' WHERE id = :id", Fault(Sign.CHANGED, FIRST, "responses", 6)),
    "a day": ("UPDATE response SET day = '2026-01-01' WHERE id = :id", Fault(Sign.CHANGED, FIRST, "responses", 6)),
    "another wave": (
        "UPDATE response SET wave = 'ho-mo', psu = NULL WHERE id = :id",
        Fault(Sign.REMOVED, FIRST, "responses", 1),
    ),
    "a lot": ("UPDATE lot SET sender = 'hoa' WHERE day = :first", Fault(Sign.CHANGED, FIRST, "lots", 1)),
    "a step": ("UPDATE lot_step SET reason = 'khác'", Fault(Sign.CHANGED, TODAY, "lot_steps", 1)),
    "a decision": ("DELETE FROM matter_decision", Fault(Sign.REMOVED, TODAY, "matters", 1)),
    "a review": ("DELETE FROM review", Fault(Sign.REMOVED, TODAY, "reviews", 1)),
    "a weight": ("UPDATE weight SET weight = 0.5 WHERE response = :id", Fault(Sign.CHANGED, TODAY, "weights", 1)),
    "a weight less": ("DELETE FROM weight WHERE response = :id", Fault(Sign.CHANGED, TODAY, "weights", 1)),
    "a version": ("UPDATE weight_version SET report = NULL", Fault(Sign.CHANGED, TODAY, "weights", 1)),
    "a seed": ("UPDATE draw SET seed = '8'", Fault(Sign.CHANGED, TODAY, "draws", 1)),
    "a household": ("UPDATE drawn_household SET household = 5", Fault(Sign.CHANGED, TODAY, "draws", 1)),
    "the frame": ("UPDATE village SET stratum = 'x' WHERE psu = 'V1'", Fault(Sign.CHANGED, FIRST, "frame", 4)),
    "a release": ("UPDATE release SET rejected = 0", Fault(Sign.CHANGED, TODAY, "releases", 1)),
    "who froze": ("UPDATE release SET frozen_by = 'x'", Fault(Sign.CHANGED, TODAY, "releases", 1)),
    "who was told": ("UPDATE release SET by_operator = '[\"frozen\"]'", Fault(Sign.CHANGED, TODAY, "releases", 1)),
    "which weights hold": (
        "UPDATE wave SET weights = NULL WHERE code = 'ho-mau'",
        Fault(Sign.SETTING, TODAY, "setting:weights"),
    ),
    "a name": (
        "UPDATE wave SET title = 'x' WHERE code = 'ho-mau'",
        Fault(Sign.SETTING, TODAY, "setting:title"),
    ),
    "the last day": (
        "UPDATE wave SET closes = '2030-01-01' WHERE code = 'ho-mau'",
        Fault(Sign.SETTING, TODAY, "setting:closes"),
    ),
    "a commune": ("UPDATE unit SET name = 'x' WHERE code = '06652'", Fault(Sign.SETTING, TODAY, "setting:units")),
    "a report": ("UPDATE issued_report SET pdf = word", Fault(Sign.CHANGED, TODAY, "reports", 1)),
    "a number": ("UPDATE issued_report SET number = '999/BC'", Fault(Sign.CHANGED, TODAY, "reports", 1)),
    "who published": ("UPDATE publication SET account = 'x'", Fault(Sign.CHANGED, TODAY, "publications", 1)),
}


def test_what_was_changed_afterwards_is_named_with_its_day(province: Database, kept: Kept) -> None:
    for what, (order, fault) in TAMPERED.items():
        with province.engine.connect() as connection, Session(connection) as session:  # and taken back each time
            first = "SELECT id FROM response WHERE day = :day ORDER BY id LIMIT 1"
            id = session.scalar(text(first), {"day": FIRST})
            tamper(session, order, id=id, first=FIRST)
            faults = verify(session, WAVE)
        assert fault in faults, what
        assert {one.day for one in faults} == {fault.day}, what


def test_a_form_that_was_removed_is_counted(province: Database, kept: Kept) -> None:
    with province.reading() as session:
        (one, other) = session.scalars(
            text("SELECT id FROM response WHERE day = :day ORDER BY id LIMIT 2"), {"day": SECOND}
        ).all()
    raw(province, "DELETE FROM response WHERE id IN (:one, :other)", one=one, other=other)
    assert Fault(Sign.REMOVED, SECOND, "responses", 2) in found(province)


def test_a_form_that_was_slipped_into_a_closed_lot_is_found(province: Database, kept: Kept) -> None:
    with province.writing() as session:
        number = int(digests.keys(chain(province)[0], "lots")[0])
        forms(session, 2, FIRST, number)
    assert found(province) == [
        Fault(Sign.ADDED, FIRST, "responses", 2),
        Fault(Sign.CHANGED, FIRST, "lots", 1),
    ]


def test_so_is_one_that_is_put_into_the_digest_too(province: Database, kept: Kept) -> None:
    with province.writing() as session:
        (id,) = forms(session, 1, FIRST, int(digests.keys(chain(province)[0], "lots")[0]))
    before = [one.ljust(16, b"\0") for one in digests.ids_of(chain(province)[0]).tolist()]
    ids = b"".join(sorted([*before, id.bytes]))
    raw(province, "UPDATE day_digest SET responses = :ids WHERE wave = :wave AND number = 1", ids=ids, wave=WAVE)
    assert Fault(Sign.CHANGED, FIRST, "responses", 6) in found(province)


def test_a_form_that_was_moved_to_another_lot_is_found(province: Database, kept: Kept) -> None:
    one, other = (int(digests.keys(day, "lots")[0]) for day in chain(province)[:2])
    with province.reading() as session:
        id = session.scalar(text("SELECT id FROM response WHERE lot = :lot ORDER BY id LIMIT 1"), {"lot": one})
    raw(province, "UPDATE response SET lot = :lot WHERE id = :id", lot=other, id=id)
    assert found(province) == [Fault(Sign.CHANGED, FIRST, "lots", 1), Fault(Sign.CHANGED, SECOND, "lots", 1)]


def test_a_decision_that_is_dated_back_is_found(province: Database, kept: Kept) -> None:
    columns = "wave, subject, state, reason, person, day"
    old = f"INSERT INTO matter_decision ({columns}) VALUES ('ho-mau', 'x', 'explained', 'r', 'p', :day)"
    raw(province, old, day=FIRST)
    assert found(province) == [Fault(Sign.ADDED, FIRST, "matters", 1)]


def test_a_lot_that_is_dated_back_is_found(province: Database, kept: Kept) -> None:
    with province.writing() as session:
        forms(session, 5, FIRST, lot(session, FIRST, SECOND))
    assert found(province) == [Fault(Sign.ADDED, SECOND, "lots", 1)]


@pytest.mark.variants(3)
@pytest.mark.parametrize("change", ["answer", "removed", "added"])
def test_whoever_recounts_every_digest_is_found_by_a_kept_file(
    province: Database, kept: Kept, change: str
) -> None:
    with province.reading() as session:
        id = session.scalar(text("SELECT id FROM response WHERE day = :day ORDER BY id LIMIT 1"), {"day": SECOND})
        number = session.scalar(text("SELECT lot FROM response WHERE id = :id"), {"id": id})
    if change == "added":
        with province.writing() as session:
            forms(session, 1, SECOND, number)
    elif change == "answer":
        raw(province, "UPDATE response SET answers = '{\"C5\": 3}' WHERE id = :id", id=id)
    else:
        raw(province, "DELETE FROM response WHERE id = :id", id=id)
    assert found(province) != []
    recount(province)
    assert found(province) == []  # in itself all agrees again
    (fault,) = found(province, kept)
    assert fault.sign is Sign.KEPT
    assert fault.day <= SECOND


def test_digests_that_were_taken_away_are_missed(province: Database, kept: Kept) -> None:
    """By the trail; and where that was cut off with them, by the kept file."""
    raw(province, "DELETE FROM day_digest WHERE number > 2")
    assert Fault(Sign.SHORT, count=2) in found(province)
    raw(province, "DELETE FROM audit_entry WHERE number > 2")
    assert found(province) == [
        Fault(Sign.SETTING, SECOND, "setting:weights")
    ]  # the weights hold since a day that nobody knows of any more
    assert Fault(Sign.SHORT, kept.digests[2].day, count=2) in found(province, kept)


def test_a_broken_chain_is_told(province: Database, kept: Kept) -> None:
    raw(province, "UPDATE day_digest SET digest = :other WHERE wave = 'ho-mau' AND number = 2", other="0" * 64)
    assert [(one.sign, one.day) for one in found(province)] == [
        (Sign.CHAIN, SECOND),
        (Sign.NOTED, SECOND),
        (Sign.CHAIN, TODAY - timedelta(1)),
    ]


def test_a_trail_that_was_written_anew_is_told(province: Database, kept: Kept) -> None:
    raw(province, "UPDATE audit_entry SET who = 'x' WHERE number = 1")
    assert found(province) == [Fault(Sign.TRAIL)]
    recount_trail(province)
    assert {one.sign for one in found(province)} == {Sign.ANCHOR}


def recount_trail(province: Database) -> None:
    """Makes the chain of the audit trail whole again after a change."""
    with province.reading() as session:
        entries = audit.last_entries(session, 1_000)
    before = ""
    for entry in reversed(entries):
        before = audit.digest(before, entry)
        raw(
            province,
            "UPDATE audit_entry SET digest = :new WHERE number = :number",
            new=before,
            number=entry.number,
        )


def test_further_days_decisions_and_weights_break_nothing(province: Database, kept: Kept) -> None:
    with audit.acting("lan", "Chose weights", changes_figures=True), province.writing() as session:
        session.execute(text("UPDATE release SET checked = :day, checked_by = 'hoa'"), {"day": TODAY})
        waves.find(session, WAVE).weights = None
        forms(session, 7, TODAY, lot(session, TODAY, None))
    assert found(province, kept) == []
    with province.writing() as session:
        session.execute(text("UPDATE lot SET closed = :day WHERE closed IS NULL"), {"day": TODAY + timedelta(1)})
    digests.close_days(province, night(TODAY), WAVE)
    assert found(province, kept) == []
    assert len(chain(province)) == 5


def test_what_the_next_digest_took_over_stays_told(province: Database, kept: Kept) -> None:
    """A wave changed past the program on a day when others decide on it, and a night after that."""
    raw(province, "UPDATE wave SET title = 'x', public = :no WHERE code = 'ho-mau'", no=False)
    with audit.acting("lan", "Changed a wave"), province.writing() as session:
        waves.find(session, WAVE).contact = "Sở Nội vụ"
        forms(session, 7, TODAY - timedelta(1), lot(session, TODAY - timedelta(1), TODAY))
    digests.close_days(province, night(TODAY), WAVE)
    assert len(chain(province)) == 5
    assert found(province) == [Fault(Sign.SETTING, TODAY, "setting:title")]
