"""An open wave that asks businesses: nobody who reads of it is told of citizens."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from analysis.response_rates import Dispositions
from forms import parse
from survey.fieldwork.invitations import Letter
from survey.paper import letters
from survey.reports import commune
from survey.reports.contents import contents
from survey.results import summary
from survey.results.collection import Households
from survey.storage.models import Release, Village, WaveKind
from survey.system import dates
from survey.waves import questionnaires, units, waves
from survey.web.public import result_words
from tests.survey import open_waves
from tests.survey.reports.test_contents import said
from translations import speaking

WAVE = "dn"
STAFF = (
    "",
    "cau-hoi",
    "don-vi",
    "don-vi/06652",
    "bang",
    "so-sanh",
    "tien-do",
    "bao-cao",
    "cong-bo",
    "cach-tinh?item=index",
)
CITIZENS = {"vi": r"(?i)người dân|toàn dân|hộ gia đình", "en": r"(?i)citizen|households?\b"}
CALLED = {"vi": "doanh nghiệp", "en": "businesses"}


@pytest.fixture
def businesses(app: Flask, tmp_path: Path) -> Flask:
    """Thirty businesses of each of two communes, released."""
    database = app.extensions["database"]
    with database.reading() as session:
        short = questionnaires.find(session, "noi_phuc_vu@2")
    words = json.dumps(short.document, ensure_ascii=False).replace("người dân", "doanh nghiệp")
    words = re.sub("citizens?", "businesses", words)
    asked = parse(json.loads(words) | {"code": "dn", "population": "businesses"})
    scored = [code for code, item in asked.items.items() if item.scale]
    rows = [[("06652", "06658")[i % 2], *(1 + (i + j) % 5 for j in range(len(scored)))] for i in range(60)]
    open_waves.make(database, tmp_path, WAVE, asked, [["unit", *scored], *rows])
    open_waves.release(database, WAVE)
    return app


@pytest.mark.parametrize("language", ["vi", "en"])
def test_report_notice_and_pages_of_businesses_speak_of_no_citizens(
    businesses: Flask, sign_in: Callable[[Flask, str], FlaskClient], language: str
) -> None:
    with businesses.extensions["database"].reading() as session, speaking(language):
        told = summary.gather(session, WAVE)
        own = next(line for line in told.units if line.unit.code == "06652")
        read = {"report": said(contents(told)), "notice": said(commune.contents(told, own))}
    public = businesses.test_client().get(f"/ket-qua/{WAVE}?noi=06652&lang={language}")
    assert public.status_code == 200
    read["public"] = open_waves.words_of(public.text)
    assert all(CALLED[language] in read[where] for where in ("report", "notice", "public"))
    office = sign_in(businesses, "home_affairs")
    for page in STAFF:
        answer = office.get(f"/quan-tri/{WAVE}/{page}{'&' if '?' in page else '?'}lang={language}")
        assert answer.status_code == 200, page
        read[page] = open_waves.words_of(answer.text)
    found = {
        where: [text[max(0, one.start() - 50) : one.end() + 40] for one in re.finditer(CITIZENS[language], text)]
        for where, text in read.items()
    }
    assert not any(found.values()), {where: texts for where, texts in found.items() if texts}


def test_a_business_that_was_drawn_is_no_household(businesses: Flask) -> None:
    today = dates.today()
    with businesses.extensions["database"].writing() as session:
        asked = questionnaires.find(session, "dn@2")
        waves.create(session, "dn-mau", asked, WaveKind.SAMPLE, today, today)
        session.add(Village(wave="dn-mau", psu="V1", unit="06652", stratum="06652", name="Khu 1"))
        wave, province = waves.find(session, "dn-mau"), units.province(session)
        one = Letter("V1", "Khu 1", "abcd-efgh", "06652", "phường Hà Tu")
        file = io.BytesIO()
        letters.write([one], wave, asked, "https://hailong.vn", "Sở Nội vụ, 0203 3 835 999", province, file)
    with pypdfium2.PdfDocument(file.getvalue()) as document:
        letter = " ".join(document[0].get_textpage().get_text_bounded().split())
    assert "Kính gửi: doanh nghiệp ở Khu 1" in letter
    assert "làm việc với cơ quan nhà nước" in letter
    assert "nơi đơn vị ở" in letter
    with businesses.extensions["database"].reading() as session:
        told = summary.gather(session, "dn-mau")
    households = Households(Dispositions(complete=20, refused=4), None)
    of_some = replace(told, collection=replace(told.collection, households=households, in_sample=20))
    assert "Trong 24 doanh nghiệp, 83,3% trả lời đủ" in said(contents(of_some))
    release = Release(wave="dn-mau", number=1, frozen=today, draw=1)
    public = " ".join([result_words.asked(told, release), *result_words.trust(told, release)])
    assert "doanh nghiệp được rút thăm" in public
    for text in (letter, public):
        assert not re.search(r"(?i)\bhộ\b|sinh nhật", text)
