"""The kiosk in a real browser: it starts without network, loses nothing, and keeps nothing of anybody."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select, update

from survey.responses import devices, sealed_responses
from survey.responses import quarantine as held
from survey.responses.devices import Link
from survey.storage.database import Database
from survey.storage.encrypted_texts import texts_of
from survey.storage.models import Device, QuarantinedResponse, Response, ResponseText, Verdict, Wave
from survey.system import dates
from survey.web import kiosk
from survey.web.app import create_app
from tests.browser.axe import violations
from tests.browser.fixtures import PATIENCE
from tests.browser.form import skip_to

START = "/kiosk/gop-y/06652"
PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}
NARROW = {"width": 768, "height": 1280}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def app(
    province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Flask]:
    """The application with a data folder of its own; a parameter changes its settings, such as KIOSK_IDLE."""
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    made = create_app(
        DATABASE_URL=province.url, SECRET_KEY="tests", **{"RATE": 1e9, **getattr(request, "param", {})}
    )
    yield made
    made.extensions["database"].engine.dispose()


@pytest.fixture
def link(province: Database) -> Link:
    """A link that is not used yet."""
    return another(province)


def another(province: Database, wave: str = "gop-y") -> Link:
    with province.writing() as session:
        return devices.link(session, wave, "06652", "Trung tâm Phục vụ hành chính công")


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """What went wrong in a script, or was refused by the policy: nothing, at the end of a test."""
    found: list[str] = []
    yield found
    assert not found


def watched(page: Page, faults: list[str]) -> Page:
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    return page


@pytest.fixture
def page(browser: Browser, live_server: str, link: Link, faults: list[str]) -> Iterator[Page]:
    """A bound kiosk of 1280 × 800, ready to start without network."""
    context = browser.new_context(base_url=live_server, viewport=LANDSCAPE, locale="vi-VN", has_touch=True)
    opened = watched(context.new_page(), faults)
    bind(opened, link)
    yield opened
    context.close()


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """The folder in which a browser keeps what it keeps."""
    return tmp_path / "profile"


@contextmanager
def device(browser: Browser, profile: Path, base: str, faults: list[str]) -> Iterator[Page]:
    """A whole Chromium that keeps its profile on disk, as a device does, until the end of the block."""
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path="/usr/bin/chromium",
        args=FLAGS,
        base_url=base,
        viewport=PORTRAIT,
        locale="vi-VN",
        timeout=PATIENCE,
    )
    context.set_default_timeout(PATIENCE)
    gone: list[Any] = []
    context.on("close", lambda closed: gone.append(closed))
    try:
        yield watched(context.pages[0], faults)
    finally:
        if not gone:
            context.close()


def kill(page: Page, profile: Path) -> None:
    """Ends the browser of this profile as a power cut would."""
    with page.context.expect_event("close"):
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if f"--user-data-dir={profile}" in (place / "cmdline").read_text().split("\0"):
                    os.kill(int(place.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue


def bind(page: Page, link: Link) -> None:
    page.goto(f"/kiosk/bind/{link.secret}")
    ready(page)


def ready(page: Page) -> None:
    """Waits until the start is there and would be there without network."""
    expect(page.locator("html.steps .intro")).to_be_visible()
    expect(page.locator("html[data-ready]")).to_be_attached()


def press(page: Page, *names: str) -> None:
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()


def answer(page: Page, remark: str, **chosen: int) -> None:
    """Answers the short form from the start to the review; what is not chosen is skipped."""
    press(page, "Bắt đầu")
    asked = [*chosen, "gop_y"] if remark else [*chosen]
    stops = ", ".join([".review", *(f'.ask[data-code="{code}"]' for code in asked)])
    while page.locator(".review:visible").count() == 0:
        code = page.locator(".ask:visible").first.get_attribute("data-code")
        if code == "gop_y" and remark:
            page.fill("#gop_y", remark)
            press(page, "Tiếp tục")
        elif code in chosen:
            page.locator(f"label[for={code}-{chosen[code]}]").click()
            press(page, "Tiếp tục")
        else:
            skip_to(page, stops)


ANSWERS = {"dich_vu": 4, "hl_chung": 2, "hl_cong_chuc": 1, "tiep_xuc": 1, "bi_phien_ha": 99, "bi_doi_tien": 1}


def kept(province: Database) -> list[dict[str, Any]]:
    with province.reading() as session:
        return [response.answers for response in session.scalars(select(Response))]


def waiting(page: Page) -> list[dict[str, str]]:
    """The sealed forms that wait on the device, as whoever holds it can read them."""
    found: list[dict[str, str]] = page.evaluate(
        """() => new Promise((resolve) => {
          const request = indexedDB.open("hailong-kiosk");
          request.onsuccess = () => {
            const all = request.result.transaction("outbox").objectStore("outbox").getAll();
            all.onsuccess = () => { request.result.close(); resolve(all.result); };
          };
        })"""
    )
    return found


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Waits until something holds that no page shows."""
    for _time in range(3_000):
        if holds():
            return
        page.wait_for_timeout(100)
    pytest.fail("it never came to hold")


