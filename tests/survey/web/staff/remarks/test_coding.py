"""The page on which remarks are read: who may, what it shows, and what the audit trail tells of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.remarks import paraphrases
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Coding, Mode
from survey.system import dates, settings
from survey.waves import waves
from survey.web.staff.remarks import coding

READ = "/quan-tri/gop-y/loi-gop-y/doc"


@pytest.fixture
def said(province: Database) -> list[str]:
    """Three remarks, in the order in which they are read."""
    ids = sorted((uuid4() for _person in range(3)), key=lambda id: id.hex)
    with province.writing() as session:
        place = waves.place(session, "gop-y", "06652")
        for number, id in enumerate(ids):
            answers = {"hl_chung": 4, "gop_y": f"dau-vet-{number} cô Lan ở <b>ngõ 3</b>"}
            submission.submit(session.connection(), place, id, Mode.PHONE, answers)
    return [str(id) for id in ids]


def send(client: FlaskClient, page: str, **fields: object) -> str:
    """Sends the form of a page and gives where it leads."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    shown = re.search(r'name="loi" value="([^"]+)"', client.get(page).text)
    assert token is not None
    assert shown is not None
    done = client.post(page, data={"csrf_token": token[1], "loi": shown[1], **fields})
    assert done.status_code == 303, done.text
    return done.headers["Location"]


def test_home_affairs_reads_one_after_the_other_with_the_commune_and_nothing_else(
    app: Flask, province: Database, said: list[str], sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    assert sign_in(app, "admin").get(READ).status_code == 403
    reader = sign_in(app, "home_affairs")
    assert reader.get(f"{READ}/1").headers["Location"].endswith(READ)  # a sitting begins at its door
    assert reader.get(READ).headers["Location"].endswith(f"{READ}/1")
    page = reader.get(f"{READ}/1").text
    assert "dau-vet-0 cô Lan ở &lt;b&gt;ngõ 3&lt;/b&gt;" in page
    assert "phường Hà Tu" in page
    assert "dau-vet-1" not in page
    assert dates.today().strftime("%d/%m/%Y") not in page.split("<main")[1].split("</main")[0]
    with pytest.raises(AssertionError, match="Hãy chọn ít nhất một chủ đề"):
        send(reader, f"{READ}/1")
    assert send(reader, f"{READ}/1", **{"chu-de": "khen", "tom-tat": "Có người khen."}).endswith("/doc/2")
    both = {"chu-de": ["khac", "dat_dai"], "tom-tat": "Có người mong sổ đỏ."}
    assert send(reader, f"{READ}/3", **both).endswith("/doc/2")
    assert send(reader, f"{READ}/2", **{"chu-de": "khac"}).endswith("/loi-gop-y")
    assert "Đã xếp chủ đề 3 / 3 lời góp ý" in reader.get("/quan-tri/gop-y/loi-gop-y").text
    with province.reading() as session:
        found = {str(one.response): one.themes for one in session.scalars(select(Coding))}
        assert [found[id] for id in said] == [["khen"], ["khac"], ["dat_dai", "khac"]]
        told = [(one.unit, one.theme, one.words) for one in paraphrases.list_all(session, "gop-y")]
        # under the theme that stands first in the list
        assert told == [("06652", "khen", "Có người khen."), ("06652", "dat_dai", "Có người mong sổ đỏ.")]


def test_a_sentence_stands_under_the_commune_that_was_chosen_and_is_withdrawn_from_every_file(
    app: Flask, province: Database, said: list[str], sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    reader, page = sign_in(app, "home_affairs"), "/quan-tri/gop-y/loi-gop-y/tom-tat"
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', reader.get(page).text)
    assert token is not None
    fields = {"csrf_token": token[1], "theme": "khen", "words": "Có người khen."}
    assert reader.post(page, data={**fields, "unit": ""}).status_code == 422  # none is chosen before somebody does
    assert reader.post(page, data={**fields, "unit": "06652"}).status_code == 303
    assert "Có người khen." in reader.get(f"{page}?xa=06652").text
    assert "Có người khen." not in reader.get(f"{page}?xa=06658").text
    reports = settings.data_folder() / "reports"
    reports.mkdir(exist_ok=True)
    for wave in ("gop-y", "ho-mo"):
        (reports / f"{wave}-0.zip").touch()
    with province.reading() as session:
        [kept] = paraphrases.list_all(session, "gop-y")
    assert reader.post(f"{page}/rut", data={"csrf_token": token[1], "cau": kept.id}).status_code == 303
    assert "Có người khen." not in reader.get(page).text
    assert [path.name for path in reports.glob("*.zip")] == ["ho-mo-0.zip"]


def test_the_trail_tells_of_sittings_and_batches_and_of_no_remark(
    app: Flask,
    province: Database,
    said: list[str],
    sign_in: Callable[[Flask, str], FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coding, "BATCH", 2)
    reader = sign_in(app, "home_affairs")
    reader.get(READ)
    for place in (1, 2, 3):
        send(reader, f"{READ}/{place}", **{"chu-de": "khac"})
    with province.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        told = [(entry.what, entry.subject) for entry in rows if entry.what != "Signed in"]
    assert told == [
        ("Began to read remarks", "wave=gop-y"),
        ("Coded remarks", "wave=gop-y texts=2"),
        ("Coded remarks", "wave=gop-y texts=1"),
    ]
