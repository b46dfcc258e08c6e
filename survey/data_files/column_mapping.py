"""A file typed up elsewhere: which columns are ours, which words are codes, its rows as the import takes them."""

from __future__ import annotations

import difflib
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.data_files.leaders_file import LeadersFile
from survey.data_files.response_file import File
from survey.storage.models import Mode, Unit
from survey.system import settings
from survey.system.csv_table import Faults, Rows, Table, Writer, is_sound
from survey.system.header import Anything, Heads
from survey.system.xlsx_table import opened
from survey.waves import file_words, units
from translations import Lazy, Refusal
from translations.unicode import fold, nfc

SAMPLES = 3  # values of a column that are shown
MOST_TEXTS = 60  # different words of a column that can be mapped
MOST_ROWS = 200  # of a word that are named
LARGEST = 20_000_000  # bytes of a settled file: a larger one would be checked for more than a minute
LIKE = 0.8  # how alike two names must be for a guess
BLANK = "-"  # what a word is mapped to that is no answer
MODE_WORDS = {
    Mode.PAPER: ("giấy", "trên giấy", "phiếu giấy"),
    Mode.PHONE: ("trực tuyến", "điện thoại", "online"),
    Mode.KIOSK: ("máy", "tại máy"),
    Mode.INTERVIEWER: ("phỏng vấn", "phỏng vấn viên"),
}
DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: 0{1,2}:00(?::00)?)?")
DECIMAL = re.compile(r"[0-9]+,[0-9]+")
NUMBERED = re.compile(r"([0-9]{1,3})\s*[.):–-]\s*[^\W\d].*")


@dataclass(frozen=True)
class Source:
    """A column of the file: its name, its first values, and how many rows have one."""

    name: str
    samples: tuple[str, ...]
    filled: int


@dataclass(frozen=True)
class Word:
    """A word of a column that is no code: the rows in which it stands, how many these are, and the code that it
    means; or else, as `near`, the one that it may mean."""

    text: str
    rows: tuple[int, ...]
    count: int
    code: str
    near: str

    @property
    def key(self) -> str:
        """Its name in a form."""
        return key(self.text)


