"""`hailong init` and `restore` alone make or migrate a platform; everything else refuses, and makes nothing."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from survey.commands.examples import EXAMPLES
from survey.operations.backups import archive
from survey.storage.database import Database
from survey.storage.schema import form, newest
from survey.system import settings
from survey.system.version import commit

Program = Callable[..., Any]
MAY_MAKE = {"init", "restore"}
NO_DATABASE = {"estimate", "compare", "questionnaire check", "questionnaire crosswalk"}
READS_ITS_FILE_FIRST = {
    "questionnaire import",
    "questionnaire publish",
    "scorecard check",
    "scorecard publish",
    "unit import",
}
OPENING = sorted(EXAMPLES.keys() - MAY_MAKE - NO_DATABASE)


@pytest.fixture
def nowhere(hailong: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that is not there, in the place of the one that was meant."""
    monkeypatch.delenv("HAILONG_DATABASE_URL")
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "mistyped"))
    monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", "một hai ba bốn năm")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mistyped"


def as_typed(command: str) -> list[str]:
    """The example of a command, with the files that it reads."""
    typed = shlex.split(f"{command} {EXAMPLES[command]}".partition(" > ")[0])
    for before, word in zip(typed, typed[1:], strict=False):
        if "." in word and not before.startswith("--") and word.rpartition(".")[2].isalpha():
            Path(word).write_bytes(b"")
    return typed


def test_a_folder_that_is_not_there_is_refused_by_every_command_and_nothing_is_made(
    hailong: Program, nowhere: Path
) -> None:
    assert len(OPENING) > 50
    for command in OPENING:
        done = hailong(*as_typed(command))
        assert done.code == 1, command
        assert not nowhere.exists(), command
        assert "hailong init" in done.out + done.err or command in READS_ITS_FILE_FIRST, command


@pytest.fixture
def before(hailong: Program, nowhere: Path, request: pytest.FixtureRequest) -> str:
    """The revision of a database that `init` made with the version before this one."""
    assert hailong("init").code == 0
    (nowhere / "secret.key").unlink(missing_ok=True)
    made = newest()
    request.getfixturevalue("next_version")
    return made


def brought_to(revision: str) -> None:
    """Writes another revision into the database."""
    database = Database(settings.database_url())
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    database.engine.dispose()


def test_an_older_database_is_migrated_by_no_other_command(hailong: Program, nowhere: Path, before: str) -> None:
    content = (nowhere / "hailong.db").read_bytes()
    names = {path.name for path in nowhere.iterdir()}
    for command in ("wave list", "backup b", "audit verify", "serve --port 1", "first-run", "user list", "doctor"):
        done = hailong(*command.split())
        assert done.code == 1, command
        assert "hailong init" in done.err + done.out
        assert before in done.err + done.out
        assert (nowhere / "hailong.db").read_bytes() == content
        assert {path.name for path in nowhere.iterdir()} == names


def test_init_tells_the_way_and_keeps_what_was_before_until_the_next_backup(
    hailong: Program, nowhere: Path, before: str
) -> None:
    done = hailong("init")
    assert done.code == 0
    assert f"{before} → {newest()}" in done.err
    copy = nowhere / f"hailong.db.before-{newest()}"
    assert str(copy) in done.err
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(copy) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == (before,)
    kept.close()
    assert "before" not in hailong("init").err  # a second time there is nothing to do
    assert hailong("wave", "list").code == 0
    assert hailong("backup", "--plain", nowhere.parent / "b.zip").code == 0
    assert not copy.exists()


def test_an_init_that_is_cut_off_leaves_the_database_as_it_was(
    hailong: Program, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("survey.operations.installation.units.load", lambda *_given: 1 / 0)
        assert hailong("init").code == 1
    database = Database(settings.database_url())
    with database.engine.connect() as connection:
        assert form(connection) == before
    database.engine.dispose()
    assert hailong("init").code == 0


def test_a_newer_database_is_refused_by_init_too(hailong: Program, nowhere: Path) -> None:
    assert hailong("init").code == 0
    brought_to("9999")
    for command in ("init", "wave list"):
        done = hailong(*command.split())
        assert done.code == 1
        assert "newer form 9999" in done.err


def test_a_database_from_before_the_first_release_is_refused_and_the_way_on_is_told(
    hailong: Program, nowhere: Path
) -> None:
    assert hailong("init").code == 0
    brought_to("0026")
    content = (nowhere / "hailong.db").read_bytes()
    for command in ("init", "wave list", "serve --port 1", "doctor"):
        done = hailong(*command.split())
        assert done.code == 1, command
        assert "before the first release" in done.err + done.out
        assert "name a new data folder" in (done.err + done.out).lower()
    assert (nowhere / "hailong.db").read_bytes() == content


def test_a_restore_that_was_cut_off_is_named_everywhere_and_run_again(
    hailong: Program, province: Database, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = nowhere.parent / "b.zip"
    whole = archive.write(province, backup, lambda *_told: None)
    with monkeypatch.context() as cut:  # as if the machine had stopped there: nothing is put in order
        cut.setattr(archive, "_leave_nothing", lambda *_given: None)
        cut.setattr(archive.rows, "insert_lines", lambda *_given: 1 / 0)
        assert hailong("restore", backup).code == 1
    for command in ("wave list", "init", "serve --port 1", "doctor"):
        done = hailong(*command.split())
        assert done.code == 1, command
        assert f"hailong restore {backup}" in done.err + done.out
    assert hailong("restore", backup).code == 0
    assert whole.tables["wave"][0] == len(hailong("wave", "list").out.splitlines())
    (nowhere / "restoring").write_text(f"{backup}\n")  # it was cut off behind the last row
    assert hailong("wave", "list").code == 0
    done = hailong("restore", backup)
    assert done.code == 0
    assert "everything is there" in done.err
    assert not (nowhere / "restoring").exists()


def test_the_version_names_the_commit_that_runs(hailong: Program) -> None:
    done = hailong("--version")
    assert done.code == 0
    assert commit()
    assert done.out.strip().endswith(f"({commit()})")
