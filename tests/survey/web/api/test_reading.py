"""What a program reads from `/api/v1`: only what its token may, whole or by pages, and 304 for what it has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms import shipped
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Role, Unit


def answer(client: FlaskClient, answers: dict[str, Any]) -> None:
    sent = {"id": str(uuid4()), "wave": "ho-mo", "unit": "06652", "mode": "phone", "answers": answers}
    reply = client.post("/api/v1/responses", data=json.dumps(sent), content_type="application/json")
    assert reply.status_code == 201


def test_results_are_for_those_who_may_read_them(client: FlaskClient, token: Any) -> None:
    assert client.get("/api/v1/waves/ho-mo/results").status_code == 401
    assert client.get("/api/v1/waves/ho-mo/results", headers=token(Role.KEYER)).status_code == 403
    reader = token(Role.HOME_AFFAIRS)
    assert client.get("/api/v1/waves/khong-co/results", headers=reader).status_code == 404
    assert client.get("/api/v1/waves/ho-mo/results?item=C55", headers=reader).status_code == 400
    for choice in (1, 1, 1, 2, 3, 1):
        answer(client, {"C4": choice})
    reply = client.get("/api/v1/waves/ho-mo/results?item=C4%3D1&by=unit", headers=reader)
    assert reply.status_code == 200
    here = next(record for record in reply.json if record["domain"] == "06652")
    assert (here["item"], here["value"], here["n"], round(here["estimate"], 4)) == ("C4", "1", 6, 0.6667)
    assert "not_a_sample" in here["flags"]
    assert len(reply.json) == 54


def test_results_hide_what_rests_on_fewer_than_five(client: FlaskClient, token: Any) -> None:
    for _person in range(4):
        answer(client, {"C4": 1})
    reply = client.get("/api/v1/waves/ho-mo/results?item=C4%3D1", headers=token(Role.HOME_AFFAIRS))
    assert [(record["estimate"], record["n"]) for record in reply.json] == [(None, None)]
    assert "hidden" in reply.json[0]["flags"]


def test_each_question_has_its_own_answer(client: FlaskClient, token: Any) -> None:
    """Records are kept by what is asked: none is given for another item, grouping or rule of the index."""
    for level in (5, 5, 5, 4, 1, 1):
        answer(client, {"gt_hinh_thuc": level, "C4": 1})
    reader = token(Role.HOME_AFFAIRS)

    def read(query: str) -> list[tuple[str, float]]:
        records = client.get(f"/api/v1/waves/ho-mo/results?{query}", headers=reader).json
        return [(one["item"], round(one["estimate"], 4)) for one in records if one["domain"] in (None, "06652")]

    asked = {
        "item=C4%3D1": [("C4", 1.0)],
        "item=index": [("index", 0.6667)],
        "item=index&rule=mean": [("index", 0.7)],
        "item=index&by=unit": [("index", 0.6667)],
    }
    for _again in range(2):
        assert {query: read(query) for query in asked} == asked
    by_unit = client.get("/api/v1/waves/ho-mo/results?item=index&by=unit", headers=reader).json
    assert len(by_unit) == 54


@pytest.mark.parametrize(("by", "declared"), [("unit", True), ("gioi_tinh", False), ("mode", False)])
def test_a_table_that_others_may_not_have_says_so_and_one_that_is_not_declared_is_noted(
    client: FlaskClient, province: Database, token: Any, by: str, declared: bool
) -> None:
    """Several tables of the same people could be taken off each other, and an open wave is released weekly.
    Nothing is released here, so all is a draft."""
    reply = client.get(f"/api/v1/waves/ho-mo/results?item=C4&by={by}", headers=token(Role.HOME_AFFAIRS))
    assert (reply.status_code, reply.headers["Hailong-Dissemination"]) == (200, "internal")
    with province.reading() as session:
        last = audit.newest(session)
    noted = last is not None and (last.what, last.subject) == (
        "Asked for a free table by the API",
        f"wave=ho-mo asked=item=C4&by={by}",
    )
    assert noted is not declared


LISTS = ("/api/v1/waves", "/api/v1/units", "/api/v1/questionnaires")


@pytest.mark.parametrize("address", [*LISTS, "/api/v1/questionnaires/noi_phuc_vu@1"])
def test_lists_are_for_those_who_may_see_the_progress(client: FlaskClient, token: Any, address: str) -> None:
    assert client.get(address).status_code == 401
    assert client.get(address, headers=token(Role.KEYER)).status_code == 403
    assert client.get(address, headers=token(Role.SUPERVISOR)).status_code == 200


def test_waves_units_and_questionnaires_are_told_as_they_are(client: FlaskClient, token: Any) -> None:
    reader = token(Role.HOME_AFFAIRS)
    waves, units, documents = (client.get(address, headers=reader).json for address in LISTS)
    sample = next(wave for wave in waves if wave["code"] == "ho-mau")
    assert (sample["questionnaire"], sample["kind"], sample["public"], sample["release"]) == (
        "ho_gia_dinh@1",
        "sample",
        False,
        None,
    )
    assert waves[-1]["code"] == "da-dong"  # began first
    assert [unit["code"] for unit in units if unit["parent"] is None] == ["22"]
    assert len([unit for unit in units if unit["parent"] == "22"]) >= 54
    assert next(unit for unit in units if unit["code"] == "06652")["name"] == "Hà Tu"
    assert [document["name"] for document in documents] == [one.name for one in shipped()]
    document = client.get("/api/v1/questionnaires/noi_phuc_vu@1", headers=reader).json
    assert (document["code"], document["version"]) == ("noi_phuc_vu", 1)
    assert client.get("/api/v1/questionnaires/noi_phuc_vu@9", headers=reader).status_code == 404


def test_units_can_be_asked_for_as_of_a_day(client: FlaskClient, token: Any, province: Database) -> None:
    with province.writing() as session:
        session.add(
            Unit(code="tt-cu", name="Trung tâm cũ", kind="trung tâm", parent="22", valid_to=date(2025, 6, 30))
        )
    reader = token(Role.HOME_AFFAIRS)
    then, now = (
        {unit["code"] for unit in client.get(f"/api/v1/units?on={day}", headers=reader).json}
        for day in ("2025-06-30", "2025-07-01")
    )
    assert then - now == {"tt-cu"}
    assert client.get("/api/v1/units?on=hom-nay", headers=reader).status_code == 400


def test_pages_lead_from_one_to_the_next_until_all_is_read(client: FlaskClient, token: Any) -> None:
    reader = token(Role.HOME_AFFAIRS)
    whole = client.get("/api/v1/units?on=2026-01-01", headers=reader).json
    address, read = "/api/v1/units?on=2026-01-01&limit=20", []
    while address:
        reply = client.get(address, headers=reader)
        assert reply.headers["Hailong-Count"] == str(len(whole))
        read.append(reply.json)
        link = re.fullmatch(r'<([^>]+)>; rel="next"', reply.headers.get("Link", ""))
        address = link[1] if link else ""
    assert [len(page) for page in read] == [20] * (len(whole) // 20) + [len(whole) % 20]
    assert sum(read, []) == whole


@pytest.mark.parametrize("wrong", ["limit=0", "limit=-1", "limit=x", "limit=", "offset=%C2%B2", "limit=1e3"])
def test_a_page_that_there_is_not_is_refused(client: FlaskClient, token: Any, wrong: str) -> None:
    assert client.get(f"/api/v1/units?{wrong}", headers=token(Role.HOME_AFFAIRS)).status_code == 400


def test_a_browser_keeps_nothing_of_it(app: Flask, sign_in: Callable[[Flask, str], FlaskClient]) -> None:
    assert sign_in(app, "home_affairs").get("/api/v1/waves").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_what_has_not_changed_is_not_sent_again(client: FlaskClient, token: Any, encoding: str) -> None:
    reader = token(Role.HOME_AFFAIRS) | {"Accept-Encoding": encoding}
    address = "/api/v1/waves/ho-mo/results?item=C4%3D1&by=unit"
    first = client.get(address, headers=reader)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(address, headers=reader | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for _person in range(6):
        answer(client, {"C4": 1})
    assert client.get(address, headers=reader | {"If-None-Match": first.headers["ETag"]}).status_code == 200