def key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Plan:
    """What becomes of a file.

    columns  place -> our column; a place that is missing is left out
    words    (place, key of a word) -> code, or BLANK; a word that is missing is what it means by itself
    fixed    our column -> the value of every row, for unit and mode
    literal  days and weights are taken to the letter, as in a file of ours
    """

    columns: Mapping[int, str] = field(default_factory=dict)
    words: Mapping[tuple[int, str], str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    literal: bool = False


def file_of(questionnaire: Questionnaire) -> type[File]:
    """What reads the responses to a questionnaire."""
    return LeadersFile if questionnaire.population.in_groups else File


def known(questionnaire: Questionnaire) -> list[str]:
    """Our columns, in the order in which they are offered."""
    return [*file_of(questionnaire).ABOUT, *questionnaire.items]


def of_any_name(path: Path, questionnaire: Questionnaire, faults: Faults) -> Rows:
    """The rows of a file whose columns may be called anything; its header is known by what ours are called."""
    names: dict[str, list[str]] = {}
    for name, column in _names(questionnaire).items():
        names.setdefault(column, []).append(name)
    return opened(path, Heads(Anything(), names), [], faults)


def settle(path: Path, target: Path, questionnaire: Questionnaire) -> list[Lazy]:
    """Writes a CSV or Excel file as CSV in UTF-8, each row at its number, whatever its columns are called; what
    was seen to, for people to know."""
    faults = Faults()
    table = of_any_name(path, questionnaire, faults)
    last = _write_rows(table, target)
    faults.refuse(path)
    if last == 1:
        raise Refusal("%(file)s has a header and no rows.", file=path.name)
    if target.stat().st_size > LARGEST:
        raise Refusal("%(file)s is too large for this page. Divide it, or use: hailong import", file=path.name)
    return table.understood


def _write_rows(table: Rows, target: Path) -> int:
    """The number of the last row; 1 is the header."""
    last = 1
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = Writer(file)
        writer.writerow(table.columns)
        for cells in table:
            file.write("\r\n" * (table.row - last - 1))
            writer.writerow(cells)
            last = table.row
    return last


def settled(path: Path, faults: Faults) -> Rows:
    """The rows of a settled file."""
    return Table(path, Anything(), [], faults)


def settled_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a settled file with their numbers; the header first."""
    table = settled(path, Faults())
    yield 1, table.columns
    for cells in table:
        yield table.row, cells


def cells(path: Path, wanted: Collection[int]) -> dict[int, list[str]]:
    """These rows of a settled file."""
    return {row: cells for row, cells in settled_rows(path) if row in wanted}


def texts(path: Path, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What stands at these (row, place) of a settled file."""
    places: dict[int, set[int]] = defaultdict(set)
    for row, place in wanted:
        places[row].add(place)
    return {
        (row, place): cells[place] for row, cells in settled_rows(path) if row in places for place in places[row]
    }


def sources(path: Path) -> list[Source]:
    """The columns of a settled file."""
    rows = settled_rows(path)
    _row, header = next(rows)
    samples: list[list[str]] = [[] for _name in header]
    filled = [0] * len(header)
    for _row, row_cells in rows:
        for place, cell in enumerate(row_cells):
            if cell.strip():
                filled[place] += 1
                if len(samples[place]) < SAMPLES and cell not in samples[place]:
                    samples[place].append(cell)
    return [Source(*one) for one in zip(header, map(tuple, samples), filled, strict=True)]


def guess(header: Sequence[str], questionnaire: Questionnaire, near: bool = True) -> dict[int, str]:
    """For each column of a file the one of ours that its name means; none is taken twice. The code or the words of
    the question first, then, if wanted, words that are near."""
    names = _names(questionnaire)
    spoken = [name for name in names if not name.startswith("cau ") and name != fold(names[name])]
    columns: dict[int, str] = {}
    folded = [fold(name) for name in header]
    for place, name in enumerate(header):
        if name in names.values() and name not in columns.values():
            columns[place] = name
    heads = file_words.heads(known(questionnaire)).columns(header)
    for place, column in enumerate(heads):  # of two words for one column the better
        if place not in columns and column != header[place] and column not in (None, *columns.values()):
            columns[place] = str(column)
    for is_near in (False, True) if near else (False,):
        for place, name in enumerate(folded):
            if place in columns or (is_near and heads[place] is None):
                continue
            alike = difflib.get_close_matches(name, spoken, 5, cutoff=LIKE) if is_near else [name]
            free = [names[one] for one in alike if one in names and names[one] not in columns.values()]
            if free:
                columns[place] = free[0]
    return dict(sorted(columns.items()))


def _names(questionnaire: Questionnaire) -> dict[str, str]:
    """Every name that a column may go by, folded: the first one to claim it has it."""
    names: dict[str, str] = {}
    for code in known(questionnaire):
        names.setdefault(fold(code), code)
    for column in file_of(questionnaire).ABOUT:
        for word in file_words.COLUMNS.get(column, ()):
            names.setdefault(fold(word), column)
    for item in questionnaire.items.values():
        for text in (item.short.vi, item.label.vi, item.short.en, item.label.en):
            names.setdefault(fold(text), item.code)
        if item.no is not None:
            names.setdefault(f"cau {item.no}", item.code)
    return names


@dataclass(frozen=True)
class Reading:
    """What the cells of one of our columns may say. `choices`: code -> its words; none for a number. `units`: of
    the column of communes, how they are found."""

    column: str
    item: Item | None
    choices: Mapping[str, tuple[str, ...]]
    units: file_words.UnitCodes | None = None
    _meanings: dict[str, str] = field(default_factory=dict, compare=False)

    def parts(self, cell: str) -> list[str]:
        """The single answers of a cell."""
        if self.item is None or not self.item.kind.several:
            return [cell.strip()]
        text = (
            cell if re.search(r"[;\n|]", cell) or not re.fullmatch(r"[\d,\s]+", cell) else cell.replace(",", ";")
        )
        return [part.strip() for part in re.split(r"[;\n|]", text) if part.strip()]

    def code(self, text: str) -> str:
        """The code that a text is or means: its words in any language, or its printed number before them; empty
        where it means none."""
        if text not in self._meanings:
            self._meanings[text] = self._code(text)
        return self._meanings[text]

    def _code(self, text: str) -> str:
        if text in self.choices:
            return text
        if self.units is not None:
            code = self.units.find(text)
            return code if code in self.choices else ""
        numbered = NUMBERED.fullmatch(text)
        if numbered and numbered[1] in self.choices:
            return numbered[1]
        return self._words().get(fold(text), "")

    def near(self, text: str) -> str:
        """The code whose words are nearly the text; empty where none are."""
        words = self._words()
        alike = difflib.get_close_matches(fold(text), words, 1, cutoff=0.75 if len(text) < 6 else 0.85)
        return words[alike[0]] if alike else ""

    def _words(self) -> dict[str, str]:
        return {fold(word): code for code, all_words in self.choices.items() for word in all_words}

    def is_code(self, text: str) -> bool:
        """Whether the import takes it as it stands."""
        return text in self.choices or (self.item is not None and text.lstrip("-").isdigit())


def readings(session: Session, questionnaire: Questionnaire) -> dict[str, Reading]:
    """How our columns with choices are read; the others are taken as they stand."""
    found = [unit for unit in session.scalars(select(Unit)) if unit.kind in units.COMMUNE_KINDS or unit.parent]
    communes = {unit.code: (unit.name, f"{unit.kind} {unit.name}") for unit in found}
    counts = {
        "unit": Reading("unit", None, communes, file_words.UnitCodes(found)),
        "mode": Reading("mode", None, {mode.value: words for mode, words in MODE_WORDS.items()}),
    }
    for item in questionnaire.items.values():
        if item.kind.is_estimated:
            choices = {str(code): (label.vi, label.en) for code, label in item.choices.items()}
            counts[item.code] = Reading(item.code, item, choices)
    return counts


def words(path: Path, plan: Plan, reads: Mapping[str, Reading]) -> dict[int, list[Word]]:
    """The words of each mapped column that are no codes, the frequent ones first. Of a column with more than
    `MOST_TEXTS` of them so many are given: it is hardly the right one."""
    counts: dict[int, dict[str, list[int]]] = {
        place: {} for place, column in plan.columns.items() if column in reads and reads[column].choices
    }
    rows = settled_rows(path)
    next(rows)
    for row, row_cells in rows:
        for place, found in counts.items():
            reading = reads[plan.columns[place]]
            for part in reading.parts(row_cells[place]):
                if part and not reading.is_code(part) and (part in found or len(found) <= MOST_TEXTS):
                    found.setdefault(part, []).append(row)
    return {
        place: [
            _word(text, rows, reads[plan.columns[place]])
            for text, rows in sorted(found.items(), key=lambda one: -len(one[1]))[:MOST_TEXTS]
        ]
        for place, found in counts.items()
        if found
    }


def _word(text: str, rows: list[int], reading: Reading) -> Word:
    code = reading.code(text)
    return Word(text, tuple(rows[:MOST_ROWS]), len(rows), code, "" if code else reading.near(text))


def digest(path: Path) -> str:
    """The SHA-256 of a file, whether or not it can be read as a table."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # told when the table is opened
        return ""


def ids(wave: str, file: str) -> Callable[[int], UUID]:
    """The id of each row of a file that has none, by the file's digest: always the same ones for the same file,
    by page and by command. So a button that is pressed twice, or a file that comes twice, stores no row twice."""
    secret = settings.secret_key()

    def id(row: int) -> UUID:
        digest = hmac.digest(secret.encode(), f"import {wave} {file} {row}".encode(), "sha256")
        return UUID(bytes=digest[:16], version=4)

    return id


class Translated(Rows):
    """The rows of a file in our columns and codes.

    skip  numbers of rows that stay out
    id    gives the id of a row, where no column of the file does
    """

    def __init__(
        self,
        table: Rows,
        plan: Plan,
        reads: Mapping[str, Reading],
        required: Sequence[str],
        skip: Collection[int] = (),
        *,
        id: Callable[[int], UUID],
    ) -> None:
        super().__init__(table.faults)
        self._table, self._plan, self._skip = table, plan, frozenset(skip)
        self._id = id
        self._has_ids = "response_id" in plan.columns.values()
        self._mapped = [(place, (column, reads.get(column))) for place, column in plan.columns.items()]
        fixed = {column: value for column, value in plan.fixed.items() if column not in plan.columns.values()}
        self._fixed = list(fixed.values())
        columns = [*plan.columns.values(), *fixed]
        self.row = table.row
        self._heads = {column: table.columns[at] for at, column in plan.columns.items() if at < len(table.columns)}
        if table.columns and is_sound(self.faults, self.row, columns, Anything(), required):
            self.columns = [*columns, *([] if self._has_ids else ["response_id"])]

    def __iter__(self) -> Iterator[list[str]]:
        if not self.columns:
            return
        for row_cells in self._table:
            self.row = self._table.row
            if self.row not in self._skip:
                own = [self._said(row_cells[place], place, *about) for place, about in self._mapped]
                yield [*own, *self._fixed, *([] if self._has_ids else [self._made(self.row)])]

    def _said(self, cell: str, place: int, column: str, reading: Reading | None) -> str:
        if reading is not None and reading.choices:
            if not cell or cell in reading.choices:
                return cell
            parts = cell.split(";") if self._plan.literal else reading.parts(cell)
            codes = [self._word(part, place, reading) for part in parts]
            return ";".join(code for code in codes if code != BLANK)
        if column == "response_id" and not cell.strip():
            return self._made(self.row)
        if self._plan.literal:
            return cell
        if column == "day" and (match := DAY.fullmatch(cell.strip())):
            return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
        is_number = column == "weight" or reading is not None
        return cell.replace(",", ".") if is_number and DECIMAL.fullmatch(cell.strip()) else nfc(cell)

    def _made(self, row: int) -> str:
        self.made_ids = True
        return str(self._id(row))

    def _word(self, part: str, place: int, reading: Reading) -> str:
        if reading.is_code(part):
            return part
        chosen = self._plan.words.get((place, key(part)))
        return chosen or reading.code(part) or part
