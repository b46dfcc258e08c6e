"""What was promised to be destroyed is destroyed, provably; the other answers stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from survey.fieldwork import invitations
from survey.operations import purge
from survey.operations.backups import archive
from survey.responses import submission
from survey.storage import encrypted_texts
from survey.storage.database import Database
from survey.storage.models import (
    Batch,
    Invitation,
    Mode,
    OpenKeying,
    Reinterview,
    Response,
    ResponseText,
    Scan,
    Sheet,
    Village,
    Wave,
    WaveKind,
)
from survey.system import dates
from survey.waves import questionnaires, waves
from translations import Refusal

pytestmark = pytest.mark.usefixtures("key")


def answered(province: Database, wave: str, closes: date) -> UUID:
    """A response with a text in a wave that then ended on a day, and an invitation code of it."""
    id = uuid4()
    with province.writing() as session:
        place = waves.place(session, wave, "06652")
        submission.submit(
            session.connection(), place, id, Mode.PHONE, {"C5": 1, "C2": [6], "C2_khac": "lời riêng"}
        )
        found = session.get_one(Wave, wave)
        found.opens, found.closes = date(2020, 1, 1), closes
    return id


def read(province: Database, id: UUID) -> dict[str, str] | None:
    with province.reading() as session:
        return encrypted_texts.texts_of(session.connection(), id)


@pytest.mark.both_databases
def test_only_waves_whose_time_is_over_are_destroyed_and_their_answers_stay(province: Database) -> None:
    today = dates.today()
    over = answered(province, "ho-mo", today - timedelta(366))
    not_yet = answered(province, "ho-mau", today - timedelta(365))
    done = purge.purge(province)
    assert [(one.wave, one.texts) for one in done] == [("da-dong", False), ("ho-mo", True)]
    assert (read(province, over), read(province, not_yet)) == (None, {"C2_khac": "lời riêng"})
    with province.reading() as session:
        assert session.get_one(Response, over).answers == {"C5": 1, "C2": [6]}
        assert session.scalar(select(func.count()).select_from(ResponseText)) == 2
    assert not any(one.texts for one in purge.purge(province))


def test_the_key_is_in_no_file_of_the_database_and_an_older_backup_opens_to_nothing(
    province: Database, tmp_path: Path, key: Path
) -> None:
    answered(province, "ho-mo", date(2021, 1, 1))
    with province.reading() as session:
        wrapped = purge.wrapped_keys(session)["ho-mo"]
    assert purge.traces(province, wrapped) > 0
    made = archive.write(province, tmp_path / "old-backup", lambda *_told: None)
    old_key = key.read_bytes()
    copy = Path(f"{province.engine.url.database}.before-0023")  # of a migration
    copy.write_bytes(wrapped)
    purge.purge(province)
    assert not copy.exists()
    assert purge.traces(province, wrapped) == 0
    assert key.read_bytes() != old_key
    # The old backup, restored beside the key of today: the wrapped key in it opens to nothing.
    back = Database(f"sqlite:///{tmp_path / 'back.db'}")
    archive.restore(back, tmp_path / "old-backup", made, lambda *_told: None)
    with back.reading() as session:
        only = session.scalars(select(ResponseText.response)).one()
        with pytest.raises(Refusal):
            encrypted_texts.texts_of(session.connection(), only)
    back.engine.dispose()
    # A backup of after it says that the texts are destroyed.
    archive.write(province, tmp_path / "new-backup", lambda *_told: None)
    assert wrapped not in (tmp_path / "new-backup").read_bytes()


def test_codes_of_invitations_go_too(province: Database) -> None:
    with province.writing() as session:
        invitations.make(session, "khóa", "ho-mau", ["V1", "V2", "V3", "V4"], 3)
        session.get_one(Wave, "ho-mau").closes = date(2021, 1, 1)
        session.get_one(Wave, "ho-mau").opens = date(2020, 1, 1)
    done = purge.purge(province)[-1]
    assert done.invitations == 12  # three for each of four villages
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


@pytest.mark.parametrize(
    ("column", "lay", "count"),
    [
        (Scan.picture, lambda form, _wave: Scan(sheet=form, page=1, marks={}, picture=b"hers"), "scans"),
        (OpenKeying.typed, lambda form, _wave: OpenKeying(sheet=form, turn=1, keyer="lan", typed={}), "drafts"),
        (Reinterview.household, lambda form, wave: Reinterview(sheet=form, wave=wave, household=7), "links"),
    ],
)
def test_what_leads_to_a_person_goes_and_an_older_master_key_opens_none_that_is_left(
    province: Database, key: Path, column: Any, lay: Callable[[str, str], Any], count: str
) -> None:
    with province.writing() as session:
        for code, psu, wave in (("B1", "V1", "ho-mau"), ("B2", "V9", "sau")):
            if wave == "sau":
                form = questionnaires.find(session, "ho_gia_dinh@1")
                waves.create(session, wave, form, WaveKind.SAMPLE, dates.today(), dates.today())
                session.add(Village(wave=wave, psu=psu, unit="06652", stratum="1"))
                session.flush()
            session.add(Batch(code=code, wave=wave, psu=psu, printed=dates.today()))
            session.flush()
            session.add(Sheet(serial=code, batch=code, place=1))
            session.flush()
            session.add(lay(code, wave))
            kept = session.scalar(select(column))
        found = session.get_one(Wave, "ho-mau")
        found.opens, found.closes = date(2020, 1, 1), date(2021, 1, 1)
    old = key.read_bytes()
    assert getattr(purge.purge(province, "ho-mau")[0], count) == 1
    with province.reading() as session:
        assert session.scalars(select(column).where(column.is_not(None))).all() == [kept]
    key.write_bytes(old)
    with province.reading() as session, pytest.raises(Refusal):
        session.scalars(select(column)).all()


def test_of_a_wave_on_paper_an_older_backup_opens_to_nothing_though_nothing_of_it_is_left_here(
    province: Database, key: Path
) -> None:
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today()))
        session.flush()
        session.add(Sheet(serial="1", batch="B1", place=1))
        session.flush()
        session.add(Scan(sheet="1", page=1, marks={}, picture=b"hers"))
    with province.writing() as session:  # it is keyed meanwhile
        session.delete(session.get_one(Scan, ("1", 1)))
        session.get_one(Wave, "ho-mau").opens = date(2020, 1, 1)
        session.get_one(Wave, "ho-mau").closes = date(2021, 1, 1)
    before = key.read_bytes()
    purge.purge(province, "da-dong", early=True)  # which sealed nothing
    assert key.read_bytes() == before
    purge.purge(province)
    after = key.read_bytes()
    assert after != before
    purge.purge(province)  # once is enough: each new key makes the keys of all backups of before old ones
    assert key.read_bytes() == after


def test_nothing_is_destroyed_before_a_wave_ends_and_early_only_when_asked(province: Database) -> None:
    with pytest.raises(Refusal, match="chưa hủy gì"):
        purge.purge(province, "ho-mo", early=True)
    id = answered(province, "ho-mo", date(dates.today().year, 1, 1))
    if dates.today() > date(dates.today().year, 1, 1):
        with pytest.raises(Refusal, match="--early"):
            purge.purge(province, "ho-mo")
        assert purge.purge(province, "ho-mo", early=True)[0].texts
        assert read(province, id) is None
