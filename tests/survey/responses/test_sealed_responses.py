"""What a bound device sealed: opened and kept once, held where it can't be counted, read by nobody else."""

from __future__ import annotations

import json
import stat
import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.responses import devices, sealed_responses
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Device, QuarantinedResponse, Response, ResponseText, Wave
from survey.system import dates
from survey.waves import waves

REMARK = "điều riêng tư của tôi"
ANSWERS = {"hl_chung": 4, "tiep_xuc": 1, "bi_doi_tien": 1, "gop_y": REMARK}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder, where the keys lie."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def device(client: FlaskClient, province: Database) -> FlaskClient:
    """A device that is bound to the short form in Hà Tu."""
    with province.writing() as session:
        made = devices.link(session, "gop-y", "06652", "Sảnh")
    assert client.post(f"/kiosk/bind/{made.secret}").status_code == 303
    return client


def sealed(content: Any = None, key: sealed_responses.Key | None = None, **changed: str) -> dict[str, str]:
    """What a device sends; `changed` is changed before it seals."""
    key = key or sealed_responses.current()
    about = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "kiosk", "day": str(dates.today())}
    about |= changed
    content = {"answers": ANSWERS, "marks": ["quick", "lang-vi"]} if content is None else content
    return about | {"key": key.id, "sealed": sealed_responses.seal(key.public, about, content)}


def send(client: FlaskClient, sent: Any) -> Any:
    return client.post("/api/v1/sealed", json=sent)


def kept(province: Database) -> list[Response]:
    with province.reading() as session:
        return list(session.scalars(select(Response)))


def held(province: Database) -> list[QuarantinedResponse]:
    with province.reading() as session:
        return list(session.scalars(select(QuarantinedResponse)))


def test_what_was_sealed_is_opened_and_kept_as_a_response(device: FlaskClient, province: Database) -> None:
    day = dates.today() - timedelta(13)
    sent = sealed(day=str(day))
    reply = send(device, sent)
    assert (reply.status_code, reply.json["status"]) == (201, "stored")
    (response,) = kept(province)
    assert (str(response.id), response.wave, response.unit) == (sent["id"], "gop-y", "06652")
    assert (response.mode, response.day, response.marks) == ("kiosk", day, ["lang-vi", "quick"])
    assert response.answers == {"hl_chung": 4, "tiep_xuc": 1, "bi_doi_tien": 1}
    with province.reading() as session:
        assert texts_of(session.connection(), session.scalars(select(ResponseText.response)).one()) == {
            "gop_y": REMARK
        }


def test_sent_again_it_is_kept_once(device: FlaskClient, province: Database) -> None:
    sent = sealed()
    assert [send(device, sent).status_code for _time in range(3)] == [201, 200, 200]
    assert len(kept(province)) == 1
    assert not held(province)


def test_only_a_bound_device_sends(app: Flask, device: FlaskClient, province: Database) -> None:
    sent = sealed()
    assert send(app.test_client(), sent).status_code == 403
    with province.writing() as session:
        devices.revoke(session, 1)
    assert send(device, sent).status_code == 403
    assert not kept(province)


def late(province: Database) -> dict[str, str]:
    yesterday = dates.today() - timedelta(1)
    sent = sealed(day=str(yesterday))
    with province.writing() as session:
        session.execute(update(Wave).where(Wave.code == "gop-y").values(closes=yesterday))
    return sent


def known_with_other_content(province: Database) -> dict[str, str]:
    with province.writing() as session:
        place = waves.place(session, "gop-y", "06652")
        id = uuid4()
        sealed_responses.submission.submit(
            session.connection(), place, id, sealed_responses.Mode.PHONE, {"hl_chung": 1}
        )
    return sealed(id=str(id))


def other(text: str) -> str:
    """The same but for one sign in the middle."""
    middle = len(text) // 2
    return text[:middle] + ("A" if text[middle] != "A" else "B") + text[middle + 1 :]


HELD: dict[str, Any] = {
    "answers out of range": (lambda _p: sealed({"answers": {"hl_chung": 7}, "marks": []}), "answers"),
    "an unknown item": (lambda _p: sealed({"answers": {"khong_co": 1}, "marks": []}), "answers"),
    "no answers": (lambda _p: sealed({"marks": []}), "answers"),
    "no object": (lambda _p: sealed([1, 2]), "seal"),
    "another key in it": (lambda _p: sealed({"answers": {}, "weight": 3}), "seal"),
    "an unknown mark": (lambda _p: sealed({"answers": {}, "marks": ["12:30"]}), "seal"),
    "a key that is not here": (lambda _p: sealed() | {"key": "0" * 16}, "key"),
    "one sign of the seal": (lambda _p: (s := sealed()) | {"sealed": other(s["sealed"])}, "seal"),
    "half of the seal": (lambda _p: (s := sealed()) | {"sealed": s["sealed"][:40]}, "seal"),
    "another day around it": (
        lambda _p: sealed() | {"day": str(dates.today() - timedelta(1))},
        "seal",
    ),
    "another unit around it": (lambda _p: sealed() | {"unit": "06658"}, "seal"),
    "another wave around it": (lambda _p: sealed() | {"wave": "ho-mo"}, "seal"),
    "another id around it": (lambda _p: sealed() | {"id": str(uuid4())}, "seal"),
    "another place": (lambda _p: sealed(unit="06658"), "place"),
    "another wave": (lambda _p: sealed(wave="ho-mo"), "place"),
    "tomorrow": (lambda _p: sealed(day=str(dates.today() + timedelta(1))), "day"),
    "over two weeks ago": (lambda _p: sealed(day=str(dates.today() - timedelta(15))), "day"),
    "before the wave": (lambda _p: sealed(day="2020-01-01"), "day"),
    "no day of the calendar": (lambda _p: sealed(day="2026-02-30"), "day"),
    "after the wave's end": (late, "late"),
    "an id that is known otherwise": (known_with_other_content, "conflict"),
}


