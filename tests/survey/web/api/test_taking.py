"""What a program may send to `/api/v1`, and what it is told."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Mode, Response, ResponseText, Role
from survey.system.dates import today
from survey.web.server import rate_limit


def body(**changed: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "wave": "ho-mo",
        "unit": "06652",
        "mode": "phone",
        "answers": {"C5": 1, "C2": [6, 1]},
    } | changed


def send(client: FlaskClient, sent: Any, **headers: str) -> Any:
    data = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return client.post("/api/v1/responses", data=data, headers={"Content-Type": "application/json"} | headers)


def count(province: Database) -> int:
    with province.reading() as session:
        return session.scalars(select(func.count()).select_from(Response)).one()


def test_a_response_is_stored_with_the_servers_day_and_nothing_of_the_sender(
    client: FlaskClient, province: Database
) -> None:
    sent = body(answers={"C5": 1, "C2": [6, 1], "C2_khac": " qua\u0323 "}, marks=["lang-vi", "quick"])
    assert send(client, sent).status_code == 201
    with province.reading() as session:
        kept = session.scalars(select(Response)).one()
        assert (str(kept.id), kept.wave, kept.unit, kept.mode) == (sent["id"], "ho-mo", "06652", Mode.PHONE)
        assert (kept.day, kept.psu, kept.marks) == (today(), None, ["lang-vi", "quick"])
        assert kept.answers == {"C5": 1, "C2": [1, 6]}
        assert texts_of(session.connection(), session.scalars(select(ResponseText.response)).one()) == {
            "C2_khac": "quạ"
        }


def test_sent_twice_is_stored_once_whatever_the_order_of_keys_and_choices(
    client: FlaskClient, province: Database
) -> None:
    sent = body()
    assert send(client, sent).status_code == 201
    again = dict(reversed(sent.items())) | {"answers": {"C2": [1, 6], "C5": 1}, "marks": ["quick"]}
    assert send(client, again).status_code == 200
    assert count(province) == 1


@pytest.mark.parametrize(
    "changed", [{"answers": {"C5": 2}}, {"unit": "06658"}, {"wave": "ho-mau"}, {"answers": {"C5": 1, "C4": 1}}]
)
def test_the_same_id_with_other_content_is_a_conflict(client: FlaskClient, changed: dict[str, Any]) -> None:
    sent = body(answers={"C5": 1})
    assert send(client, sent).status_code == 201
    assert send(client, sent | changed).status_code == 409


def test_the_other_code_of_ba_che_is_the_same_commune(client: FlaskClient, province: Database) -> None:
    sent = body(unit="06970")
    assert send(client, sent).status_code == 201
    assert send(client, sent | {"unit": "06978"}).status_code == 200


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"id": NaN}', 400),
        (b'{"id": 1e999}', 400),
        (b'{"id": "\xff"}', 400),
        (b'{"wave": "a", "wave": "b"}', 400),
        (b'{"answers": {"C5": 1, "C5": 2}}', 400),
        (b"[" * 60_000, 400),
        (b'{"id": ' + b"9" * 5000 + b"}", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"' + b"a" * 65_535 + b'"', 413),
    ],
)
def test_a_body_that_is_no_response_is_refused_with_what_to_do(
    client: FlaskClient, province: Database, broken: bytes, status: int
) -> None:
    reply = send(client, broken)
    assert reply.status_code == status
    assert reply.content_type == "application/problem+json"
    assert reply.json["status"] == status
    assert len(reply.json["detail"]) > 10
    assert count(province) == 0


# Of a body in several pieces nobody says beforehand how many bytes will come.
@pytest.mark.parametrize(
    ("address", "pieces"), [("/api/v1/responses", 1), ("/api/v1/responses", 300), ("/s/gop-y/06652", 1)]
)
def test_who_sends_a_flood_is_told_so_and_not_cut_off(live_server: str, address: str, pieces: int) -> None:
    flood = b"a" * 30_000_000 if pieces == 1 else (b"a" * 100_000 for _piece in range(pieces))
    asking = urllib.request.Request(live_server + address, data=flood)
    asking.add_header(
        "Content-Type", "application/json" if "api" in address else "application/x-www-form-urlencoded"
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asking, timeout=300)
    with refused.value as reply:
        assert reply.code == 413
        assert len(reply.read()) > 100


def test_a_body_may_have_64_kb_and_no_byte_more(client: FlaskClient) -> None:
    """Either is no JSON object; the one that is too large is not even read as JSON."""
    assert [send(client, b" " * size).status_code for size in (64 * 1024, 64 * 1024 + 1)] == [400, 413]


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"id": "x"}, "/id"),
        ({"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}, "/id"),  # version 1 tells the machine and the time
        ({"id": 4}, "/id"),
        ({"wave": None}, "/wave"),
        ({"unit": 6652}, "/unit"),
        ({"mode": "post"}, "/mode"),
        ({"mode": ["phone"]}, "/mode"),
        ({"answers": []}, "/answers"),
        ({"answers": {"C5": 9}}, "/answers/C5"),
        ({"answers": {"C5": True}}, "/answers/C5"),
        ({"answers": {"C2_khac": "\ud800"}}, "/answers/C2_khac"),
        ({"answers": {"khong/co": 1}}, "/answers/khong~1co"),
        ({"marks": ["fast"]}, "/marks"),
        ({"marks": [{}]}, "/marks"),
        ({"day": "2026-01-01"}, "/day"),
        ({"psu": "V1"}, "/psu"),
        ({"weight": 100}, "/weight"),
    ],
)
def test_each_fault_is_told_with_its_place(
    client: FlaskClient, province: Database, changed: dict[str, Any], place: str
) -> None:
    reply = send(client, body(**changed))
    assert reply.status_code == 422
    assert [error["pointer"] for error in reply.json["errors"]] == [place]
    assert count(province) == 0


@pytest.mark.parametrize("missing", ["id", "wave", "unit", "mode", "answers"])
def test_a_missing_key_is_named(client: FlaskClient, missing: str) -> None:
    sent = body()
    del sent[missing]
    assert [error["pointer"] for error in send(client, sent).json["errors"]] == [f"/{missing}"]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"wave": "khong-co"}, 404),
        ({"wave": "a\x00b"}, 404),
        ({"unit": "99999"}, 404),
        ({"unit": "\x00"}, 404),
        ({"unit": "22"}, 404),
        ({"wave": "da-dong"}, 410),
        ({"mode": "kiosk"}, 403),
        ({"mode": "paper"}, 403),
        ({"mode": "interviewer"}, 403),
    ],
)
def test_a_place_or_mode_that_is_not_there_for_a_stranger(
    client: FlaskClient, province: Database, changed: dict[str, Any], status: int
) -> None:
    assert send(client, body(**changed)).status_code == status
    assert count(province) == 0


def test_only_json_is_taken(client: FlaskClient) -> None:
    assert send(client, body(), **{"Content-Type": "text/plain"}).status_code == 415
    assert client.post("/api/v1/responses", data={"id": "x"}).status_code == 415
    assert send(client, body(), **{"Content-Type": "application/json; charset=utf-8"}).status_code == 201


def test_refusals_speak_the_language_that_is_asked_for(client: FlaskClient) -> None:
    sent = json.dumps(body(wave="khong-co"))
    said = [
        client.post(f"/api/v1/responses{query}", data=sent, content_type="application/json").json["detail"]
        for query in ("", "?lang=en")
    ]
    assert said[0].startswith("Không có")
    assert said[1].startswith("There is no wave")


def test_a_program_that_may_key_sends_paper_forms(client: FlaskClient, token: Any) -> None:
    keyer = token(Role.KEYER)
    assert send(client, body(mode="paper"), **keyer).status_code == 201
    assert send(client, body(mode="interviewer"), **keyer).status_code == 403


def test_one_address_sends_only_so_many_a_second_and_programs_with_a_token_as_many_as_they_like(
    app: Flask, client: FlaskClient, token: Any, clock: Any
) -> None:
    app.extensions["rate"] = rate_limit.Rate(2, clock)
    codes = [send(client, body()).status_code for _time in range(3)]
    assert codes == [201, 201, 429]
    refused = send(client, body())
    assert refused.headers["Retry-After"] == "1"
    assert send(client, body(), **token(Role.KEYER)).status_code == 201
    clock.now = 0.5
    assert send(client, body()).status_code == 201
