"""A question in a real browser: drawn and saved while one types."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, expect

from survey.storage.database import Database
from survey.waves import questionnaires
from survey.workshop import drafts


def test_what_one_types_is_drawn_beside_it_and_saved_by_itself(
    browser: Browser,
    live_server: str,
    app: Flask,
    bring_in: Callable[[BrowserContext, Flask, str], None],
    province: Database,
) -> None:
    with province.writing() as session:
        base = questionnaires.find(session, "noi_phuc_vu@2")
        id = drafts.begin(session, "home_affairs", drafts.renewed(session, base), base).id
    context = browser.new_context(base_url=live_server)
    bring_in(context, app, "home_affairs")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.goto(f"/quan-tri/bo-phieu/nhap/{id}/cau/hl_cho")
    words = "Ông/Bà chờ có lâu không?"
    field = page.locator('[name="label.vi"]')
    field.fill(words)
    expect(page.locator("#seen .phone")).to_contain_text(words)
    field.fill("")
    expect(page.locator("#said")).to_contain_text("Chỗ phải sửa")  # of the page that was saved
    expect(field).to_be_focused()
    with province.reading() as session:
        written = drafts.present(session, drafts.find(session, id))
        assert written["pages"][1]["items"][1]["label"]["vi"] == ""
    assert not faults
    context.close()
