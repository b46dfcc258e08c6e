"""Trying a draft by a link: marked, stored nowhere, over after a day; a word of it stands beside the question."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import func, select

from survey.storage.database import Database
from survey.storage.models import DraftNote, Response
from survey.waves import questionnaires
from survey.web import trial
from survey.workshop import drafts


@pytest.fixture
def link(app: Flask, province: Database) -> str:
    """Of a draft of the short form."""
    with province.writing() as session:
        base = questionnaires.find(session, "noi_phuc_vu@2")
        id = drafts.begin(session, "lan", drafts.renewed(session, base), base).id
    with app.test_request_context():
        return f"/thu/{trial.mark(id)}"


def test_a_trial_says_that_it_is_one_and_stores_no_answer(
    client: FlaskClient, link: str, province: Database
) -> None:
    page = client.get(link).text
    assert "Bản thử" in page
    action = re.search(r'<form id="form" method="post" action="([^"]+)"', page)
    assert action is not None
    assert client.post(action[1], data={"tiep_xuc": "1"}).status_code == 200
    with province.reading() as session:
        assert session.scalar(select(func.count()).select_from(Response)) == 0
        assert not session.scalars(select(DraftNote)).all()


def test_what_somebody_says_stands_beside_the_question(
    client: FlaskClient, link: str, app: Flask, sign_in: Callable[[Flask, str], FlaskClient]
) -> None:
    assert client.post(f"{link}/loi", data={"cau": "tiep_xuc", "loi": " "}).status_code == 422
    client.post(f"{link}/loi", data={"cau": "tiep_xuc", "loi": "Gặp <b>ở đâu</b>?"})
    page = sign_in(app, "home_affairs").get("/quan-tri/bo-phieu/nhap/1/cau/tiep_xuc").text
    assert "Gặp &lt;b&gt;ở đâu&lt;/b&gt;?" in page


def test_a_link_of_last_week_says_that_it_is_over(
    client: FlaskClient, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda signer: now(signer) + 7 * 86_400)
    answer = client.get(link)
    assert answer.status_code == 410
    assert "hết hạn" in answer.text


def test_a_made_up_link_leads_nowhere(client: FlaskClient, link: str, province: Database) -> None:
    assert client.get(link[:-2] + "xx").status_code == 410
    with province.writing() as session:
        drafts.drop(session, drafts.find(session, 1), "lan")
    assert client.get(link).status_code == 410
