"""The file that outsiders keep: a person reads it, the command reads it back, and what was edited is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from survey.integrity import digest_file, digests
from survey.storage.database import Database
from survey.storage.models import DayDigest
from tests.survey.integrity.chain_rows import TODAY, WAVE, chain, days
from translations import Refusal


def written(province: Database) -> str:
    with province.reading() as session:
        return digest_file.text(session, WAVE)


@pytest.fixture
def file(province: Database, tmp_path: Path) -> Path:
    days(province, 2)
    file = tmp_path / "ma.txt"
    file.write_text(written(province), encoding="utf-8", newline="")
    return file


def test_it_is_read_back(province: Database, file: Path) -> None:
    kept = digest_file.read(file)
    assert kept.wave == WAVE
    assert [(one.number, one.day, one.forms, one.digest) for one in kept.digests] == [
        (one.number, one.day, digests.forms(one), one.digest) for one in chain(province)
    ]
    text = file.read_text(encoding="utf-8")
    assert "MÃ CỦA TỪNG NGÀY" in text
    assert "DIGESTS OF EACH DAY" in text
    lines = text.splitlines()
    assert max(map(len, lines[:-1])) <= 80  # the last one is for the command


@pytest.mark.parametrize("way", ["CRLF", "BOM", "blanks at the end", "empty lines around"])
def test_what_mail_and_notepad_do_to_a_text_does_no_harm(file: Path, way: str) -> None:
    text = file.read_text(encoding="utf-8")
    kept = digest_file.read(file)
    text = {
        "CRLF": text.replace("\n", "\r\n"),
        "BOM": "\ufeff" + text,
        "blanks at the end": text.replace("\n", "  \n"),
        "empty lines around": f"\n\n{text}\n\n",
    }[way]
    file.write_bytes(text.encode())
    assert digest_file.read(file) == kept


def test_two_months_of_digests_are_ten_kilobytes_at_most(province: Database) -> None:
    parts = {"responses": {"count": 36_525, "digest": "d"}, "reviews": {"count": 999, "digest": "d"}}
    with province.writing() as session:
        for number in range(1, 61):
            day = TODAY - timedelta(60 - number)
            row = DayDigest(wave=WAVE, number=number, day=day, responses=b"", digest="0123456789abcdef" * 4)
            row.content = {"before": "", "trail": [0, ""], "setting": {}, "parts": parts}
            session.add(row)
    assert len(written(province).encode()) <= 10_000


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace("  6 ", "  7 ", 1), "was changed"),
        (lambda text: text.replace("V", "v", 1) if "V" in text else text.replace("M", "m", 1), "was changed"),
        (lambda text: "\n".join([*text.splitlines()[:18], *text.splitlines()[20:]]), "was changed"),
        (lambda text: text.replace("hailong-digests-1 ho-mau 2", "hailong-digests-1 ho-mau 1"), "was changed"),
        (lambda text: text[: len(text) // 2], "no file of daily digests"),
        (lambda text: "", "no file of daily digests"),
        (lambda text: "Kính gửi", "no file of daily digests"),
        (lambda text: "x" * 1_000_001 + text, "no file of daily digests"),
    ],
)
def test_what_was_edited_or_is_none_is_refused(file: Path, edit, said: str) -> None:  # type: ignore[no-untyped-def]
    file.write_text(edit(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(Refusal) as refused:
        digest_file.read(file)
    assert said in refused.value.message


def test_bytes_that_are_no_text_are_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe" + file.read_text(encoding="utf-8").encode("utf-16-le"))
    with pytest.raises(Refusal):
        digest_file.read(file)


def test_a_wave_without_digests_has_no_file(province: Database) -> None:
    with pytest.raises(Refusal):
        written(province)
