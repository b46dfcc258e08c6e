"""What the page of an import shows of a file: mistakes, equal ones together, and columns left over."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from survey.data_files import column_mapping
from survey.data_files.column_mapping import Plan, Reading, Source, Word
from survey.data_files.importing import Checked
from survey.storage.models import Mode
from survey.web.staff.blueprint import MODE_NAMES
from translations import gettext as _
from translations import ngettext
from translations.formats import number
from translations.unicode import fold

MOST_RANGES = 6
MOST_KINDS = 100  # of mistakes that only the file can repair
# Columns of which a survey keeps nothing, by their heads, and values that are telephone or identity numbers.
PERSONAL = re.compile(
    r"\b(sdt|dien thoai|dt|ho ten|ho va ten|ten nguoi|cccd|cmnd|dia chi|so nha|email|phone|address)\b"
)
LONG_NUMBER = re.compile(r"\+?[0-9 .]{9,15}")


@dataclass(frozen=True)
class Mistake:
    """Cells that are wrong alike.

    rows     their numbers, as ranges
    column   what the file calls it
    text     what stands there
    why      what is wrong
    field    of the form, for the one repair of all; empty where the file itself has to be corrected
    choices  (code, words)
    chosen   the code that is proposed, or was chosen
    is_done  whether it is repaired
    """

    rows: str
    count: int
    column: str
    text: str
    why: str
    field: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    is_done: bool = False


@dataclass(frozen=True)
class Unused:
    """A column that holds something and goes nowhere; `samples` is empty where they are a person's."""

    place: int
    source: Source
    samples: tuple[str, ...]
    why: str


def field_name(place: int, target: str, word: Word) -> str:
    """How the form calls the code of a word; it is asked again where the column goes elsewhere."""
    return f"w{place}-{target}-{word.key}"


def of_words(
    sources: Sequence[Source],
    plan: Plan,
    found: Mapping[int, Sequence[Word]],
    reads: Mapping[str, Reading],
    posted: bool,
) -> list[Mistake]:
    """The words that mean no code by themselves, each with one repair for all its cells."""
    mistakes = []
    for place, words in found.items():
        target = plan.columns[place]
        for word in (one for one in words if not one.code):
            chosen = plan.words.get((place, word.key), "")
            why = _("It is none of the answers.") if target not in ("unit", "mode") else _("It is not known here.")
            mistakes.append(
                Mistake(
                    ranges(word.rows, word.count),
                    word.count,
                    sources[place].name,
                    word.text,
                    _("Repaired: all %(count)s cells.", count=number(word.count)) if chosen else why,
                    field_name(place, target, word),
                    offered(reads[target], word.text),
                    chosen if chosen or posted else word.near,
                    bool(chosen),
                )
            )
    return sorted(mistakes, key=lambda one: (one.is_done, -one.count))


def of_faults(
    checked: Checked,
    path: Path,
    sources: Sequence[Source],
    plan: Plan,
    found: Mapping[int, Sequence[Word]],
    meanings: Mapping[str, str],
) -> tuple[list[Mistake], int]:
    """What else is wrong, equal things together, and how many kinds of it are left out where they are very many;
    words that are asked already are none of these.

    meanings  our column -> its words, for one that the file lacks
    """
    places = {sources[place].name: place for place in plan.columns}
    asked = {place: {word.text for word in words if not word.code} for place, words in found.items()}
    cells = column_mapping.texts(
        path, ((one.row, places[one.column]) for one in checked.faults if one.row > 1 and one.column in places)
    )
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for fault in checked.faults:
        place = places.get(fault.column or "", -1)
        column, text = meanings.get(fault.column or "", fault.column or ""), cells.get((fault.row, place), "")
        open_words = {word for word in asked.get(place, ()) if word in text}
        if not open_words or plan.words.keys() >= {(place, column_mapping.key(word)) for word in open_words}:
            groups[column, text, fault.message].append(fault.row)
    shown = set(sorted(groups, key=lambda one: -len(groups[one]))[:MOST_KINDS])
    return [
        Mistake(ranges(rows, len(rows)), len(rows), column, text[:60], why)
        for (column, text, why), rows in groups.items()
        if (column, text, why) in shown
    ], len(groups) - len(shown)


def ranges(rows: Iterable[int], count: int) -> str:
    """Numbers of rows as ranges: 18, 208–211; with how many more where they are many."""
    runs: list[list[int]] = []
    for row in sorted(set(rows)):
        if runs and row == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], row]
        else:
            runs.append([row, row])
    shown = [number(one) if one == last else f"{number(one)}–{number(last)}" for one, last in runs[:MOST_RANGES]]
    told = sum(last - first + 1 for first, last in runs[:MOST_RANGES])
    rest = [_("and %(more)s more", more=number(count - told))] if count > told else []
    return ", ".join((*shown, *rest))


def offered(reading: Reading, text: str = "") -> tuple[tuple[str, str], ...]:
    """The codes that a word can mean, with what they say in the language of the moment."""
    if reading.column == "mode":
        return tuple((mode.value, _(MODE_NAMES[mode])) for mode in Mode)
    if reading.item is not None:
        return tuple((str(code), f"{code}: {label}") for code, label in reading.item.choices.items())
    several = reading.units.meant(text) if reading.units and text else []
    codes = [code for code in several if code in reading.choices] or list(reading.choices)
    return tuple((code, reading.choices[code][0]) for code in codes)


def unused(sources: Sequence[Source], plan: Plan) -> list[Unused]:
    """The columns with data that go nowhere, and why one should look at them."""
    found = []
    for place, source in enumerate(sources):
        if place in plan.columns or not source.filled:
            continue
        long_numbers = [text for text in source.samples if LONG_NUMBER.fullmatch(text.strip())]
        if PERSONAL.search(fold(source.name)) or (long_numbers and len(long_numbers) == len(source.samples)):
            why = _("It looks like a name, an address or a number of a person: no survey keeps it.")
            found.append(Unused(place, source, (), why))
        else:
            why = _("It is called like no question: what stands there is lost, unless you say where it goes.")
            found.append(Unused(place, source, source.samples, why))
    return found


def heading(wrong: int, unused_columns: int, right: int) -> str:
    """The page in one sentence."""
    parts = []
    if wrong:
        parts.append(ngettext("%(num)s row is wrong", "%(num)s rows are wrong", wrong))
    if unused_columns:
        parts.append(
            ngettext(
                "%(num)s column with data is not used", "%(num)s columns with data are not used", unused_columns
            )
        )
    told = ngettext("%(num)s row is correct", "%(num)s rows are right", right)
    return f"{', '.join(parts)}; {told}" if parts else told
