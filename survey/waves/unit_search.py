"""Finding a unit by what somebody types: its name, with or without diacritics, or what it was called before."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from survey.storage.models import Unit
from translations.unicode import fold, nfc, spelling

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
KINDS = "|".join([*SHORT, *SHORT.values(), "dao"])  # "đảo Tuần Châu" is no kind of a unit, but said so
KIND = re.compile(rf"^({KINDS})[. ]+(?=\S)")
OLD = re.compile(r" (cu|truoc)$")  # "Hạ Long cũ"
PUNCTUATION = re.compile(r"[^\w\s-]|_")
ALIKE = 0.7  # of the letters of two names, so that one of them may be a slip of the finger
MOST_ALIKE = 5


@dataclass(frozen=True)
class FormerName:
    """A unit, and the name of before by which it was found."""

    unit: Unit
    name: str


@dataclass(frozen=True)
class Found:
    """What the words led to: `named` so today, `former` so before, or with nothing of either the `nearest` names.

    former_first  one was called exactly so before, and none is today
    """

    named: list[Unit]
    former: list[FormerName]
    former_first: bool = False
    nearest: bool = False


def search(units: Iterable[Unit], words: str) -> Found:
    """All that the words may mean to one who looks for a commune: a name or a code, a name of before, a name with
    its district ("trà cổ, móng cái"), at last names that are nearly so."""
    if len(words) > LONGEST_WORDS:  # each cut between two words is a search of its own
        return Found([], [], nearest=True)
    units = list(units)
    named = by_name(units, words)
    former = [found for found in by_former_name(units, words) if found.unit not in named]
    wanted = {_joined(_plain(words)), fold(_plain(words)).replace(" ", "")}  # Phương Đông is no ward Đông
    exact = [found for found in former if _joined(found.name) in wanted]
    if named or former:
        own = any(_joined(unit.name) in wanted for unit in named)
        return Found(named, exact + [found for found in former if found not in exact], bool(exact) and not own)
    if both := _both_parts(units, _plain(words).split()):
        return both
    return Found(_nearly(units, _joined(_plain(words))), [], nearest=True)


def _both_parts(units: list[Unit], words: list[str]) -> Found | None:
    """The units that the first words find and the others too: commune and district."""
    for cut in range(len(words) - 1, 0, -1):
        name, district = " ".join(words[:cut]), " ".join(words[cut:])
        within = {unit.code for unit in by_name(units, district)}
        within |= {found.unit.code for found in by_former_name(units, district)}
        there = [unit for unit in units if unit.code in within]
        named = by_name(there, name)
        former = [found for found in by_former_name(there, name) if found.unit not in named]
        if named or former:
            return Found(named, former)
    return None


def _nearly(units: list[Unit], wanted: str) -> list[Unit]:
    names = {unit.code: {_joined(name) for name in (unit.name, *(unit.former or "").split(";"))} for unit in units}
    near = difflib.get_close_matches(wanted, sorted(set().union(*names.values())), MOST_ALIKE, ALIKE)
    own_first = sorted(units, key=lambda unit: _joined(unit.name) not in near)
    return [unit for unit in own_first if names[unit.code] & set(near)][:MOST_ALIKE]


def matching(units: Iterable[Unit], words: str) -> list[Unit]:
    """The units of these words: by their names, else by those of before, else by name and district."""
    found = search(units, words)
    return [] if found.nearest else found.named or [before.unit for before in found.former]


def by_name(units: Iterable[Unit], words: str) -> list[Unit]:
    """The units of which some syllables begin with the words: those whose name begins with them come first.

    Words with diacritics are taken as written where any name has them so; otherwise, and without, the plain
    letters decide: "ha long" finds Hạ Long. What nothing is called is looked for once more without the kind
    before the name and without spaces: "P. Hà Tu", "halong". The order of `units` is kept within each group.
    """
    if len(words) > LONGEST_WORDS:
        return []
    units, words = list(units), _plain(words)
    if coded := [unit for unit in units if unit.code == (words.zfill(len(unit.code)) if words else "")]:
        return coded  # posters and receipts print it; a spreadsheet drops its zero
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
    wanted = KIND.sub(lambda kind: f"{SHORT.get(kind[1], kind[1])} ", fold(_plain(words)))
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


def _plain(text: str) -> str:
    """Without points and commas."""
    return " ".join(PUNCTUATION.sub(" ", nfc(text)).split())  # a mark by itself would be taken for a comma


def _joined(text: str) -> str:
    return KIND.sub("", fold(text.strip())).replace(" ", "")
