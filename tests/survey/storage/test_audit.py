"""The audit trail: what staff do stands in it, atomically and chained; tampering is found; no form is in it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from survey.accounts import accounts
from survey.reports import method
from survey.results import summary
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import AuditEntry, Role
from survey.system.dates import today
from translations import Conflict

SignIn = Callable[[Flask, str], FlaskClient]


def entries(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        return [(entry.who, entry.what, entry.subject) for entry in rows]


def act(database: Database, *subjects: str) -> None:
    for subject in subjects:
        with audit.acting("lan", "Computed weights", subject), database.writing():
            pass


def verify(database: Database, kept: str | None = None) -> audit.Verified:
    with database.reading() as session:
        return audit.verify(session, kept)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_what_somebody_does_on_the_pages_is_in_the_trail(app: Flask, province: Database, sign_in: SignIn) -> None:
    admin = sign_in(app, "admin")
    page = admin.get("/quan-tri/nguoi-dung").text
    sent = {"name": "hoa", "role": "commune", "unit": "06652", "csrf_token": token_of(page)}
    assert admin.post("/quan-tri/nguoi-dung", data=sent).status_code == 201
    assert entries(province) == [
        ("admin", "Signed in", ""),
        ("admin", "Made an account", f"account=hoa role=commune unit=06652 link_until={today() + timedelta(7)}"),
    ]
    assert admin.post("/quan-tri/nguoi-dung", data=sent).status_code == 409  # done is what was kept
    assert len(entries(province)) == 2


def test_a_file_that_is_taken_out_is_in_the_trail_with_what_was_asked_for(made_up: Flask, sign_in: SignIn) -> None:
    reader = sign_in(made_up, "home_affairs")
    assert reader.get("/quan-tri/thu-nghiem/bao-cao/json?lang=en").status_code == 200
    told = entries(made_up.extensions["database"])[-1]
    assert told == ("home_affairs", "Downloaded a report", "wave=thu-nghiem format=json asked=lang=en")


def test_an_act_that_failed_is_not_in_the_trail_and_none_is_kept_without_it(province: Database) -> None:
    with pytest.raises(Conflict), audit.acting("lan", "Made an account"), province.writing() as session:
        accounts.add(session, "admin", Role.KEYER, "mat-khau-dai")
    assert entries(province) == []


def test_what_citizens_and_keyers_send_leaves_no_entry(app: Flask, province: Database, sign_in: SignIn) -> None:
    client = app.test_client()
    page = client.get("/s/gop-y/06652")
    assert page.status_code == 200
    keyer = sign_in(app, "keyer")
    before = len(entries(province))
    form = keyer.get("/nhap-phieu/ho-mo/06652").text
    number = re.search(r'name="id" value="([^"]+)"', form)
    assert number is not None
    typed = {"csrf_token": token_of(form), "id": number[1], "C5": "1", "de_trong": "nhieu"}
    sent = keyer.post("/nhap-phieu/ho-mo/06652", data=typed)
    assert sent.status_code < 400
    with province.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM response")) == 1
    assert len(entries(province)) == before


@pytest.mark.both_databases
def test_a_changed_a_missing_and_a_slipped_in_entry_are_found(database: Database) -> None:
    act(database, *"abcdef")
    whole = verify(database)
    assert (whole.entries, whole.broken) == (6, None)
    guards = ("audit_entry_refuses_update", "audit_entry_refuses_delete")
    with database.writing() as session:  # whoever owns the database can take its guard away
        if database.is_sqlite:
            for guard in guards:
                session.execute(text(f"DROP TRIGGER {guard}"))
        else:
            session.execute(text("DROP TRIGGER audit_entry_keeps ON audit_entry"))
    for tampering, broken in (
        ("UPDATE audit_entry SET subject = 'x' WHERE number = 4", 4),
        ("UPDATE audit_entry SET digest = 'x' WHERE number = 3", 3),
        ("DELETE FROM audit_entry WHERE number = 2", 2),
        ("UPDATE audit_entry SET number = 0 WHERE number = 1", 1),
    ):
        with database.writing() as session:
            session.execute(text(tampering))
        assert verify(database).broken == broken


def test_an_end_that_was_cut_off_is_found_by_a_digest_that_was_kept_outside(database: Database) -> None:
    act(database, *"abc")
    kept = verify(database).digest
    act(database, "d")
    assert verify(database, kept[:16]).kept is True
    with database.writing() as session:
        session.execute(text("DROP TRIGGER audit_entry_refuses_delete"))
        session.execute(text("DELETE FROM audit_entry WHERE number > 2"))
    cut = verify(database, kept)
    assert (cut.broken, cut.kept) == (None, False)


@pytest.mark.both_databases
def test_acts_at_the_same_moment_come_one_after_the_other(database: Database) -> None:
    threads = [threading.Thread(target=act, args=(database, *"abcde")) for _person in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (verify(database).entries, verify(database).broken) == (20, None)


def test_the_auditor_reads_the_trail_and_nothing_else(app: Flask, province: Database, sign_in: SignIn) -> None:
    with province.writing() as session:
        accounts.add(session, "auditor", Role.AUDITOR, "mat-khau-dai")
    act(province, *(f"so={number}" for number in range(150)))
    auditor = sign_in(app, "auditor")
    assert auditor.get("/quan-tri/").status_code == 403
    page = auditor.get("/quan-tri/nhat-ky")
    assert page.status_code == 200
    assert "so=149" in page.text
    assert "so=10<" not in page.text
    assert verify(province).digest in page.text
    older = auditor.get("/quan-tri/nhat-ky?den=51")
    assert "so=10<" in older.text
    assert "so=149" not in auditor.get("/quan-tri/nhat-ky?ai=auditor").text


def test_a_broken_chain_stands_on_top_of_the_page(app: Flask, province: Database, sign_in: SignIn) -> None:
    act(province, "a", "b")
    with province.writing() as session:
        session.execute(text("DROP TRIGGER audit_entry_refuses_update"))
        session.execute(text("UPDATE audit_entry SET who = 'x' WHERE number = 1"))
    assert "Nhật ký không còn nguyên vẹn" in sign_in(app, "admin").get("/quan-tri/nhat-ky").text


def test_a_report_prints_the_end_of_the_trail(made_up: Flask) -> None:
    database = made_up.extensions["database"]
    act(database, "x")
    with database.reading() as session:
        said = summary.gather(session, "thu-nghiem")
    assert verify(database).digest in str(method.again(said))
