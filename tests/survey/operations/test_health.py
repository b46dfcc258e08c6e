"""Whoever watches the server is told while no form can be kept, and the log says which thing it was."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from survey.operations import health
from survey.responses import submission
from survey.storage import faults, master_key
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.waves import waves
from translations import Refusal


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    health.trouble.cache_clear()
    yield
    health.trouble.cache_clear()


def asked(app: Flask) -> tuple[int, Refusal | None]:
    health.trouble.cache_clear()
    status = app.test_client().get("/healthz").status_code
    return status, health.trouble(app.extensions["database"])


@pytest.mark.both_databases
def test_where_a_form_can_be_kept_all_is_well_and_nothing_is_left_behind(
    app: Flask, province: Database, tmp_path: Path
) -> None:
    assert asked(app) == (200, None)
    assert {path.name for path in tmp_path.iterdir()} <= {"hailong.db", "hailong.db-wal", "hailong.db-shm"}
    with province.reading() as session:
        assert session.connection().dialect.has_table(session.connection(), "health") is False


def test_a_full_disk_is_no_health_though_the_database_answers(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_given: Any, **_options: Any) -> Any:
        return Path("/dev/full").open("wb")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    status, found = asked(app)
    assert status == 503
    assert found is not None
    assert found.message == faults.FULL
    assert "Đĩa đã đầy" in caplog.text


def test_a_file_that_is_gone_or_that_another_holds_is_no_health(
    app: Flask, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.1)
    with province.writing() as session:
        session.connection()
        status, found = asked(app)
        assert (status, found and found.message) == (503, faults.LOCKED)
    path = Path(str(province.engine.url.database))
    path.rename(path.with_suffix(".away"))
    assert asked(app)[1] is not None
    assert not path.exists()  # looking makes none


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_database_that_is_only_to_be_read_is_no_health(app: Flask, province: Database) -> None:
    province.outside(f"ALTER DATABASE {province.engine.url.database} SET default_transaction_read_only = on")
    app.extensions["database"].engine.dispose()
    status, found = asked(app)
    assert (status, found and found.message) == (503, faults.READ_ONLY)


def test_without_the_master_key_no_words_can_be_kept(
    app: Flask, province: Database, key: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with province.writing() as session:
        place = waves.place(session, "gop-y", "06652")
        submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"gop_y": "lời"})
    assert asked(app) == (200, None)
    key.unlink()
    status, found = asked(app)
    assert status == 503
    assert isinstance(found, master_key.NoKey)
    sent = {"id": str(uuid4()), "wave": "gop-y", "unit": "06652", "mode": "phone", "answers": {"gop_y": "lời"}}
    reply = app.test_client().post("/api/v1/responses", json=sent)
    assert reply.status_code == 503
    assert str(key) not in reply.text  # it is for the log, and who answers is told what to do
    assert str(key) in caplog.text


def test_each_trouble_of_the_machine_has_words_of_its_own(tmp_path: Path, database: Database) -> None:
    told = {faults.refusal_for(OSError(errno.ENOSPC, "x")): faults.FULL}
    assert all(refusal and refusal.message == words for refusal, words in told.items())
    assert faults.refusal_for(OSError(errno.ENOENT, "x")) is None
    assert faults.refusal_for(ValueError()) is None
    (tmp_path / "junk.db").write_bytes(b"no database" * 900)
    shutil.copy(str(database.engine.url.database), tmp_path / "read.db")
    tries: list[tuple[str, str, str]] = [
        (f"sqlite:///{tmp_path}/junk.db", "SELECT 1 FROM unit", faults.DAMAGED),
        (f"sqlite:///{tmp_path}/none/x.db", "SELECT 1", faults.GONE),
        (database.url, "INSERT INTO unit (code, name, kind) SELECT code, name, kind FROM unit", faults.AT_ONCE),
    ]
    for url, order, words in tries:
        made = Database(url)
        with pytest.raises(DBAPIError) as fault, made.writing() as session:
            session.execute(text(order))
        refusal = faults.refusal_for(fault.value)
        assert refusal is not None
        assert refusal.message == words
        made.engine.dispose()


def test_a_page_that_meets_a_full_disk_says_what_to_do(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(app.view_functions, "respondent.start", _raise(OSError(errno.ENOSPC, "No space left")))
    made = app.test_client().get("/")
    assert made.status_code == 503
    assert made.headers["Retry-After"]
    assert "Đĩa đã đầy" in caplog.text
    assert "Đĩa đã đầy" not in made.text


def _raise(error: Exception) -> Callable[..., Any]:
    def raises(*_given: Any, **_options: Any) -> Any:
        raise error

    return raises
