"""Finding a unit by what somebody types: its name, with or without diacritics, or what it was called before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from survey.storage.models import Unit
from translations.unicode import fold, spelling

LONGEST_WORDS = 60  # letters of a name that is looked for; no unit has a longer one
FEWEST_LETTERS = 3  # of a former name: there are many, and most begin like others
# What people write before a name: the kind of the unit, whole or as it is shortened ("P. Hà Tu", "TP Hạ Long").
SHORT = {
    "p": "phuong",
    "x": "xa",
    "dk": "dac khu",
    "tp": "thanh pho",
    "tx": "thi xa",
    "tt": "thi tran",
    "h": "huyen",
}
KINDS = "|".join([*SHORT, *SHORT.values()])
KIND = re.compile(rf"^({KINDS})[. ]+(?=\S)")
OLD = re.compile(r" (cu|truoc)$")  # "Hạ Long cũ"


@dataclass(frozen=True)
class FormerName:
    """A unit, and the name of before by which it was found."""

    unit: Unit
    name: str


def matching(units: Iterable[Unit], words: str) -> list[Unit]:
    """The units of these words: by their names, or else by what they were called before."""
    units = list(units)
    return by_name(units, words) or [found.unit for found in by_former_name(units, words)]


def by_name(units: Iterable[Unit], words: str) -> list[Unit]:
    """The units of which some syllables begin with the words: those whose name begins with them come first.

    Words with diacritics are taken as written where any name has them so; otherwise, and without, the plain
    letters decide: "ha long" finds Hạ Long. What nothing is called is looked for once more without the kind
    before the name and without spaces: "P. Hà Tu", "halong". The order of `units` is kept within each group.
    """
    if len(words) > LONGEST_WORDS:
        return []
    units = list(units)
    if coded := [unit for unit in units if unit.code == words.strip()]:
        return coded  # posters and receipts print it
    for reading in (fold, _joined) if spelling(words) == fold(words) else (spelling, fold, _joined):
        wanted = reading(words)
        if not wanted:
            return units
        first = [unit for unit in units if reading(unit.name).startswith(wanted)]
        rest = [unit for unit in units if unit not in first and f" {wanted}" in f" {reading(unit.name)}"]
        if first or rest:
            return first + rest
    return []


def by_former_name(units: Iterable[Unit], words: str) -> list[FormerName]:
    """The units that were, or took in, a place of which some syllables begin with the words, in the units' order.

    "tra co" finds the ward that took in Trà Cổ, "tp ha long" all that belonged to that city.
    """
    if len(words) > LONGEST_WORDS:
        return []
    wanted = KIND.sub(lambda kind: f"{SHORT.get(kind[1], kind[1])} ", fold(words))
    if len(KIND.sub("", wanted)) < FEWEST_LETTERS:
        return []
    units, plain = list(units), OLD.sub("", wanted)
    for looked_for in (wanted, plain, KIND.sub("", plain)):  # a name that people still say has no kind
        found = ((unit, next(_called(unit, looked_for), None)) for unit in units)
        if named := [FormerName(unit, name) for unit, name in found if name]:
            return named
    return []


def _called(unit: Unit, wanted: str) -> Iterator[str]:
    for name in (unit.former or "").split(";"):
        plain = fold(name)
        if plain.startswith(wanted) or f" {wanted}" in f" {KIND.sub('', plain)}":
            yield name.strip()


def _joined(text: str) -> str:
    return KIND.sub("", fold(text)).replace(" ", "")
