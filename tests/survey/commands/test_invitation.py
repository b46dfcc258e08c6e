"""`hailong invitation`."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pypdfium2
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from survey.commands.invitation import invitation
from survey.fieldwork import invitations
from survey.paper import letters
from survey.storage.database import Database
from survey.storage.models import Invitation
from survey.system import settings
from survey.waves import waves
from translations import NotFound, Refusal, formats


@pytest.fixture
def folder(province: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The data folder of the program is that of the test."""
    monkeypatch.setenv("HAILONG_DATABASE_URL", province.url)
    monkeypatch.setenv("HAILONG_DATA", str(tmp_path))
    monkeypatch.delenv("HAILONG_BASE_URL", raising=False)
    return tmp_path


def kept(province: Database) -> list[Invitation]:
    with province.reading() as session:
        return list(session.scalars(select(Invitation)))


def test_codes_are_written_for_a_mail_merge(folder: Path, province: Database) -> None:
    out = folder / "thu-moi.csv"
    arguments = ["make", "--wave", "ho-mau", "--psu", "V1", "--psu", "V3", "--count", "2", "--out", str(out)]
    done = CliRunner().invoke(invitation, [*arguments, "--base-url", "https://hailong.example.vn/"])
    assert done.exit_code == 0
    assert done.stdout == ""
    assert "hailong.example.vn/m" in done.stderr
    content = out.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfpsu,")
    assert out.stat().st_mode & 0o077 == 0
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["psu"] for row in rows] == ["V1", "V1", "V3", "V3"]
    assert (rows[2]["village"], rows[2]["unit"], rows[2]["commune"]) == ("Thôn V3", "06658", "phường Cao Xanh")
    for row in rows:
        assert row["address"] == f"https://hailong.example.vn/m/{row['code']}"
    digests = {invitations.digest(settings.secret_key(), row["code"]): row["psu"] for row in rows}
    assert {one.digest: one.psu for one in kept(province)} == digests


def test_letters_are_written_ready_to_print_and_say_whom_to_ask(
    folder: Path, province: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters, "AT_ONCE", 3)
    with province.writing() as session:
        wave = waves.find(session, "ho-mau")
        wave.simulated, until = True, formats.day(wave.closes)
    out = folder / "thu-moi.PDF"
    arguments = ["make", "--wave", "ho-mau", "--count", "1", "--out", str(out), "--base-url", "https://a.vn"]
    assert isinstance(CliRunner().invoke(invitation, arguments).exception, Refusal)
    assert kept(province) == []
    assert CliRunner().invoke(invitation, [*arguments, "--contact", "Sở Nội vụ, 0203 1"]).exit_code == 0
    with pypdfium2.PdfDocument(out) as document:
        assert len(document) == len(kept(province)) == 4
        said = [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]
    for number, letter in enumerate(said, start=1):
        for words in (f"Thôn V{number}", "Sở Nội vụ, 0203 1", f"đến hết ngày {until}", "không gửi đi"):
            assert words in letter


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [({"--psu": "V9"}, NotFound), ({"--base-url": ""}, Refusal), ({"--out": "khong/co/thu.csv"}, Refusal)],
)
def test_where_something_is_wrong_there_is_neither_file_nor_code(
    folder: Path, province: Database, changed: dict[str, str], refusal: type[Refusal]
) -> None:
    out = folder / "thu-moi.csv"
    given = {"--wave": "ho-mau", "--psu": "V1", "--count": "2", "--base-url": "https://a.vn", "--out": str(out)}
    arguments = [word for pair in (given | changed).items() for word in pair]
    done = CliRunner().invoke(invitation, ["make", *arguments])
    assert isinstance(done.exception, refusal)
    assert not out.exists()
    assert kept(province) == []
