"""The doctor finds what was done to an installation, says what to do, and touches nothing."""

from __future__ import annotations

import os
import socket
import sqlite3
import ssl
import threading
from base64 import urlsafe_b64encode
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from survey.accounts import second_factors
from survey.integrity import digests
from survey.operations import database_findings, doctor
from survey.operations.backups import keys, latest
from survey.operations.doctor_findings import Finding, State
from survey.storage import audit
from survey.storage.database import Database
from survey.storage.models import Batch, Role, Scan, Sheet, TextKey
from survey.system import dates, settings
from survey.system.version import version
from survey.waves import questionnaires
from translations import Refusal, speaking


@pytest.fixture
def folder(province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder as it should be, on the province of the test."""
    data = tmp_path / "data"
    data.mkdir(0o700)
    monkeypatch.setenv("HAILONG_DATA", str(data))
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_BASE_URL", "https://127.0.0.2:1")  # where nobody answers, and no name is looked up
    monkeypatch.setenv("HAILONG_PROXIES", "1")
    settings.secret_key()
    latest.note(data, dates.today())
    digests.close_days(province, datetime.now(UTC))
    with province.writing() as session:
        second_factors.require(session, [Role.ADMIN])
    return data


def found(words: str) -> Finding:
    """The one finding that says these words, in English."""
    with speaking("en"):
        said = [one for one in doctor.examine() if words in one.what]
    assert len(said) == 1, said
    return said[0]


def states() -> set[State]:
    return {one.state for one in doctor.examine()}


def test_a_sound_installation_is_well_and_is_not_touched(folder: Path, province: Database) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    assert states() == {State.WELL}
    assert version() in found("This is Hài Lòng").what
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before
    with province.reading() as session:
        assert not session.scalars(text("SELECT name FROM sqlite_master WHERE name LIKE 'doctor%'")).all()


def test_where_nothing_is_there_nothing_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "none"))
    monkeypatch.delenv("HAILONG_DATABASE_URL", raising=False)
    assert found("There is no data folder").state is State.MEND
    assert not (tmp_path / "none").exists()
    (tmp_path / "none").mkdir(0o700)
    assert found("no database yet").state is State.MEND
    assert not list((tmp_path / "none").iterdir())


@pytest.mark.parametrize(("name", "right"), [("", 0o750), ("secret.key", 0o644)])
def test_what_others_may_read_is_named_with_the_command_that_mends_it(folder: Path, name: str, right: int) -> None:
    (folder / name).chmod(right)
    one = found("may read or write")
    assert one.state is State.MEND
    assert os.system(one.do.removeprefix("Run: ")) == 0
    assert states() == {State.WELL}


@pytest.mark.parametrize(
    ("name", "value", "words", "state"),
    [
        ("HAILONG_BASE_URL", "", "HAILONG_BASE_URL is not set", State.LOOK),
        ("HAILONG_BASE_URL", "http://hailong.tinh.gov.vn", "without encryption", State.MEND),
        ("HAILONG_BASE_URL", "hailong.tinh.gov.vn", "is no address", State.MEND),
        ("HAILONG_BASE_URL", "https://127.0.0.2:1/hai-long", "a host that it shares", State.MEND),
        ("HAILONG_PROXIES", "", "HAILONG_PROXIES is not set", State.LOOK),
        ("HAILONG_SECRET_KEY", "tinh2026", "is short", State.MEND),
        ("HAILONG_DATABASE_URL", "nonsense", "it is neither now", State.MEND),
        ("HAILONG_DATABASE_URL", "postgresql+psycopg://x@/x?host=/nowhere", "does not answer", State.MEND),
        (
            "HAILONG_DATABASE_URL",
            "postgresql+psycopg://x@127.0.0.2:1/x",
            "certificate of the database",
            State.MEND,
        ),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str, state: State
) -> None:
    monkeypatch.setenv(name, value)
    one = found(words)
    assert one.state is state
    assert one.do


def test_a_certificate_that_browsers_do_not_trust_or_that_ends_soon_is_noticed(
    folder: Path, own_certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*own_certificate)
    with socket.create_server(("127.0.0.2", 0)) as server:

        def answer() -> None:
            for _visitor in range(2):
                line, _address = server.accept()
                with suppress(OSError), line, context.wrap_socket(line, server_side=True):
                    pass

        visited = threading.Thread(target=answer, daemon=True)
        visited.start()
        monkeypatch.setenv("HAILONG_BASE_URL", f"https://127.0.0.2:{server.getsockname()[1]}")
        assert found("do not trust the certificate").state is State.MEND
        monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate[0]))
        assert found("is valid until").state is State.LOOK
        visited.join()


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("sqlite:////srv/hailong.db", True),
        ("postgresql+psycopg://hailong@/hailong?host=/var/run/postgresql", True),
        ("postgresql+psycopg://hailong@localhost/hailong", True),
        ("postgresql+psycopg://hailong@db.tinh.vn/hailong?sslmode=verify-full", True),
        ("postgresql+psycopg://hailong@db.tinh.vn/hailong?sslmode=require", False),  # anybody's certificate
        ("postgresql+psycopg://hailong@/hailong?host=db.tinh.vn", False),
    ],
)
def test_a_database_on_another_machine_must_show_its_certificate(url: str, safe: bool) -> None:
    assert bool(list(doctor.line(make_url(url)))) is not safe


def test_secrets_of_the_system_s_store_are_taken_and_the_file_they_replace_is_named(
    folder: Path, province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = {
        "HAILONG_SECRET_KEY": "k" * 43,
        "HAILONG_DATABASE_URL": province.url,
        "HAILONG_METRICS_TOKEN": "t" * 20,
        "HAILONG_OIDC_SECRET": "o",
    }
    for name, value in store.items():
        monkeypatch.delenv(name, raising=False)
        (tmp_path / name).write_text(f"{value}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("HAILONG_OIDC_ISSUER", "https://sso.tinh.gov.vn")
    monkeypatch.setenv("HAILONG_OIDC_CLIENT", "hai-long")
    there = settings.single_sign_on()
    assert there is not None
    assert there.secret == tmp_path / "HAILONG_OIDC_SECRET"
    monkeypatch.delenv("HAILONG_OIDC_ISSUER")
    monkeypatch.delenv("HAILONG_OIDC_CLIENT")
    taken = (settings.secret_key(), settings.database_url(), settings.metrics_token(), "o")
    assert taken == tuple(store.values())
    assert found("comes from the system's store").state is State.WELL
    assert "shred -u" in found("no longer used").do
    (folder / "secret.key").unlink()
    assert states() == {State.WELL}
    # What is in the store opens on this machine alone, so a backup has it too.
    assert keys.gathered()["secret.key"] == store["HAILONG_SECRET_KEY"]


@pytest.mark.parametrize(
    ("revision", "words"),
    [("0026", "before the first release"), ("9999", "newer form"), (None, "database is empty")],
)
def test_tables_of_another_form_are_noticed(
    folder: Path, province: Database, revision: str | None, words: str
) -> None:
    with province.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision or ""})
        if revision is None:
            session.execute(text("DELETE FROM alembic_version"))
    assert found(words).state is State.MEND


def test_a_questionnaire_that_was_changed_in_the_database_is_named_and_asks_nobody(
    folder: Path, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(make_url(province.url).database or "")) as file:  # as somebody who owns the file
        for (trigger,) in file.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'questionnaire'"
        ).fetchall():
            file.execute(f"DROP TRIGGER {trigger}")
        file.execute(
            "UPDATE questionnaire SET document = replace(document, 'Many people have to', 'Few have to') "
            "WHERE code = 'ho_gia_dinh' AND version = 2"
        )
        assert file.total_changes == 1
        file.commit()
    assert "ho_gia_dinh@2" in found("was changed in the database").what
    monkeypatch.setattr(questionnaires, "_parsed", {})  # as in a process that begins
    with province.reading() as session, pytest.raises(Refusal, match="ho_gia_dinh@2"):
        questionnaires.published(session)


def test_a_trail_that_was_tampered_with_and_a_clock_that_is_slow_are_noticed(
    folder: Path, province: Database
) -> None:
    with audit.acting("lan", "Ran a command on the server", "one"), province.writing():
        pass
    assert states() == {State.WELL}
    with province.writing() as session:
        session.execute(text("DROP TRIGGER audit_entry_refuses_update"))
        session.execute(text("UPDATE audit_entry SET at = '2999-01-01T00:00:00+07:00'"))
    assert found("broken at entry 1").state is State.MEND
    assert found("clock stands before").state is State.MEND


def test_an_administrator_with_a_password_alone_is_noticed(folder: Path, province: Database) -> None:
    with province.writing() as session:
        second_factors.require(session, [])
    assert found("password alone").state is State.LOOK


def test_an_old_backup_and_none_are_noticed(folder: Path) -> None:
    latest.note(folder, date(2026, 1, 2))
    assert found("The last backup").state is State.LOOK
    latest.note(folder, dates.today() - timedelta(1))
    assert found("The last backup").state is State.WELL
    (folder / latest.FILE).unlink()
    assert found("No backup was made").state is State.LOOK


def test_a_disk_that_is_nearly_full_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for least, state in ((10**18, State.MEND), (1, State.LOOK)):
        monkeypatch.setattr(doctor, "LEAST_SPACE", least)
        monkeypatch.setattr(doctor, "LITTLE_SPACE", 10**18)
        assert found("are free").state is state


def test_a_disk_of_another_machine_is_no_place_for_sqlite(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_findings, "_file_system", lambda _path: "nfs4")
    assert found("nfs4").state is State.MEND


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_postgresql_that_may_lose_what_it_confirmed_is_noticed(folder: Path) -> None:
    """The server of the tests runs without fsync, as its superuser, and archives nothing."""
    one = found("fsync = off")
    assert one.state is State.MEND
    assert "ALTER SYSTEM SET fsync = on" in one.do
    assert found("archives no log").state is State.LOOK
    assert found("may do everything").state is State.LOOK
    assert found("may write the database").state is State.WELL


def test_a_master_key_that_is_gone_damaged_or_another_one_is_named(
    folder: Path, province: Database, key: Path
) -> None:
    with province.writing() as session:
        session.add(Batch(code="B1", wave="ho-mau", psu="V1", printed=dates.today()))
        session.flush()
        session.add(Sheet(serial="0001", batch="B1", place=1))
        session.flush()
        session.add(Scan(sheet="0001", page=1, marks={}, picture=None))
    assert found("opens what is encrypted").state is State.WELL
    good = key.read_bytes()
    key.unlink()
    assert "backup of the keys" in found("is gone").do
    assert not key.exists()
    for wrong, words in ((good[:-4], "is damaged"), (urlsafe_b64encode(bytes(32)), "does not open")):
        key.write_bytes(wrong)
        assert found(words).state is State.MEND


def test_the_key_of_a_wave_needs_the_master_key_until_it_is_destroyed(
    folder: Path, province: Database, key: Path
) -> None:
    with province.writing() as session:
        session.add(TextKey(wave="ho-mo", wrapped=b""))
    assert states() == {State.WELL}
    with province.writing() as session:
        session.get_one(TextKey, "ho-mo").wrapped = b"by a key of before, which is gone"
    assert found("is gone").state is State.MEND
    key.parent.mkdir()
    key.write_bytes(urlsafe_b64encode(bytes(32)))
    assert found("does not open").state is State.MEND
