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
from survey.operations import lost_key, purge
from survey.remarks import codings
from survey.responses import submission
from survey.storage import encrypted_texts, master_key
from survey.storage.database import Database
from survey.storage.encrypted_texts import written
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
from translations.formats import day

SERIALS = [serial_numbers.numbered(number) for number in range(1_000_001, 1_000_005)]
KEYED, SCANNED, ASKED, DIFFERING = SERIALS
MARKS = {"typed": {"C5": "2"}, "confidence": {"C5": 1.0}, "doubtful": {"C5": [0, 40]}}


@pytest.fixture
def sealed(province: Database, key: Path, account: Callable[..., None]) -> UUID:
    """A remark, a form being keyed, a page that was scanned, a household asked again, a form whose two keyings
    differ, and the codes of a phone: all that lies under the master key. Gives the response with the remark."""
    id = uuid4()
    with province.writing() as session:
        submission.submit(session, waves.place(session, "gop-y", "06652"), id, Mode.PHONE, {"gop_y": "xin chào"})
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
        secret = encrypted_texts.sealed_for(encrypted_texts.factor_of("admin"), b"secret of a phone")
        session.add(SecondFactor(account="admin", secret=secret, step=0, codes=[]))
    return id


def read(province: Database, id: UUID) -> dict[str, str] | None:
    with province.reading() as session:
        return written(session, id)


def write(province: Database, said: str) -> UUID:
    id = uuid4()
    with province.writing() as session:
        submission.submit(session, waves.place(session, "gop-y", "06652"), id, Mode.PHONE, {"gop_y": said})
    return id


def refused(province: Database) -> bool:
    """Whether `hailong serve` would refuse to start."""
    with province.reading() as session:
        try:
            encrypted_texts.check(session.connection())
        except Refusal:
            return True
    return False


@pytest.mark.both_databases
def test_what_it_sealed_is_called_lost_and_the_rest_goes_on(province: Database, key: Path, sealed: UUID) -> None:
    key.unlink()
    assert refused(province)
    with pytest.raises(Refusal, match="key lost"):  # nor does a server that goes on sealing
        encrypted_texts.sealed_for("anything", b"")
    assert not key.exists()  # nobody makes another one unasked
    found = lost_key.declare(province, today())
    assert found.waves == {
        "gop-y": {"texts": 1},
        "ho-mau": {"drafts": 3, "scans": 1, "links": 1, "answers": 1},
    }
    assert found.accounts == ["admin"]
    assert not refused(province)
    assert read(province, sealed) is None
    assert read(province, write(province, "lời mới")) == {"gop_y": "lời mới"}
    with province.reading() as session:
        assert len(session.scalars(select(ResponseText)).all()) == 2
        assert session.get_one(Response, sealed).unit == "06652"
        assert encrypted_texts.lost_on(session.connection(), "gop-y") == today()
        assert session.get_one(OpenKeying, (KEYED, 1)).typed == {}
        link = session.get_one(Reinterview, ASKED)
        assert (link.household, link.answers) == (None, {})
    with province.writing() as session:  # whoever is there asks again
        reinterviews.enter(session, "ho-mau", ASKED, 7, {"gioi_tinh": 2}, "keyer")
        told = reinterviews.one(session, "ho-mau", ASKED)
        assert (told.household, told.person, told.lost) == (7, "keyer", None)
    with pytest.raises(Refusal, match="Không mất gì"):
        lost_key.declare(province, today())


