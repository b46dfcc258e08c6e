"""Numbers, dates and place names as they are written and ordered in the language of the moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date
from babel.localedata import exists
from babel.numbers import get_decimal_symbol, get_group_symbol

from translations import gettext, language
from translations.unicode import nfc as nfc
from translations.unicode import normalized

MINUS = "\N{MINUS SIGN}"

# The order of a Vietnamese dictionary: letters first, then the tone. Neither a plain sort nor the default
# Unicode collation gives it (đ after d, ă â after a, tones only where letters are equal).
LETTERS = {letter: rank for rank, letter in enumerate("0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz")}
TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}  # huyền hỏi ngã sắc nặng
# Hòa and Hoà are one name: the tone sits on either letter of oa, oe, uy.
VOWEL_PAIRS = ("oa", "oe", "uy")


def number(value: float | None, decimals: int = 0) -> str:
    """36.525 in Vietnamese, 36,525 in English; a dash where there is none."""
    if value is None:
        return "–"
    return f"{round(value, decimals) + 0.0:,.{decimals}f}".translate(_symbols(language()))


@cache
def _locale(code: str) -> Locale:
    """Whose numbers and dates these are: Vietnamese ones in a language that Babel does not know (Tày, Dao)."""
    return Locale(code if exists(code) else "vi")


@cache  # a page of results writes thousands of numbers
def _symbols(code: str) -> dict[int, str]:
    """What a language writes in place of Python's comma, point and hyphen."""
    locale = _locale(code)
    return str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale), "-": MINUS})


def percent(share: float | None, decimals: int = 2) -> str:
    """A share of 0…1 as 90,12%; a dash where there is none."""
    return "–" if share is None else number(100 * share, decimals) + "%"


def signed(value: float, decimals: int = 1) -> str:
    """A number that always bears its sign: +1,2; −8,9; nothing before a zero."""
    return ("+" if round(value, decimals) > 0 else "") + number(value, decimals)


def points(difference: float | None, decimals: int = 2) -> str:
    """A difference of two shares, −0…1, in percentage points: −0,49 điểm %."""
    if difference is None:
        return "–"
    return signed(100 * difference, decimals) + (" điểm\N{NO-BREAK SPACE}%" if language() == "vi" else " points")


def interval(low: float | None, high: float | None, decimals: int = 2) -> str:
    """Two limits of a share for a table cell, in percent without the sign: 89,40–90,70."""
    if low is None or high is None:
        return "–"
    return f"{number(100 * low, decimals)}–{number(100 * high, decimals)}"


def day(value: date | None) -> str:
    """24/11/2026 in Vietnamese, 24 Nov 2026 in English."""
    if value is None:
        return "–"
    locale = _locale(language())
    return format_date(value, "dd/MM/y" if locale.language == "vi" else "d MMM y", locale=locale)


def official_day(value: date) -> str:
    """The day as an official document writes it (Nghị định 30/2020): ngày 05 tháng 02 năm 2026."""
    if language() == "vi":
        # Days below ten and the months of January and February carry a zero.
        return (
            f"ngày {value.day:02} tháng {value.month:02} năm {value.year}"
            if value.month < 3
            else (f"ngày {value.day:02} tháng {value.month} năm {value.year}")
        )
    return format_date(value, "d MMMM y", locale="en")


def ended(text: str | None) -> str:
    """What a person typed, with a full stop where it has no end of its own; empty where there is nothing."""
    text = (text or "").strip()
    return f"{text}." if text and text[-1] not in ".!?…" else text


def first_few(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """The first few of a list, for a sentence that goes on or ends behind it, and how many more there are."""
    if len(names) <= most + 1:  # one more is named, not counted
        return between.join(names)
    shown = between.join(names[:most])
    return gettext("%(shown)s and %(more)s more", shown=shown, more=number(len(names) - most))


@lru_cache(4096)  # of units, accounts and the like, which staff name
def order(text: str) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    """A sort key for Vietnamese order: syllable by syllable, letters before tones, numbers as numbers."""
    return tuple(_syllable(word) for word in nfc(text).casefold().replace("-", " ").split())


def _syllable(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if word.isdecimal():
        return (-1, int(word)), ()
    letters: list[int] = []
    tones: list[int] = []
    for character in word:
        base, tone = character, 0
        decomposed = normalized("NFD", character)
        for mark, rank in TONES.items():
            if mark in decomposed:
                base, tone = nfc(decomposed.replace(mark, "")), rank
        tones.append(tone)
        if base:  # a mark that stands alone is a tone without a letter
            letters.append(LETTERS.get(base, len(LETTERS) + ord(base[0])))
    return tuple(letters), (max(tones, default=0),)