def write_down(page: Page, profile: Path) -> None:
    """Comes to a moment at which a browser writes down what a page holds, and waits until it has."""
    moment = uuid4().hex
    page.evaluate("(moment) => history.pushState({}, '', `?${moment}`)", moment)
    until(page, lambda: bool(traces(profile, [moment])))


def traces(profile: Path, words: list[str], fields: dict[str, int] | None = None) -> list[str]:
    """Where in a profile one of the words stands, in any form that a browser writes; and where the browser has
    written down, in the wide letters of its memory of a page, that one of the fields was filled in."""
    forms = {code.encode("utf-16-le"): code for code in fields or {}} | {
        form: word
        for word in words
        for form in (
            word.encode(),
            word.encode("utf-16-le"),
            word.encode("utf-16-be"),
            quote(word).encode(),
            json.dumps(word)[1:-1].encode(),
        )
    }
    found = []
    for path in profile.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            found += [f"{word} in {path.relative_to(profile)}" for form, word in forms.items() if form in content]
    return found


def as_written(answers: dict[str, int]) -> list[str]:
    """Every answer as a document, a sent form, and a browser's memory of a form's fields would write it."""
    return [
        form.format(code=code, value=value)
        for code, value in answers.items()
        for form in ('"{code}":{value}', '"{code}": {value}', "{code}={value}", "{code}\0{value}")
    ]


# Setting up, and without network


def test_one_link_sets_the_kiosk_up_and_it_starts_without_network(page: Page, province: Database) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ý kiến về lần làm thủ tục")
    expect(page.locator(".top").get_by_text("Trung tâm Phục vụ hành chính công, phường Hà Tu")).to_be_visible()
    page.context.set_offline(True)
    fresh = page.context.new_page()
    fresh.goto(START)
    answer(fresh, "", **ANSWERS)
    press(fresh, "Gửi phiếu")
    expect(fresh.get_by_role("heading", level=1)).to_contain_text("Đã nhận phiếu")
    expect(fresh.get_by_text("tự gửi khi có mạng")).to_be_visible()
    assert kept(province) == []
    assert len(waiting(fresh)) == 1
    page.context.set_offline(False)
    until(fresh, lambda: kept(province) == [ANSWERS])
    until(fresh, lambda: waiting(fresh) == [])


def test_an_empty_form_is_asked_about_once_before_it_is_sealed(page: Page, province: Database) -> None:
    answer(page, "")
    press(page, "Gửi phiếu")
    expect(page.get_by_role("alert")).to_contain_text("chưa trả lời câu nào")
    assert kept(province) == []
    press(page, "Gửi phiếu trống")
    expect(page.locator(".done")).to_be_visible()
    until(page, lambda: kept(province) == [{}])


def test_with_network_the_receipt_has_a_code(page: Page, province: Database) -> None:
    answer(page, "Ghế ngồi chật", **ANSWERS)
    page.locator("label[for=helped-family]").click()
    press(page, "Gửi phiếu")
    expect(page.locator(".receipt [data-code]")).to_have_text(
        re.compile(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}")
    )
    assert kept(province) == [ANSWERS]
    with province.reading() as session:
        (response,) = session.scalars(select(Response))
        assert (response.mode, response.day) == ("kiosk", dates.today())
        assert {*response.marks} - {"quick"} == {"helped-family", "lang-vi"}  # how quick is the machine's matter
        assert texts_of(session.connection(), session.scalars(select(ResponseText.response)).one()) == {
            "gop_y": "Ghế ngồi chật"
        }
    press(page, "Xong")
    expect(page.locator(".intro")).to_be_visible()


