"""Documents by their sign and day, as a file names them and as an official text does."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from translations import gettext as _
from translations.formats import day as in_words
from translations.unicode import fold, normalized

# Cyrillic and Greek letters whose capitals look like Latin ones.
LATIN = str.maketrans("авекмнорстухіјѕαβεηικμνορτυχζ", "abekmhopctyxijsabehikmnoptyxz")


class Reference(NamedTuple):
    """A document: its sign, its day and, if it was given, its name."""

    sign: str
    day: date
    words: str

    @property
    def document(self) -> tuple[str, int]:
        """Which it is, however sign and day are written: an office numbers its documents anew each year.

        Signs that look alike are one: 01/KH-UBND, 1/kh–ubnd, and with a Cyrillic К and Н.
        """
        plain = fold(normalized("NFKD", self.sign)).translate(LATIN).replace("ð", "d")
        return "".join(one for one in plain if one.isalnum() or one == "/").lstrip("0"), self.day.year


WRITTEN = re.compile(r"(?P<sign>\S*/\S*)\s+(?P<day>\d{4}-\d\d-\d\d)(?:\s+(?P<words>\S.*))?")


def read(text: str) -> tuple[Reference, ...]:
    """The documents of a text, apart by semicolons: `SIGN YYYY-MM-DD [words]`; a ValueError if it is not that."""
    found = []
    for part in text.split(";"):
        written = WRITTEN.fullmatch(part.strip())
        if written is None:
            raise ValueError(part)
        found.append(Reference(written["sign"], date.fromisoformat(written["day"]), written["words"] or ""))
    return tuple(found)


def worded(text: str, in_full: bool = True) -> str:
    """Documents as an official text names them, in full with their subject; any other words as they are."""
    try:
        found = read(text)
    except ValueError:
        return text
    return "; ".join(
        _("%(sign)s of %(day)s", sign=one.sign, day=in_words(one.day)) + (_subject(one.words) if in_full else "")
        for one in found
    )


def _subject(words: str) -> str:
    return f"{' ' if words.startswith('(') else ', '}{words}" if words else ""
