"""A file typed up elsewhere: which columns are ours, which words are codes, and what is wrong with it."""

from __future__ import annotations

import csv
import difflib
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.data_files import importing, waiting_lines
from survey.data_files.response_file import COLUMNS
from survey.storage.database import Database
from survey.storage.models import Mode
from survey.system import dates
from survey.system.csv_table import Faults, Rows, Table, Writer
from survey.system.xlsx_table import opened
from survey.waves import questionnaires, units, waves
from translations import Lazy, Refusal
from translations.formats import fold, nfc

SAMPLES = 3  # values of a column that are shown
MOST_TEXTS = 60  # different words of a column that can be mapped
MOST_FAULTS = 500  # that are kept to be told
LARGEST = 20_000_000  # bytes of a settled file: a larger one would be checked for more than a minute
LIKE = 0.8  # how alike two names must be for a guess
BLANK = "-"  # what a word is mapped to that is no answer
SYNONYMS = {
    "unit": ("mã xã", "xã", "phường", "xã phường", "xã, phường", "đơn vị", "tên xã", "commune"),
    "stratum": ("tầng", "tầng mẫu", "nhóm", "mã nhóm"),
    "psu": ("thôn", "mã thôn", "tổ dân phố", "thôn, tổ", "village"),
    "weight": ("quyền số", "trọng số"),
    "mode": ("cách trả lời", "hình thức", "cách thu"),
    "day": ("ngày", "ngày phỏng vấn", "ngày trả lời", "date"),
    "response_id": ("id", "uuid"),
}
MODE_WORDS = {
    Mode.PAPER: ("giấy", "trên giấy", "phiếu giấy"),
    Mode.PHONE: ("trực tuyến", "điện thoại", "online"),
    Mode.KIOSK: ("máy", "tại máy"),
    Mode.INTERVIEWER: ("phỏng vấn", "phỏng vấn viên"),
}
DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: 0{1,2}:00(?::00)?)?")
DECIMAL = re.compile(r"[0-9]+,[0-9]+")
NUMBERED = re.compile(r"([0-9]{1,3})\s*[.):–-]\s*\S.*")


class Anything(Sequence[str]):
    """The columns that a file may have: whatever has a name."""

    def __contains__(self, name: object) -> bool:
        return bool(str(name).strip())

    def __len__(self) -> int:
        return 0

    def __getitem__(self, place: Any) -> Any:
        raise IndexError(place)


@dataclass(frozen=True)
class Source:
    """A column of the file: its name, its first values, and how many rows have one."""

    name: str
    samples: tuple[str, ...]
    filled: int


@dataclass(frozen=True)
class Word:
    """A word of a column that is no code: how often it stands there, and the code that it seems to mean."""

    text: str
    count: int
    guess: str

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
    words    (place, key of a word) -> code, or BLANK
    fixed    our column -> the value of every row, for unit and mode
    """

    columns: Mapping[int, str] = field(default_factory=dict)
    words: Mapping[tuple[int, str], str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)


def settle(path: Path, target: Path) -> None:
    """Writes a CSV or Excel file as CSV in UTF-8, each row at its number, whatever its columns are called. A file
    whose columns are separated by semicolons or tabs, as Excel writes it in Vietnam, will do."""
    faults = Faults()
    apart = path.with_name(path.name + ".csv")
    table = opened(_with_commas(path, apart), Anything(), [], faults)
    last = _write_rows(table, target)
    apart.unlink(missing_ok=True)
    faults.refuse(path)
    if last == 1:
        raise Refusal("%(file)s has a header and no rows.", file=path.name)
    if target.stat().st_size > LARGEST:
        raise Refusal("%(file)s is too large for this page. Divide it, or use: hailong import", file=path.name)


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


def _with_commas(path: Path, target: Path) -> Path:
    with path.open("rb") as file:
        head = file.read(65_536).partition(b"\n")[0]
    mark = max(b";\t", key=lambda mark: head.count(bytes([mark])))
    if head.startswith(b"PK") or head.count(bytes([mark])) <= head.count(b","):
        return path
    with (
        path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as source,
        target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file,
    ):
        csv.writer(file).writerows(csv.reader(source, delimiter=chr(mark)))
    return target


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a settled file with their numbers; the header is row 1."""
    faults = Faults()
    table = Table(path, Anything(), [], faults)
    yield 1, table.columns
    for cells in table:
        yield table.row, cells


