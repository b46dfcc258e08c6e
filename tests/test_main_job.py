"""From a tap to a report: a real browser answers, keys and downloads; the figures are those of the answers.

The first of those who answer the same form goes through the pages, with a pointer; at length, all do. What they
gave is counted here by hand, and must be what Excel says.
"""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from forms import Item, Questionnaire
from survey.responses import submission
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import questionnaires, waves

PEOPLE = 5  # fewer answers are hidden
UNIT, VILLAGES = "06652", ("V1", "V2")
PASSWORD = "mat-khau-dai"

Answers = dict[str, Any]


def made_up(items: Sequence[Item], chance: random.Random, index: Container[str]) -> Answers:
    """Answers of one person: some blank, the rest any of the choices; those of the index are levels, for the index
    of so few people is hidden as soon as one of them leaves out a question of it."""
    answers: Answers = {}
    for item in items:
        if item.code in index:
            answers[item.code] = chance.choice(sorted(item.valid))
            continue
        if item.kind.is_text or chance.random() < 0.1 or (item.show_if and not item.show_if.holds(answers)):
            continue
        codes = list(item.choices)
        answers[item.code] = sorted(chance.sample(codes, 2)) if item.kind.several else chance.choice(codes)
    return answers


def satisfied(people: Sequence[Answers], items: Sequence[str]) -> tuple[float, int]:
    """The share of levels 4 and 5 among the valid answers to these items, and how many people gave one."""
    given = [person[code] for person in people for code in items if person.get(code) in (1, 2, 3, 4, 5)]
    who = [person for person in people if any(person.get(code) in (1, 2, 3, 4, 5) for code in items)]
    return sum(level >= 4 for level in given) / len(given), len(who)


@pytest.fixture
def questionnaire_of(province: Database) -> Any:
    """A published questionnaire by name."""

    def find(name: str) -> Questionnaire:
        with province.reading() as session:
            return questionnaires.find(session, name)

    return find


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of its own: nobody is signed in."""
    made = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    yield made
    made.close()


@pytest.fixture
def store(province: Database) -> Callable[..., None]:
    """store(wave, mode, answers, psu=None) stores what a form would have sent."""

    def stored(wave: str, mode: Mode, answers: Answers, psu: str | None = None) -> None:
        with province.writing() as session:
            place = waves.place(session, wave, UNIT)
            submission.submit(session.connection(), place, uuid4(), mode, answers, psu=psu)

    return stored


def script(control: Locator) -> None:
    """A click without a pointer that moves there and waits, which takes four times the work."""
    control.evaluate("it => it.click()")


def tap(page: Page, answers: Answers, click: Callable[[Locator], None] = Locator.click) -> None:
    """Answers the form question by question as a person does with a phone, and sends it."""
    page.get_by_role("button", name="Bắt đầu").click()
    review = page.locator("section.review")
    while not review.is_visible():
        answered = False
        for ask in page.locator(".ask:visible").all():
            value = answers.get(ask.get_attribute("data-code") or "")
            for code in value if isinstance(value, list) else [value] if value is not None else []:
                click(ask.locator(f'input[value="{code}"] + label'))
                answered = True
        click(page.get_by_role("button", name="Tiếp tục" if answered else "Bỏ qua", exact=True))
    page.get_by_role("button", name="Gửi phiếu").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cảm ơn")


def sign_in(page: Page, base: str, name: str) -> None:
    page.goto(f"{base}/dang-nhap")
    page.get_by_label("Tài khoản").fill(name)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url(lambda address: "/dang-nhap" not in address)


def key(page: Page, items: Sequence[Item], answers: Answers) -> None:
    """Keys one form by keyboard alone, in the order of the paper, and saves it."""
    for item in items:
        if item.show_if and not item.show_if.holds(answers):
            continue
        value = answers.get(item.code)
        if item.kind.is_text:
            page.keyboard.press("Enter")
        elif item.kind.several:
            page.keyboard.type("".join(str(code) for code in value) if value else "9")
            if value:
                page.keyboard.press("Enter")
        else:
            page.keyboard.type(str(value) if value is not None else "9")
    page.keyboard.press("Enter")


def download(page: Page, base: str, wave: str, form: str) -> bytes:
    """The report as the page gives it."""
    page.goto(f"{base}/quan-tri/{wave}/bao-cao")
    with page.expect_download() as waiting:
        page.locator(f'a[href*="/bao-cao/{form}"]').first.click()
    return Path(waiting.value.path()).read_bytes()


def tidy(workbook: bytes) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The records of the workbook's tidy sheet, by item, value and domain."""
    sheet = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True)["Dữ liệu"]
    rows = list(sheet.iter_rows(values_only=True))
    start = next(place for place, row in enumerate(rows) if row[0] == "item")
    records = [dict(zip(rows[start], row, strict=False)) for row in rows[start + 1 :]]
    return {tuple(str(one[name] or "") for name in ("item", "value", "domain")): one for one in records}  # type: ignore[misc]


