import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from survey.system import settings

Program = Callable[..., Any]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAILONG_BASE_URL", "https://127.0.0.2:1")
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    tmp_path.chmod(0o700)
    settings.secret_key()
    return tmp_path


def test_what_must_be_fixed_ends_with_an_error_and_what_to_do(hailong: Program, data: Path) -> None:
    assert hailong("doctor").code == 0
    (data / "secret.key").chmod(0o644)
    done = hailong("doctor")
    assert done.code == 1
    assert "[FIX] Other accounts" in done.out
    assert f"    → Run: chmod 600 {data}/secret.key" in done.out
    assert "To be fixed: 1" in done.err
    assert "PHẢI SỬA" in hailong("--lang", "vi", "doctor").out
    records = json.loads(hailong("doctor", "--json").out)
    assert [one["state"] for one in records].count("mend") == 1


def test_a_backup_is_remembered(hailong: Program, data: Path, tmp_path: Path) -> None:
    assert "No backup was made" in hailong("doctor").out
    assert hailong("backup", "--plain", tmp_path / "b.zip").code == 0
    assert "The last backup is of" in hailong("doctor").out