def test_a_person_answers_in_english_without_network_and_the_next_begins_in_vietnamese(page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_role("link", name="Start in English").click()
    expect(page.locator(".ask:visible h3")).to_have_text("What was your business about?")
    page.locator("label[for=dich_vu-4]").click()
    page.locator("[data-switch=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(page.locator("#dich_vu-4")).to_be_checked()
    page.locator("[data-switch=language]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("link", name="Quick exit").click()
    expect(page.get_by_role("button", name="Bắt đầu")).to_be_visible()
    assert page.url.endswith(START)


# Nothing is lost, and nothing counted twice


def test_each_form_arrives_once_over_restarts_of_browser_and_server(
    browser: Browser,
    app: Flask,
    serving: Callable[[Flask, int], AbstractContextManager[str]],
    province: Database,
    link: Link,
    profile: Path,
    faults: list[str],
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    with serving(app, port), device(browser, profile, base, faults) as page:
        bind(page, link)
    with serving(app, port), device(browser, profile, base, faults) as page:
        page.goto(START)
        # The server keeps the form, and its answer is lost on the way.
        page.context.route("**/api/v1/sealed", lambda route: (route.fetch(), route.abort()))
        answer(page, "", hl_chung=1)
        press(page, "Gửi phiếu")
        expect(page.locator(".done")).to_be_visible()
        until(page, lambda: kept(province) == [{"hl_chung": 1}])
        assert len(waiting(page)) == 1
        kill(page, profile)
    with device(browser, profile, base, faults) as page:  # the server is away
        page.goto(START)
        answer(page, "", hl_chung=2)
        press(page, "Gửi phiếu")
        expect(page.locator(".done")).to_be_visible()
        assert len(waiting(page)) == 2
        kill(page, profile)
    again = create_app(DATABASE_URL=province.url, SECRET_KEY="tests")
    with serving(again, port), device(browser, profile, base, faults) as page:
        page.goto(START)
        until(page, lambda: waiting(page) == [])
    again.extensions["database"].engine.dispose()
    assert sorted(answers["hl_chung"] for answers in kept(province)) == [1, 2]


@pytest.mark.variants(2)
@pytest.mark.parametrize(
    "reply",
    [
        {"status": 200, "body": "<h1>Wi-Fi</h1>", "content_type": "text/html"},
        {"status": 200, "body": '{"id": "another", "status": "known"}', "content_type": "application/json"},
        {"status": 500, "body": "{}", "content_type": "application/json"},
        {"status": 302, "headers": {"Location": "/"}},
    ],
    ids=["a portal", "another form", "a fault", "led elsewhere"],
)
def test_a_form_is_forgotten_only_when_the_server_says_that_it_has_it(page: Page, reply: dict[str, Any]) -> None:
    page.context.route("**/api/v1/sealed", lambda route: route.fulfill(**reply))
    answer(page, "", hl_chung=1)
    press(page, "Gửi phiếu")
    expect(page.get_by_text("tự gửi khi có mạng")).to_be_visible()
    assert len(waiting(page)) == 1
    page.context.unroute("**/api/v1/sealed")
    press(page, "Xong")
    until(page, lambda: waiting(page) == [])


def test_what_was_begun_on_the_last_day_and_sent_after_it_is_held_for_staff_and_forgotten(
    page: Page, province: Database, ended: Callable[..., None]
) -> None:
    yesterday = dates.today() - timedelta(1)
    page.context.set_offline(True)
    page.clock.set_fixed_time(f"{yesterday}T23:59:50+07:00")
    answer(page, "", hl_chung=1)
    page.clock.set_fixed_time(f"{dates.today()}T00:00:05+07:00")
    press(page, "Gửi phiếu")
    expect(page.locator(".done")).to_be_visible()
    ended("gop-y")
    page.context.set_offline(False)
    until(page, lambda: waiting(page) == [])
    with province.reading() as session:
        held = session.scalars(select(QuarantinedResponse)).one()
        assert (held.reason, held.day) == ("late", yesterday.isoformat())


# Nothing is kept of anybody


@pytest.mark.parametrize("app", [{"KIOSK_IDLE": 1.5, "KIOSK_WARNING": 2}], indirect=True)
def test_answers_of_somebody_who_left_are_nowhere_on_the_disk(
    browser: Browser, live_server: str, link: Link, profile: Path, faults: list[str]
) -> None:
    marker = uuid4().hex
    with device(browser, profile, live_server, faults) as page:
        bind(page, link)
        answer(page, marker, **ANSWERS)
        dialog = page.get_by_role("dialog", name="Ông/Bà còn ở đây không?")
        expect(dialog).to_be_visible()
        expect(dialog.locator("[data-left]")).to_have_text("1")
        expect(page.locator(".intro")).to_be_visible()
        assert page.url == live_server + START
        for _time in range(3):
            page.go_back()
            assert marker not in page.content()
        page.goto(START)
        for _time in range(3):
            page.go_forward()
            assert marker not in page.content()
        assert page.locator("input:checked").count() == 0
    assert traces(profile, [marker, *as_written(ANSWERS)], ANSWERS) == []


def test_answers_are_nowhere_on_the_disk_when_the_power_goes(
    browser: Browser, live_server: str, link: Link, profile: Path, faults: list[str]
) -> None:
    marker = uuid4().hex
    with device(browser, profile, live_server, faults) as page:
        bind(page, link)
        answer(page, marker, **ANSWERS)
        write_down(page, profile)
        kill(page, profile)
    assert traces(profile, [marker, *as_written(ANSWERS)], ANSWERS) == []
    with device(browser, profile, live_server, faults) as page:
        page.goto(START)
        expect(page.locator(".intro")).to_be_visible()
        assert page.locator("input:checked").count() == 0
        assert waiting(page) == []


def test_the_search_finds_what_a_less_careful_page_leaves(
    browser: Browser, live_server: str, link: Link, profile: Path, faults: list[str]
) -> None:
    stored, noted, visited, typed = (uuid4().hex for _place in range(4))
    with device(browser, profile, live_server, faults) as page:
        bind(page, link)
        page.evaluate("(text) => localStorage.setItem('draft', text)", stored)
        page.evaluate("async (text) => (await caches.open('x')).put('/x', new Response(text))", noted)
        page.goto(f"{START}?q={visited}")
        expect(page.locator(".intro")).to_be_visible()
        page.locator("#form").evaluate("form => form.autocomplete = 'on'")
        answer(page, typed, **ANSWERS)
        write_down(page, profile)
        until(page, lambda: bool(traces(profile, [stored])))  # what is stored like this is written after a while
        kill(page, profile)
    found = " ".join(traces(profile, [stored, noted, visited, typed], {"hl_chung": 2}))
    assert [word in found for word in (stored, noted, visited, typed, "hl_chung")] == [True] * 5


def test_whoever_holds_the_device_can_not_read_what_waits(
    browser: Browser, live_server: str, link: Link, profile: Path, province: Database, faults: list[str]
) -> None:
    marker = uuid4().hex
    with device(browser, profile, live_server, faults) as page:
        bind(page, link)
        page.context.set_offline(True)
        answer(page, marker, **ANSWERS)
        press(page, "Gửi phiếu")
        expect(page.locator(".done")).to_be_visible()
        (item,) = waiting(page)
        public = page.locator("html").get_attribute("data-public")
    assert set(item) == {"id", "wave", "unit", "mode", "day", "key", "sealed"}
    assert traces(profile, [marker, *as_written(ANSWERS)]) == []
    assert traces(profile, [item["id"]])  # the outbox itself is on the disk, and was looked into
    about, sealed = sealed_responses.associated_data(item), sealed_responses._read(item["sealed"])
    assert len(sealed) == 65 + 4096 + 16  # whatever was answered
    assert public
    for guess in (
        sealed_responses._read(public)[1:33],
        sealed[1:33],
        bytes.fromhex(item["id"].replace("-", "")) * 2,
    ):
        number = int.from_bytes(guess, "big")
        with pytest.raises(InvalidTag):
            sealed_responses.SUITE.decrypt(
                sealed, sealed_responses.ec.derive_private_key(number, sealed_responses.ec.SECP256R1()), info=about
            )
    opened = json.loads(sealed_responses.SUITE.decrypt(sealed, sealed_responses.current().private, info=about))
    assert opened["answers"] == ANSWERS | {"gop_y": marker}


OWN_NAME = re.compile(r"^[a-z]+(_[a-z]+)+$|[0-9a-f]{8}([-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}")


def remembered(profile: Path, secret: str) -> dict[str, Any]:
    """What a browser that was closed has written down of where it was, without the times and the link that bound
    it: addresses, titles and visits, what a session is restored from, and the lengths of what it kept sealed."""
    with closing(sqlite3.connect(profile / "Default" / "History")) as history:
        visits = history.execute(
            "SELECT urls.url, title, visit_count, typed_count, count(*) FROM urls"
            " JOIN visits ON visits.url = urls.id GROUP BY urls.id ORDER BY urls.url"
        ).fetchall()
    entries: set[int] = set()
    words: set[str] = set()
    for path in (profile / "Default" / "Sessions").iterdir():
        content, at = path.read_bytes(), 8
        assert content[:4] == b"SNSS"
        while at < len(content):
            (size,) = struct.unpack_from("<H", content, at)
            kind, told = content[at + 2], content[at + 3 : at + 2 + size]
            at += 2 + size
            if kind == 6 and path.name.startswith("Session"):  # an entry of a tab's history: length, tab, place, …
                entries.add(struct.unpack_from("<i", told, 8)[0])
            # In letters of a byte or of two, as far as they are no names of the browser's own.
            words |= set(re.findall(r"[ -~]{8,}", told.decode("latin-1")))
            for start in (0, 1):
                words |= set(re.findall(r"[ -~À-ɏḀ-ỹ·]{8,}", told[start:].decode("utf-16-le", "ignore")))
    said = {re.sub(r"\W$", "", word.replace(secret, "…")) for word in words if not OWN_NAME.search(word)}
    stored = b"".join(
        path.read_bytes() for path in (profile / "Default" / "IndexedDB").rglob("*") if path.is_file()
    )
    return {
        "history": [(url.replace(secret, "…"), *rest) for url, *rest in visits],
        "entries": entries,
        "words": {word for word in said if len(re.findall("[A-Za-z]", word)) > 3},
        "sealed": {len(run) for run in re.findall(rb"[A-Za-z0-9_-]{1000,}", stored)},
    }


def test_two_who_differ_in_one_answer_leave_the_same_behind(
    browser: Browser, live_server: str, province: Database, tmp_path: Path, faults: list[str]
) -> None:
    def left(name: str, **answers: int) -> dict[str, Any]:
        """One person sends, the next leaves by the quick exit, a third one answers in English."""
        bound = another(province)
        with device(browser, tmp_path / name, live_server, faults) as page:
            bind(page, bound)
            answer(page, "", **ANSWERS | answers)
            press(page, "Gửi phiếu", "Xong")
            ready(page)
            press(page, "Bắt đầu", "Bỏ qua", "Quay lại", "Tiếp tục", "Bỏ qua")
            page.get_by_role("link", name="Thoát nhanh").click()
            ready(page)
            page.get_by_role("link", name="Start in English").click()
            press(page, "Skip", "Skip", "Back")
            page.get_by_role("link", name="Quick exit").click()
            ready(page)
        return remembered(tmp_path / name, bound.secret)

    as_is = left("one")
    title = "Ý kiến về lần làm thủ tục · Hài Lòng"
    assert {title, live_server + START} <= as_is["words"]  # else this test could not see it
    assert [row[:2] for row in as_is["history"]][-1] == (live_server + START, title)
    assert as_is["entries"] == {0, 1}  # the empty page with which the browser opened, and the kiosk
    for name, answers in {"asked-more": {"tiep_xuc": 2}, "delicate": {"bi_doi_tien": 2}}.items():
        other = left(name, **answers)  # who met nobody is asked less
        if (
            other["words"] != as_is["words"]
        ):  # the bytes of a time are now and then letters, but not twice the same
            as_is["words"] &= left(f"one-beside-{name}")["words"]
            other["words"] &= left(f"{name}-again", **answers)["words"]
        assert other == as_is


@pytest.mark.parametrize("app", [{"KIOSK_IDLE": 1, "KIOSK_WARNING": 30}], indirect=True)
def test_whoever_is_still_there_goes_on_and_whoever_wants_wipes_at_once(page: Page) -> None:
    press(page, "Bắt đầu")
    page.locator("label[for=dich_vu-4]").click()
    dialog = page.get_by_role("dialog", name="Ông/Bà còn ở đây không?")
    expect(dialog).to_be_visible()
    press(page, "Còn, làm tiếp")
    expect(dialog).to_be_hidden()
    expect(page.locator("#dich_vu-4")).to_be_checked()
    expect(dialog).to_be_visible()
    page.get_by_role("link", name="Xóa và về đầu").click()
    expect(page.locator(".intro")).to_be_visible()
    assert page.locator("input:checked").count() == 0


@pytest.mark.parametrize("app", [{"KIOSK_RECEIPT": 1}], indirect=True)
def test_the_receipt_makes_room_for_the_next(page: Page) -> None:
    answer(page, "", hl_chung=4)
    press(page, "Gửi phiếu")
    expect(page.locator(".done")).to_be_visible()
    expect(page.locator(".intro")).to_be_visible()
    page.go_back()
    assert "hl_chung" not in page.url
    assert page.locator("input:checked").count() == 0


@pytest.mark.parametrize("app", [{"KIOSK_IDLE": 1}], indirect=True)
def test_the_start_forgets_a_language_and_a_size_that_somebody_left(page: Page) -> None:
    press(page, "Chữ to")
    expect(page.locator("html")).to_have_attribute("data-size", "large")
    expect(page.locator("html:not([data-size])")).to_be_attached()


def test_the_quick_exit_leads_to_the_start_by_touch_and_by_esc(page: Page) -> None:
    for leave in (
        lambda: page.get_by_role("link", name="Thoát nhanh").click(),
        lambda: [page.keyboard.press("Escape") for _time in range(3)],
    ):
        press(page, "Bắt đầu")
        page.locator("label[for=dich_vu-4]").click()
        leave()
        expect(page.locator(".intro")).to_be_visible()
        assert page.locator("input:checked").count() == 0


def test_a_finger_that_stays_on_a_button_presses_it_once(page: Page) -> None:
    """A browser makes no click of a long touch; of a short one it makes its own, which is not made here."""
    page.clock.install()
    press(page, "Bắt đầu")
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 2)
    skip, level = page.get_by_role("button", name="Bỏ qua"), page.locator("label[for=hl_chung-4]")

    def hold(button: Locator, milliseconds: int) -> None:
        box = button.bounding_box()
        assert box
        at = {"clientX": box["x"] + box["width"] / 2, "clientY": box["y"] + box["height"] / 2}
        finger = {"pointerType": "touch", "isPrimary": True, "bubbles": True, **at}
        button.dispatch_event("pointerdown", finger)
        page.clock.run_for(milliseconds)
        button.dispatch_event("pointerup", finger)
        page.clock.run_for(200)

    hold(skip, 100)
    expect(page.locator("[data-at]")).to_have_text("1")
    hold(skip, 900)
    expect(page.locator("[data-at]")).to_have_text("2")
    hold(level, 900)
    expect(page.locator("#hl_chung-4")).to_be_checked()
    hold(skip, 900)
    expect(page.locator("[data-at]")).to_have_text("3")
    skip.click()  # too soon after the one that was made: the browser's own, late
    expect(page.locator("[data-at]")).to_have_text("3")


# It stops rather than lose one


# As a browser behaves whose disk is full: what was put is given up when the transaction ends.
FULL = """() => {
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...all) {
    const request = put.apply(this, all);
    if (localStorage.getItem("disk") === "full") this.transaction.abort();
    return request;
  };
}"""
ALMOST_FULL = "() => { navigator.storage.estimate = async () => ({ quota: 1000000, usage: 990000 }); }"


@pytest.mark.parametrize("how", [FULL, ALMOST_FULL], ids=["full", "almost full"])
def test_a_full_device_says_so_and_takes_nobody_until_there_is_room(page: Page, how: str) -> None:
    page.evaluate("localStorage.setItem('disk', 'full')")
    page.context.add_init_script(f"if (localStorage.getItem('disk') === 'full') ({how})();")
    page.goto(START)
    expect(page.get_by_role("heading", level=1)).to_have_text("Máy đang tạm nghỉ")
    expect(page.get_by_text("để không mất phiếu nào")).to_be_visible()
    assert page.locator("#form").count() == 0
    page.evaluate("localStorage.setItem('disk', 'free'); delete navigator.storage.estimate")
    page.evaluate("dispatchEvent(new Event('online'))")  # as once a minute
    expect(page.locator(".intro")).to_be_visible()


def test_a_device_that_fills_up_under_way_says_that_the_form_was_not_received(
    page: Page, province: Database
) -> None:
    answer(page, "", **ANSWERS)
    page.evaluate(FULL)
    page.evaluate("localStorage.setItem('disk', 'full')")
    page.context.set_offline(True)
    press(page, "Gửi phiếu")
    expect(page.get_by_role("alert")).to_contain_text("Chưa nhận được phiếu")
    expect(page.locator("#hl_chung-2")).to_be_checked()
    page.context.set_offline(False)
    press(page, "Gửi phiếu")
    expect(page.locator(".done")).to_be_visible()
    assert kept(province) == [ANSWERS]


def test_a_revoked_device_stops_and_sends_what_waits_once_it_is_bound_again(
    page: Page, province: Database
) -> None:
    page.context.set_offline(True)
    answer(page, "", hl_chung=1)
    press(page, "Gửi phiếu")
    expect(page.locator(".done")).to_be_visible()
    with province.writing() as session:
        devices.revoke(session, 1)
    page.context.set_offline(False)
    press(page, "Xong")
    expect(page.get_by_text("Máy đã được cho nghỉ")).to_be_visible()
    assert len(waiting(page)) == 1
    bind(page, another(province))
    until(page, lambda: waiting(page) == [])
    with province.writing() as session:
        [form] = held.listed(session)
        assert form.form.reason == "revoked"
        held.decide(session, "gop-y", [form.form.digest], Verdict.ACCEPTED, "found on the day after", "lan")
    assert kept(province) == [{"hl_chung": 1}]


def test_outside_the_days_of_the_wave_it_takes_nobody(page: Page, province: Database) -> None:
    with province.writing() as session:
        session.execute(update(Wave).values(opens=dates.today().replace(year=2000)))
        session.execute(update(Wave).values(closes=dates.today().replace(year=2001)))
    page.evaluate("caches.delete('kiosk')")
    page.goto(START)
    expect(page.get_by_text("Hôm nay không lấy ý kiến")).to_be_visible()


def test_without_the_bundle_it_says_so_and_takes_nobody(
    browser: Browser, live_server: str, link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kiosk, "BUNDLE", "not-made.js")
    context = browser.new_context(base_url=live_server, service_workers="block")
    context.route("**/kiosk/hpke.js", lambda route: route.fulfill(status=404))
    page = context.new_page()
    page.goto(f"/kiosk/bind/{link.secret}")
    expect(page.get_by_text("Máy không niêm phong được")).to_be_visible()
    assert page.locator("#form").count() == 0
    context.close()


def test_without_scripts_it_says_what_it_needs(browser: Browser, live_server: str, link: Link) -> None:
    context = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/kiosk/bind/{link.secret}")
    expect(page.locator("noscript p")).to_be_visible()
    page.get_by_role("button", name="Gắn máy này").click()
    expect(page.locator("noscript h1")).to_be_visible()
    expect(page.locator("#form")).to_be_hidden()
    context.close()


# Staff


def type_code(page: Page, code: str) -> None:
    page.locator("[data-staff]").focus()
    page.keyboard.press("Enter")
    for digit in code:
        page.locator(f"[data-digit='{digit}']").click()


def test_staff_see_how_many_forms_wait_and_citizens_do_not(page: Page, link: Link) -> None:
    page.context.set_offline(True)
    answer(page, "", hl_chung=1)
    press(page, "Gửi phiếu", "Xong")
    expect(page.locator(".intro")).to_be_visible()
    expect(page.locator("[data-waiting]")).to_be_hidden()
    type_code(page, link.leave_code)
    expect(page.locator("[data-waiting]")).to_have_text("1")
    press(page, "Cho máy nghỉ")
    expect(page.get_by_text("Còn phiếu chờ gửi hoặc mất mạng")).to_be_visible()
    page.context.set_offline(False)
    press(page, "Gửi ngay")
    expect(page.locator("[data-waiting]")).to_have_text("0")


def test_a_wrong_code_opens_nothing_for_a_while(page: Page, link: Link) -> None:
    wrong = str((int(link.leave_code) + 1) % 10**6).zfill(6)
    type_code(page, wrong)
    expect(page.get_by_text("Mã không đúng")).to_be_visible()
    for digit in link.leave_code:
        page.locator(f"[data-digit='{digit}']").click()
    expect(page.locator("[data-waiting]")).to_be_hidden()


def test_a_long_press_on_the_mark_opens_it_and_a_short_one_does_not(page: Page) -> None:
    page.locator("[data-staff]").click()
    expect(page.locator("#staff")).to_be_hidden()
    page.locator("[data-staff]").hover()
    page.mouse.down()
    expect(page.locator("#staff")).to_be_visible()
    page.mouse.up()


def test_leaving_gives_the_browser_back(page: Page, link: Link, province: Database) -> None:
    type_code(page, link.leave_code)
    press(page, "Cho máy nghỉ")
    page.wait_for_url("**/")
    with province.reading() as session:
        assert devices.state(session.get_one(Device, 1)) == "revoked"
    page.goto(START)
    assert page.locator("html.kiosk").count() == 0
    assert page.evaluate("caches.keys()") == []


# How it was filled in


@pytest.mark.variants(1)
@pytest.mark.parametrize(
    ("chosen", "mark"),
    [
        ({"dich_vu": 1, "hl_chung": 1, "hl_tiep_can": 1, "hl_thu_tuc": 1, "tiep_xuc": 1}, True),
        ({"dich_vu": 2, "hl_chung": 1, "hl_tiep_can": 1, "hl_thu_tuc": 1, "tiep_xuc": 1}, False),
        ({"hl_chung": 1, "hl_tiep_can": 1, "hl_thu_tuc": 1, "tiep_xuc": 1}, False),
    ],
    ids=["the same place five times", "one elsewhere", "too few to say"],
)
def test_the_same_button_throughout_is_marked(
    page: Page, province: Database, chosen: dict[str, int], mark: bool
) -> None:
    answer(page, "", **chosen)
    press(page, "Gửi phiếu")
    expect(page.locator(".done")).to_be_visible()
    until(page, lambda: len(kept(province)) == 1)
    with province.reading() as session:
        assert ("same" in session.scalars(select(Response)).one().marks) is mark


def test_whoever_took_longer_is_not_marked_as_quick(page: Page, province: Database) -> None:
    answer(page, "", hl_chung=4)
    page.evaluate("() => { const now = performance.now.bind(performance); performance.now = () => now() + 5000; }")
    press(page, "Gửi phiếu")
    expect(page.locator(".done")).to_be_visible()
    until(page, lambda: len(kept(province)) == 1)
    with province.reading() as session:
        assert session.scalars(select(Response)).one().marks == ["lang-vi"]


# For everyone


SMALL = """() => [...document.querySelectorAll("button, a, label, input, textarea")]
  .filter((node) => node.checkVisibility() && !node.matches(".jump, .o input, :not(.o) > label"))
  .map((node) => [node.textContent.trim().slice(0, 30), node.getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 80 || box.width < 80) && box.bottom > 0)
  .map(([text, box]) => `${text}: ${box.width} x ${box.height}`)"""
BROKEN = """() => [...document.querySelectorAll(".tool")].map((tool) => tool.textContent).filter((_text, at) => {
  const words = document.createRange();
  words.selectNodeContents(document.querySelectorAll(".tool")[at]);
  return words.getClientRects().length > 1; })"""
LINKS = "() => [...document.querySelectorAll('a')].map((link) => link.getAttribute('href'))"


def checked(page: Page) -> None:
    """What every screen of the kiosk must hold to."""
    assert violations(page) == []
    assert page.evaluate(SMALL) == []
    assert {re.split("[#?]", link)[0] for link in page.evaluate(LINKS)} == {"", START}
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.variants(1)
@pytest.mark.parametrize(
    ("viewport", "language"), [(PORTRAIT, "vi"), (LANDSCAPE, "en")], ids=["vi-portrait", "en-landscape"]
)
def test_every_screen_can_be_used_by_everyone(page: Page, link: Link, viewport: Any, language: str) -> None:
    page.set_viewport_size(viewport)
    checked(page)
    if language == "vi":
        page.locator(".bar [type=submit]").click()
    else:
        page.get_by_role("link", name="Start in English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")
    forward, skip = page.locator(".bar [type=submit]"), page.locator(".bar [data-skip]")
    checked(page)
    forward.click()
    expect(page.locator(".trouble")).to_be_visible()
    checked(page)
    page.locator("label[for=dich_vu-4]").click()
    forward.click()
    page.locator("label[for=hl_chung-4]").click()
    checked(page)
    forward.click()
    for _screen in range(3):
        skip.click()
    checked(page)
    for _screen in range(2):
        skip.click()
    page.locator("label[for=tiep_xuc-1]").click()
    forward.click()
    checked(page)
    for _screen in range(3):
        skip.click()
    checked(page)
    skip.click()
    expect(page.locator(".review")).to_be_visible()
    checked(page)
    page.evaluate("document.querySelector('#idle').showModal()")
    checked(page)
    page.locator("[data-stay]").click()
    forward.click()
    expect(page.locator(".done")).to_be_visible()
    checked(page)
    page.locator("[data-finish]").click()
    expect(page.locator(".intro")).to_be_visible()
    page.locator("[data-about]").click()
    checked(page)
    page.locator("#about [data-close]").click()
    type_code(page, link.leave_code[:3])
    checked(page)
    for digit in link.leave_code[3:]:
        page.locator(f"[data-digit='{digit}']").click()
    expect(page.locator("[data-waiting]")).to_be_visible()
    checked(page)


@pytest.mark.variants(2)
@pytest.mark.parametrize("viewport", [LANDSCAPE, NARROW, PORTRAIT], ids=["landscape", "narrow", "portrait"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_question_of_the_short_form_fits_the_screen(page: Page, viewport: Any, language: str) -> None:
    """Also with the notice that an answer is lacking above it."""
    page.set_viewport_size(viewport)
    page.goto(f"{START}?lang={language}")
    forward = page.locator(".bar [type=submit]")
    forward.click()
    expect(page.locator(".ask:visible")).to_be_visible()
    assert page.evaluate(BROKEN) == []
    while page.locator(".review:visible").count() == 0:
        for _time in range(1 if page.locator(".ask:visible textarea").count() else 2):
            over = page.evaluate("document.documentElement.scrollHeight - innerHeight")
            assert over <= 0, page.locator(".ask:visible").first.get_attribute("data-code")
            forward.click()  # with nothing chosen
        if page.locator("#tiep_xuc-1:visible").count():
            page.locator("label[for=tiep_xuc-1]").click()
            forward.click()
        elif page.locator(".trouble:visible").count():
            page.locator(".bar [data-skip]").click()


def test_a_delicate_answer_is_covered_when_somebody_goes_back(page: Page) -> None:
    page.goto(START)
    press(page, "Bắt đầu")
    for _screen in range(7):
        press(page, "Bỏ qua")
    page.locator("label[for=tiep_xuc-1]").click()
    press(page, "Tiếp tục")
    page.locator("label[for=bi_phien_ha-1]").click()
    press(page, "Tiếp tục", "Quay lại")
    expect(page.locator(".cover")).to_be_visible()
    expect(page.locator("label[for=bi_phien_ha-1]")).to_be_hidden()
    press(page, "Hiện")
    expect(page.locator("#bi_phien_ha-1")).to_be_checked()
    expect(page.locator("label[for=bi_phien_ha-1]")).to_be_visible()
    press(page, "Tiếp tục")
    while not page.locator(".ask:visible textarea").count():
        press(page, "Bỏ qua")
    page.locator(".ask:visible textarea").fill("lời của người trước")
    press(page, "Tiếp tục", "Quay lại")  # the review hides it, so the way back does
    expect(page.locator(".cover:visible")).to_be_visible()
    expect(page.locator("textarea:visible")).to_have_count(0)


def test_no_answer_looks_larger_than_another(page: Page) -> None:
    for viewport in (PORTRAIT, LANDSCAPE, {"width": 800, "height": 1280}):
        page.set_viewport_size(viewport)
        for language in ("vi", "en"):
            page.goto(f"{START}?lang={language}")
            page.locator(".bar [type=submit]").click()
            press(page, "Bỏ qua" if language == "vi" else "Skip")
            words = []
            for _size in range(2):
                boxes = [label.bounding_box() for label in page.locator(".ask:visible label").all()]
                for side in ("width", "height"):
                    sides = [box[side] for box in boxes if box]
                    assert max(sides) - min(sides) <= 2
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
                words.append(
                    page.locator(".ask:visible label").first.evaluate("it => getComputedStyle(it).fontSize")
                )
                assert page.locator(".jump").evaluate("it => it.getBoundingClientRect().bottom") <= 0
                page.locator("button[data-size]").click()
            assert float(words[1][:-2]) >= 1.1 * float(words[0][:-2])


def test_it_is_light_and_nothing_can_be_marked_copied_or_looked_into(browser: Browser, page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 242, 233)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).userSelect") == "none"
    prevented = (
        "(kind) => !document.querySelector('h1').dispatchEvent(new Event(kind, {bubbles: true, cancelable: true}))"
    )
    for kind in ("contextmenu", "selectstart", "dragstart"):
        assert page.evaluate(prevented, kind)


def test_the_household_form_can_be_asked_where_the_wave_says_so(
    browser: Browser, live_server: str, province: Database, faults: list[str]
) -> None:
    context = browser.new_context(base_url=live_server, viewport=PORTRAIT)
    page = watched(context.new_page(), faults)
    bind(page, another(province, "ho-mo"))
    assert page.locator(".ask").count() > 80
    press(page, "Bắt đầu")
    expect(page.locator(".ask:visible").first).to_be_visible()
    context.close()


def test_a_device_that_is_not_bound_is_a_phone(browser: Browser, live_server: str) -> None:
    context = browser.new_context(base_url=live_server)
    page = context.new_page()
    page.goto(START)
    assert page.locator("html.kiosk").count() == 0
    assert page.locator("#form").get_attribute("action") == "/s/gop-y/06652"
    context.close()
