"""The one Unicode form in which texts are stored and compared. Loads no library: a data file is read at once."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from translations import Refusal

# Marks in a row that are taken: the bound of Unicode's own format for streams (UAX #15, section 13, Stream-Safe
# Text Format). A Vietnamese letter has two. To put a row of marks in order takes the square of its length.
MOST_MARKS = 30
NO_LETTERS = re.compile(f"[\u0300-\U0010ffff]{{{MOST_MARKS},}}")  # where marks may be: there is none before
TONE_BEHIND = re.compile("((?<=o)[ae]|(?<=u)y)([\u0300\u0301\u0303\u0309\u0323])")  # hoà, where hòa is meant too
APART = frozenset("\u0f73\u0f75\u0f81\uff9e\uff9f")  # no marks themselves, but what they are made of are


def nfc(text: str) -> str:
    """The one Unicode form that is stored and compared; refused as `normalized` does."""
    return normalized("NFC", text)


def spelling(text: str) -> str:
    """A name as it is compared with another: whatever its case, spaces, width (ｇｓ１ is gs1) and place of a tone:
    Hòa and Hoà are one, and each begins Hoàng."""
    apart = normalized("NFD", normalized("NFKC", nfc(text)).casefold())
    return " ".join(nfc(TONE_BEHIND.sub(r"\2\1", apart)).split())


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """The text in a Unicode form, in time that grows with its length alone. Refused where more than `MOST_MARKS`
    marks stand in a row: what writes so is no person."""
    if text.isascii():
        return text
    for run in NO_LETTERS.finditer(text):
        marks = 0
        for character in run.group():
            marks = marks + 1 if unicodedata.combining(character) or character in APART else 0
            if marks > MOST_MARKS:
                raise Refusal(
                    "Type this text again by hand: more than %(most)s marks stand on one letter.", most=MOST_MARKS
                )
    return unicodedata.normalize(form, text)


def fold(text: str) -> str:
    """The text without diacritics and in small letters, for searching: Đông Triều → dong trieu. Both placements of
    a tone (Hòa, Hoà) and both Unicode forms fold alike."""
    decomposed = normalized("NFD", text.casefold().replace("đ", "d"))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(plain.replace("-", " ").split())