@pytest.mark.both_databases
def test_a_key_that_turns_up_opens_all_that_nobody_wrote_anew(province: Database, key: Path, sealed: UUID) -> None:
    old = master_key.present()
    key.unlink()
    lost_key.declare(province, today())
    new = write(province, "lời mới")
    with province.reading() as session:  # kept in memory, and not for good
        assert codings.list_all(session, session.get_one(Wave, "gop-y")) == (new,)
    with province.writing() as session:
        session.get_one(OpenKeying, (KEYED, 1)).typed = {"C5": "4"}
    with pytest.raises(Refusal, match="không mở được gì"):
        lost_key.put_back(province, bytes(32))
    back = lost_key.put_back(province, old)
    assert (back.waves["gop-y"]["texts"], back.waves["ho-mau"]["drafts"], back.accounts) == (1, 2, ["admin"])
    assert [read(province, id) for id in (sealed, new)] == [{"gop_y": "xin chào"}, {"gop_y": "lời mới"}]
    with province.reading() as session:
        assert set(codings.list_all(session, session.get_one(Wave, "gop-y"))) == {sealed, new}
        assert session.get_one(OpenKeying, (KEYED, 1)).typed == {"C5": "4"}
        link = session.get_one(Reinterview, ASKED)
        assert (link.household, link.answers) == (7, {"C5": 3})
        assert session.get_one(Scan, (SCANNED, 1)).picture == b"hers"
        kept = session.get_one(SecondFactor, "admin").secret
        assert encrypted_texts.opened_for(encrypted_texts.factor_of("admin"), kept or b"") == b"secret of a phone"
        assert not lost_key.days(session.connection())
    with province.writing() as session:  # it lies under the present key like everything else
        renewal = encrypted_texts.Renewal(session.connection())
    renewal.settle(province)
    assert read(province, sealed) == {"gop_y": "xin chào"}


def test_of_keys_that_were_lost_one_after_the_other_each_opens_its_own(province: Database, key: Path) -> None:
    ids, keys = [], []
    for said in ("một", "hai"):
        ids.append(write(province, said))
        keys.append(master_key.present())
        key.unlink()
        lost_key.declare(province, today())
    assert [read(province, id) for id in ids] == [None, None]
    lost_key.put_back(province, keys[1])
    assert [read(province, id) for id in ids] == [None, {"gop_y": "hai"}]
    lost_key.put_back(province, keys[0])
    assert [read(province, id) for id in ids] == [{"gop_y": "một"}, {"gop_y": "hai"}]


def test_its_pages_say_so_and_the_work_goes_on(
    app: Flask,
    province: Database,
    key: Path,
    sealed: UUID,
    sign_in: Callable[[Flask, str], FlaskClient],
) -> None:
    with province.writing() as session:
        session.delete(session.get_one(SecondFactor, "admin"))
    key.unlink()
    lost_key.declare(province, today())
    admin, supervisor, keyer = (sign_in(app, name) for name in ("admin", "giam-sat", "keyer"))
    said = f"mất ngày {day(today())}"
    for client, page in (
        (admin, "/quan-tri/gop-y/loi-gop-y"),
        (keyer, "/quan-tri/ho-mau/quet"),
        (keyer, f"/quan-tri/ho-mau/quet/{SCANNED}"),
        (keyer, f"/nhap-phieu/ho-mau/phieu/{KEYED}"),
        (supervisor, f"/nhap-phieu/doi-chieu/{DIFFERING}"),
        (supervisor, "/quan-tri/ho-mau/phuc-tra"),
        (supervisor, f"/quan-tri/ho-mau/phuc-tra/{ASKED}"),
    ):
        shown = client.get(page)
        assert (shown.status_code, said in shown.text) == (200, True), page
    for client, page, status in (
        (admin, "/quan-tri/gop-y/", 200),
        (admin, "/quan-tri/gop-y/bao-cao/csv", 200),
        (keyer, "/nhap-phieu/ho-mau/", 200),
        (keyer, f"/quan-tri/ho-mau/quet/{SCANNED}/C5.jpg", 409),
        (supervisor, "/quan-tri/ho-mau/phuc-tra/in", 200),
    ):
        assert client.get(page).status_code == status, page


def test_a_purge_takes_the_lost_keys_along_and_a_key_that_turns_up_opens_nothing_of_it(
    province: Database, key: Path, sealed: UUID
) -> None:
    old = master_key.present()
    with province.reading() as session:
        (wrapped,) = purge.wrapped_keys(session)["gop-y"]
    key.unlink()
    lost_key.declare(province, today())
    with province.writing() as session:
        for code in ("gop-y", "ho-mau"):
            found = session.get_one(Wave, code)
            found.opens, found.closes = today().replace(year=2020), today().replace(year=2021)
    done = {one.wave: one for one in purge.purge(province)}
    assert (done["gop-y"].texts, done["ho-mau"].scans, done["ho-mau"].drafts) == (True, 1, 3)
    assert purge.traces(province, wrapped) == 0
    assert lost_key.put_back(province, old).waves == {}  # nothing but the codes of the phone
    assert read(province, sealed) is None
