"""The keying screen in a real browser: keys, warnings, speed, and that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from forms import Questionnaire, parse
from survey.storage.database import Database
from survey.storage.models import Mode, Response, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from tests.browser.axe import violations

SHEET = "/nhap-phieu/ho-mau/06652?thon=V1"
OFFICE = {"width": 1366, "height": 768}


@pytest.fixture
def sheet(context: BrowserContext) -> Iterator[Page]:
    """The keying screen of village V1; a fault of its script fails the test."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(SHEET)
    expect(page.locator("body.live")).to_be_visible()
    yield page
    assert faults == []


def kept(database: Database) -> list[Response]:
    with database.reading() as session:
        return list(session.scalars(select(Response)))


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def at(page: Page) -> str:
    """The code of the item that is being asked; empty at the end."""
    here: str = page.evaluate("document.querySelector('.map .here')?.dataset.go ?? ''")
    return here


def to_question(page: Page, number: int) -> None:
    press(page, "g")
    press(page, str(number))
    page.keyboard.press("Enter")


def saved(page: Page, count: int) -> None:
    expect(page.locator(".last h2")).to_be_visible()
    expect(page.locator(".last")).to_contain_text(f"đã nhập {count} phiếu")
    expect(page.locator("body.live")).to_be_visible()  # a key before the script is nobody's


def test_a_form_is_keyed_by_one_key_an_item_and_kept(
    sheet: Page, household: Questionnaire, province: Database
) -> None:
    presses, wanted = 0, {}
    for item in household.keyed:
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
    # One answer more than there are questions: a row is shifted somewhere, and Enter saves nothing until Esc.
    sheet.keyboard.press("3")
    expect(sheet.locator("#held-says")).to_have_text("Không còn câu nào cho phím 3")
    expect(sheet.locator("#review")).to_be_hidden()
    sheet.keyboard.press("Enter")
    sheet.keyboard.press("Escape")
    expect(sheet.locator("#held")).to_be_hidden()
    expect(sheet.locator("#review")).to_be_visible()
    assert kept(province) == []
    sheet.keyboard.press("Enter")
    saved(sheet, 1)
    [row] = kept(province)
    assert row.answers == wanted
    assert (row.wave, row.unit, row.psu, row.mode) == ("ho-mau", "06652", "V1", "paper")
    assert (presses + 1) / 84 <= 1.1
    # The next form begins at once, with nothing of the one before.
    assert at(sheet) == household.keyed[0].code
    assert sheet.input_value("#box") == ""
    assert sheet.evaluate("document.activeElement.id") == "box"


def test_a_key_that_is_not_printed_is_refused_at_once_and_the_box_stays(sheet: Page) -> None:
    press(sheet, "7")
    expect(sheet.locator("#held-says")).to_have_text("Không có mã 7 ở câu 1")
    expect(sheet.locator("#held-choice")).to_contain_text("1, 2, 9, 8")
    # What is typed meanwhile was meant for the questions below: it is shown, and written nowhere.
    press(sheet, "21")
    sheet.keyboard.press("F2")
    sheet.click('[data-go="do_tuoi"]')
    assert at(sheet) == "gioi_tinh"
    expect(sheet.locator("#held-keys kbd")).to_have_text(["2", "1"])
    assert sheet.input_value("#f-gioi_tinh") == sheet.input_value("#f-dan_toc") == ""
    sheet.keyboard.press("Escape")
    expect(sheet.locator("#held")).to_be_hidden()
    press(sheet, "2")
    assert at(sheet) == "dan_toc"


def test_two_marks_warn_and_do_not_stop(sheet: Page) -> None:
    press(sheet, "8")
    assert at(sheet) == "dan_toc"
    expect(sheet.locator("#warned")).to_have_text("1")
    expect(sheet.locator("#warnings")).to_contain_text("Câu 1: người trả lời đánh hai ô. Đã ghi 8.")
    assert sheet.evaluate("document.activeElement.id") == "box"
    press(sheet, "1")
    sheet.keyboard.press("ArrowLeft")
    sheet.keyboard.press("ArrowLeft")
    press(sheet, "1")
    expect(sheet.locator("#warned")).to_have_text("0")


