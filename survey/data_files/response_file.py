"""A table of responses: each row checked against the wave, its sample and its questionnaire."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from forms import Questionnaire, check
from survey.data_files import import_lots
from survey.data_files.sheet_column import SheetColumn
from survey.data_files.waiting_lines import BATCH, Line
from survey.responses import holding, lot_steps
from survey.responses.submission import MOST_ADULTS, may_be_adults, split
from survey.sampling import draws
from survey.storage.encrypted_texts import TextKeys
from survey.storage.models import Batch, Mode, Response, ResponseText, Unit, Wave, WaveKind
from survey.system import dates
from survey.system.csv_table import Nearest, Rows
from survey.waves import file_words, units, waves
from translations import N_, Lazy, Refusal
from translations.formats import day as written_day
from translations.formats import nfc

COLUMNS = ("response_id", "unit", "stratum", "psu", "weight", "mode", "day")
OF_PAPER = ("sheet", "adults")  # what stands on a household's form besides its answers
LONGEST_LABEL = 60
MODES = {mode.value: mode for mode in Mode}
ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
WEIGHT = re.compile(r"\+?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")

BEYOND = N_(
    "Village %(psu)s would hold %(forms)s forms, but %(households)s households were drawn there. Leave out what "
    "is there twice. If more people did answer, key their forms by hand: they are held, and a supervisor decides."
)


def _after(id: UUID, lot: int | None) -> UUID:
    """The id of what comes again after the import was recalled in which it came first."""
    return UUID(bytes=hashlib.sha256(f"{id} after {lot}".encode()).digest()[:16], version=4)


class Home(NamedTuple):
    """The commune and stratum of a village, and the row that said so first; row 0: the wave's villages."""

    unit: str
    stratum: str
    row: int


