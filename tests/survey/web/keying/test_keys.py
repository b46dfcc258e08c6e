"""The keying screen of a printed form in a real browser: saved field by field, resumed where it was left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import make_url, select

from forms import Questionnaire, parse
from survey.fieldwork import double_entry, keying, sheet_locks
from survey.storage.database import Database
from survey.storage.models import (
    Batch,
    Keying,
    Mode,
    OpenKeying,
    Response,
    Sheet,
    SheetState,
    Village,
    WaveKind,
)
from survey.system import dates
from survey.waves import questionnaires, waves
from tests.browser.axe import violations

OFFICE = {"width": 1366, "height": 768}
WAVE = "/nhap-phieu/ho-mau/"
LIST = "/nhap-phieu/doi-chieu/"


@pytest.fixture
def sheet(context: BrowserContext, batch: Database) -> Iterator[Page]:
    """The keying screen with the first form of the batch; a fault of its script fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(WAVE)
    page.click("text=B1")
    expect(page.locator("body.live")).to_be_visible()
    yield page
    assert faults == []


def at(page: Page) -> str:
    here: str = page.evaluate("document.querySelector('.map .here')?.dataset.go ?? ''")
    return here


def opened(database: Database, number: str) -> OpenKeying | None:
    with database.reading() as session:
        return session.get(OpenKeying, (number, sheet_locks.FIRST))


def saved(page: Page, number: str, database: Database, code: str, text: str) -> None:
    """Waits until a field has come to the server."""
    for _time in range(2_000):
        row = opened(database, number)
        if row is not None and row.typed.get(code) == text:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{code} is not saved")