def test_the_text_beside_a_choice_is_asked_only_with_it_but_can_be_reached(sheet: Page) -> None:
    press(sheet, "12")
    assert at(sheet) == "dan_toc_khac"
    sheet.keyboard.type("Dao")
    sheet.keyboard.press("Enter")
    assert at(sheet) == "do_tuoi"
    press(sheet, "1")
    assert at(sheet) == "hoc_van"
    press(sheet, "k")
    assert at(sheet) == "hoc_van_khac"
    sheet.keyboard.type("tự học")
    sheet.keyboard.press("Enter")
    expect(sheet.locator("#warnings")).to_contain_text("Trình độ khác: có trả lời dù không thuộc diện hỏi")
    assert at(sheet) == "nghe_nghiep"


def test_several_answers_are_toggled_and_enter_goes_on(sheet: Page) -> None:
    to_question(sheet, 15)
    press(sheet, "1351")
    expect(sheet.locator("#choices [aria-pressed]")).to_have_count(2)
    sheet.keyboard.press("Enter")
    assert sheet.input_value("#f-C2") == "3;5"
    to_question(sheet, 15)
    press(sheet, "9")
    assert sheet.input_value("#f-C2") == "9"


def test_a_question_is_reached_by_its_number_and_an_unknown_one_is_told(sheet: Page) -> None:
    to_question(sheet, 24)
    assert at(sheet) == "C5"
    to_question(sheet, 85)
    expect(sheet.locator("#fault")).to_contain_text("Không có câu 85")
    sheet.keyboard.press("Escape")
    assert at(sheet) == "C5"
    sheet.keyboard.press("ArrowLeft")
    assert at(sheet) == "C4"


def test_finishing_early_names_what_is_not_typed_and_with_much_of_it_another_key_saves(
    sheet: Page, province: Database
) -> None:
    press(sheet, "1")
    sheet.keyboard.press("F2")
    expect(sheet.locator("#left")).to_contain_text("Còn 83 câu chưa gõ gì")
    assert kept(province) == []
    expect(sheet.locator("#review h2:visible")).to_have_text("Chưa hết phiếu")
    for key in ("Escape", "Enter"):  # both lead back to where there is something to type
        sheet.keyboard.press(key)
        expect(sheet.locator("#review")).to_be_hidden()
        assert at(sheet) == "dan_toc"
        sheet.keyboard.press("F2")
    sheet.keyboard.press("F2")
    expect(sheet.locator("#fault")).to_contain_text("bấm F8")
    assert kept(province) == []
    sheet.keyboard.press("F8")
    saved(sheet, 1)
    assert kept(province)[0].answers == {"gioi_tinh": 1}


def test_what_was_typed_can_be_changed_by_typing_over_it(sheet: Page) -> None:
    press(sheet, "1")
    sheet.keyboard.press("ArrowLeft")
    assert sheet.input_value("#box") == "1"
    press(sheet, "2")
    assert sheet.input_value("#f-gioi_tinh") == "2"
    sheet.keyboard.press("ArrowLeft")
    sheet.keyboard.press("End")
    press(sheet, "1")
    assert sheet.input_value("#f-gioi_tinh") == "1"


def test_a_text_is_kept_whichever_way_the_keyer_leaves_it(sheet: Page) -> None:
    press(sheet, "12")
    sheet.keyboard.type("Tày")
    sheet.keyboard.press("ArrowUp")
    assert sheet.input_value("#f-dan_toc_khac") == "Tày"


def test_leaving_with_a_form_half_typed_asks_first(sheet: Page) -> None:
    asked: list[str] = []
    sheet.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    press(sheet, "1")
    sheet.click("text=Thôn khác", no_wait_after=True)
    expect(sheet.locator("#box")).to_be_visible()
    assert asked == ["beforeunload"]
    assert sheet.input_value("#f-gioi_tinh") == "1"


