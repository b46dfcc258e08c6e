"""The drawn households on the interviewer's tablet: in order, replaced for a reason, also without network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect
from sqlalchemy import select, text

from survey.fieldwork import closing, visits
from survey.responses import sealed_responses
from survey.sampling.outcome_words import Outcome
from survey.storage.database import Database
from survey.storage.models import (
    Draw,
    DrawnHousehold,
    DrawnVillage,
    QuarantinedResponse,
    Response,
    Role,
    Visit,
)
from survey.system import dates
from survey.waves import waves
from tests.browser.axe import violations
from tests.browser.form import skip
from translations import Conflict, NotFound, Refusal

PASSWORD = "mat-khau-dai"
LIST = "/phong-van/ho-mau/06652/ho?thon=V1"
FORM = "/phong-van/ho-mau/06652?thon=V1"
MAIN, SPARE = (7, 19, 31), (12, 4)  # the numbers of households, in the order in which they are asked


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The data folder, where the keys lie."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))


@pytest.fixture
def drawn(province: Database, account: Callable[..., None]) -> Database:
    """Three households of V1 and two replacements, and one household of V3."""
    with province.writing() as session:
        account(session, "dieu-tra", Role.INTERVIEWER)
        draw = Draw(wave="ho-mau", number=1, made=date(2026, 1, 1), seed="1", frame="0" * 64, plan={})
        session.add(draw)
        session.flush()
        for psu, unit, lists in (("V1", "06652", (MAIN, SPARE)), ("V3", "06658", ((5,), ()))):
            session.add(DrawnVillage(draw=draw.id, psu=psu, stratum=unit, probability=0.5))
            session.add_all(
                DrawnHousehold(
                    draw=draw.id,
                    psu=psu,
                    household=household,
                    place=place,
                    replacement=bool(number),
                    probability=0.1,
                    weight=10.0,
                )
                for number, numbers in enumerate(lists)
                for place, household in enumerate(numbers, start=1)
            )
        waves.find(session, "ho-mau").draw = draw.id
    return province


@pytest.fixture
def client(app: Flask, drawn: Database) -> FlaskClient:
    """A browser without scripts in which the interviewer is signed in; forged forms are not looked for."""
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.post("/dang-nhap", data={"name": "dieu-tra", "password": PASSWORD})
    return client


def noted(database: Database) -> dict[int, str]:
    with database.reading() as session:
        return {visit.household: visit.outcome for visit in session.scalars(select(Visit))}


def record(database: Database, told: dict[int, str], psu: str = "V1") -> None:
    with database.writing() as session:
        visits.record(session, "ho-mau", psu, {number: Outcome(outcome) for number, outcome in told.items()})


def test_the_households_stand_in_their_order_and_replacements_stay_closed(client: FlaskClient) -> None:
    page = client.get(LIST).text
    assert re.findall(r'data-household="(\d+)"', page) == [str(number) for number in (*MAIN, *SPARE)]
    assert re.findall(r'data-household="(\d+)"[^>]* hidden', page) == [str(number) for number in SPARE]
    assert "trong 3 hộ đã xong" in page
    assert "Nguyễn" not in page, "a household is a number"
    assert "Ở đây rút 2 hộ." in page
    other = client.get("/phong-van/ho-mau/06658/ho?thon=V3").text
    assert "Ở đây không rút hộ thay thế" in other


def test_a_replacement_opens_for_a_reason_also_without_script(client: FlaskClient, drawn: Database) -> None:
    page = client.post(LIST, data={"household": 19, "outcome": "refused"}, follow_redirects=True)
    assert re.findall(r'data-household="(\d+)"[^>]* hidden', page.text) == ["4"]
    client.post(LIST, data={"household": 12, "outcome": "away"})
    assert noted(drawn) == {12: "away", 19: "refused"}
    assert not re.findall(r'data-household="(\d+)"[^>]* hidden', client.get(LIST).text)
    client.post(LIST, data={"household": 12, "outcome": "unknown"})
    assert noted(drawn) == {19: "refused"}
    for fields in ({"household": 7}, {"outcome": "refused"}, {"household": 7, "outcome": "gone"}, {}):
        assert client.post(LIST, data=fields).status_code in (400, 422)
    early = client.post(LIST, data={"household": 4, "outcome": "complete"})
    assert (early.status_code, "ghi trước lý do" in early.text) == (409, True)
    assert noted(drawn) == {19: "refused"}


@pytest.mark.both_databases
def test_what_two_tablets_note_is_joined_and_its_order_on_disk_says_nothing(drawn: Database) -> None:
    record(drawn, {31: "complete"})
    record(drawn, {7: "refused", 12: "complete"})
    record(drawn, {19: "away"})
    with drawn.reading() as session:
        assert [row[0] for row in session.execute(text("SELECT household FROM visit"))] == [7, 12, 19, 31]
        wave = waves.find(session, "ho-mau")
        there = visits.households(session, wave, "V1")
        assert [(one.number, one.outcome) for one in there] == [
            (7, "refused"),
            (19, "away"),
            (31, "complete"),
            (12, "complete"),
            (4, "unknown"),
        ]
        assert visits.open_replacements(there) == 2
        assert visits.done(session, wave) == {"V1": (3, 3), "V3": (0, 1)}
    with pytest.raises(Conflict):
        record(drawn, {7: "complete", 19: "complete"})  # one was replaced
    with pytest.raises(Refusal, match="99"):
        record(drawn, {99: "refused"})
    with pytest.raises(Refusal):
        record(drawn, {7: "refused"}, psu="V2")


def test_outcomes_may_come_late_but_not_after_the_closing(client: FlaskClient, drawn: Database) -> None:
    with drawn.writing() as session:
        waves.find(session, "ho-mau").closes = dates.today() - timedelta(1)
    assert client.post(LIST, json={"visits": {"7": "refused"}}).status_code == 204
    with drawn.writing() as session:
        closing.close(session, "ho-mau")
    assert client.post(LIST, json={"visits": {"19": "refused"}}).status_code == 409
    assert noted(drawn) == {7: "refused"}
    with pytest.raises(NotFound), drawn.writing() as session:
        visits.record(session, "gop-y", "V1", {})
    assert "Thực địa đã khóa ngày" in client.get(LIST).text


@pytest.mark.parametrize("sent", [[], {}, {"visits": []}, {"visits": {"x": "away"}}, {"visits": {"7": "?"}}])
def test_what_no_tablet_sends_is_refused(client: FlaskClient, drawn: Database, sent: Any) -> None:
    assert client.post(LIST, json=sent).status_code == 422
    assert noted(drawn) == {}


def test_only_drawn_villages_are_interviewed(client: FlaskClient) -> None:
    page = client.get("/phong-van/ho-mau/06652").text
    assert "/ho?thon=V1" in page
    assert "0 trong 3 hộ" in page
    assert "thon=V2" not in page
    for address in ("/phong-van/ho-mau/06652/ho?thon=V2", "/phong-van/ho-mau/06658/ho?thon=V1"):
        assert client.get(address).status_code == 404
        assert client.post(address, json={"visits": {}}).status_code == 404


def test_only_interviewers_see_and_note_households(app: Flask, client: FlaskClient, drawn: Database) -> None:
    keyer = app.test_client()
    keyer.post("/dang-nhap", data={"name": "keyer", "password": PASSWORD})
    assert (keyer.get(LIST).status_code, app.test_client().get(LIST).status_code) == (403, 302)
    assert keyer.post(LIST, json={"visits": {"7": "refused"}}).status_code == 403
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post(LIST, json={"visits": {"7": "refused"}}).status_code == 400
    assert noted(drawn) == {}


def test_the_number_of_adults_comes_with_the_interview(client: FlaskClient, drawn: Database) -> None:
    def content(**more: Any) -> dict[str, Any]:
        return {"id": str(uuid4()), "answers": {"C4": 1}, "marks": []} | more

    def adults() -> list[int | None]:
        with drawn.reading() as session:
            return sorted(session.scalars(select(Response.adults)), key=lambda number: number or 0)

    assert client.post(FORM, json=content(adults=3)).status_code == 201
    assert client.post(FORM, json=content()).status_code == 201
    for wrong in (0, -1, 100, "3", True, 2.5):
        assert client.post(FORM, json=content(adults=wrong)).status_code == 422
    assert adults() == [None, 3]
    client.post("/phong-van/may", data={"wave": "ho-mau", "unit": "06652"})
    key = sealed_responses.current()
    replies = []
    for number in (5, 0):
        about = {"id": str(uuid4()), "wave": "ho-mau", "unit": "06652", "mode": "interviewer", "psu": "V1"}
        about["day"] = str(dates.today())
        seal = sealed_responses.seal(key.public, about, {"answers": {"C4": 1}, "marks": [], "adults": number})
        replies.append(client.post("/api/v1/sealed", json=about | {"key": key.id, "sealed": seal}).status_code)
    assert replies == [201, 202]
    assert adults() == [None, 3, 5]
    with drawn.reading() as session:
        assert session.scalars(select(QuarantinedResponse.reason)).all() == ["seal"]


# In a browser


@pytest.fixture
def sent() -> list[tuple[str, str]]:
    """Address and body of all that the tablet sends."""
    return []


@pytest.fixture
def tablet(
    browser: Browser,
    live_server: str,
    app: Flask,
    drawn: Database,
    sent: list[tuple[str, str]],
    bring_in: Callable[[BrowserContext, Flask, str], None],
) -> Iterator[Page]:
    """A page of 768 × 1024 on which the interviewer is signed in; a fault of a script, or what the policy refuses,
    fails the test."""
    context = browser.new_context(base_url=live_server, viewport={"width": 768, "height": 1024}, locale="vi-VN")
    page = context.new_page()
    faults: list[str] = []

    def note(request: Request) -> None:
        sent.append((request.url, request.post_data or ""))

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.on("dialog", lambda dialog: dialog.accept())
    page.on("request", note)
    bring_in(context, app, "dieu-tra")
    yield page
    context.close()
    assert not faults


def ready(page: Page) -> None:
    """The list, once it would also open without network."""
    page.goto(LIST)
    expect(page.get_by_text("Trang này dùng được cả khi mất mạng.")).to_be_visible()


def row(page: Page, household: int) -> Any:
    return page.locator(f"[data-household='{household}']")


def tell(page: Page, household: int, outcome: str) -> None:
    row(page, household).locator("summary").click()
    row(page, household).locator(f"[value={outcome}]").check()
    row(page, household).get_by_role("button").click()


def interview(page: Page, household: int, adults: int) -> None:
    row(page, household).get_by_role("link", name="Phỏng vấn").click()
    expect(page.locator(".place")).to_contain_text(f"Hộ số {household}")
    page.fill("#adults", str(adults))
    page.get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".place")).to_contain_text(f"Household {household}")
    page.get_by_role("button", name="Begin", exact=True).click()
    page.locator("#qt_y_te-1").check()
    page.get_by_role("button", name="Continue", exact=True).click()
    skip(page, 3)
    page.get_by_role("button", name="The person doesn't want this part").click()
    skip(page, 43)
    page.get_by_role("button", name="The person doesn't want this part").click()
    skip(page, 3)
    page.get_by_role("button", name="Send the form").click()


def test_a_village_is_worked_without_network_and_no_request_joins_household_and_answers(
    tablet: Page, drawn: Database, sent: list[tuple[str, str]]
) -> None:
    ready(tablet)
    tablet.context.set_offline(True)
    expect(row(tablet, 12)).to_be_hidden()
    tell(tablet, 19, "refused")
    expect(row(tablet, 19).locator("[data-unsent]")).to_be_visible()
    expect(row(tablet, 12)).to_be_visible()
    interview(tablet, 12, 3)
    expect(tablet.get_by_role("status")).to_contain_text("stored on this tablet, encrypted")
    expect(row(tablet, 12).locator("[data-state]")).to_contain_text("Answered")
    expect(row(tablet, 12).get_by_role("link", name="Interview")).to_be_hidden()
    tell(tablet, 19, "complete")  # it was replaced already
    expect(tablet.get_by_role("alert")).to_contain_text("has already been asked in its place")
    tablet.goto(LIST)
    expect(row(tablet, 19).locator("[data-state]")).to_contain_text("Từ chối")
    expect(tablet.locator("[data-waits]")).to_contain_text("phiếu phỏng vấn 1; kết quả của thôn này 2")
    assert noted(drawn) == {}
    tablet.context.set_offline(False)
    expect(tablet.locator("[data-waits]")).to_be_hidden()
    assert noted(drawn) == {12: "complete", 19: "refused"}
    with drawn.reading() as session:
        [response] = session.scalars(select(Response)).all()
    assert (response.psu, response.adults, response.answers) == ("V1", 3, {"qt_y_te": 1})
    assert not [address for address, _body in sent if "#" in address or "ho=12" in address]
    bodies = [body for _address, body in sent if '"12"' in body]
    assert bodies
    assert all(body == '{"visits":{"12":"complete","19":"refused"}}' for body in bodies)
    tablet.context.set_offline(True)
    tablet.goto(LIST)
    expect(row(tablet, 19).locator("[data-state]")).to_contain_text("Từ chối")  # what was sent is still known here
    expect(row(tablet, 19).locator("[data-unsent]")).to_be_hidden()


def test_a_form_without_a_household_leads_to_the_list(tablet: Page) -> None:
    tablet.goto(FORM)
    tablet.wait_for_url("**/ho?thon=V1**")


def test_who_is_signed_out_meanwhile_loses_nothing(tablet: Page, drawn: Database) -> None:
    ready(tablet)
    tablet.context.clear_cookies()
    tell(tablet, 7, "away")
    expect(tablet.get_by_role("alert")).to_contain_text("đã đăng xuất")
    expect(row(tablet, 7).locator("[data-unsent]")).to_be_visible()
    assert noted(drawn) == {}
    tablet.get_by_role("link", name="Đăng nhập").click()
    tablet.fill("[name=name]", "dieu-tra")
    tablet.fill("[name=password]", PASSWORD)
    tablet.get_by_role("button", name="Đăng nhập").click()
    tablet.wait_for_url("**/phong-van/")
    tablet.goto(LIST)
    expect(row(tablet, 7).locator("[data-state]")).to_contain_text("Không gặp")
    expect(row(tablet, 7).locator("[data-unsent]")).to_be_hidden()
    assert noted(drawn) == {7: "away"}


@pytest.mark.variants(1)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing(tablet: Page, language: str) -> None:
    tablet.goto(f"{LIST}&lang={language}")
    tell(tablet, 7, "refused")
    row(tablet, 19).locator("summary").click()
    for scheme, width in (("light", 768), ("dark", 360)):
        tablet.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        tablet.set_viewport_size({"width": width, "height": 1024})
        for address in (None, f"{FORM}&lang={language}#ho=12"):
            if address:
                tablet.goto(address)
            assert violations(tablet, color_contrast_enhanced=True) == []
            assert tablet.evaluate("document.documentElement.scrollWidth <= innerWidth")
