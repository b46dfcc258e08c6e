"""Each day's digest is over all that counts, chained and anchored, and narrows nobody down."""

from __future__ import annotations

import json
import logging
import threading
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from survey.integrity import contents, digests
from survey.responses.columns import packed
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Mode, Response, ResponseText
from survey.waves import waves
from tests.survey.integrity.chain_rows import TODAY, WAVE, chain, days, decisions, forms, lot, night, raw

YESTERDAY = TODAY - timedelta(1)


def digest_of(database: Database, ids: list[UUID]) -> str:
    ordered = packed(sorted(ids))
    with database.reading() as session:
        rows = contents.responses(session, WAVE)
        (digest,) = contents.digests_of_responses(rows, ordered, np.zeros(len(ids), np.int64), 1)
    return digest


@pytest.mark.both_databases
def test_a_digest_is_chained_to_the_one_before_and_anchored_in_the_trail(province: Database) -> None:
    days(province, 2)
    with audit.acting("lan", "Computed weights"), province.writing():
        pass
    digests.close_days(province, night(TODAY))
    first, second, third = chain(province)
    assert [digests.forms(one) for one in (first, second, third)] == [6, 6, 0]  # a running wave has one each day
    assert [one.content["before"] for one in (first, second, third)] == ["", first.digest, second.digest]
    with province.reading() as session:
        entries = {entry.number: entry for entry in session.scalars(select(AuditEntry))}
    noted = [entry for entry in entries.values() if entry.subject.startswith(f"wave={WAVE} ")]
    assert [entry.subject for entry in noted] == [digests.note(one) for one in (first, second, third)]
    assert first.content["trail"] == [0, ""]
    anchor, digest = third.content["trail"]
    assert entries[anchor].digest == digest
    assert entries[anchor].what != digests.NOTED or entries[anchor].subject.startswith("wave=")
    assert anchor >= 3


@pytest.mark.both_databases
def test_both_databases_give_one_digest_which_no_later_version_changes(province: Database) -> None:
    """Who kept a digest compares it for years."""
    ids = [UUID(int=2**127 + number) for number in range(3)]
    answers = {"tuổi": 41.0, "C6": [3, 1], "C5": 1, "C10": 0.1, "x": 1e22, "y": "Hà Tu"}
    with province.writing() as session:
        asked = waves.find(session, WAVE).questionnaire
        common = {"wave": WAVE, "unit": "06652", "psu": "V1", "mode": Mode.PAPER, "day": date(2026, 3, 1)}
        for id in ids:
            session.add(Response(id=id, questionnaire=asked, answers=answers, marks=["straight"], **common))
    with province.reading() as session:
        ((_ids, rows),) = contents.responses(session, WAVE)
    told = rows[0].decode().replace(asked, "Q")
    assert told == (
        '["06652","V1","paper","2026-03-01","Q",{"C10":0.1,"C5":1,"C6":[3,1],"tuổi":41,'
        '"x":10000000000000000000000,"y":"Hà Tu"},["straight"],null,null,null]'
    )


def test_neither_the_order_of_coming_nor_texts_enter(province: Database) -> None:
    with province.writing() as session:
        ids = forms(session, 6, YESTERDAY, lot(session, YESTERDAY, TODAY))
    before = digest_of(province, ids)
    with province.writing() as session:
        session.add(ResponseText(response=ids[0], texts={"sealed": "a"}))
        rows = [dict(row) for row in session.execute(text("SELECT * FROM response")).mappings()]
    raw(province, "PRAGMA defer_foreign_keys=ON", "DELETE FROM response_text", "DELETE FROM response")
    for row in reversed(rows):  # other keys first, with blanks
        row["answers"] = json.dumps(dict(reversed(json.loads(row["answers"]).items())), indent=2)
        raw(province, f"INSERT INTO response ({', '.join(row)}) VALUES (:{', :'.join(row)})", **row)
    assert digest_of(province, ids) == before


@pytest.mark.both_databases
def test_a_digest_takes_whole_lots_of_days_that_are_over_and_at_least_five_forms(province: Database) -> None:
    """So that it covers a form says no more of it than its lot does."""
    with province.writing() as session:
        growing = lot(session, TODAY, None)
        forms(session, 9, TODAY, growing)
        forms(session, 4, YESTERDAY, lot(session, YESTERDAY, TODAY))
    digests.close_days(province, night(YESTERDAY), WAVE)
    assert [digests.forms(one) for one in chain(province)] == [0]
    with province.writing() as session:
        forms(session, 2, YESTERDAY, lot(session, YESTERDAY, TODAY))
        session.execute(text("UPDATE lot SET closed = :day WHERE number = :lot"), {"day": TODAY, "lot": growing})
    digests.close_days(province, night(TODAY), WAVE)
    assert [digests.forms(one) for one in chain(province)] == [0, 15]
    own = digests.ids_of(chain(province)[1])
    assert own.tolist() == sorted(own.tolist())


