"""The responses of a wave as a data file, in the columns that `importing` takes."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import compress
from pathlib import Path
from typing import IO, Any, Protocol

import pyarrow as pa
import pyarrow.parquet as parquet
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey.data_files import spss
from survey.reports.labels import mode_label
from survey.responses.answers import Answers
from survey.responses.left_out import left_out
from survey.responses.respondents import Respondents, sample
from survey.results import releases
from survey.storage.database import Database
from survey.storage.encrypted_texts import TextKeys
from survey.storage.models import Mode, Release, Response, ResponseText, Unit, Wave, WaveKind
from survey.system.atomic_file import atomic_write
from survey.system.csv_table import Writer
from survey.waves import questionnaires, waves
from translations import N_
from translations import gettext as _

BATCH = 1000
ABOUT = ("response_id", "unit", "stratum", "psu", "weight", "mode", "day")
ABOUT_ROWS = ("row", "unit", "stratum", "psu", "weight", "mode")
ABOUT_OUTSIDE = ("response_id", "unit", "mode", "day")


@dataclass(frozen=True)
class Written:
    """How many responses the file holds, and how many of the wave stand in the other file.

    left_out  those outside the sample, or those in it where these were written; without the responses that a
              review rejected or whose lot was set aside, which no file holds. 0 of a release: what came later is
              not outside the sample
    aside     those whose lots were set aside: in no file
    """

    rows: int
    left_out: int
    aside: int


def responses(
    database: Database,
    wave: str,
    path: Path,
    kind: str = "csv",
    *,
    outside: bool = False,
    release: int | None = None,
) -> Written:
    """Writes the responses that estimates rest on, in the order of their ids, with the current weights.

    kind     one of FORMATS
    release  those of the release of this number instead, with its weights
    outside  write the others instead: those of a `sample` wave without a village, without stratum, psu and weight
             (the import refuses a blank one)

    With `--weights weight --strata stratum --psu psu` the file gives the estimates that the database gives; of
    calibrated weights only the database knows the margins, so that standard errors differ. Of an `open` wave the
    stratum is the unit, the village the day and the weight 1 unless it was weighed. In CSV a text that a
    spreadsheet would compute has an apostrophe in front, which the import takes off again.
    """
    with database.reading() as session:
        row = waves.find(session, wave)
        frozen = None if release is None else releases.find(session, row.code, release)
        questionnaire = questionnaires.by_digest(session, row.questionnaire)
        all_rows = session.scalar(select(func.count()).select_from(Response).where(Response.wave == row.code)) or 0
        columns = (*(ABOUT_OUTSIDE if outside else ABOUT), *questionnaire.items)
        rows, gone = 0, left_out(session, row.code)
        with (
            atomic_write(path) as file,
            FORMATS[kind](file, columns, questionnaire, value_labels(session)) as data,
        ):
            for batch in _outside(session, row) if outside else counted(session, row, frozen):
                data.write([(*about, *_values(questionnaire, *documents)) for about, documents in batch])
                rows += len(batch)
    if frozen is not None:
        return Written(rows, 0, frozen.aside)
    return Written(rows, all_rows - len(gone.all) - rows, gone.counts[1])


def rows(database: Database, wave: str, path: Path, kind: str = "csv", release: int | None = None) -> int:
    """Writes the responses that estimates rest on as rows for a desk, and gives how many; they enter estimates as
    those of `responses` do.

    What leads back to a person beyond the answers is left out: the number of the form, which a receipt may bear,
    the day, and everything written in words. Where the village is the day, in an open wave, it has a label that
    chance gives anew to each file. Rows stand in the order of ids, which are random: it tells no time.
    """
    with database.reading() as session:
        row = waves.find(session, wave)
        frozen = None if release is None else releases.find(session, row.code, release)
        asked = questionnaires.by_digest(session, row.questionnaire)
        items = row_items(asked)
        people = sample(session, row, frozen)
        labels = _day_labels(people) if row.kind is WaveKind.OPEN else {}
        with (
            atomic_write(path) as file,
            FORMATS[kind](file, (*ABOUT_ROWS, *items), asked, value_labels(session)) as data,
        ):
            for batch in _decoded(people, items.values()):
                data.write(
                    [
                        (number, unit, stratum, labels.get((stratum, psu), psu), *rest)
                        for number, unit, stratum, psu, *rest in batch
                    ]
                )
    return len(people)


def row_items(questionnaire: Questionnaire) -> dict[str, Item]:
    """The items of rows: all but those answered in words."""
    return {code: item for code, item in questionnaire.items.items() if item.kind.is_estimated}


def _day_labels(people: Respondents) -> dict[tuple[str, str], str]:
    """(stratum, day) -> a label that tells neither the day nor its place among others."""
    pairs = sorted({*zip(people.stratum.tolist(), people.psu.tolist(), strict=True)})
    secrets.SystemRandom().shuffle(pairs)
    return {pair: f"c{number}" for number, pair in enumerate(pairs, 1)}


def _decoded(people: Respondents, items: Iterable[Item]) -> Iterator[list[tuple[Any, ...]]]:
    """Number, unit, stratum, village, weight, mode and answers of each, some at a time, of what is in memory."""
    about = people.unit, people.stratum, people.psu, people.weight, people.mode
    told = [(item, people.answers(item)) for item in items]
    for begin in range(0, len(people), BATCH):
        part = slice(begin, begin + BATCH)
        numbers = range(begin + 1, min(begin + BATCH, len(people)) + 1)
        answers = (_as_stored(item, of_all, part) for item, of_all in told)
        yield list(zip(numbers, *(column[part].tolist() for column in about), *answers, strict=True))


def _as_stored(item: Item, answers: Answers, part: slice) -> list[int | float | str | None]:
    """What some people answered, whether they were asked or not."""
    if answers.chosen is not None:
        codes = [str(code) for code in item.choices]
        return [";".join(compress(codes, row)) or None for row in answers.chosen[part].tolist()]
    if item.kind.is_number:
        return [None if value != value else value for value in answers.codes[part].tolist()]
    return [None if code < 0 else code for code in answers.codes[part].tolist()]


Batch = list[tuple[tuple[Any, ...], tuple[dict[str, Any], dict[str, str] | None]]]


def counted(session: Session, wave: Wave, release: Release | None) -> Iterator[Batch]:
    """The responses that estimates rest on, some at a time: what is about them, their answers and texts."""
    people, text_keys = sample(session, wave, release), TextKeys(session.connection())
    for rows in _rows(session, wave):
        at = people.place_of([row.id for row in rows])
        valid = at[at >= 0]
        design = (people.stratum[valid], people.psu[valid], people.weight[valid].tolist())
        yield [
            (
                (str(row.id), row.unit, stratum, psu, weight, row.mode.value, row.day),
                (row.answers, text_keys.decrypt(wave.code, row.id, row.texts)),
            )
            for row, stratum, psu, weight in zip(compress(rows, at >= 0), *design, strict=True)
        ]


def _outside(session: Session, wave: Wave) -> Iterator[Batch]:
    people, gone, text_keys = (
        sample(session, wave),
        left_out(session, wave.code).all,
        TextKeys(session.connection()),
    )
    for rows in _rows(session, wave):
        out = people.place_of([row.id for row in rows]) < 0
        outside = [row for row in compress(rows, out) if row.id not in gone]
        yield [
            (
                (str(row.id), row.unit, row.mode.value, row.day),
                (row.answers, text_keys.decrypt(wave.code, row.id, row.texts)),
            )
            for row in outside
        ]


def _rows(session: Session, wave: Wave) -> Iterator[Sequence[Any]]:
    """The stored rows in the order of their ids, some at a time: they never are in memory together. Texts are
    sealed still; those that are destroyed are as if nothing had been written."""
    about = Response.id, Response.unit, Response.psu, Response.mode, Response.day
    rows = session.execute(
        select(*about, Response.answers, ResponseText.texts)
        .join(ResponseText, ResponseText.response == Response.id, isouter=True)
        .where(Response.wave == wave.code)
        .order_by(Response.id),
        execution_options={"yield_per": BATCH},
    )
    yield from rows.partitions()


def _values(
    questionnaire: Questionnaire, answers: dict[str, Any], texts: dict[str, str] | None
) -> Iterator[int | float | str | None]:
    yield from _of_items(questionnaire.items, {**answers, **(texts or {})})


def _of_items(items: Iterable[str], values: Mapping[str, Any]) -> Iterator[int | float | str | None]:
    for code in items:
        value = values.get(code)
        yield ";".join(map(str, value)) if isinstance(value, list) else value


Labels = Mapping[str, Mapping[str, str]]  # column -> value -> what it is called


def value_labels(session: Session) -> Labels:
    """What units and ways of answering are called, where a file can say so."""
    places = {unit.code: unit.name for unit in session.scalars(select(Unit))}
    return {"unit": places, "stratum": places, "mode": {mode.value: mode_label(mode.value) for mode in Mode}}


class DataFile(Protocol):
    """A file being written: rows of values, None for a blank."""

    def __enter__(self) -> DataFile: ...
    def __exit__(self, *stop: object) -> None: ...
    def write(self, rows: list[tuple[Any, ...]]) -> None: ...


class Csv:
    """UTF-8, commas, decimal points."""

    def __init__(
        self, file: IO[bytes], columns: Sequence[str], _questionnaire: Questionnaire, _labels: Labels | None = None
    ) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self.writer = Writer(self.text, "\n")
        self.writer.writerow(columns)

    def __enter__(self) -> Csv:
        return self

    def __exit__(self, *stop: object) -> None:
        self.text.flush()
        self.text.detach()

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        self.writer.writerows([[_cell(value) for value in row] for row in rows])


def _cell(value: Any) -> Any:
    # 1.0 is written as 1, and a small number without an exponent: so the import reads it again.
    if not isinstance(value, float):
        return value
    return int(value) if value.is_integer() else format(Decimal(repr(value)), "f")


class Parquet:
    """A column for each of the CSV's: codes as whole numbers, several choices as the text 1;3, day as a date."""

    def __init__(
        self, file: IO[bytes], columns: Sequence[str], questionnaire: Questionnaire, _labels: Labels | None = None
    ) -> None:
        kinds = {"row": pa.int32(), "weight": pa.float64(), "day": pa.date32()}
        kinds |= {code: _parquet_kind(item) for code, item in questionnaire.items.items()}
        self.schema = pa.schema([(column, kinds.get(column, pa.string())) for column in columns])
        self.writer = parquet.ParquetWriter(file, self.schema, compression="zstd")
        self.waiting: list[tuple[Any, ...]] = []

    def __enter__(self) -> Parquet:
        return self

    def __exit__(self, *stop: object) -> None:
        self._write_group()
        self.writer.close()

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        self.waiting += rows
        if len(self.waiting) >= 10 * BATCH:
            self._write_group()

    def _write_group(self) -> None:
        columns = list(zip(*self.waiting, strict=True)) if self.waiting else [()] * len(self.schema)
        arrays = [pa.array(values, kind) for values, kind in zip(columns, self.schema.types, strict=True)]
        self.writer.write_table(pa.table(arrays, schema=self.schema))
        self.waiting = []