@contextmanager
def served(database: Database, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """`hailong serve` in a process of its own."""
    folder = Path(str(make_url(database.url).database)).parent
    settings = {
        "HAILONG_DATA": str(folder),
        "HAILONG_DATABASE_URL": database.url,
        "HAILONG_SECRET_KEY": "tests",
    }
    server = subprocess.Popen(
        [Path(sys.executable).with_name("hailong"), "serve", "--port", str(port)],
        env={**os.environ, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        pause = threading.Event()
        for _trial in range(6_000):
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0 or server.poll() is not None:
                    break
            pause.wait(0.05)
        yield server
    finally:
        kill(server)


def kill(server: subprocess.Popen[bytes]) -> None:
    """Kills a server with all its processes; a second time there is nothing to kill."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_printed_form_takes_one_key_an_item_and_every_field_is_saved_when_it_is_left(
    sheet: Page, household: Questionnaire, batch: Database, forms: list[str]
) -> None:
    assert sheet.locator("h1").text_content() == forms[0]
    assert sheet.locator("#question").inner_text() == "A Số người từ 18 tuổi trở lên trong hộ"
    presses, wanted, saves = 0, {}, []
    sheet.on("requestfinished", lambda request: saves.append(request) if request.url.endswith("/luu") else None)
    for item in (*keying.head(), *household.keyed):
        if item.kind.is_text and item.show_if:
            continue
        assert at(sheet) == item.code
        if item.kind.is_text:
            keys = ["Enter"]
        elif item.kind.several:
            keys, wanted[item.code] = ["1", "3", "Enter"], [1, 3]
        else:
            level = list(item.choices)[len(wanted) % 2 if item.kind.is_scale else 0]
            keys, wanted[item.code] = [str(level)], level
        for key in keys:
            sheet.keyboard.press(key)
        presses += len(keys)
    expect(sheet.locator("#review")).to_be_visible()
    last = next(item.code for item in reversed(household.keyed) if not item.kind.is_text)
    saved(sheet, forms[0], batch, last, str(wanted[last]))
    row = opened(batch, forms[0])
    assert row is not None
    assert set(wanted) <= set(row.typed)
    assert saves
    # Each part is counted as it is at its end on the paper.
    counts = [2, *(sum(item.no is not None for item in page.items) for page in household.paper)]
    assert sheet.locator(".map [data-count]").all_inner_texts() == [f"✓ {count}" for count in counts]
    sheet.keyboard.press("Enter")
    presses += 1
    # The next form of the batch begins at once, with nothing of the one before.
    expect(sheet.locator("h1")).to_have_text(forms[1])
    expect(sheet.locator(".last")).to_contain_text(f"Phiếu {forms[0]}: 86 trên 86 câu")
    expect(sheet.locator("body.live")).to_be_visible()
    assert at(sheet) == "so_nguoi_lon"
    assert sheet.evaluate("document.activeElement.id") == "box"
    with batch.reading() as session:
        [stored] = session.scalars(select(Response))
    head = {code: wanted.pop(code) for code in ("so_nguoi_lon", "ho_thay_the")}
    assert (stored.answers, stored.adults) == (wanted, head["so_nguoi_lon"])
    assert presses / 86 <= 1.1


def test_a_dead_browser_begins_again_at_that_very_field(
    sheet: Page, context: BrowserContext, batch: Database, forms: list[str]
) -> None:
    for key in "391112":
        sheet.keyboard.press(key)
    saved(sheet, forms[0], batch, "hoc_van", "2")
    here = at(sheet)
    sheet.close()  # without a word
    page = context.new_page()
    page.goto(WAVE)
    page.click(f"text={forms[0]}")
    expect(page.locator("body.live")).to_be_visible()
    assert at(page) == here == "nghe_nghiep"
    assert page.input_value("#f-so_nguoi_lon") == "3"


def test_a_silent_server_keeps_the_fields_here_until_it_answers_again(
    sheet: Page, context: BrowserContext, batch: Database, forms: list[str]
) -> None:
    sheet.keyboard.press("3")
    saved(sheet, forms[0], batch, "so_nguoi_lon", "3")
    context.set_offline(True)
    sheet.keyboard.press("9")
    sheet.keyboard.press("2")
    expect(sheet.locator("#saved-so-far")).to_contain_text("Máy chủ chưa trả lời: ")
    assert at(sheet) == "dan_toc"  # nothing stops
    context.set_offline(False)
    saved(sheet, forms[0], batch, "gioi_tinh", "2")
    expect(sheet.locator("#saved-so-far")).to_have_text("Gõ xong ô nào, ô ấy được lưu ngay.")


def test_a_server_that_was_killed_has_every_field_that_it_took(
    browser: Browser, batch: Database, forms: list[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with served(batch, port) as server:
        context = browser.new_context(viewport=OFFICE, base_url=address)
        page = context.new_page()
        page.goto(f"/dang-nhap?next={WAVE}")
        page.fill("#name", "keyer")
        page.fill("#password", "mat-khau-dai")
        page.keyboard.press("Enter")
        page.click("text=B1")
        expect(page.locator("body.live")).to_be_visible()
        page.keyboard.press("3")
        page.keyboard.press("9")
        saved(page, forms[0], batch, "ho_thay_the", "9")
        kill(server)
        page.keyboard.press("2")
        expect(page.locator("#saved-so-far")).to_contain_text("Máy chủ chưa trả lời: ")
    with served(batch, port):
        saved(page, forms[0], batch, "gioi_tinh", "2")  # by itself, once the server is there again
        page.close()
        page = context.new_page()
        page.goto(f"{WAVE}phieu/{forms[0]}")
        expect(page.locator("body.live")).to_be_visible()
        assert at(page) == "dan_toc"
        assert page.input_value("#f-so_nguoi_lon") == "3"
        context.close()


def test_who_is_signed_out_keys_on_and_is_asked_at_the_end(
    sheet: Page, context: BrowserContext, batch: Database, forms: list[str]
) -> None:
    sheet.keyboard.press("3")
    saved(sheet, forms[0], batch, "so_nguoi_lon", "3")
    context.clear_cookies()
    sheet.keyboard.press("9")
    expect(sheet.locator("#saved-so-far")).to_contain_text("Phiên đăng nhập đã hết")
    sheet.keyboard.press("2")
    sheet.keyboard.press("F2")
    expect(sheet.locator("#review")).to_be_visible()
    sheet.keyboard.press("F8")
    expect(sheet.locator("#again")).to_be_visible()
    sheet.keyboard.type("keyer")
    sheet.keyboard.press("Tab")
    sheet.keyboard.type("mat-khau-dai")
    sheet.keyboard.press("Enter")
    expect(sheet.locator("h1")).to_have_text(forms[1])
    with batch.reading() as session:
        [stored] = session.scalars(select(Response))
    assert stored.answers == {"gioi_tinh": 2}


def test_a_form_that_was_taken_back_says_so_and_a_contradiction_only_warns(
    sheet: Page, batch: Database, forms: list[str]
) -> None:
    for key in "1911111":  # retired, and younger than 25
        sheet.keyboard.press(key)
    expect(sheet.locator("#warnings")).to_contain_text("Đã nghỉ hưu mà chưa đến 35 tuổi")
    saved(sheet, forms[0], batch, "nghe_nghiep", "1")
    with batch.writing() as session:
        sheet_locks.release(session, forms[0])
    sheet.keyboard.press("2")
    expect(sheet.locator("#fault")).to_contain_text("không còn mở cho Ông/Bà")


def test_a_number_that_cant_be_is_warned_of_and_kept_as_written(
    context: BrowserContext, batch: Database, assigned: Callable[..., None]
) -> None:
    two = {"vi": "x", "en": "x"}
    age = {"code": "tuoi", "kind": "number", "label": two, "minimum": 18, "maximum": 110}
    page_of = {"code": "P", "title": two, "items": [age]}
    made = parse({"code": "thu", "version": 1, "title": two, "purpose": two, "consent": two, "pages": [page_of]})
    today = dates.today()
    with batch.writing() as session:
        questionnaires.publish(session, made, today)
        waves.create(session, "thu", made, WaveKind.SAMPLE, today, today)
        assigned(session, "keyer", Mode.PAPER)
        session.add(Village(wave="thu", psu="T1", unit="06652", stratum="06652"))
        session.flush()
        session.add(Batch(code="T1", wave="thu", psu="T1", printed=today))
        session.flush()
        session.add(Sheet(serial="20000002", batch="T1", place=1, state=SheetState.OUT))
    page = context.new_page()
    page.goto("/nhap-phieu/thu/")
    expect(page.locator("#so")).to_be_focused()
    page.keyboard.type("20000002")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("20000002")
    expect(page.locator("body.live")).to_be_visible()  # a key before the script is nobody's
    for key in ("2", "9", "1", "3", "0", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#warnings")).to_contain_text("130 không nằm trong khoảng 18 đến 110")
    expect(page.locator("#review")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".keying-done")).to_contain_text("1 cảnh báo")
    with batch.reading() as session:
        [kept], [stored] = session.scalars(select(Keying)), session.scalars(select(Response))
    assert (kept.typed["tuoi"], stored.answers, stored.adults) == ("130", {}, 2)


def test_after_the_last_form_the_number_of_another_is_asked(
    context: BrowserContext, batch: Database, forms: list[str]
) -> None:
    page = context.new_page()
    page.goto(WAVE)
    expect(page.locator("#so")).to_be_focused()
    page.keyboard.type(f"HL1:{forms[2]}:1")  # a scanner types, and presses Enter
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(forms[2])
    expect(page.locator("body.live")).to_be_visible()
    page.keyboard.press("2")
    expect(page.locator("#asking h2")).to_contain_text("B ")
    page.keyboard.press("F2")
    expect(page.locator("#review")).to_be_visible()
    page.keyboard.press("F8")
    expect(page.locator("#so")).to_be_focused()
    expect(page.locator(".keying-done")).to_contain_text(f"Phiếu {forms[2]}: 1 trên 86 câu")


@pytest.mark.parametrize("size", [(1366, 768), (1280, 800)])
def test_nothing_of_the_screen_scrolls_or_runs_out(sheet: Page, size: tuple[int, int]) -> None:
    sheet.set_viewport_size({"width": size[0], "height": size[1]})
    root = "document.documentElement"
    assert sheet.evaluate(f"[{root}.scrollHeight, {root}.scrollWidth]") == [size[1], size[0]]
    for place in ("so_nguoi_lon", "ho_thay_the"):
        assert at(sheet) == place
        assert sheet.evaluate(
            "(box => box.scrollHeight <= box.clientHeight)(document.getElementById('asking'))"
        ), place
        sheet.keyboard.press("1")
    sheet.set_viewport_size({"width": 360, "height": 640})
    assert sheet.evaluate(f"{root}.scrollWidth") == 360


def test_axe_finds_nothing(
    sheet: Page, context: BrowserContext, batch: Database, typed: dict[str, str], forms: list[str]
) -> None:
    with batch.writing() as session:
        double_entry.finish(session, forms[3], 1, "lan", typed)
        double_entry.finish(session, forms[3], 2, "minh", typed | {"C5": "2"})
    sheet.click("summary")
    looked = [sheet]
    for name, address in (("keyer", WAVE), ("supervisor", LIST), ("supervisor", f"{LIST}{forms[3]}")):
        page = context.new_page()
        context.clear_cookies()
        page.goto(f"/dang-nhap?next={address}")
        page.fill("#name", name)
        page.fill("#password", "mat-khau-dai")
        page.keyboard.press("Enter")
        page.wait_for_url(address)  # `**` before it would be the page of signing in, too
        looked.append(page)
    assert {page.url: faults for page in looked if (faults := violations(page))} == {}
