"""A master key of which no copy is left: what it sealed can't be read any more, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.fieldwork import reinterviews, serial_numbers
from survey.operations import lost_key
from survey.remarks import codings
from survey.responses import submission
from survey.storage import encrypted_texts, key_rotation
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import (
    Batch,
    Keying,
    Mode,
    OpenKeying,
    Reinterview,
    Response,
    ResponseText,
    Role,
    Scan,
    SecondFactor,
    Sheet,
    SheetState,
    Wave,
)
from survey.system.dates import today
from survey.waves import waves
from translations import Refusal

SERIALS = [serial_numbers.numbered(number) for number in range(1_000_001, 1_000_005)]
KEYED, SCANNED, ASKED, DIFFERING = SERIALS
MARKS = {"typed": {"C5": "2"}, "confidence": {"C5": 1.0}, "doubtful": {"C5": [0, 40]}}


@pytest.fixture
def sealed(province: Database, key: Path, account: Callable[..., None]) -> UUID:
    """A remark, a form being keyed, a page that was scanned, a household asked again, a form whose two keyings
    differ, and the codes of a phone: all that lies under the master key. Gives the response with the remark."""
    id = uuid4()
    with province.writing() as session:
        submission.submit(
            session.connection(), waves.place(session, "gop-y", "06652"), id, Mode.PHONE, {"gop_y": "xin chào"}
        )
        account(session, "giam-sat", Role.SUPERVISOR)
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=today()))
        session.flush()
        for place, serial in enumerate(SERIALS, 1):
            twice = serial == DIFFERING
            session.add(Sheet(serial=serial, batch="B1", place=place, state=SheetState.WAITING, double=twice))
        session.flush()
        session.add(OpenKeying(sheet=KEYED, turn=1, keyer="keyer", typed={"C5": "2"}))
        session.add(Scan(sheet=SCANNED, page=1, marks=MARKS, picture=b"hers"))
        session.add(
            Reinterview(sheet=ASKED, wave="ho-mau", household=7, answers={"C5": 3}, person="giam-sat", day=today())
        )
        for turn, keyer in ((1, "lan"), (2, "minh")):
            typed = {"C5": str(turn)}
            session.add(Keying(sheet=DIFFERING, turn=turn, keyer=keyer, source="person", typed=typed, day=today()))
            words = {"C2_khac": "lời"}
            session.add(OpenKeying(sheet=DIFFERING, turn=turn, keyer=keyer, typed=words, finished=True))
        secret = encrypted_texts.encrypt_for(encrypted_texts.factor_of("admin"), b"secret of a phone")
        session.add(SecondFactor(account="admin", secret=secret, step=0, codes=[]))
    return id


def read(province: Database, id: UUID) -> dict[str, str] | None:
    with province.reading() as session:
        return texts_of(session.connection(), id)


def write(province: Database, said: str) -> UUID:
    id = uuid4()
    with province.writing() as session:
        submission.submit(
            session.connection(), waves.place(session, "gop-y", "06652"), id, Mode.PHONE, {"gop_y": said}
        )
    return id


def refused(province: Database) -> bool:
    """Whether `hailong serve` would refuse to start."""
    with province.reading() as session:
        try:
            key_rotation.check(session.connection())
        except Refusal:
            return True
    return False


@pytest.mark.both_databases
def test_what_it_encrypted_is_discarded_and_the_rest_goes_on(province: Database, key: Path, sealed: UUID) -> None:
    key.unlink()
    assert refused(province)
    with pytest.raises(Refusal, match="key lost"):  # nor does a server that goes on encrypting
        encrypted_texts.encrypt_for("anything", b"")
    assert not key.exists()  # nobody makes another one unasked
    with province.reading() as session:
        found = lost_key.unreadable(session.connection())
    assert found == {
        "text_key": {"gop-y"},
        "second_factor": {"admin"},
        "open_keying": {KEYED, DIFFERING},
        "scan": {SCANNED},
        "reinterview": {ASKED},
    }
    lost_key.discard(province)
    assert not refused(province)
    assert read(province, sealed) is None
    new = write(province, "lời mới")
    assert read(province, new) == {"gop_y": "lời mới"}
    with province.reading() as session:
        assert len(session.scalars(select(ResponseText)).all()) == 2
        assert session.get_one(Response, sealed).unit == "06652"
        assert codings.list_all(session, session.get_one(Wave, "gop-y")) == (new,)
        assert session.get_one(OpenKeying, (KEYED, 1)).typed == {}
        assert len(session.scalars(select(Keying)).all()) == 2
        assert session.get_one(SecondFactor, "admin").secret is None
    with province.writing() as session:  # whoever is there asks again
        reinterviews.enter(session, "ho-mau", ASKED, 7, {"gioi_tinh": 2}, "keyer")
        asked = reinterviews.one(session, "ho-mau", ASKED)
        assert (asked.household, asked.person) == (7, "keyer")
    with pytest.raises(Refusal, match="Không mất gì"):
        lost_key.discard(province)


def test_every_table_under_the_master_key_has_its_way(province: Database) -> None:
    assert {column.table.name for column in key_rotation.UNDER_THE_MASTER_KEY} == set(lost_key.DISCARD)


def test_the_pages_go_on(
    app: Flask,
    province: Database,
    key: Path,
    sealed: UUID,
    sign_in: Callable[[Flask, str], FlaskClient],
) -> None:
    with province.writing() as session:
        session.delete(session.get_one(SecondFactor, "admin"))
    key.unlink()
    lost_key.discard(province)
    admin, supervisor, keyer = (sign_in(app, name) for name in ("admin", "giam-sat", "keyer"))
    for client, page in (
        (admin, "/quan-tri/gop-y/"),
        (admin, "/quan-tri/gop-y/loi-gop-y"),
        (admin, "/quan-tri/gop-y/bao-cao/csv"),
        (keyer, "/nhap-phieu/ho-mau/"),
        (keyer, f"/nhap-phieu/ho-mau/phieu/{KEYED}"),
        (keyer, "/quan-tri/ho-mau/quet"),
        (supervisor, f"/nhap-phieu/doi-chieu/{DIFFERING}"),
        (supervisor, "/quan-tri/ho-mau/phuc-tra"),
        (supervisor, f"/quan-tri/ho-mau/phuc-tra/{ASKED}"),
        (supervisor, "/quan-tri/ho-mau/phuc-tra/in"),
    ):
        assert client.get(page).status_code == 200, page
