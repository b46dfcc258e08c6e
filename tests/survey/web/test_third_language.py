"""A third language is a catalogue and a section of the document: shown by one that brackets every word it has.

Whatever stands outside the brackets on a page was written into the page and not looked up.
"""

from __future__ import annotations

import gettext
import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

import translations
from forms import parse
from survey.storage.database import Database
from survey.storage.models import Role, Unit, Wave, WaveKind
from survey.system import dates
from survey.system.version import version
from survey.waves import questionnaires, units, waves

PSEUDO = "qps"
SPOKEN_ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "data-title", "data-short", "content")
WITHIN = re.compile(r"⟦[^⟦⟧]*⟧")
WORD = re.compile(r"[^\W\d_]{2,}")


def bracketed(text: str) -> str:
    return f"⟦{text}⟧"


class Pseudo(gettext.NullTranslations):
    """The catalogue: every message in brackets."""

    def gettext(self, message: str) -> str:
        return bracketed(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return bracketed(msgid1 if n == 1 else msgid2)


def translated(part: Any) -> Any:
    """A document with its section: every text in the third language too."""
    if isinstance(part, list):
        return [translated(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.keys() == {"vi", "en"}:
        return {**part, PSEUDO: bracketed(part["en"])}
    return {key: translated(one) for key, one in part.items()}


class Said(HTMLParser):
    """Every word of a page that somebody may read or hear, templates of scripts included."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.aside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.aside = tag if tag in ("script", "style", "code") else ""  # a code is of no language
        known = dict(attributes)
        if known.get("name") == "viewport" or known.get("name") in ("robots", "color-scheme"):
            return
        if "hreflang" in known:
            self.aside = tag  # a language calls itself by its own name
        self.texts += [known[name] or "" for name in SPOKEN_ATTRIBUTES if name in known]

    def handle_endtag(self, tag: str) -> None:
        self.aside = ""

    def handle_data(self, data: str) -> None:
        if not self.aside:
            self.texts.append(data)


def unspoken(html: str, names: set[str]) -> list[str]:
    """The words of a page that stand in no bracket and are no name."""
    text = "".join(Said(html).texts)
    while WITHIN.search(text):
        text = WITHIN.sub(" ", text)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return WORD.findall(text)


@pytest.fixture
def pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The software speaks a third language."""
    real = translations.catalogue
    monkeypatch.setitem(translations.LANGUAGES, PSEUDO, "Pseudo")
    monkeypatch.setattr(translations, "catalogue", lambda code: Pseudo() if code == PSEUDO else real(code))


@pytest.fixture
def names(province: Database) -> set[str]:
    """What stands the same in every language: places, waves, people, the mark."""
    with province.writing() as session:
        for wave, name in (("ba", "noi_phuc_vu@1"), ("ba-ho", "ho_gia_dinh@1")):
            document = {**translated(questionnaires.find(session, name).document), "version": 7}
            third = parse({**document, "languages": {PSEUDO: "Pseudo"}})
            questionnaires.publish(session, third, dates.today())
            start, end = dates.today(), dates.today() + timedelta(1)
            waves.create(session, wave, third, WaveKind.OPEN, start, end, public=wave == "ba")
        others = questionnaires.published(session)
        titles = {other.title.vi for other in others} | {other.code for other in others}
        titles |= {*session.scalars(select(Wave.title))}
        titles |= {item.label.vi for other in others for item in other.items.values()}  # the bank shows them all
        places = {unit.name for unit in session.scalars(select(Unit))}
    codes = {version(), "ba", "ba-ho", "gop-y", "ho-mo", "ho-mau", "da-dong", "khong-co"}
    return {
        *places,
        *titles,
        *units.ENGLISH.values(),
        *codes,
        "Hài Lòng",
        *("PAR INDEX", "PAR_INDEX", "SIPAS", "PAPI"),
        *(*translations.LANGUAGES.values(), "Pseudo"),  # a language is called by its own name
        version(),
        *(role.value for role in Role),
    }


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/", 200),
        ("/?dot=ba", 200),
        ("/y-kien", 200),
        ("/y-kien/06652?q=ha", 200),
        ("/toan-ven/da-dong?ma=7f3a", 200),
        ("/ket-qua/da-dong", 200),
        ("/?dot=ba&q=ha", 200),
        ("/?dot=ba&q=xyz", 200),
        ("/m", 200),
        ("/m/SAI", 404),
        ("/rieng-tu", 200),
        ("/lich", 200),
        ("/s/ba/06652", 200),
        ("/s/ba-ho/06652", 200),
        ("/s/khong-co/06652", 404),
        ("/s/ba/99999", 404),
        ("/s/da-dong/06652", 410),
        ("/khong-co", 404),
        ("/dang-nhap", 200),
    ],
)
@pytest.mark.usefixtures("pseudo")
def test_no_word_of_a_citizens_page_is_untranslated(
    client: FlaskClient, names: set[str], address: str, status: int
) -> None:
    client.set_cookie("lang", PSEUDO)
    reply = client.get(address)
    assert reply.status_code == status
    assert f'<html lang="{PSEUDO}"' in reply.text
    assert "⟦" in reply.text
    assert unspoken(reply.text, names) == []


@pytest.mark.usefixtures("pseudo")
def test_what_is_wrong_and_the_receipt_are_told_in_the_third_language(
    client: FlaskClient, names: set[str]
) -> None:
    client.set_cookie("lang", PSEUDO)
    page = client.get("/s/ba-ho/06652").text
    sent = dict(re.findall(r'name="(id|token)" value="([^"]+)"', page))
    refused = client.post("/s/ba-ho/06652", data={**sent, "C5": "9", "C2": "x", "C2_khac": "1" * 300})
    assert refused.status_code == 422
    assert unspoken(refused.text, names) == []
    received = client.post("/s/ba-ho/06652", data={**sent, "C5": "1"}, follow_redirects=True)
    assert received.status_code == 200
    assert unspoken(re.sub(r'class="code">[^<]+', ">", received.text), names) == []


@pytest.mark.usefixtures("pseudo")
def test_a_text_that_the_document_lacks_stands_in_vietnamese(province: Database) -> None:
    with province.reading() as session:
        questionnaire = questionnaires.find(session, "noi_phuc_vu@1")
    with translations.speaking(PSEUDO):
        assert str(questionnaire.title) == questionnaire.title.vi


STAFF_PAGES = ("/quan-tri/", "/nhap-phieu/", "/phong-van/")


@pytest.mark.usefixtures("pseudo")
def test_no_word_of_a_staff_page_is_untranslated(app: Flask, client: FlaskClient, names: set[str]) -> None:
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get("/dang-nhap").text)
    assert token
    fields = {"name": "admin", "password": "mat-khau-dai", "csrf_token": token[1]}
    assert client.post("/dang-nhap", data=fields).status_code == 303
    client.set_cookie("lang", PSEUDO)
    found = {}
    for rule in app.url_map.iter_rules():
        if rule.arguments or "GET" not in (rule.methods or ()) or not rule.rule.startswith(STAFF_PAGES):
            continue
        with client.get(rule.rule, follow_redirects=True) as reply:
            if reply.mimetype == "text/html":
                found[rule.rule] = unspoken(reply.text, names)
    assert len(found) >= 3
    assert not {address: words for address, words in found.items() if words}
