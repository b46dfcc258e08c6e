"""The format is age's: what its own library writes is read, and what is written it reads."""

from __future__ import annotations

import io
from pathlib import Path

import pyrage
import pytest

from survey.operations.backups import age_format

PASSPHRASE = "một hai ba bốn năm"


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(age_format, "WORK", 10)


def written(content: bytes) -> bytes:
    file = io.BytesIO()
    with age_format.Writer(file, PASSPHRASE) as plain:
        plain.write(content[:70_000])
        plain.write(content[70_000:])
    return file.getvalue()


@pytest.mark.parametrize(
    "length", [0, 1, age_format.PIECE - 1, age_format.PIECE, age_format.PIECE + 1, 3 * age_format.PIECE, 200_001]
)
def test_age_s_own_library_reads_what_is_written(length: int) -> None:
    content = bytes(number % 251 for number in range(length))
    assert pyrage.passphrase.decrypt(written(content), PASSPHRASE) == content
    assert age_format.Reader(io.BytesIO(written(content)), PASSPHRASE).read() == content


def test_what_age_s_own_library_wrote_is_read() -> None:
    """pyrage 1.4.0 wrote it; the work that it chose (its log N) stands in the second line."""
    assert age_format.Reader(io.BytesIO(OF_PYRAGE), "mot hai ba bon").read() == b'{"texts.key": "x"}'


OF_PYRAGE = Path(__file__).with_name("of-pyrage.age").read_bytes()


def test_any_place_can_be_read() -> None:
    content = bytes(number % 251 for number in range(200_001))
    file = io.BufferedReader(age_format.Reader(io.BytesIO(written(content)), PASSPHRASE))
    for place in (199_990, 0, 65_530, 131_072, 3):
        file.seek(place)
        assert file.read(20) == content[place : place + 20]
    assert file.seek(-5, 2) == 199_996
    assert file.read() == content[-5:]


@pytest.mark.parametrize("cut", [30, 250, 65_536 + 300, 2 * (65_536 + 16) + 300, -1])
def test_one_that_was_cut_off_is_known_at_once(cut: int) -> None:
    whole = written(bytes(200_001))
    with pytest.raises(age_format.DamagedError):
        age_format.Reader(io.BytesIO(whole[:cut]), PASSPHRASE)


def test_one_cut_between_two_pieces_is_known_at_once() -> None:
    whole = written(bytes(3 * age_format.PIECE))
    header = len(whole) - 3 * (age_format.PIECE + age_format.TAG)
    with pytest.raises(age_format.DamagedError):
        age_format.Reader(io.BytesIO(whole[: header + 2 * (age_format.PIECE + age_format.TAG)]), PASSPHRASE)


def test_another_passphrase_and_each_changed_byte_are_told_apart() -> None:
    whole = written(b"x" * 100)
    with pytest.raises(age_format.WrongPassphraseError):
        age_format.Reader(io.BytesIO(whole), "một hai ba bốn sáu")
    for place in (*range(0, len(whole), 7), len(whole) - 1):
        # A bracket is no letter of the header's alphabet; one in 256 of the random bytes is one already.
        other = ord("[") if place % 2 and whole[place] != ord("[") else whole[place] ^ 1
        changed = whole[:place] + bytes([other]) + whole[place + 1 :]
        with pytest.raises((age_format.DamagedError, age_format.WrongPassphraseError)):
            age_format.Reader(io.BytesIO(changed), PASSPHRASE).read()