@pytest.mark.both_databases
def test_the_last_forms_of_a_closed_wave_wait_no_longer(province: Database) -> None:
    with province.writing() as session:
        forms(session, 2, YESTERDAY, lot(session, YESTERDAY, TODAY))
        waves.find(session, WAVE).closed = TODAY
    digests.close_days(province, night(YESTERDAY), WAVE)
    assert [digests.forms(one) for one in chain(province)] == [2]


@pytest.mark.both_databases
def test_who_makes_them_twice_makes_one(province: Database) -> None:
    with province.writing() as session:
        forms(session, 6, YESTERDAY, lot(session, YESTERDAY, TODAY))
    workers = [
        threading.Thread(target=digests.close_days, args=(province, night(YESTERDAY), WAVE)) for _one in range(3)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    (only,) = chain(province)
    assert digests.forms(only) == 6


def test_decisions_are_in_it_and_counted(province: Database) -> None:
    ids = days(province, 2)
    with province.writing() as session:
        decisions(session, ids, TODAY)
    digests.close_days(province, datetime.now(UTC), WAVE)
    last = chain(province)[-1]
    assert (last.day, digests.forms(last), digests.decisions(last)) == (TODAY, 0, 7)
    assert set(last.content["parts"]) == {
        "draws",
        "lot_steps",
        "matters",
        "reviews",
        "weights",
        "releases",
        "reports",
        "publications",
    }
    with province.writing() as session:
        session.execute(text("UPDATE release SET checked = :day, checked_by = 'hoa'"), {"day": TODAY})
    digests.close_days(province, datetime.now(UTC), WAVE)
    assert chain(province)[-1].content["parts"]["releases"]["keys"] == ["1.2"]


def test_an_open_frame_may_still_be_taken_back(province: Database) -> None:
    digests.close_days(province, night(YESTERDAY), WAVE)
    assert chain(province)[0].content["parts"] == {}
    days(province, 1)
    assert chain(province)[-1].content["parts"]["frame"]["keys"] == ["V1", "V2", "V3", "V4"]


def test_somebody_who_kept_a_digest_compares_it(province: Database) -> None:
    days(province, 2)
    first, second = chain(province)

    def said(day: date, pasted: str) -> str:
        with province.reading() as session:
            return digests.compare(session, WAVE, day, pasted)

    groups = " ".join(first.digest[at : at + 4] for at in range(0, 64, 4))
    assert said(first.day, f"  {groups.upper()}\n") == "agrees"
    assert said(first.day, groups[:19]) == "agrees"
    assert said(first.day, second.digest) == "differs"
    assert said(second.day, first.digest) == "differs"
    assert said(first.day, groups[:18]) == "unknown"  # so few digits tell nothing
    assert said(TODAY + timedelta(3), first.digest) == "unknown"
    for nothing in ("", "không có mã", "0" * 65, "0" * 10**6, "' OR 1=1 --"):
        assert said(first.day, nothing) == "unknown"


def test_a_server_that_was_off_at_midnight_makes_it_when_it_starts(
    province: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with province.writing() as session:
        forms(session, 6, YESTERDAY, lot(session, YESTERDAY, TODAY))
    waited: list[float] = []
    work, faults = digests.close_days, [OperationalError("x", {}, Exception("locked"))]

    def close_days(*given: object) -> None:
        if faults:
            raise faults.pop()
        work(*given)  # type: ignore[arg-type]

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) > 3

    monkeypatch.setattr(digests, "close_days", close_days)
    now = datetime(TODAY.year, TODAY.month, TODAY.day, 2, 0, tzinfo=UTC)  # nine in the morning there
    with caplog.at_level(logging.WARNING, "hailong"):
        digests.by_the_clock(province, wait, lambda: now)
    assert waited == [digests.SOON, digests.AGAIN, *[15 * 3600 + 300] * 2]
    assert "not made yet" in caplog.text
    assert [digests.forms(one) for one in chain(province)] == [6]


@pytest.mark.parametrize(
    ("now", "seconds"),
    [
        ("2026-05-01T17:00:00+00:00", 300),
        ("2026-05-01T17:05:00+00:00", 86_400),
        ("2026-05-01T16:59:00+00:00", 360),
    ],
)
def test_the_work_is_done_shortly_after_midnight_in_viet_nam(now: str, seconds: int) -> None:
    assert digests.until_night(datetime.fromisoformat(now)) == seconds