def test_a_lost_session_keeps_the_form_until_the_keyer_is_back(
    sheet: Page, context: BrowserContext, province: Database
) -> None:
    press(sheet, "1")
    context.clear_cookies()
    sheet.keyboard.press("F2")
    sheet.keyboard.press("F8")
    expect(sheet.locator("#again")).to_be_visible()
    sheet.keyboard.type("keyer")
    sheet.keyboard.press("Tab")
    sheet.keyboard.type("mat-khau-dai")
    sheet.keyboard.press("Enter")
    saved(sheet, 1)
    assert kept(province)[0].answers == {"gioi_tinh": 1}


def test_a_silent_server_keeps_the_form_on_the_screen(
    sheet: Page, context: BrowserContext, province: Database
) -> None:
    press(sheet, "1")
    context.set_offline(True)
    sheet.keyboard.press("F2")
    sheet.keyboard.press("F8")
    expect(sheet.locator("#fault")).to_contain_text("Máy chủ chưa trả lời")
    context.set_offline(False)
    sheet.keyboard.press("F8")
    saved(sheet, 1)
    assert len(kept(province)) == 1


def test_a_refusal_of_the_server_keeps_the_form_on_the_screen(sheet: Page, province: Database) -> None:
    press(sheet, "1")
    with province.writing() as session:
        found = waves.find(session, "ho-mau")
        found.opens = found.closes = dates.today().replace(year=2025)
    sheet.keyboard.press("F2")
    sheet.keyboard.press("F8")
    expect(sheet.locator("#fault")).to_contain_text("Phiếu chưa được lưu")
    expect(sheet.locator("#fault")).to_contain_text("đã đóng")
    assert sheet.input_value("#f-gioi_tinh") == "1"


def test_what_the_server_refuses_is_asked_again(sheet: Page, province: Database) -> None:
    press(sheet, "1")
    sheet.evaluate("document.getElementById('f-C5').value = '7'")
    sheet.keyboard.press("F2")
    sheet.keyboard.press("F8")
    expect(sheet.locator("#problems")).to_be_visible()
    assert at(sheet) == "C5"
    assert sheet.input_value("#f-gioi_tinh") == "1"
    press(sheet, "3")
    sheet.keyboard.press("F2")
    sheet.keyboard.press("F8")
    saved(sheet, 1)
    assert kept(province)[0].answers == {"gioi_tinh": 1, "C5": 3}


def test_codes_of_two_digits_and_conditions_of_every_form_are_keyed_as_the_server_reads_them(
    context: BrowserContext, province: Database, assigned: Callable[..., None]
) -> None:
    two = {"vi": "x", "en": "x"}

    def item(code: str, **more: Any) -> dict[str, Any]:
        return {"code": code, "kind": "single", "label": two, "choices": {"1": two, "2": two}, **more}

    one = {"item": "a", "any": [1]}
    document = {
        "code": "thu",
        "version": 1,
        "title": two,
        "purpose": two,
        "consent": two,
        "pages": [
            {
                "code": "P",
                "title": two,
                "items": [
                    item("a"),
                    item("b", show_if={"not": one}),
                    item("c", show_if={"all": [one, {"not": {"item": "b", "any": [1]}}]}),
                    item("d", show_if={"any": [{"item": "b", "any": [2]}, one]}),
                    item("e", choices={"1": two, "12": two, "99": two}),
                    {"code": "f", "kind": "number", "label": two, "minimum": 0, "maximum": 120},
                ],
            }
        ],
    }
    with province.writing() as session:
        made = parse(document)
        questionnaires.publish(session, made, dates.today())
        waves.create(session, "thu", made, WaveKind.OPEN, dates.today(), dates.today())
        assigned(session, "keyer", Mode.PAPER)
    page = context.new_page()
    page.goto("/nhap-phieu/thu/06652")
    press(page, "1")
    assert at(page) == "c"
    press(page, "2")
    assert at(page) == "d"
    press(page, "1")
    assert at(page) == "e"
    press(page, "1")
    assert at(page) == "e"  # 12 begins like this
    press(page, "2")
    assert at(page) == "f"
    press(page, "130")
    page.keyboard.press("Enter")
    expect(page.locator("#held")).to_contain_text("130")
    page.keyboard.press("Escape")
    press(page, "42")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    saved(page, 1)
    assert kept(province)[0].answers == {"a": 1, "c": 2, "d": 1, "e": 12, "f": 42}
    press(page, "22")
    assert at(page) == "d"


