"""A kiosk of one touch, in a real browser: one person is one form, whatever they touch before they leave."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from survey.responses import devices
from survey.storage.database import Database
from survey.storage.models import Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from tests.browser.axe import violations

PORTRAIT, LANDSCAPE = {"width": 1080, "height": 1920}, {"width": 1280, "height": 800}
SMALL = {"width": 768, "height": 1280}
BEYOND = """() => [
  document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth,
  [...document.querySelectorAll(".five button, .reasons button")]
    .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth).length]"""

COVERED = """() => [...document.querySelectorAll(".why button, .why .soon, .five button, [data-about]")]
  .filter((one) => one.checkVisibility()).filter((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect(), middle = (left + right) / 2;
    return [top + 4, bottom - 4].some((y) => !one.contains(document.elementFromPoint(middle, y)));
  }).map((one) => one.innerText)"""


@pytest.fixture
def kiosk(province: Database, browser: Browser, live_server: str) -> Iterator[Page]:
    with province.writing() as session:
        asked, today = questionnaires.find(session, "mot_cham@1"), dates.today()
        waves.create(session, "cham", asked, WaveKind.OPEN, today, today, contact="Sở Nội vụ, 0203 123 456")
        link = devices.link(session, "cham", "06652", "Bộ phận Một cửa")
    context = browser.new_context(base_url=live_server, viewport=PORTRAIT, locale="vi-VN", has_touch=True)  # type: ignore[arg-type]
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"/kiosk/bind/{link.secret}")
    start(page)
    yield page
    context.close()
    assert not faults


def start(page: Page) -> None:
    expect(page.locator("html.steps .tap:visible")).to_be_visible()


def touch(page: Page, what: str) -> None:
    """Not at once: a second touch within a moment is no answer to what has just come."""
    page.wait_for_function("() => performance.now() - (window.last ?? 0) > 650")
    page.locator(what).click()
    page.evaluate("window.last = performance.now()")


def kept(page: Page, province: Database, count: int = 1) -> list[dict[str, Any]]:
    """What has arrived, once the start is there again and has sent what waits."""
    start(page)
    for _second in range(300):
        with province.reading() as session:
            rows = [response.answers for response in session.scalars(select(Response))]
        if len(rows) == count:
            return rows
        page.wait_for_timeout(100)
    raise AssertionError(rows)


def test_one_touch_is_a_form_and_a_reason_takes_one_more(kiosk: Page, province: Database) -> None:
    kiosk.clock.install()
    touch(kiosk, "[data-level='2']")
    expect(kiosk.get_by_role("heading", name="Đã ghi")).to_be_visible()
    assert "Không hài lòng" not in kiosk.locator(".why").inner_text()
    kiosk.clock.run_for(11_000)  # walks off
    assert kept(kiosk, province) == [{"hl_chung": 2}]
    touch(kiosk, "[data-level='5']")
    kiosk.clock.run_for(1000)
    kiosk.locator("[data-reason='4']").click()
    kiosk.clock.run_for(3100)
    assert {"hl_chung": 5, "ly_do": 4} in kept(kiosk, province, 2)
    with province.reading() as session:
        assert {tuple(response.marks) for response in session.scalars(select(Response))} == {("lang-vi",)}


def test_who_answers_more_sends_one_form_and_who_stops_is_counted_for_the_touch(
    kiosk: Page, province: Database
) -> None:
    touch(kiosk, "[data-level='4']")
    touch(kiosk, "[data-further]")
    expect(kiosk.locator("[data-code=dich_vu]")).to_be_visible()
    kiosk.locator("label[for=dich_vu-1]").click()
    kiosk.locator(".bar [type=submit]").click()
    kiosk.locator(".tools [data-exit]").click()
    assert kept(kiosk, province) == [{"hl_chung": 4}]
    touch(kiosk, "[data-level='1']")
    touch(kiosk, "[data-further]")
    kiosk.locator("label[for=dich_vu-3]").click()
    kiosk.locator(".bar [type=submit]").click()
    while kiosk.locator(".review:visible").count() == 0:
        kiosk.locator("[data-skip]").click()
    kiosk.locator(".bar [type=submit]").click()
    expect(kiosk.locator(".done .code")).to_be_visible()
    kiosk.locator("[data-finish]").click()
    assert {"hl_chung": 1, "dich_vu": 3} in kept(kiosk, province, 2)


@pytest.mark.variants(2)
@pytest.mark.parametrize(
    ("viewport", "language"), [(PORTRAIT, "vi"), (LANDSCAPE, "vi"), (LANDSCAPE, "en")], ids=str
)
def test_nothing_of_it_is_cut_off_and_everybody_can_use_it(kiosk: Page, viewport: Any, language: str) -> None:
    kiosk.set_viewport_size(viewport)
    kiosk.goto(f"/kiosk/cham/06652?lang={language}")
    start(kiosk)
    for step in ("start", "why"):
        assert violations(kiosk) == [], step
        assert kiosk.evaluate(BEYOND) == [0, 0, 0], step
        if step == "start":
            touch(kiosk, "[data-level='3']")
            kiosk.locator(".why h1").click()  # a touch: it does not go back meanwhile


def test_the_tool_bar_covers_nothing_on_a_small_tablet_turned_round(kiosk: Page) -> None:
    kiosk.set_viewport_size(LANDSCAPE)  # type: ignore[arg-type]
    for language in ("vi", "en"):
        kiosk.goto(f"/kiosk/cham/06652?lang={language}")
        start(kiosk)
        kiosk.set_viewport_size(SMALL)  # type: ignore[arg-type]
        assert kiosk.evaluate(COVERED) == []
        kiosk.set_viewport_size(LANDSCAPE)  # type: ignore[arg-type]
        touch(kiosk, "[data-level='3']")
        expect(kiosk.locator(".why")).to_be_visible()
        for viewport in (LANDSCAPE, SMALL, PORTRAIT):
            kiosk.set_viewport_size(viewport)  # type: ignore[arg-type]
            assert kiosk.evaluate(COVERED) == [], (language, viewport)
