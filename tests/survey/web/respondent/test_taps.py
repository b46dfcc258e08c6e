"""How many taps a form takes by a finger, and that what goes on by itself surprises nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from forms import Questionnaire, shipped
from survey.responses import devices
from survey.storage.database import Database
from survey.storage.models import Response
from survey.waves import questionnaires, waves
from tests.browser.form import skip_to

SHORT = "/s/gop-y/06652"
FORMS = {questionnaire.name: questionnaire for questionnaire in shipped()}
CONTACT = {"tiep_xuc": 1}  # whoever met an official is asked the most
SEEN, TWICE = 500, 400  # ms: when it goes on, and how long a touch is still meant for the question before
ASKED = "[...document.querySelectorAll('.ask')].find((one) => one.checkVisibility())?.dataset.code ?? 'review'"


@pytest.fixture
def finger(browser: Browser, live_server: str) -> Iterator[Page]:
    """A phone of 360 × 560 that is touched, and whose clock goes when it is told to."""
    context = browser.new_context(base_url=live_server, viewport={"width": 360, "height": 560}, has_touch=True)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.clock.install()
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 60)
    yield page
    context.close()


def asks(session: Any, wave: str, name: str) -> None:
    waves.find(session, wave).questionnaire = questionnaires.find(session, name).digest


def level(page: Page, code: str, value: int = 4) -> None:
    page.locator(f"label[for={code}-{value}]").tap()


def onward(page: Page) -> None:
    page.locator(".bar [type=submit]").tap()


def asked(page: Page) -> str:
    return str(page.evaluate(ASKED))


def taps_to_the_review(page: Page, form: Questionnaire) -> int:
    """Answers every question that is asked, but writes nothing; counts what was tapped."""
    taps = 0
    by_touch = {screen[0].code for part in form.pages for screen in part.screens if part.by_touch(screen)}
    while (code := asked(page)) != "review":
        if form.items[code].kind.is_text:
            page.locator("[data-skip]").tap()
            taps += 1
            continue
        level(page, code, CONTACT.get(code, form.items[code].valid[0]))
        taps += 1
        if code in by_touch:
            page.clock.run_for(SEEN)
            assert asked(page) != code
            page.clock.run_for(TWICE)
        else:
            onward(page)
            taps += 1
    return taps


def test_the_short_form_takes_21_taps_of_whoever_met_an_official(finger: Page, province: Database) -> None:
    with province.writing() as session:
        asks(session, "gop-y", "noi_phuc_vu@2")
    finger.goto(SHORT)
    expect(finger.locator(".by-touch")).to_be_visible()
    onward(finger)
    taps = 1 + taps_to_the_review(finger, FORMS["noi_phuc_vu@2"])
    finger.clock.resume()
    onward(finger)
    finger.wait_for_url("**/bien-nhan/**")
    assert taps + 1 == 21
    with province.reading() as session:
        (answers,) = session.scalars(select(Response.answers))
    assert len(answers) == 13


def test_a_kiosk_of_one_touch_takes_21_of_whoever_answers_everything(
    finger: Page, province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    with province.writing() as session:
        asks(session, "gop-y", "mot_cham@1")
        link = devices.link(session, "gop-y", "06652", "Quầy 1")
    finger.set_viewport_size({"width": 768, "height": 1024})
    finger.goto(f"/kiosk/bind/{link.secret}")
    expect(finger.locator("html.steps .intro")).to_be_visible()
    finger.clock.run_for(1_000)
    finger.locator("[data-level='4']").tap()
    finger.clock.run_for(700)  # a second touch answers nothing that has just come
    finger.locator("[data-further]").tap()
    expect(finger.locator(".why")).to_have_count(0)
    taps = 2 + taps_to_the_review(finger, FORMS["mot_cham@1"])
    finger.clock.resume()
    onward(finger)
    expect(finger.locator(".done .receipt")).to_be_attached()
    assert taps + 1 == 21


@pytest.mark.parametrize(("name", "taps"), [("noi_phuc_vu@1", 19), ("noi_phuc_vu@2", 21), ("ho_gia_dinh@2", 100)])
def test_the_longest_way_through_a_form_is_no_tap_longer(name: str, taps: int) -> None:
    """Begin and send; of each screen its questions, and the way onward where no touch takes it."""
    screens = [(part, screen) for part in FORMS[name].pages for screen in part.screens]
    choices = sum(item.kind.has_choices and item.beside is None for _part, screen in screens for item in screen)
    assert 2 + choices + sum(not part.by_touch(screen) for part, screen in screens) == taps


def test_a_key_a_mouse_and_a_screen_reader_only_choose(finger: Page) -> None:
    finger.goto(SHORT)
    finger.locator(".bar [type=submit]").click()
    skip_to(finger, "#hl_chung-1")
    finger.locator("#hl_chung-1").focus()
    finger.keyboard.press("Space")
    finger.keyboard.press("ArrowDown")
    finger.locator("label[for=hl_chung-4]").click()
    finger.locator("#hl_chung-5").evaluate("(input) => input.click()")  # as a reader's own touch does
    finger.clock.run_for(5_000)
    assert asked(finger) == "hl_chung"


def test_whoever_comes_back_to_an_answer_goes_on_by_the_button(finger: Page) -> None:
    finger.goto(SHORT)
    onward(finger)
    skip_to(finger, "#hl_chung-1")
    level(finger, "hl_chung", 2)
    level(finger, "hl_chung", 4)  # at once another: the last one counts
    finger.clock.run_for(SEEN)
    finger.locator("[data-back]").tap()
    expect(finger.locator("#hl_chung-4")).to_be_checked()
    level(finger, "hl_chung", 1)
    finger.clock.run_for(5_000)
    assert asked(finger) == "hl_chung"
    onward(finger)
    assert asked(finger) == "hl_tiep_can"


def test_who_presses_continue_out_of_habit_is_not_blamed_and_answers_nothing_twice(finger: Page) -> None:
    finger.goto(SHORT)
    onward(finger)
    skip_to(finger, "#hl_chung-1")
    level(finger, "hl_chung")
    onward(finger)  # before it goes on by itself: once
    assert asked(finger) == "hl_tiep_can"
    finger.clock.run_for(SEEN)
    assert asked(finger) == "hl_tiep_can"
    level(finger, "hl_tiep_can")
    finger.clock.run_for(SEEN)
    onward(finger)  # after it
    level(finger, "hl_thu_tuc", 1)
    expect(finger.locator(".trouble")).to_have_count(0)
    assert asked(finger) == "hl_thu_tuc"
    assert finger.locator("#hl_thu_tuc-1").is_checked() is False
