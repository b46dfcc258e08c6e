"""The drill: a server is lost, and `hailong restore` brings back what `hailong backup` kept."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from survey.accounts import accounts
from survey.responses import sealed_responses, submission
from survey.storage import master_key
from survey.storage.database import Database
from survey.storage.models import Mode, Village, Wave
from survey.system import settings
from survey.system.version import version
from survey.waves import waves

Program = Callable[..., Any]
PASSPHRASE = "một hai ba bốn năm"


@pytest.fixture
def lost(hailong: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to back up into; the data folder was lost after that, and an empty one stands in its place."""
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "old"))
    (tmp_path / "old").mkdir()
    settings.secret_key()
    sealed_responses.current()
    master_key.read_or_make()
    assert hailong("backup", kept / "b.zip").code == 0
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    monkeypatch.delenv("HAILONG_DATABASE_URL")
    return kept


def test_everything_is_back_after_a_loss_and_what_was_sealed_can_be_opened(
    hailong: Program, lost: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = hailong("restore", lost / "b.zip")
    assert done.code == 0, done.err
    assert "Restored" in done.err
    assert f"made by Hài Lòng {version()}." in done.err
    back = Database(settings.database_url())
    with back.reading() as session:
        assert session.scalar(select(func.count()).select_from(Wave)) == 4
        assert session.scalar(select(func.count()).select_from(Village)) == 4
        assert accounts.sign_in(session, "admin", "mat-khau-dai")
    back.engine.dispose()
    found = {path.relative_to(tmp_path / "new"): path.read_bytes() for path in (tmp_path / "new").glob("**/*.key")}
    assert len(found) == 2
    assert not (tmp_path / "new" / "restoring").exists()
    assert all((tmp_path / "old" / name).read_bytes() == content for name, content in found.items())
    assert all((tmp_path / "new" / name).stat().st_mode & 0o077 == 0 for name in found)


def test_the_keys_open_to_the_passphrase_alone_and_nothing_is_begun_without(
    hailong: Program, lost: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ("một hai ba bốn sáu", ""):
        monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", wrong)
        assert hailong("restore", lost / "b.zip").code == 1
        assert not (tmp_path / "new").exists()
    monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", PASSPHRASE)
    done = hailong("restore", lost / "b.zip", "--without-keys")
    assert done.code == 0
    assert "No keys were restored" in done.err
    for path in (tmp_path / "old").glob("**/*.key"):
        assert path.read_bytes() not in (lost / "b.zip").read_bytes()


def test_without_a_passphrase_nothing_is_written_but_a_plain_file_that_was_asked_for_without_keys(
    hailong: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HAILONG_BACKUP_PASSPHRASE", raising=False)
    done = hailong("backup", tmp_path / "b.zip")
    assert done.code == 1
    assert "HAILONG_BACKUP_PASSPHRASE" in done.err
    assert not list(tmp_path.glob("*b*.zip*"))
    done = hailong("backup", "--plain", tmp_path / "b.zip")
    assert done.code == 0
    assert "can read it" in done.err
    assert zipfile.is_zipfile(tmp_path / "b.zip")
    assert not (tmp_path / "b.zip.keys").exists()
    assert hailong("backup", "--plain", tmp_path / "b.zip").code == 1  # never over another one
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    monkeypatch.delenv("HAILONG_DATABASE_URL")
    assert hailong("restore", tmp_path / "b.zip").code == 0  # it has no keys to ask for


def test_a_locked_backup_can_be_read_by_nobody_without_the_passphrase(
    hailong: Program, lost: Path, tmp_path: Path
) -> None:
    content = (lost / "b.zip").read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n-> scrypt ")
    for said in (b"Thon V1", b"tables/", b"backup.json", b"ho-mau"):
        assert said not in content
    assert (lost / "b.zip").stat().st_mode & 0o077 == 0


def test_what_was_swapped_or_cut_is_told_and_nothing_is_begun(
    hailong: Program, lost: Path, tmp_path: Path
) -> None:
    said = hailong("restore", lost / "b.zip.keys").err
    assert "contains the keys of a backup" in said
    whole = (lost / "b.zip").read_bytes()
    (lost / "c.zip").write_bytes(whole)
    (lost / "c.zip.keys").write_bytes(whole)
    assert "c.zip.keys is no file of keys" in hailong("restore", lost / "c.zip").err
    (lost / "c.zip").write_bytes(whole[: len(whole) // 2])
    assert "is no whole backup" in hailong("restore", lost / "c.zip").err
    middle = len(whole) // 2
    (lost / "c.zip").write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    assert "is no whole backup" in hailong("restore", lost / "c.zip").err
    assert not (tmp_path / "new").exists()


def test_keys_of_another_day_are_found_before_anything_is_kept(
    hailong: Program, province: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Path
) -> None:
    monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", PASSPHRASE)
    with province.writing() as session:
        place = waves.place(session, "ho-mo", "06652")
        submission.submit(session.connection(), place, uuid4(), Mode.PHONE, {"C2": [6], "C2_khac": "lời riêng"})
    assert hailong("backup", tmp_path / "b.zip").code == 0
    assert hailong("key", "renew").code == 0
    assert hailong("backup", tmp_path / "after.zip").code == 0
    (tmp_path / "after.zip.keys").replace(tmp_path / "b.zip.keys")
    key.unlink()
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "new"))
    monkeypatch.delenv("HAILONG_DATABASE_URL")
    done = hailong("restore", tmp_path / "b.zip")
    assert done.code == 1
    assert "they belong to another day" in done.err
    assert not list((tmp_path / "new").iterdir())


def test_a_backup_whose_keys_are_missing_is_restored_only_by_who_says_that_they_are_lost(
    hailong: Program, lost: Path, tmp_path: Path
) -> None:
    (lost / "b.zip.keys").unlink()
    done = hailong("restore", lost / "b.zip")
    assert done.code == 1
    assert f"Put them at {lost / 'b.zip.keys'}" in done.err
    assert not (tmp_path / "new").exists()
    assert hailong("restore", lost / "b.zip", "--without-keys").code == 0


def test_a_folder_that_is_not_there_is_named(
    hailong: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", PASSPHRASE)
    done = hailong("backup", tmp_path / "none" / "b.zip")
    assert done.code == 1
    assert f"There is no folder {tmp_path / 'none'}." in done.err


def test_a_short_passphrase_is_refused_before_anything_is_written(
    hailong: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAILONG_BACKUP_PASSPHRASE", "ngắn")
    assert hailong("backup", tmp_path / "b.zip").code == 1
    assert not list(tmp_path.glob("b.zip*"))


def test_nothing_is_restored_over_what_is_there(
    hailong: Program, lost: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hailong("restore", lost / "b.zip").code == 0
    before = (tmp_path / "new" / "secret.key").read_bytes()
    assert hailong("restore", lost / "b.zip").code == 1
    assert (tmp_path / "new" / "secret.key").read_bytes() == before
    (lost / "b.zip").write_bytes(b"PK")
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path / "newer"))
    assert hailong("restore", lost / "b.zip").code == 1