def test_without_a_script_the_keyboard_alone_keys_a_form(
    browser: Browser, context: BrowserContext, live_server: str, household: Questionnaire, province: Database
) -> None:
    plain = browser.new_context(
        viewport=OFFICE, base_url=live_server, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = plain.new_page()
    page.goto(SHEET)
    expect(page.locator("#f-gioi_tinh")).to_be_focused()
    for item in household.keyed:
        page.keyboard.type("" if item.kind.is_text else "1")
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".last")).to_contain_text("đã nhập 1 phiếu")
    assert len(kept(province)[0].answers) == 84
    plain.close()


SCREENS: list[tuple[str, Callable[[Page], None]]] = [
    ("/dang-nhap", lambda page: None),
    ("/nhap-phieu/", lambda page: None),
    ("/nhap-phieu/ho-mo/", lambda page: None),
    ("/nhap-phieu/ho-mau/06652", lambda page: None),
    (SHEET, lambda page: press(page, "8212")),
    (SHEET, lambda page: to_question(page, 15)),
    (SHEET, lambda page: page.keyboard.press("F2")),
    (SHEET, lambda page: press(page, "?")),
    ("/doi-mat-khau", lambda page: None),
]


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_axe_finds_nothing_in_the_light_and_in_the_dark(context: BrowserContext, whole: bool) -> None:
    """Every second screen in the light, the others in the dark; at length each in both."""
    page = context.new_page()
    found = []
    page.on("dialog", lambda dialog: dialog.accept())
    schemes: tuple[Any, ...] = ("light", "dark")
    for place, (address, act) in enumerate(SCREENS):
        page.goto(address)
        act(page)
        for scheme in schemes if whole else [schemes[place % 2]]:
            page.emulate_media(color_scheme=scheme)
            found += [f"{address}, {scheme}: {violation}" for violation in violations(page)]
    assert found == []


WINDOWS = ((1366, 768), (1366, 640), (1280, 800))


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.soak)])
def test_nothing_of_the_screen_scrolls(sheet: Page, household: Questionnaire, whole: bool) -> None:
    """Each question in one of the windows, in turn; at length in all."""
    for place, item in enumerate(item for item in household.keyed if item.no):
        assert item.no is not None
        to_question(sheet, item.no)
        for width, height in WINDOWS if whole else [WINDOWS[place % len(WINDOWS)]]:
            sheet.set_viewport_size({"width": width, "height": height})
            # Neither the page nor the question scrolls, and all of its answers lies inside the band.
            scrolls, inside, fits = sheet.evaluate(
                """() => {
                  const at = id => document.getElementById(id);
                  const below = id => at(id).getBoundingClientRect().bottom;
                  return [
                    [document.documentElement.scrollHeight, document.documentElement.scrollWidth],
                    below("band") >= below("fault"),
                    at("asking").scrollHeight <= at("asking").clientHeight,
                  ];
                }"""
            )
            assert (scrolls, inside, fits) == ([height, width], True, True), (item.code, width, height)


def test_nothing_runs_out_of_a_narrow_screen(sheet: Page) -> None:
    sheet.set_viewport_size({"width": 360, "height": 640})
    for number in (1, 15, 24, 40):
        to_question(sheet, number)
        assert sheet.evaluate("document.documentElement.scrollWidth") == 360
        sheet.locator("#choices button").first.click()
    assert sheet.input_value("#f-C5") == "1"
