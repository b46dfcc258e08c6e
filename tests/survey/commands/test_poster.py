"""`hailong poster`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from survey.commands.poster import poster
from survey.storage.database import Database
from translations import Refusal


@pytest.fixture(autouse=True)
def folder(province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder of the program is that of the test."""
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.delenv("HAILONG_BASE_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize(("wave", "apart"), [("gop-y", False), ("ho-mau", True)])
def test_a_poster_is_written_and_a_sample_is_warned_of(folder: Path, wave: str, apart: bool) -> None:
    out = folder / "ap-phich.pdf"
    arguments = [
        "--wave",
        wave,
        "--unit",
        "06652",
        "--size",
        "a5",
        "--base-url",
        "https://a.vn",
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(poster, arguments)
    assert done.exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    assert ("được đếm riêng" in done.stderr) is apart


def test_without_an_address_nothing_is_written(folder: Path) -> None:
    out = folder / "ap-phich.pdf"
    done = CliRunner().invoke(poster, ["--wave", "gop-y", "--out", str(out)])
    assert isinstance(done.exception, Refusal)
    assert not out.exists()
