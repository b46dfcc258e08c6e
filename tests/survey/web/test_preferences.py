"""A further language of a questionnaire on its form: its texts are in it, the page's own words in Vietnamese."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from forms import parse
from survey.paper import form as paper
from survey.responses import devices
from survey.storage.database import Database
from survey.storage.models import Role, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web import trial
from survey.workshop import drafts

WORDS = "Pi noọng chắng hăn cần hẩu bấu?"
FORM = "/s/tay/06652"
CODE = "dich_vu"


@pytest.fixture
def asked(province: Database) -> str:
    """A wave whose questionnaire has one text in Tày; gives how that one reads in Vietnamese."""
    with province.writing() as session:
        document = {**questionnaires.find(session, "noi_phuc_vu@2").document, "version": 7}
        item = document["pages"][0]["items"][0]
        item["label"] = {**item["label"], "tyz": WORDS}
        version = parse({**document, "languages": {"tyz": "Tày"}})
        questionnaires.publish(session, version, dates.today())
        waves.create(session, "tay", version, WaveKind.OPEN, dates.today(), dates.today() + timedelta(1))
        row = drafts.begin(session, "lan", drafts.renewed(session, version), version)
        assert (row.id, item["code"]) == (1, CODE)
    return str(item["label"]["vi"])


def offers(page: str) -> set[str]:
    return set(re.findall(r'data-switch="language"[^>]* hreflang="(\w+)"', page))


def test_the_texts_are_in_the_language_and_the_words_of_the_page_are_not(client: FlaskClient, asked: str) -> None:
    plain = client.get(FORM).text.replace("\xa0", " ")
    assert asked in plain
    assert offers(plain) == {"en", "tyz"}
    page = client.get(f"{FORM}?lang=tyz").text.replace("\xa0", " ")
    assert WORDS in page
    assert asked not in page
    assert "Gửi phiếu" in page
    assert '<html lang="vi"' in page
    assert '<section class="part" data-title="' in page
    assert ' lang="tyz">' in page
    assert offers(page) == {"vi", "en"}
    assert WORDS not in client.get(f"{FORM}?lang=vi").text  # the questions of before are no other's


def test_what_the_document_lacks_in_it_stands_in_vietnamese(client: FlaskClient, asked: str) -> None:
    titles = [re.findall('data-title="([^"]+)"', client.get(f"{FORM}?lang={code}").text) for code in ("vi", "tyz")]
    assert titles[0] == titles[1]


def test_the_choice_stays_where_it_was_offered_and_holds_nowhere_else(client: FlaskClient, asked: str) -> None:
    client.get(f"{FORM}?lang=tyz")
    assert WORDS in client.get(FORM).text
    sent = dict(re.findall(r'name="(id|token)" value="([^"]+)"', client.get(FORM).text))
    refused = client.post(FORM, data={**sent, CODE: "77"}, headers={"Origin": "http://localhost"})
    assert refused.status_code == 422
    assert WORDS in refused.text
    other = client.get("/s/gop-y/06652").text
    assert offers(other) == {"en"}
    assert '<html lang="vi"' in other
    assert "Set-Cookie" not in client.get("/s/gop-y/06652?lang=tyz").headers
    assert "Set-Cookie" not in client.get(f"{FORM}?lang=zzz").headers


def test_a_kiosk_begins_in_it_and_keeps_it_for_use_without_network(
    client: FlaskClient, asked: str, key: Path
) -> None:
    with client.application.extensions["database"].writing() as session:
        link = devices.link(session, "tay", "06652", "Quầy 1").secret
    client.post(f"/kiosk/bind/{link}")
    page = client.get("/kiosk/tay/06652").text
    assert 'data-languages="vi,en,tyz"' in page
    assert re.search(r'data-begin-in[^>]* lang="tyz"[^>]*>Tày<', page)
    kept = client.get("/kiosk/shell-tyz.html")
    assert 'data-texts="tyz"' in kept.text
    assert WORDS in kept.text
    assert WORDS in client.get("/kiosk/tay/06652?lang=tyz").text
    assert client.get("/kiosk/shell-mlc.html").status_code == 404


def test_the_tablet_and_the_paper_form_have_it(
    app: Flask,
    asked: str,
    sign_in: Callable[[Flask, str], FlaskClient],
    province: Database,
    account: Callable[..., None],
    key: Path,
) -> None:
    with province.writing() as session:
        account(session, "dieu-tra", Role.INTERVIEWER)
    tablet = sign_in(app, "dieu-tra")
    assert offers(tablet.get("/phong-van/tay/06652").text) == {"en", "tyz"}
    assert WORDS in tablet.get("/phong-van/tay/06652?lang=tyz", headers={"Hailong-Kept": "1"}).text
    assert WORDS not in tablet.get("/phong-van/tay/06652").text
    with province.reading() as session:
        version = questionnaires.find(session, "noi_phuc_vu@7")
    spoken, usual = paper.form(version, spoken="tyz").values, paper.form(version).values
    assert (WORDS in json.loads(spoken)["parts"].__str__(), WORDS in usual) == (True, False)
    assert (json.loads(spoken)["geometry"]["corners"], json.loads(usual)["geometry"]["corners"] != []) == (
        [],
        True,
    )
    writer = sign_in(app, "home_affairs")
    drawn = [writer.get(f"/quan-tri/bo-phieu/noi_phuc_vu@7/xem/giay?tieng={code}").data for code in ("tyz", "vi")]
    assert drawn[0] != drawn[1]


def test_a_trial_is_offered_in_it_and_the_workshop_draws_it(
    app: Flask, client: FlaskClient, asked: str, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    with app.test_request_context():
        link = f"/thu/{trial.mark(1)}"
    assert offers(client.get(link).text) == {"en", "tyz"}
    assert WORDS in client.get(f"{link}?lang=tyz").text
    writer = sign_in(app, "home_affairs")
    first = f"/quan-tri/bo-phieu/nhap/1/cau/{CODE}"
    assert 'tieng=tyz"' in writer.get(first).text
    assert writer.get(f"{first}?tieng=tyz").text.count(WORDS) == 1 + writer.get(first).text.count(WORDS)
    assert WORDS in writer.get("/quan-tri/bo-phieu/nhap/1/xem/dien-thoai?tieng=tyz").text
    assert WORDS in writer.get("/quan-tri/bo-phieu/noi_phuc_vu@7/xem/kiosk?tieng=tyz").text
    assert "tieng=tyz" in writer.get("/quan-tri/bo-phieu/noi_phuc_vu@7").text
