"""Wrong sign-ins are told to those who watch, and nothing of who tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from survey.accounts import second_factors
from survey.storage import encrypted_texts
from survey.storage.database import Database
from survey.storage.models import AuditEntry, FailedAttempt, SecondFactor
from survey.system.dates import today
from survey.web.sign_in import failed_attempts

SignedIn = Callable[[Flask, str], FlaskClient]
TYPED = "cau-mat-khau-go-nham-o"  # somebody's password, in the box of the name
ADDRESS = "203.0.113.77"


def send(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(address).text)
    assert found, address
    where = {"REMOTE_ADDR": ADDRESS}
    return client.post(address, data={**fields, "csrf_token": found[1]}, environ_base=where)


def test_each_is_in_the_log_the_counts_and_on_the_page_and_what_was_typed_is_nowhere(
    app: Flask,
    province: Database,
    sign_in: SignedIn,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with province.writing() as session:
        secret = encrypted_texts.encrypt_for(
            encrypted_texts.factor_of("home_affairs"), second_factors.new_secret()
        )
        session.add(SecondFactor(account="home_affairs", secret=secret, step=0, codes=[]))
    client, admin = app.test_client(), sign_in(app, "admin")
    for name in ("keyer", "keyer", TYPED):
        assert send(client, "/dang-nhap", name=name, password="mat-khau-sai").status_code == 422
    for _attempt in range(4):
        last = send(client, "/dang-nhap", name="keyer", password="mat-khau-sai")
    assert last.status_code == 429
    other = app.test_client()
    send(other, "/dang-nhap", name="home_affairs", password="mat-khau-dai")
    assert send(other, "/dang-nhap/ma", code="000000").status_code == 422
    assert send(admin, "/xac-nhan", password="mat-khau-sai").status_code == 422
    with province.reading() as session:
        kept = {one.account: one.count for one in session.scalars(select(FailedAttempt))}
        trail = " ".join(entry.subject for entry in session.scalars(select(AuditEntry)))
    assert kept == {"keyer": 5, "": 1, "home_affairs": 1, "admin": 1}
    said = [line.getMessage() for line in caplog.records if line.name == "hailong"]
    assert said == [f"wrong sign-in: {step}" for step in ["password"] * 6 + ["waiting", "code", "again"]]
    counts = client.get("/metrics").text
    for step, count in (("password", 6), ("waiting", 1), ("code", 1), ("again", 1)):
        assert f'hailong_wrong_sign_ins_total{{step="{step}"}} {count}.0\n' in counts
    page = admin.get("/quan-tri/nhat-ky").text
    assert "8 lần đăng nhập sai" in page
    assert "không có tài khoản" in page
    for text in (trail, page, counts, " ".join(said), str(kept)):
        assert TYPED not in text
        assert ADDRESS not in text


@pytest.mark.both_databases
def test_a_year_later_the_count_is_gone(app: Flask, province: Database) -> None:
    with app.app_context():
        failed_attempts.note("keyer", "password")
        for days, left in ((365, 2), (366, 1)):
            with province.writing() as session:
                session.execute(
                    update(FailedAttempt)
                    .values(day=today() - timedelta(days))
                    .where(FailedAttempt.account == "keyer")
                )
                assert [one.account for one in failed_attempts.lately(session)] in ([], [""])
            failed_attempts.note("nobody", "password")
            with province.reading() as session:
                assert len(session.scalars(select(FailedAttempt)).all()) == left