def sources(path: Path) -> list[Source]:
    """The columns of a settled file."""
    rows = _rows(path)
    _row, header = next(rows)
    samples: list[list[str]] = [[] for _name in header]
    filled = [0] * len(header)
    for _row, cells in rows:
        for place, cell in enumerate(cells):
            if cell.strip():
                filled[place] += 1
                if len(samples[place]) < SAMPLES and cell not in samples[place]:
                    samples[place].append(cell)
    return [Source(*one) for one in zip(header, map(tuple, samples), filled, strict=True)]


def known(questionnaire: Questionnaire) -> list[str]:
    """Our columns, in the order in which they are offered."""
    return [*COLUMNS, *questionnaire.items]


def guess(found: Sequence[Source], questionnaire: Questionnaire) -> dict[int, str]:
    """For each column of a file the one of ours that its name means; none is taken twice. The code or the words of
    the question first, then words that are near."""
    names = _names(questionnaire)
    spoken = [name for name in names if not name.startswith("cau ") and name != fold(names[name])]
    columns: dict[int, str] = {}
    folded = [fold(source.name) for source in found]
    for is_near in (False, True):
        for place, name in enumerate(folded):
            if place in columns:
                continue
            near = difflib.get_close_matches(name, spoken, 5, cutoff=LIKE) if is_near else [name]
            free = [names[one] for one in near if one in names and names[one] not in columns.values()]
            if free:
                columns[place] = free[0]
    return dict(sorted(columns.items()))


def _names(questionnaire: Questionnaire) -> dict[str, str]:
    """Every name that a column may go by, folded: the first one to claim it has it."""
    names: dict[str, str] = {}
    for code in known(questionnaire):
        names.setdefault(fold(code), code)
    for column, words in SYNONYMS.items():
        for word in words:
            names.setdefault(fold(word), column)
    for item in questionnaire.items.values():
        for text in (item.short.vi, item.label.vi, item.short.en, item.label.en):
            names.setdefault(fold(text), item.code)
        if item.no is not None:
            names.setdefault(f"cau {item.no}", item.code)
    return names


@dataclass(frozen=True)
class Reading:
    """What the cells of one of our columns may say. `choices`: code -> its words; none for a number."""

    column: str
    item: Item | None
    choices: Mapping[str, tuple[str, ...]]

    def parts(self, cell: str) -> list[str]:
        """The single answers of a cell."""
        if self.item is None or not self.item.kind.several:
            return [cell.strip()]
        text = (
            cell if re.search(r"[;\n|]", cell) or not re.fullmatch(r"[\d,\s]+", cell) else cell.replace(",", ";")
        )
        return [part.strip() for part in re.split(r"[;\n|]", text) if part.strip()]

    def code(self, text: str) -> str:
        """The code that a text is or means; empty where none is near."""
        if text in self.choices:
            return text
        folded = fold(text)
        words = {fold(word): code for code, all_words in self.choices.items() for word in all_words}
        if folded in words:
            return words[folded]
        if (numbered := NUMBERED.fullmatch(text)) and numbered[1] in self.choices:
            return numbered[1]
        near = difflib.get_close_matches(folded, words, 1, cutoff=0.85)
        return words[near[0]] if near else ""

    def is_code(self, text: str) -> bool:
        """Whether the import takes it as it stands."""
        return text in self.choices or (self.item is not None and text.lstrip("-").isdigit())


def readings(session: Session, questionnaire: Questionnaire) -> dict[str, Reading]:
    """How our columns with choices are read; the others are taken as they stand."""
    communes = {
        unit.code: (unit.name, f"{unit.kind} {unit.name}") for unit in units.communes(session, dates.today())
    }
    counts = {
        "unit": Reading("unit", None, communes),
        "mode": Reading("mode", None, {mode.value: words for mode, words in MODE_WORDS.items()}),
    }
    for item in questionnaire.items.values():
        if item.kind.is_estimated:
            choices = {str(code): (label.vi, label.en) for code, label in item.choices.items()}
            counts[item.code] = Reading(item.code, item, choices)
    return counts


def words(path: Path, plan: Plan, reads: Mapping[str, Reading]) -> dict[int, list[Word]]:
    """The words of each mapped column that are no codes, as often as they stand there, the frequent ones first. Of
    a column with more than `MOST_TEXTS` of them so many are given: it is hardly the right one."""
    return {
        place: [
            Word(text, count, reads[plan.columns[place]].code(text))
            for text, count in sorted(times.items(), key=lambda one: -one[1])[:MOST_TEXTS]
        ]
        for place, times in _counted(path, plan, reads).items()
        if times
    }