class File:
    """A table of responses of one wave: each row checked against the wave, its villages and its questionnaire."""

    REQUIRED: ClassVar[Sequence[str]] = ("unit",)
    ABOUT: ClassVar[Sequence[str]] = (*COLUMNS, *OF_PAPER)

    def __init__(
        self, session: Session, wave: Wave, questionnaire: Questionnaire, table: Rows, replaced: int | None = None
    ) -> None:
        """replaced: an import of before that goes when this one comes."""
        import_lots.refuse_closed(wave)
        self.replaced = set() if replaced is None else {replaced}
        self.recalled = lot_steps.recalled(session, wave.code) | self.replaced
        self.read = 0  # rows, sound or not
        self.wave, self.questionnaire, self.table, self.faults = wave, questionnaire, table, table.faults
        self.fault = table.fault
        self.place = {column: place for place, column in enumerate(table.columns)}
        items = questionnaire.items
        self.items = [(place, items[column]) for column, place in self.place.items() if column in items]
        self.units = file_words.UnitCodes(
            unit
            for unit in session.scalars(select(Unit))
            if unit.kind in units.COMMUNE_KINDS or unit.parent is not None
        )
        villages = waves.villages(session, wave.code)
        self.homes = {village.psu: Home(village.unit, village.stratum, 0) for village in villages}
        self.drawn = draws.held(session, wave)
        self.homes |= {psu: self.homes[psu]._replace(stratum=home.stratum) for psu, home in self.drawn.items()}
        self.codes, self.near_villages = file_words.Codes(self.homes), Nearest(self.homes)
        self.framed = any(village.households is not None for village in villages)
        self.printed = session.scalar(select(exists().where(Batch.wave == wave.code)))
        self.sheets = SheetColumn(session, wave.code, self.replaced) if "sheet" in self.place else None
        self.in_sample = wave.kind is WaveKind.SAMPLE and bool({"psu", "sheet"} & set(self.place))
        self.weighs = self.in_sample and not self.drawn
        self.today = dates.today()
        self.day = min(self.today, wave.closes)
        if self.day < wave.opens:
            raise Refusal("The wave begins on %(day)s: there can be no response yet.", day=written_day(wave.opens))

    def has(self, column: str) -> bool:
        return column in self.place

    def fault_at(self, row: int, column: str, message: Lazy) -> None:
        """Notes what is wrong in a row that was read before."""
        self.faults.add(row, self.table.called(column), message)

    def remarks(self, stored: int) -> Iterator[Lazy]:
        """What the file left open, once its rows are stored."""
        if self.wave.kind is WaveKind.OPEN and {"stratum", "psu", "weight"} & set(self.place):
            yield Lazy("An open wave counts everybody once: stratum, psu and weight were not used.")
        if self.wave.kind is WaveKind.SAMPLE and not self.in_sample:
            yield Lazy("Without the column psu no response is in the sample: they are counted apart.")
        if stored and self.drawn and not self.has("adults"):
            yield Lazy("Without the column adults each form weighs as of a household of the mean size.")
        if stored and self.printed and not self.has("sheet"):
            yield Lazy("Without the column sheet the printed forms stay in the accounts as not entered.")
        if self.table.made_ids:
            yield Lazy(
                "The file had no ids: they were made from it. Importing the same file again changes nothing; a "
                "changed one replaces this lot, or its rows are stored twice."
            )
        if stored and not self.has("mode"):
            yield Lazy("Without the column mode the responses count as paper.")
        if stored and not self.has("day"):
            yield Lazy("Without the column day the responses have the day %(day)s.", day=self.day.isoformat())

    def lines(self, progress: Callable[[int], None]) -> Iterator[Line]:
        """The rows that hold; what does not becomes a fault."""
        for cells in self.table:
            self.read += 1
            before = self.faults.count
            line = self._line(cells)
            if self.faults.count == before:
                yield line
            if self.table.row % BATCH == 0:
                progress(self.table.row)

    def _line(self, cells: list[str]) -> Line:
        values = {column: cells[self.place[column]].strip() for column in self.ABOUT if column in self.place}
        sheet = self._sheet(values)
        unit = self._unit(values.get("unit", ""))
        answers = self._answers(cells)
        codes, texts = split(self.questionnaire, answers)
        return Line(
            id=self._id(values["response_id"]),
            row=self.table.row,
            unit=unit,
            **self._home(values, unit),
            mode=self._mode(values.get("mode")),
            day=self._day(values.get("day")),
            weight=self._weight(values.get("weight")) if self.wave.kind is WaveKind.SAMPLE else 1.0,
            answers=codes,
            texts=texts,
            adults=self._adults(values.get("adults", "")),
            sheet=sheet,
        )

    def _sheet(self, values: dict[str, str]) -> str | None:
        """The sheet of a row, whose village is the row's where no cell says another."""
        if self.sheets is None or not values["sheet"]:
            return None
        serial, fault = self.sheets.read(values["sheet"], self.table.row)
        psu = self.sheets.village(serial)
        if fault is not None:
            self.fault("sheet", fault)
        elif values.get("psu") and self.codes.find(values["psu"]) != psu:
            self.fault("sheet", "This sheet went to village %(psu)s.", psu=psu)
        elif values.get("mode", Mode.PAPER) != Mode.PAPER:
            self.fault("mode", "A row with the number of a sheet is paper.")
        values["psu"] = values.get("psu") or psu or ""
        return serial

    def _adults(self, text: str) -> int | None:
        """How many adults the household has; blank where nobody noted it."""
        if not text:
            return None
        if text.isdecimal() and len(text) <= 2 and may_be_adults(int(text)):
            return int(text)
        self.fault("adults", "Write how many adults live in the household, from 1 to %(most)s.", most=MOST_ADULTS)
        return None

    def _id(self, text: str) -> UUID:
        if ID.fullmatch(text):
            return UUID(text)
        self.fault("response_id", "Write a UUID: 8, 4, 4, 4 and 12 hexadecimal digits, with hyphens between.")
        return uuid4()

    def _unit(self, text: str) -> str:
        code = self.units.find(text)
        if not text:
            self.fault("unit", "Write the code of the commune.")
        elif code not in self.units:
            self.fault("unit", file_words.no_unit(text, self.units))
        return code

    def _home(self, values: dict[str, str], unit: str) -> dict[str, str | None]:
        """Where in the sample the person is, as columns of a response."""
        if self.has("sheet") and not self.has("psu") and not values.get("psu"):
            if not values["sheet"]:
                self.fault("sheet", "Write the number of the sheet: without it nobody knows the village.")
            return {"psu": None}
        return {"psu": self._village(values, unit) if self.in_sample else None}

    def _village(self, values: dict[str, str], unit: str) -> str | None:
        psu = self._label("psu", self.codes.find(values.get("psu", "")))
        stratum = self._label("stratum", values["stratum"]) if "stratum" in values else None
        if psu is None or unit not in self.units or ("stratum" in values and stratum is None):
            return psu
        home = self.homes.get(psu)
        if home is None:
            self._new_village(psu, unit, stratum)
        elif self.drawn and psu not in self.drawn:
            self.fault(
                "psu", "Village %(psu)s was not drawn: in this wave only drawn villages have responses.", psu=psu
            )
        else:
            self._same_home(psu, home, "unit", unit, home.unit)
            self._same_home(psu, home, "stratum", stratum or home.stratum, home.stratum)
        return psu

    def _new_village(self, psu: str, unit: str, stratum: str | None) -> None:
        """A village that the wave doesn't have yet; refused where a frame says which there are."""
        if self.framed:
            near = self.near_villages.to(psu)
            message = N_("The frame of this wave has no village %(psu)s. The nearest is %(near)s.")
            self.fault(
                "psu",
                message if near else N_("The frame of this wave has no village %(psu)s."),
                psu=psu,
                near=near,
            )
        elif (place := self.units.units[unit]).kind not in units.COMMUNE_KINDS:
            self.fault("unit", "Write the code of the village's commune: %(name)s is not one.", name=place.name)
        else:
            self.homes[psu] = Home(unit, stratum or unit, self.table.row)

    def _same_home(self, psu: str, home: Home, column: str, value: str, first: str) -> None:
        """A village stays in the commune and the stratum where it was first."""
        if value == first:
            return
        if column == "unit":
            first = f"{self.units.units[first].name} ({first})" if first in self.units else first
        if home.row:
            fault = N_("Village %(psu)s is in %(first)s in row %(row)s: it has one commune and one stratum.")
        elif column == "stratum" and self.drawn:
            fault = N_(
                "Village %(psu)s was drawn in the stratum %(first)s, which cannot change. Write it, or "
                "remove the column."
            )
        else:
            fault = N_("Village %(psu)s is in %(first)s in this wave: it has one commune and one stratum.")
        self.fault(column, fault, psu=psu, first=first, row=home.row)

    def _label(self, column: str, text: str) -> str | None:
        if not text:
            self.fault(column, "Fill in this cell: where the column is there, it may not be blank.")
        elif len(text) > LONGEST_LABEL or not text.isprintable():
            self.fault(column, "Write at most %(most)s characters on one line.", most=LONGEST_LABEL)
        else:
            return nfc(text)
        return None

    def _mode(self, text: str | None) -> Mode:
        if text is None:
            return Mode.PAPER
        if text not in MODES:
            self.fault("mode", "Write one of %(modes)s.", modes=", ".join(MODES))
        return MODES.get(text, Mode.PAPER)

    def _day(self, text: str | None) -> date:
        if text is None:
            return self.day
        try:
            day = date.fromisoformat(text) if DAY.fullmatch(text) else None
        except ValueError:
            day = None
        if day is None:
            self.fault("day", "Write the day as YYYY-MM-DD, for example 2026-11-24.")
        elif not self.wave.opens <= day <= self.wave.closes:
            opens, closes = self.wave.opens.isoformat(), self.wave.closes.isoformat()
            self.fault("day", "Give a day of the wave, from %(opens)s to %(closes)s.", opens=opens, closes=closes)
        elif day > self.today:
            self.fault(
                "day", "This day is still to come. Give a day up to %(today)s.", today=self.today.isoformat()
            )
        return day or self.day

    def _weight(self, text: str | None) -> float:
        if text is None:
            return 1.0
        if "," in text:
            self.fault("weight", "Write the weight with a decimal point, without a comma.")
        elif not text:
            self.fault("weight", "Fill in this cell: where the column is there, it may not be blank.")
        elif WEIGHT.fullmatch(text) and math.isfinite(weight := float(text)):
            return weight
        else:
            self.fault("weight", "Write a number of 0 or more, for example 75.25.")
        return 1.0

    def _answers(self, cells: list[str]) -> dict[str, Any]:
        answers = {item.code: item.kind.read(item, (cells[place],)) for place, item in self.items if cells[place]}
        checked = check(self.questionnaire, answers)
        for problem in checked.problems:
            self.fault(problem.code, problem.message)
        return checked.answers

    def settled(self, session: Session, lines: list[Line]) -> list[Line]:
        """The lines under the ids that they have here: one whose id a recalled import took has another, always the
        same one, for what is stored stays and an id is never two responses."""
        named = select(Response.id, Response.lot).where(Response.lot.in_(list(self.recalled)))
        while self.recalled:
            taken = dict(session.execute(named.where(Response.id.in_([line.id for line in lines]))).all())
            if not taken:
                break
            lines = [
                line._replace(id=_after(line.id, taken[line.id])) if line.id in taken else line for line in lines
            ]
        return lines

    def fresh(self, session: Session, lines: list[Line]) -> list[Line]:
        """Those of the lines that the database has not got; one that it has with other content is a fault."""
        stored = {
            row.id: row
            for row in session.execute(
                select(
                    Response.id,
                    Response.wave,
                    Response.unit,
                    Response.psu,
                    Response.stratum,
                    Response.person,
                    Response.mode,
                    Response.day,
                    Response.answers,
                    ResponseText.texts,
                )
                .join(ResponseText, ResponseText.response == Response.id, isouter=True)
                .where(Response.id.in_([line.id for line in lines]))
            )
        }
        text_keys = TextKeys(session.connection())
        for line in lines:
            is_new = line.id not in stored
            if is_new and self.sheets and line.sheet and (taken := self.sheets.taken(line.sheet, line.id)):
                self.fault_at(line.row, "sheet", taken)
            if line.id in stored and (column := self._differing(line, stored[line.id], text_keys)) is not None:
                self.fault_at(
                    line.row,
                    column,
                    Lazy("This response is there already with other content. Take the row out, or give a new id."),
                )
            elif line.id not in stored and self.has("weight") and line.psu in self.drawn:
                self._compare_weight(line, self.drawn[line.psu].weight)
        fresh = [line for line in lines if line.id not in stored]
        self._count(fresh)
        return fresh

    def _count(self, fresh: list[Line]) -> None:
        """Notes what comes new."""

    def check_counts(self, session: Session, lines: Mapping[str, Sequence[int]], stored: bool = False) -> None:
        """What only all lines tell together becomes a fault.

        lines   by village, the rows of those that are new
        stored  whether these are in the database by now
        """
        new = {psu: 0 if stored else len(rows) for psu, rows in lines.items()}
        besides = set() if stored else self.replaced
        for psu, (forms, households) in holding.beyond(session, self.wave, new, besides).items():
            for row in sorted(lines[psu])[max(households - forms, -len(lines[psu])) :]:
                self.fault_at(row, "psu", Lazy(BEYOND, psu=psu, forms=forms, households=households))

    def _compare_weight(self, line: Line, draw_weight: float) -> None:
        """A response that comes new has the weight of its village's draw, or none."""
        if not math.isclose(line.weight, draw_weight, rel_tol=1e-6):
            self.fault_at(
                line.row,
                "weight",
                Lazy(
                    "The draw gives village %(psu)s the weight %(weight)s, which cannot change. Write it, "
                    "or remove the column.",
                    psu=line.psu,
                    weight=f"{draw_weight:.9g}",
                ),
            )

    def _moved(self, line: Line, before: Row[Any]) -> str | None:
        """The column in which a stored response is elsewhere in the sample."""
        return "psu" if self.in_sample and line.psu != before.psu else None

    def _differing(self, line: Line, before: Row[Any], text_keys: TextKeys) -> str | None:
        """The column in which a stored response is another one; what the file doesn't say doesn't differ, nor does
        what was destroyed."""
        if before.wave != self.wave.code:
            return "response_id"
        for column in ("unit", "psu", "mode", "day"):
            if column in self.place and column != "psu" and getattr(line, column) != getattr(before, column):
                return column
        if (moved := self._moved(line, before)) is not None:
            return moved
        texts = text_keys.decrypt(before.wave, before.id, before.texts)
        values = line.answers if texts is None else {**line.answers, **line.texts}
        stored = {**before.answers, **(texts or {})}
        return next((code for code in {**values, **stored} if values.get(code) != stored.get(code)), None)