@pytest.mark.parametrize("case", HELD)
def test_what_can_not_be_counted_is_held_for_staff_and_never_refused(
    device: FlaskClient, province: Database, case: str
) -> None:
    make, reason = HELD[case]
    sent = make(province)
    before = len(kept(province))
    for _time in range(2):
        reply = send(device, sent)
        assert (reply.status_code, reply.json["status"], reply.json["reason"]) == (202, "held", reason)
    (one,) = held(province)
    assert (one.reason, one.sealed, one.key) == (reason, sent["sealed"], sent["key"])
    assert (str(one.id), one.wave, one.unit, one.day) == (sent["id"], sent["wave"], sent["unit"], sent["day"])
    assert len(kept(province)) == before
    assert reason in sealed_responses.REASONS


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "1"},
        {"id": "b4cb5f5e-89ab-1cde-8123-456789abcdef"},  # of the kind that tells the time
        {"mode": "phone"},
        {"sealed": "không"},
        {"sealed": ""},
        {"unit": "a\x00b"},
        {"wave": "Đợt"},
        {"day": "hôm nay"},
        {"key": "../secret"},
        {"weight": "2"},
        {"day": 20260101},
    ],
)
def test_what_no_device_would_write_is_refused_with_its_place(
    device: FlaskClient, province: Database, changed: dict[str, Any]
) -> None:
    reply = send(device, sealed() | changed)
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json["errors"]] == [f"/{name}" for name in changed]
    assert not held(province)
    assert not kept(province)


def test_a_body_that_is_no_object_or_too_large_is_refused(device: FlaskClient) -> None:
    assert send(device, [1]).status_code == 422
    assert device.post("/api/v1/sealed", data="{", content_type="application/json").status_code == 400
    assert send(device, sealed() | {"sealed": "A" * 70_000}).status_code == 413


def test_held_answers_stay_sealed_in_the_database(device: FlaskClient, province: Database) -> None:
    send(device, sealed({"answers": {"hl_chung": 7, "gop_y": REMARK}, "marks": []}))
    with province.reading() as session:
        row = json.dumps([str(value) for value in session.execute(select(QuarantinedResponse.__table__)).one()])
    assert REMARK not in json.loads(row)
    assert "hl_chung" not in row


def test_neither_the_database_nor_another_key_opens_a_seal(device: FlaskClient, folder: Path) -> None:
    sent = sealed()
    stranger = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(InvalidTag):
        sealed_responses.SUITE.decrypt(
            sealed_responses._read(sent["sealed"]), stranger, info=sealed_responses.associated_data(sent)
        )
    (path,) = folder.glob("sealing/*")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_bytes() not in (folder / "hailong.db").read_bytes()


def test_what_is_around_the_seal_has_one_written_form() -> None:
    about = {"wave": "gop-y", "id": "i", "unit": "06652", "mode": "kiosk", "day": "2026-01-02", "key": "not in it"}
    written = b'{"day":"2026-01-02","id":"i","mode":"kiosk","unit":"06652","wave":"gop-y"}'
    assert sealed_responses.associated_data(about) == written


def test_a_new_key_opens_nothing_less_while_a_device_may_need_the_old_one(
    device: FlaskClient, province: Database, app: Flask
) -> None:
    old, waiting = sealed_responses.current(), sealed()
    new = sealed_responses.rotate()
    assert sealed_responses.current().id == new.id != old.id
    with province.writing() as session:
        assert sealed_responses.delete_expired(session) == 0
    assert send(device, waiting).status_code == 201
    assert send(device, sealed()).status_code == 201
    with province.writing() as session:
        devices.revoke(session, 1)
        assert (
            sealed_responses.delete_expired(session) == 0
        )  # what waits there can still be brought in, for 60 days
        devices.find(session, 1).revoked = dates.today() - timedelta(61)
        assert sealed_responses.delete_expired(session) == 1
    assert list(sealed_responses.keys()) == [new.id]


def test_a_key_of_a_held_form_stays(device: FlaskClient, province: Database) -> None:
    old = sealed_responses.current()
    send(device, sealed({"answers": {"hl_chung": 7}, "marks": []}))
    new = sealed_responses.rotate()
    with province.writing() as session:
        devices.revoke(session, 1)
        assert sealed_responses.delete_expired(session) == 0
    assert list(sealed_responses.keys()) == [old.id, new.id]


@pytest.mark.both_databases
def test_eight_at_once_send_the_same_and_it_is_kept_once(province: Database) -> None:
    with province.writing() as session:
        made = devices.link(session, "gop-y", "06652", "Sảnh")
        bound, _token = devices.bind(session, made.secret, sealed_responses.current().id)
    good, bad = sealed(), sealed({"answers": {"hl_chung": 7}, "marks": []})
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def deliver() -> None:
        start.wait()
        for sent in (good, bad):
            with province.writing() as session:
                outcomes.append(sealed_responses.store_sealed(session, bound, sent)[0])

    threads = [threading.Thread(target=deliver) for _page in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["held"] * 8 + ["known"] * 7 + ["stored"]
    assert len(kept(province)) == len(held(province)) == 1


def test_staff_see_on_which_day_a_device_last_sent(device: FlaskClient, province: Database) -> None:
    with province.reading() as session:
        assert session.get_one(Device, 1).heard is None
    send(device, sealed())
    with province.reading() as session:
        assert session.get_one(Device, 1).heard == dates.today()
    assert isinstance(dates.today(), date)
