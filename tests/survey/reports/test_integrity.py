"""The annex on the integrity of the result: the words of the public page, in print, and nothing that names."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from docx import Document

from survey.integrity import account_words, kept_account, unusual
from survey.reports import report
from survey.results import releases
from survey.storage.database import Database
from survey.waves import waves
from tests.survey.integrity.told_waves import REASON, WAVE, planted_in, released, steered, told


def written(province: Database, format: str, language: str = "vi") -> bytes:
    with province.reading() as session:
        release = releases.newest(session, WAVE)
        own = kept_account.of(session, waves.find(session, WAVE), release)
        return report.write(unusual.gather(session, WAVE, release=release), format, language, own)


def text_of_pdf(content: bytes) -> list[str]:
    """The text of each page, each on one line."""
    pages = pypdfium2.PdfDocument(content)
    return [" ".join(page.get_textpage().get_text_range().split()) for page in pages]


def text_of_word(content: bytes) -> str:
    """All paragraphs and cells from its heading on."""
    body = Document(io.BytesIO(content)).element.body
    parts = [node.text or "" for node in body.iter() if node.tag.endswith("}t")]
    whole = " ".join(parts[parts.index("Về tính toàn vẹn của kết quả") :])
    return whole.partition(". Cách làm")[0]


@pytest.fixture
def public(province: Database) -> Database:
    steered(province)
    released(province)
    told(province)
    return province


def of_the_annex(content: bytes, title: str) -> str:
    """From its heading to the next annex, which begins a page."""
    whole = " ".join(text_of_pdf(content))
    return whole[whole.index(title) :].partition(". Cách làm" if "toàn vẹn" in title else ". Method")[0]


def test_it_stands_after_the_signature_in_the_words_of_the_public_page(public: Database) -> None:
    content = written(public, "pdf")
    pages = text_of_pdf(content)
    (signed,) = (number for number, page in enumerate(pages) if "GIÁM ĐỐC" in page)
    (place,) = (number for number, page in enumerate(pages) if "Về tính toàn vẹn" in page)
    assert place > signed
    annex = of_the_annex(content, "Về tính toàn vẹn")
    with public.reading() as session:
        wave = waves.find(session, WAVE)
        own = kept_account.of(session, wave, releases.newest(session, WAVE))
        summary = unusual.gather(session, WAVE, release=releases.newest(session, WAVE))
        for heading, text in account_words.three(own, wave, summary.questionnaire):
            assert heading in annex
            assert " ".join(text.split()) in annex
    assert REASON in annex
    assert own.digest is not None
    assert own.digest.digest in annex.replace(" ", "")
    assert f"/toan-ven/{WAVE}" in annex
    assert list(planted_in(annex)) == []


def test_word_holds_the_same(public: Database) -> None:
    text = text_of_word(written(public, "docx"))
    for part in ("12 phiếu để riêng", REASON, "Giám sát viên", f"/toan-ven/{WAVE}"):
        assert part in text
    assert list(planted_in(text)) == []


def test_in_english_it_names_nobody_either(public: Database) -> None:
    annex = of_the_annex(written(public, "pdf", "en"), "On the integrity of the result")
    assert "12 forms set aside" in annex
    assert list(planted_in(annex)) == []


def test_what_is_kept_is_told_of_its_own_release_alone(public: Database) -> None:
    with public.reading() as session:
        wave = waves.find(session, WAVE)
        assert kept_account.of(session, wave, None).shown is None
        assert kept_account.of(session, wave, releases.newest(session, WAVE)) == kept_account.read(session, WAVE)
