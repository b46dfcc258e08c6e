"""What the platform itself does to what is stored breaks no digest: destroying, new keys, moving, laying anew."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from survey.fieldwork import invitations
from survey.integrity import digests
from survey.integrity.digest_file import Kept
from survey.integrity.verify import Fault, Sign, verify
from survey.operations import purge
from survey.operations.backups import archive
from survey.responses import lot_steps, submission
from survey.responses.arrival_order import Arrival
from survey.storage import audit, encrypted_texts, key_rotation
from survey.storage.database import Database
from survey.storage.models import (
    Device,
    Invitation,
    Lot,
    Mode,
    QuarantineDecision,
    QuarantinedResponse,
    Response,
    TextKey,
    Verdict,
)
from survey.storage.schema import upgrade
from survey.waves import units, waves
from tests.survey.integrity.chain_rows import TODAY, WAVE, chain, forms, lot, night

pytestmark = pytest.mark.both_databases


def found(database: Database, kept: Kept | None = None, wave: str = WAVE) -> list[Fault]:
    with database.reading() as session:
        return verify(session, wave, kept)


def test_laying_the_rows_anew_in_the_order_of_their_keys(province: Database, kept: Kept) -> None:
    with closing(Arrival(province)) as arrival:
        assert arrival.take_away()
    assert found(province, kept) == []


def hold(session: Session, wave: str, day: date) -> None:
    """A form that is held, and was declined."""
    where: dict[str, Any] = {"wave": wave, "unit": "06652"}
    device = Device(**where, place="x", link="l", leave_salt="s", leave_digest="d", made=day)
    session.add(device)
    session.flush()
    sealed = {"digest": "d", "reason": "late", "id": uuid4(), "day": str(day), "key": "k", "sealed": "s"}
    session.add(QuarantinedResponse(**where, **sealed, device=device.id, mode=Mode.KIOSK))
    session.flush()
    session.add(QuarantineDecision(quarantined="d", verdict=Verdict.DECLINED, reason="r", person="p", day=TODAY))


@pytest.mark.usefixtures("key")
def test_destroying_what_was_promised_to_be_destroyed_and_renewing_the_key(province: Database) -> None:
    """Texts, codes of letters, held forms that nobody can open any more, the master key."""
    id, day = uuid4(), TODAY - timedelta(1)
    with province.writing() as session:
        place, answers = waves.place(session, "ho-mo", "06652"), {"C5": 1, "C2": [6], "C2_khac": "lời riêng"}
        number = lot(session, day, TODAY, wave="ho-mo")
        assert submission.submit(session.connection(), place, id, Mode.PHONE, answers, lot=number)
        forms(session, 5, day, number, "ho-mo")
        invitations.make(session, "tests", WAVE, ["V1"], 2)
        hold(session, "ho-mo", day)
    digests.close_days(province, datetime.now(UTC))
    assert sorted(chain(province, "ho-mo")[0].content["parts"]) == ["held", "lots", "responses"]
    with audit.acting("lan", "Changed a wave"), province.writing() as session:
        for code in ("ho-mo", WAVE):
            waves.find(session, code).opens = waves.find(session, code).closes = TODAY - timedelta(400)
        renewal = key_rotation.MasterKeyRotation(session.connection())
    renewal.settle(province)
    assert found(province, None, "ho-mo") == []
    purge.purge(province)
    with province.reading() as session:
        assert session.get_one(TextKey, "ho-mo").wrapped == b""
        assert encrypted_texts.texts_of(session.connection(), id) is None
        assert not session.scalar(select(func.count()).select_from(Invitation))
    assert found(province, None, "ho-mo") == []
    assert found(province) == []


@pytest.mark.variants(2)
@pytest.mark.parametrize("other", ["sqlite", "postgresql"])
def test_moving_into_another_database(
    province: Database,
    kept: Kept,
    other: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """And the chain goes on there."""
    archive.write(province, tmp_path / "b", lambda *_told: None)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    (tmp_path / "new").mkdir()
    name = f"moved_{uuid4().hex}"
    url = f"sqlite:///{tmp_path / 'new' / 'hailong.db'}"
    if other == "postgresql":
        server = request.getfixturevalue("postgresql")
        server.order(f"CREATE DATABASE {name}")
        url = server.url(name)
    new = Database(url)
    archive.restore(new, tmp_path / "b", archive.check(tmp_path / "b"), lambda *_told: None)
    assert found(new, kept) == []
    digests.close_days(new, night(TODAY), WAVE)
    assert [one.digest for one in chain(new)[:4]] == [one.digest for one in kept.digests]
    assert found(new, kept) == []
    new.engine.dispose()
    if other == "postgresql":
        server.order(f"DROP DATABASE {name} WITH (FORCE)")


def test_an_older_database_whose_forms_get_lots(database: Database, tmp_path: Path) -> None:
    """They stand in the first digest after the migration."""
    old = Database(f"sqlite:///{tmp_path / 'old.db'}") if database.is_sqlite else database
    if not old.is_sqlite:
        with old.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    old.group(lambda connection: upgrade(connection, "0102"))
    with old.engine.begin() as connection:
        for statement in OF_BEFORE:
            connection.execute(text(statement))
        for number in range(6):
            connection.execute(text(A_RESPONSE), {"id": f"0000000000004000800000000000000{number}"})
    old.group(upgrade)
    digests.close_days(old, night(TODAY), "ho")
    with old.reading() as session:
        assert session.scalar(select(func.count()).where(Lot.closed.is_not(None))) == 1
    (first,) = chain(old, "ho")
    assert digests.forms(first) == 6
    assert found(old, None, "ho") == []
    old.engine.dispose()


OF_BEFORE = (
    "INSERT INTO unit (code, name, kind, parent) VALUES ('1', 'Hà Tu', 'phường', NULL)",
    "INSERT INTO questionnaire VALUES ('q', 'ho', 1, '{}', '2026-01-01')",
    "INSERT INTO wave (code, questionnaire, kind, public, opens, closes, single_psu, villages, simulated) VALUES "
    "('ho', 'q', 'open', false, '2026-01-01', '2026-06-30', 'error', 'all', false)",
)
A_RESPONSE = (
    "INSERT INTO response (id, wave, unit, mode, day, questionnaire, answers, marks) VALUES "
    "(:id, 'ho', '1', 'phone', '2026-03-01', 'q', '{\"C5\": 1}', '[]')"
)


def test_setting_a_lot_aside_and_taking_it_back(province: Database, kept: Kept) -> None:
    number = int(digests.keys(chain(province)[1], "lots")[0])
    with province.writing() as session:
        lot_steps.propose(session, WAVE, number, True, "vì", "an")
    with province.writing() as session:
        lot_steps.confirm(session, WAVE, number, "binh")
    assert found(province, kept) == []
    digests.close_days(province, datetime.now(UTC), WAVE)
    assert digests.decisions(chain(province)[-1]) == 2
    assert found(province, kept) == []


def test_joining_small_lots_each_night(province: Database) -> None:
    """Forms of a lot that still grows, that then goes into another, are covered once it is closed."""
    for back in range(4, 0, -1):
        day = TODAY - timedelta(back)
        with province.writing() as session:
            for count in (3, 7, 1):
                forms(session, count, day, lot(session, day, None))
        digests.close_days(province, night(day), WAVE)
        assert found(province) == []
    assert sum(map(digests.forms, chain(province))) == 44
    with province.reading() as session:
        # NumPy leaves the zeros at the end of a number away.
        numbers = [{id.ljust(16, b"\0") for id in digests.ids_of(one).tolist()} for one in chain(province)]
        for number in session.scalars(select(Lot.number)):
            own = {id.bytes for id in session.scalars(select(Response.id).where(Response.lot == number))}
            # A whole lot is in one digest: it says no more of a form than the lot does.
            assert sum(bool(own & covered) for covered in numbers) <= 1
            assert any(own <= covered for covered in numbers)


def test_a_commune_that_the_program_renames_is_no_fault(province: Database, kept: Kept) -> None:
    """Nor does what somebody typed pass for a mark of the trail."""
    with audit.acting("lan", "Loaded units", "set=wave:ho-mau:title"), province.writing() as session:
        units.load(session, "code,name,kind\n06652,Hà Tu mới,phường\n")
    assert found(province) == []
    with province.writing() as session:
        session.execute(text("UPDATE wave SET title = 'x' WHERE code = 'ho-mau'"))
    assert found(province) == [Fault(Sign.SETTING, TODAY, "setting:title")]