def _parquet_kind(item: Item) -> pa.DataType:
    if item.kind.is_single_choice:
        return pa.int16()
    return pa.float64() if item.kind.is_number else pa.string()


# What the columns around the answers are called where a file can say so.
CALLED: dict[str, str] = {
    "response_id": N_("Number of the form"),
    "row": N_("Row"),
    "unit": N_("Commune or ward"),
    "stratum": N_("Stratum"),
    "psu": N_("Cluster: a village; in open data several"),
    "weight": N_("Weight"),
    "mode": N_("Way of answering"),
    "day": N_("Day"),
}


class Sav:
    """SPSS: codes with labels, what is no answer as missing values, several choices as a column each, 0 or 1. The
    labels stand in the language of the moment. All rows are in memory: a text is as wide as the widest."""

    def __init__(
        self, file: IO[bytes], columns: Sequence[str], questionnaire: Questionnaire, labels: Labels | None = None
    ) -> None:
        self.labels = labels or {}
        self.file, self.columns, self.questionnaire = file, columns, questionnaire
        self.rows: list[tuple[Any, ...]] = []

    def __enter__(self) -> Sav:
        return self

    def __exit__(self, *stop: object) -> None:
        if stop[0] is not None:
            return
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * len(self.columns)
        variables: list[spss.Variable] = []
        data: list[Sequence[Any]] = []
        for name, column in zip(self.columns, columns, strict=True):
            for variable, values in _sav_columns(
                name, column, self.questionnaire.items.get(name), self.labels.get(name, {})
            ):
                if name in self.questionnaire.stems:  # behind: a long label is cut there
                    stem = _plain(self.questionnaire.stems[name])
                    variable = replace(variable, label=f"{variable.label} – {stem}")
                variables.append(variable)
                data.append(values)
        names = spss.names(variable.name for variable in variables)
        called = [replace(variable, name=name) for variable, name in zip(variables, names, strict=True)]
        spss.write(self.file, called, data, str(self.questionnaire.title))

    def write(self, rows: list[tuple[Any, ...]]) -> None:
        self.rows += rows


