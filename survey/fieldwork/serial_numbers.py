"""The number of a printed form: seven digits and one that finds misreadings, and the code that holds it."""

from __future__ import annotations

import re

FIRST, LAST = 1_000_000, 9_999_999  # without the check digit; no leading zero, which a spreadsheet would drop
LENGTH = 8
CODE = re.compile(r"HL1:([0-9A-Za-z-]{1,12}):([0-9]{1,2})")  # what the code on a page holds: serial, page
LONGEST = 60  # of what is taken for a serial: the code of a batch is no longer

# Damm's quasigroup of order 10: totally anti-symmetric, with zeros on its diagonal (H. M. Damm, Total
# anti-symmetrische Quasigruppen, Marburg 2004, p. 111).
QUASIGROUP = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def numbered(number: int) -> str:
    """The serial of the form of this number, from `FIRST` to `LAST`: its digits and the check digit."""
    if not FIRST <= number <= LAST:
        raise ValueError(number)
    return f"{number}{_check(str(number))}"


def misread(serial: str) -> bool:
    """Whether this can't be the serial of a printed form. Every wrong digit and every two neighbours that changed
    places are found; other mistakes nine times in ten."""
    return not re.fullmatch("[1-9][0-9]{7}", serial) or _check(serial) != "0"


def code(serial: str, page: int) -> str:
    """What the code on a page of a form holds."""
    return f"HL1:{serial}:{page}"


def serial(text: str) -> str:
    """The serial in what was typed or scanned: the code of a page, or the number itself, blanks in it or not."""
    text = "".join(text.split())
    match = CODE.fullmatch(text)
    return match[1] if match else text[:LONGEST]


def _check(digits: str) -> str:
    """The digit that leads back to 0."""
    interim = "0"
    for digit in digits:
        interim = QUASIGROUP[int(interim)][int(digit)]
    return interim
