"""What the page of privacy promises is what the program does, as far as code can show it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import survey
from analysis import disclosure
from forms import document, openness, supplement
from survey.responses import arrival_order
from survey.responses.submission import MARKS
from survey.storage import audit
from survey.storage.models import APPEND_ONLY, Base, Response
from survey.waves import waves
from survey.web.server import rate_limit

ROOM = Path(survey.__file__).parent
# What is kept of a response, and the words that tell people of it.
KEPT = {
    "id": "the receipt code only shows that a form arrived",
    "wave": "which version of the questionnaire",
    "unit": "the commune or ward",
    "psu": "your village too",
    "mode": "how you answered: by phone, kiosk, paper form or interviewer",
    "day": "the day, but not the time",
    "questionnaire": "which version of the questionnaire",
    "answers": "your answers",
    "marks": "whether the form was filled in under 5 seconds",
    "stratum": "the group that the code of your letter stands for",
    "person": "a label by which several forms of one person belong together",
    "adults": "how many people aged 18 and over live in your home",
    "lot": "the random number of the lot that it came with",
}
MARKED = {
    "quick": "under 5 seconds",
    "same": "the same button",
    "helped": "who helped you",
    "lang": "the language",
}
# The tables that lead to a response, and the words that tell of them.
LEADING = {
    "response_text": "what you write in your own words",
    "sheet": "a paper form has a number",
    "keying_decision": "it is entered again from the paper",
    "review": "those who check the work",
    "coding": "notes which themes it is about",
    "weight": "your answers are counted together",
}


@pytest.fixture
def page(client: FlaskClient) -> str:
    text = re.sub(r"<[^>]+>", " ", client.get("/rieng-tu?lang=en").text)
    return " ".join(text.split()).lower()


def test_the_page_tells_of_everything_that_is_kept_of_a_response(page: str) -> None:
    assert set(KEPT) == set(Response.__table__.columns.keys())
    assert {mark.split("-")[0] for mark in MARKS} == set(MARKED)
    for words in (*KEPT.values(), *MARKED.values()):
        assert words in page


def test_the_page_tells_of_every_table_that_leads_to_a_response(page: str) -> None:
    leading = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "response" for key in table.foreign_keys)
    }
    assert leading == set(LEADING)
    for words in LEADING.values():
        assert words in page


def test_the_table_of_retention_has_every_table_of_the_database() -> None:
    said = (ROOM.parent / "docs" / "phap-ly" / "thoi-han-luu.md").read_text("utf-8")
    assert not [name for name in Base.metadata.tables if f"`{name}`" not in said]


def test_whatever_is_kept_has_one_of_four_levels_of_protection() -> None:
    said = (ROOM.parent / "docs" / "phap-ly" / "thoi-han-luu.md").read_text("utf-8")
    kept, _, levels = said.partition("## Cấp bảo vệ")
    rows = re.findall(r"^\| (?!dữ liệu)(.+?) \| (.+?) \| .+ \| .+ \| .*\|$", kept, re.M)
    assert len(rows) > 20
    assert (
        {level for _what, level in rows} == {"0", "1", "2", "3"} == set(re.findall(r"^\| (\d) \|", levels, re.M))
    )
    sealed = {what for what, level in rows if level == "3"}
    assert {"lời tự viết", "ảnh quét trong hệ thống", "bản sao lưu"} <= sealed


def test_what_is_joined_to_a_household_is_joined_to_no_response(page: str) -> None:
    assert "the list is not linked to any form" in page
    tables = {one.local_table.name: one.local_table for one in Base.registry.mappers if "household" in one.attrs}
    assert set(tables) == {"drawn_household", "visit", "reinterview"}
    for name, table in tables.items():
        led_to = {key.column.table.name for key in table.foreign_keys}
        assert "response" not in led_to
        assert ("sheet" in led_to) == (name == "reinterview")  # phúc tra alone, until its link is destroyed


def test_the_times_on_the_page_are_those_of_the_code(page: str) -> None:
    draft = (ROOM / "web" / "static" / "draft.js").read_text("utf-8")
    assert "const HOLDS = 24 * 3600 * 1000; // ms" in draft
    assert "for at most 24 hours" in page
    assert 2 * rate_limit.KEPT <= 600  # a bucket is looked at twice at the most
    assert "gone within 10 minutes" in page
    assert timedelta(days=365) >= waves.KEPT
    assert page.count("within 12 months of the end of the survey") == 2
    assert (arrival_order.EVERY, arrival_order.AGAIN) == (3600, 60)
    assert "every hour, and whenever it stops" in page
    assert "tries again every minute" in page


def test_the_page_says_how_long_answers_stay(page: str) -> None:
    assert "response" in APPEND_ONLY
    assert "are kept for good" in page


def test_the_limits_on_the_page_are_those_of_the_code(page: str) -> None:
    assert f"fewer than {disclosure.FEWEST} people" in page
    assert f"fewer than {disclosure.FEWEST_SENSITIVE} answered a sensitive question" in page
    for path in (supplement.FOLDER / "open").glob("*.yaml"):
        assert document.read(path)[0]["open"]["k"] >= openness.FEWEST
    assert f"at least {openness.FEWEST} people who look alike" in page


def test_the_site_sets_two_cookies_and_only_for_those_who_choose(client: FlaskClient) -> None:
    for path in ("/", "/rieng-tu", "/s/gop-y/06652", "/m", "/lich"):
        assert client.get(path).headers.getlist("Set-Cookie") == []
    chosen = client.get("/s/gop-y/06652?lang=en&size=large").headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in chosen} == {"lang", "size"}


def test_no_entry_of_the_audit_trail_can_name_a_form() -> None:
    assert not {"response", "sheet", "serial", "held", "digest", "household"} & set(audit.NAMED)


def test_the_page_says_as_much_in_either_language(client: FlaskClient) -> None:
    told = [client.get("/rieng-tu", query_string={"lang": lang}).text for lang in ("vi", "en")]
    for tag in ("<h2>", "<li>", "<p>"):
        assert told[0].count(tag) == told[1].count(tag) > 0
