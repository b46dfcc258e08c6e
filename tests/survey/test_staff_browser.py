"""The staff's pages in a real browser: narrow and wide, light and dark, in both languages, without a script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from survey import accounts, demo
from survey.database import Database
from survey.installation import prepare
from survey.models import Role

PASSWORD = "mat-khau-dai"
PAGES = (
    "/quan-tri/",
    "/quan-tri/thu-nghiem/",
    "/quan-tri/thu-nghiem/don-vi",
    "/quan-tri/thu-nghiem/don-vi?hien=C5&xep=chu-y",
    "/quan-tri/thu-nghiem/don-vi?tim=khong+co",
    "/quan-tri/thu-nghiem/don-vi/06652",
    "/quan-tri/thu-nghiem/cau-hoi",
    "/quan-tri/thu-nghiem/cach-tinh?item=C5=3",
    "/quan-tri/thu-nghiem/bao-cao",
    "/quan-tri/thu-nghiem/tien-do",
    "/quan-tri/gop-y/",
    "/quan-tri/gop-y/don-vi",
    "/quan-tri/dot-moi",
    "/quan-tri/nguoi-dung",
)


# Targets of 24 px are part of WCAG 2.2 AA, and axe looks for them only when asked.
CHECKED = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("staff") / "hailong.db"
    made = Database(f"sqlite:///{path}")
    prepare(made)
    with made.writing() as session:
        demo.make(session)
        accounts.add(session, "admin", Role.ADMIN, PASSWORD)
    made.engine.dispose()
    return path


@pytest.fixture
def province(template: Path, tmp_path: Path) -> Iterator[Database]:
    """The demo's province instead of the empty one: the application and the live server stand on it."""
    made = Database(f"sqlite:///{shutil.copy(template, tmp_path / 'hailong.db')}")
    yield made
    made.engine.dispose()


def opened(browser: Browser, address: str, width: int = 1280, language: str = "vi", **more: object) -> Page:
    """A signed-in page; what the policy refuses and what a script throws is kept in `page.faults`."""
    height = 640 if width < 700 else 800
    context = browser.new_context(base_url=address, viewport={"width": width, "height": height}, **more)  # type: ignore[arg-type]
    page = context.new_page()
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]
    page.on("console", lambda said: page.faults.append(said.text) if said.type == "error" else None)  # type: ignore[attr-defined]
    page.goto(f"/dang-nhap?lang={language}")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    return page


@pytest.mark.parametrize(
    ("width", "language", "scheme"),
    [(1280, "vi", "light"), (360, "en", "dark")],
)
def test_axe_finds_nothing_and_nothing_runs_off_the_page(
    browser: Browser, live_server: str, width: int, language: str, scheme: str
) -> None:
    page = opened(browser, live_server, width, language, color_scheme=scheme)
    for address in PAGES:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
        found = Axe().run(page, options=CHECKED).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found] == [], address
    assert page.faults == []  # type: ignore[attr-defined]
    page.context.close()


def test_how_a_figure_is_computed_opens_beside_the_page_and_closes(browser: Browser, live_server: str) -> None:
    page = opened(browser, live_server)
    page.goto("/quan-tri/thu-nghiem/")
    link = page.locator(".key a.how")
    link.click()
    panel = page.get_by_role("dialog")
    expect(panel).to_contain_text("Quyền số")
    expect(panel.get_by_role("link", name="Đóng")).to_be_focused()
    assert page.url.endswith("/quan-tri/thu-nghiem/")
    box = panel.bounding_box()
    assert box is not None
    assert (round(box["x"] + box["width"]), round(box["width"])) == (1280, 460)
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    link.press("Enter")
    expect(panel).to_be_visible()
    panel.get_by_role("link", name="Đóng").click()
    expect(panel).to_be_hidden()
    assert page.faults == []  # type: ignore[attr-defined]
    page.context.close()


def test_without_a_script_the_same_links_are_pages(browser: Browser, live_server: str) -> None:
    page = opened(browser, live_server, java_script_enabled=False)
    page.goto("/quan-tri/thu-nghiem/don-vi")
    page.click("text=Tên A–Y")
    expect(page.locator("tbody th a").first).to_have_text("An Sinh")
    page.fill("#tim", "ha tu")
    page.click("text=Tìm")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("[aria-current=true]").first).to_have_text("Tên A–Y")
    page.click("tbody th a")
    expect(page.locator("h1")).to_have_text("Phường Hà Tu")
    page.click(".columns a.how")
    expect(page.locator("h1")).to_contain_text("phường Hà Tu")
    page.click("text=Đóng")
    expect(page.locator("h1")).to_have_text("Phường Hà Tu")
    page.context.close()


def test_the_plot_lies_where_its_numbers_say(browser: Browser, live_server: str) -> None:
    """The drawing against the table: a row's dot stands between the grid lines that enclose its number."""
    page = opened(browser, live_server)
    page.goto("/quan-tri/thu-nghiem/don-vi")
    ticks = {
        float(tick.text_content() or ""): tick.evaluate(
            "e => e.getBoundingClientRect().x + e.getBoundingClientRect().width / 2"
        )
        for tick in page.locator(".plot-tick").all()
    }
    least, most = min(ticks), max(ticks)
    a_point = (ticks[most] - ticks[least]) / (most - least)
    rows = page.locator("tbody tr").all()
    for row in (rows[0], rows[26], rows[53]):
        value = float(row.locator(".figure").inner_text().strip("%*†‡ ").replace(",", "."))
        place = row.locator("circle").evaluate(
            "e => e.getBoundingClientRect().x + e.getBoundingClientRect().width / 2"
        )
        assert place == pytest.approx(ticks[least] + a_point * (value - least), abs=1.5)
    page.context.close()


def test_printed_there_is_neither_menu_nor_button_and_the_heads_repeat(browser: Browser, live_server: str) -> None:
    page = opened(browser, live_server, color_scheme="dark")
    page.goto("/quan-tri/thu-nghiem/don-vi")
    page.emulate_media(media="print")
    expect(page.locator(".desk")).to_be_hidden()
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator(".desk-foot")).to_be_visible()
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("thead").evaluate("e => getComputedStyle(e).display") == "table-header-group"
    page.context.close()