def agree(workbook: bytes, people: Sequence[Answers], questionnaire: Questionnaire) -> None:
    """Every figure of the index and of its items in the workbook is the one counted by hand."""
    found = tidy(workbook)
    assert questionnaire.index is not None
    parts = questionnaire.index.codes()
    for code, items in parts.items():
        share, n = satisfied(people, items)
        for domain in ("", UNIT):
            record = found[code, "", domain]
            if n < 5 or (code != "index" and record["estimate"] is None):
                few = any(0 < satisfied(people, [item])[1] < 5 for item in items)
                assert few, code  # else nothing of it need be hidden
                assert record["estimate"] is None, code
                assert "hidden" in record["flags"], code
                continue
            assert record["estimate"] == pytest.approx(share), code
            assert record["n"] == n
    checked = 0
    for item in parts["index"]:
        given = [person[item] for person in people if person.get(item) in (1, 2, 3, 4, 5)]
        record = found[item, "4,5", ""]
        if len(given) < 5:
            assert record["estimate"] is None
            assert "hidden" in record["flags"]
            continue
        assert record["estimate"] == pytest.approx(sum(level >= 4 for level in given) / len(given)), item
        assert record["low"] is None or record["low"] <= record["estimate"] <= record["high"]
        checked += 1
    assert checked


@pytest.mark.parametrize("by_pages", [1, pytest.param(PEOPLE, marks=pytest.mark.soak)])
def test_from_a_tap_to_a_report(
    context: BrowserContext,
    live_server: str,
    app: Flask,
    questionnaire_of: Any,
    store: Callable[..., None],
    tmp_path: Path,
    by_pages: int,
) -> None:
    chance = random.Random(20261124)
    household, short = questionnaire_of("ho_gia_dinh@1"), questionnaire_of("noi_phuc_vu@1")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    short_index, index = short.index.codes()["index"], household.index.codes()["index"]
    # A citizen on a phone: the first page, the commune, the short form.
    page.set_viewport_size({"width": 360, "height": 640})
    served = [made_up(list(short.items.values()), chance, short_index) for _person in range(PEOPLE)]
    for place, person in enumerate(served):
        if place >= by_pages:
            store("gop-y", Mode.PHONE, person)
            continue
        page.goto(live_server)
        page.get_by_role("searchbox").or_(page.locator('input[name="q"], input[type="search"]')).first.fill(
            "ha tu"
        )
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Hà Tu").or_(page.get_by_role("button", name="Hà Tu")).first.click()
        page.wait_for_url(f"**/s/gop-y/{UNIT}")
        tap(page, person, script if place else Locator.click)

    # The household form by its wave's address.
    home = [made_up(list(household.items.values()), chance, index) for _person in range(PEOPLE)]
    for place, person in enumerate(home):
        if place >= by_pages:
            store("ho-mo", Mode.PHONE, person)
            continue
        page.goto(f"{live_server}/s/ho-mo/{UNIT}")
        tap(page, person, script if place else Locator.click)

    # A stranger at a sample wave's address is heard, and counts in no figure.
    page.goto(f"{live_server}/s/ho-mau/{UNIT}")
    tap(page, {"C5": 3, "gt_day_du": 1, "cc_thai_do": 1})

    # A keyer with paper forms of two villages, by keyboard alone.
    page.set_viewport_size({"width": 1366, "height": 768})
    sign_in(page, live_server, "keyer")
    paper = [made_up(household.keyed, chance, index) for _person in range(PEOPLE)]
    for place, person in enumerate(paper):
        if place >= by_pages:
            store("ho-mau", Mode.PAPER, person, VILLAGES[place % 2])
            continue
        page.goto(f"{live_server}/nhap-phieu/ho-mau/{UNIT}?thon={VILLAGES[place % 2]}")
        expect(page.locator("#box")).to_be_focused()
        key(page, household.keyed, person)
        expect(page.locator("body")).to_contain_text("Phiếu trước đã lưu")
    page.goto(f"{live_server}/nhap-phieu/")
    page.get_by_role("button", name="Đăng xuất").click()

    # Home Affairs: pages and files.
    sign_in(page, live_server, "home_affairs")
    page.goto(f"{live_server}/quan-tri/ho-mau/")
    share, _n = satisfied(paper, household.index.codes()["index"])
    expect(page.locator("main")).to_contain_text(f"{100 * share:.2f}%".replace(".", ","))
    page.goto(f"{live_server}/quan-tri/ho-mau/don-vi/{UNIT}")
    expect(page.locator("main")).to_contain_text(f"{100 * share:.1f}".replace(".", ","))
    for wave, people, questionnaire in (
        ("gop-y", served, short),
        ("ho-mo", home, household),
        ("ho-mau", paper, household),
    ):
        agree(download(page, live_server, wave, "xlsx"), people, questionnaire)
    assert download(page, live_server, "ho-mau", "docx").startswith(b"PK")
    assert download(page, live_server, "ho-mau", "pdf").startswith(b"%PDF")
    assert download(page, live_server, "ho-mau", "csv").decode().count("\n") > 200

    # The command line says the same.
    told = subprocess.run(
        [Path(sys.executable).with_name("hailong"), "results", "--wave", "ho-mau", "--item", "index"],
        env={
            "HAILONG_DATABASE_URL": app.config["DATABASE_URL"],
            "HAILONG_DATA": str(tmp_path),
            "PATH": "/usr/bin:/bin",
        },
        capture_output=True,
        check=True,
    )
    [record] = json.loads(told.stdout)
    assert record["estimate"] == pytest.approx(share)
    assert record["n"] == PEOPLE
    assert not faults