def _counted(path: Path, plan: Plan, reads: Mapping[str, Reading]) -> dict[int, dict[str, int]]:
    counts: dict[int, dict[str, int]] = {
        place: {} for place, column in plan.columns.items() if column in reads and reads[column].choices
    }
    rows = _rows(path)
    next(rows)
    for _row, cells in rows:
        for place, times in counts.items():
            reading = reads[plan.columns[place]]
            for part in reading.parts(cells[place]):
                if part and not reading.is_code(part) and (part in times or len(times) <= MOST_TEXTS):
                    times[part] = times.get(part, 0) + 1
    return counts


def ids(secret: str, wave: str, path: Path) -> Callable[[int], UUID]:
    """The id of each row of a settled file that has none: always the same ones for the same file. So a button that
    is pressed twice, or a file that is chosen twice, stores no row twice."""
    file = hashlib.sha256(path.read_bytes()).hexdigest()

    def id(row: int) -> UUID:
        digest = hmac.digest(secret.encode(), f"import {wave} {file} {row}".encode(), "sha256")
        return UUID(bytes=digest[:16], version=4)

    return id


def written(
    path: Path, target: Path, plan: Plan, reads: Mapping[str, Reading], id: Callable[[int], UUID] | None = None
) -> list[list[str]]:
    """Writes the file in our columns and codes, each row at its number; the first rows come back.

    id  gives the id of a row, where no column of the file does
    """
    places = list(plan.columns)
    is_named = id is None or "response_id" in plan.columns.values()
    fixed = {column: value for column, value in plan.fixed.items() if column not in plan.columns.values()}
    first: list[list[str]] = []
    rows = _rows(path)
    next(rows)
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = Writer(file)
        writer.writerow([*plan.columns.values(), *fixed, *([] if is_named else ["response_id"])])
        at = 1
        for row, cells in rows:
            for _row in range(row - at - 1):
                file.write("\r\n")
            at = row
            values = [_said(cells[place], place, plan, reads.get(plan.columns[place])) for place in places]
            ids = [] if id is None or is_named else [str(id(row))]
            writer.writerow([*values, *fixed.values(), *ids])
            if len(first) < SAMPLES:
                first.append(values)
    return first


def _said(cell: str, place: int, plan: Plan, reading: Reading | None) -> str:
    if reading is not None and reading.choices:
        codes = []
        for part in reading.parts(cell):
            code = part if reading.is_code(part) else plan.words.get((place, key(part))) or part
            if code != BLANK:
                codes.append(code)
        return ";".join(codes)
    column = plan.columns[place]
    if column == "day" and (match := DAY.fullmatch(cell.strip())):
        return f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    is_number = column == "weight" or reading is not None
    return cell.replace(",", ".") if is_number and DECIMAL.fullmatch(cell.strip()) else nfc(cell)


@dataclass(frozen=True)
class Fault:
    """What is wrong in a row; `column` is ours, None if the whole row is meant."""

    row: int
    column: str | None
    message: str


class AllFaults(Faults):
    """Keeps what is wrong, as far as a person would read it."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Fault] = []

    def add(self, row: int, column: str | None, message: Lazy | str) -> None:
        self.count += 1
        if len(self.told) < MOST_FAULTS:
            self.told.append(Fault(row, column, str(message)))


@dataclass(frozen=True)
class Checked:
    """What an import of the file would meet; nothing was stored. `remarks`: what it would leave open."""

    rows: int
    faults: tuple[Fault, ...]
    count: int
    remarks: tuple[Lazy, ...]


def checked(database: Database, wave: str, path: Path) -> Checked:
    """Reads a file in our columns as the import does, and tells all that is wrong with it."""
    faults = AllFaults()
    with closing(waiting_lines.WaitingLines()) as waiting, database.reading() as session:
        row = waves.find(session, wave)
        questionnaire = questionnaires.by_digest(session, row.questionnaire)
        kind = importing.file_of(questionnaire)
        table = Table(path, known(questionnaire), kind.REQUIRED, faults)
        file = kind(session, row, questionnaire, table)
        rows = importing.read_through(session, file, waiting, lambda _rows: None)
    in_order = sorted(faults.told, key=lambda fault: fault.row)
    return Checked(rows, tuple(in_order), faults.count, tuple(file.remarks(rows)))