def _sav_ticks(name: str, column: Sequence[Any], item: Item) -> Iterator[tuple[spss.Variable, Sequence[Any]]]:
    yes = {0: _("not chosen"), 1: _("chosen")}
    sets = [None if value is None else set(str(value).split(";")) for value in column]
    for code, text in item.choices.items():
        ticks = [None if one is None else int(str(code) in one) for one in sets]
        yield spss.Variable(f"{name}_{code}", _plain(f"{item.short}: {text}"), labels=yes), ticks


def _sav_columns(
    name: str, column: Sequence[Any], item: Item | None, labels: Mapping[str, str]
) -> Iterator[tuple[spss.Variable, Sequence[Any]]]:
    if item is None:
        type = {"row": "number", "weight": "number", "day": "date"}.get(name, "text")
        measure, decimals = (spss.SCALE, 4) if name == "weight" else (spss.NOMINAL, 0)
        there = set(column)
        named = {value: text for value, text in labels.items() if value in there}
        label = _(CALLED.get(name, name))
        yield spss.Variable(name, label, type, named, decimals=decimals, measure=measure), column
    elif item.kind.several:
        yield from _sav_ticks(name, column, item)
    elif not item.kind.has_choices:
        type, measure = ("number", spss.SCALE) if item.kind.is_number else ("text", spss.NOMINAL)
        yield spss.Variable(name, _plain(item.label), type, measure=measure), column
    else:
        texts = {code: _plain(text) for code, text in item.choices.items()}
        missing = tuple(sorted(item.missing))[:3]  # the format knows no more
        measure = spss.ORDINAL if item.kind.is_scale else spss.NOMINAL
        yield spss.Variable(name, _plain(item.label), labels=texts, missing=missing, measure=measure), column


def _plain(text: object) -> str:
    """Without the spaces that keep words together on a phone."""
    return str(text).replace("\u00a0", " ")


FORMATS: dict[str, Callable[..., DataFile]] = {
    "csv": Csv,
    "parquet": Parquet,
    "sav": Sav,
}
