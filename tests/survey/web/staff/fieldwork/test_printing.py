"""Forms are numbered and printed on a page: what has a number counts as issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.fieldwork import accounting
from survey.sampling import draws, plans
from survey.sampling.plans import Plan
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Sheet, Village, Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves

SignIn = Callable[[Flask, str], FlaskClient]
PAGE = "/quan-tri/ho-mau/in-phieu"
SHARES = {"double": "100", "again": "0"}


@pytest.fixture
def office(app: Flask, sign_in: SignIn) -> FlaskClient:
    return sign_in(app, "home_affairs")


def send(client: FlaskClient, path: str = PAGE, **fields: str) -> str:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(PAGE).text)
    assert token is not None
    answer = client.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)
    return f"{answer.status_code} {answer.text}"


def drawn(database: Database) -> None:
    with database.writing() as session:
        for village in waves.villages(session, "ho-mau"):
            village.households = 50
        session.flush()
        wave = draws.locked(session, "ho-mau")
        draws.keep(session, wave, draws.drawn(plans.frame(session, wave), Plan(2, 2, "unit"), "1"))


def issued(database: Database) -> list[tuple[str | None, int]]:
    with database.reading() as session:
        return [(line.batch, line.issued) for line in accounting.lines(session, "ho-mau")]


def pages(client: FlaskClient, query: str = "") -> int:
    with client.get(f"{PAGE}/phieu.pdf{query}") as answer:
        assert (answer.status_code, answer.content_type) == (200, "application/pdf")
        assert answer.headers["Cache-Control"] == "no-store"
        with pypdfium2.PdfDocument(answer.data) as document:
            return len(document)


def test_a_drawn_sample_is_numbered_and_printed(office: FlaskClient, province: Database) -> None:
    drawn(province)
    assert "Mẫu có 8 phiếu cho 4 thôn, tổ dân phố" in office.get(PAGE).text
    done = send(office, **SHARES, unit="06652")
    assert done.startswith("200")
    assert "Đã cấp số 2 tập phiếu." in done
    assert "Đã cấp số phiếu cho 2 trên 4 thôn, tổ dân phố" in done
    assert "Đã cấp số 2 tập phiếu." in send(office, **SHARES, unit="")
    page = office.get(PAGE).text
    assert "8 phiếu trong 4 tập, sẵn sàng để in" in page
    assert "Cấp số phiếu in thêm" in page
    assert 'name="double"' not in page  # nothing is left to number
    with province.reading() as session:
        assert all(sheet.double and not sheet.reinterview for sheet in session.query(Sheet))
    assert pages(office) == 4 * (4 + 2 * 4)
    assert pages(office, "?don-vi=06658") == 2 * (4 + 2 * 4)
    with province.reading() as session:  # its covers lead to households: who took it stands in the trail
        trail = [(entry.what, entry.subject) for entry in session.scalars(select(AuditEntry))]
    assert ("Downloaded paper forms", "wave=ho-mau asked=don-vi=06658") in trail


def test_without_a_draw_the_number_of_forms_is_asked_for(office: FlaskClient, province: Database) -> None:
    assert "Chưa chọn mẫu: mọi thôn, tổ dân phố" in office.get(PAGE).text
    missing = send(office, **SHARES, unit="")
    assert missing.startswith("422")
    assert "in từ 1 đến 500 phiếu" in missing
    assert send(office, unit="", forms="0", double="101", again="5").startswith("422")
    assert send(office, unit="", forms="2", double="", again="x").startswith("422")
    assert issued(province) == []
    assert send(office, **SHARES, unit="06652", forms="2").startswith("200")
    assert issued(province) == [("ho-mau-001", 2), ("ho-mau-002", 2)]
    assert "đã được cấp số từ trước" in send(office, **SHARES, unit="06652", forms="2")
    assert len(issued(province)) == 2


def test_who_is_asked_again_is_no_question_where_the_questionnaire_asks_nothing_again(
    office: FlaskClient, province: Database
) -> None:
    with province.writing() as session:
        short = questionnaires.find(session, "noi_phuc_vu@1")
        waves.create(session, "ngan", short, WaveKind.SAMPLE, dates.today(), dates.today())
        session.add(Village(wave="ngan", psu="V1", unit="06652", stratum="06652"))
    page = "/quan-tri/ngan/in-phieu"
    assert ('name="again"' in office.get(PAGE).text, 'name="again"' in office.get(page).text) == (True, False)
    assert "Đã cấp số 1 tập phiếu." in send(office, page, unit="", forms="2", double="0", again="100")
    with province.reading() as session:
        assert [sheet.reinterview for sheet in session.scalars(select(Sheet))] == [False, False]


def test_further_forms_are_a_batch_of_their_own(office: FlaskClient, province: Database) -> None:
    send(office, **SHARES, unit="06652", forms="1")
    done = send(office, f"{PAGE}/them", village="V2", count="3")
    assert "Đã cấp số tập ho-mau-003. Hãy in ở đây." in done
    assert f"{PAGE}/phieu.pdf?tap=ho-mau-003" in done
    assert issued(province)[-1] == ("ho-mau-003", 3)
    assert pages(office, "?tap=ho-mau-003") == 4 + 3 * 4
    assert send(office, f"{PAGE}/them", village="V3", count="3").startswith("422")  # it has none yet
    assert send(office, f"{PAGE}/them", village="V1", count="0").startswith("422")
    assert len(issued(province)) == 3


def test_what_has_no_number_is_not_printed(office: FlaskClient) -> None:
    for query in ("", "?tap=ho-mau-001", "?don-vi=06652", "?don-vi=x"):
        answer = office.get(f"{PAGE}/phieu.pdf{query}")
        assert answer.status_code == 404
        assert answer.content_type != "application/pdf"


def test_a_closed_or_open_wave_or_one_without_villages_gets_no_forms(
    office: FlaskClient, province: Database
) -> None:
    send(office, **SHARES, unit="06652", forms="1")
    with province.writing() as session:
        session.get_one(Wave, "ho-mau").closed = dates.today() - timedelta(1)
    page = office.get(PAGE).text
    assert "không cấp thêm số phiếu nào nữa" in page
    assert 'method="post" class="staff-form"' not in page
    assert pages(office) == 2 * (4 + 4)  # what was printed can be looked at
    assert "không có mẫu nên không in phiếu giấy" in office.get("/quan-tri/ho-mo/in-phieu").text
    assert office.get("/quan-tri/khong-co/in-phieu").status_code == 404
    with province.writing() as session:
        first = session.get_one(Wave, "ho-mau")
        about = {name: getattr(first, name) for name in ("questionnaire", "kind", "opens", "closes")}
        session.add(Wave(code="trong", title="Đợt trống", **about))
    assert "chưa có thôn, tổ dân phố nào" in office.get("/quan-tri/trong/in-phieu").text
    with province.writing() as session:
        session.add(Village(wave="trong", psu="V1", unit="06652", stratum="A"))
    assert "Số phiếu mỗi thôn, tổ dân phố" in office.get("/quan-tri/trong/in-phieu").text


def test_the_accounting_leads_to_the_printing(office: FlaskClient) -> None:
    assert f'href="{PAGE}"' in office.get("/quan-tri/ho-mau/phieu").text


def test_a_keyer_does_not_print(app: Flask, sign_in: SignIn) -> None:
    keyer = sign_in(app, "keyer")
    assert keyer.get(PAGE).status_code == 403
    assert keyer.get(f"{PAGE}/phieu.pdf").status_code == 403
