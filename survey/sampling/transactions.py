"""Transactions of the one-stop system by unit, service and week: what an open wave is weighted to."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis import Design
from analysis.design import Floats
from analysis.weights import post_stratify
from forms import Item
from survey.responses import fitted_weights
from survey.responses.respondents import Respondents
from survey.sampling import margins
from survey.storage.models import ServiceCount, Unit, Wave, WaveKind
from survey.system import xlsx_table
from survey.system.csv_table import Faults, Rows
from survey.waves import file_words, questionnaires, waves
from translations import Conflict, Refusal
from translations.formats import nfc

COLUMNS = ("unit", "service", "week", "count")
SERVICE = "dich_vu"  # the item that asks for the service
LEAST = 5  # answers of a unit and service that stand by themselves
COUNT = re.compile(r"[0-9]{1,9}")
WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Outcome:
    """Counts that came new, counts that took the place of another one, counts that were there alike."""

    stored: int
    changed: int
    there: int


def load(session: Session, wave: str, path: Path) -> Outcome:
    """Stores the counts of a CSV or Excel file `unit,service,week,count`, all or nothing; safe to repeat.

    A later count of the same unit, service and week takes the place of the former one: the one-stop system
    corrects itself. `service` is a choice of the item dich_vu, by its code or its words; `week` is any day of it,
    or 2026-W48.
    """
    row = waves.find(session, wave)
    if row.kind is not WaveKind.OPEN:
        raise Conflict(
            "The wave %(code)s is a sample: its weights come from its draw. Name an open wave.", code=row.title
        )
    item = questionnaires.by_digest(session, row.questionnaire).items.get(SERVICE)
    codes = file_words.UnitCodes(session.scalars(select(Unit)))
    faults = Faults()
    table = xlsx_table.opened(path, file_words.heads(COLUMNS), COLUMNS, faults)
    earlier = {
        (count.unit, count.service, count.week): count
        for count in session.scalars(select(ServiceCount).where(ServiceCount.wave == row.code))
    }
    rows: dict[tuple[str, str, date], int] = {}
    stored = changed = 0
    for values in table.records():
        key, count = _read(values, row, item, codes, table)
        if key is None:
            continue
        if (twin := rows.setdefault(key, table.row)) != table.row:
            table.fault("week", "Row %(row)s has this unit, service and week already. Keep one of them.", row=twin)
        elif key not in earlier:
            unit, service, week = key
            session.add(ServiceCount(wave=row.code, unit=unit, service=service, week=week, count=count))
            stored += 1
        elif earlier[key].count != count:
            earlier[key].count = count
            changed += 1
    faults.refuse(path)
    session.flush()
    return Outcome(stored, changed, len(rows) - stored - changed)


def _week(text: str, wave: Wave, table: Rows) -> date | None:
    week = monday(text)
    if week is None:
        table.fault("week", "Write a day of the week, such as 2026-11-23, or 2026-W48.")
    elif week > wave.closes or week + timedelta(6) < wave.opens:
        days = {"opens": wave.opens.isoformat(), "closes": wave.closes.isoformat()}
        table.fault("week", "Give a week of the wave, from %(opens)s to %(closes)s.", **days)
    return week


def _read(
    values: dict[str, str], wave: Wave, item: Item | None, codes: file_words.UnitCodes, table: Rows
) -> tuple[tuple[str, str, date] | None, int]:
    """Unit, service and Monday of a row, and its count; None if a cell is at fault."""
    before = table.faults.count
    unit = codes.find(values["unit"])
    if unit not in codes:
        table.fault("unit", file_words.no_unit(unit, codes))
    service = _service(values["service"], item)
    if service is None:
        choices = ", ".join(map(str, item.choices)) if item else ""
        table.fault("service", "Write a code of dich_vu: %(codes)s.", codes=choices or "–")
    week = _week(values["week"], wave, table)
    if not COUNT.fullmatch(values["count"]):
        table.fault("count", "Write a whole number, digits only.")
    if table.faults.count > before or service is None or week is None:
        return None, 0
    return (unit, service, week), int(values["count"])


def _service(text: str, item: Item | None) -> str | None:
    """The code of a service; without an item that asks for it, any name will do."""
    if item is None:
        return text if 0 < len(text) <= 60 and text.isprintable() else None
    names = {nfc(name).casefold(): code for code, label in item.choices.items() for name in (label.vi, label.en)}
    code = names.get(text.casefold(), int(text) if COUNT.fullmatch(text) else None)
    return str(code) if code in item.choices and code not in item.missing else None


def monday(text: str) -> date | None:
    """The Monday of the week that a day or an ISO week names; None if the text is neither."""
    try:
        if match := WEEK.fullmatch(text):
            return date.fromisocalendar(int(match[1]), int(match[2]), 1)
        day = date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None
    return None if day is None else day - timedelta(day.weekday())


def counted(session: Session, wave: str) -> dict[str, dict[str, int]]:
    """Transactions of a wave by unit and service: {unit: {service: count}}."""
    rows = session.execute(
        select(ServiceCount.unit, ServiceCount.service, func.sum(ServiceCount.count))
        .where(ServiceCount.wave == wave)
        .group_by(ServiceCount.unit, ServiceCount.service)
        .order_by(ServiceCount.unit, ServiceCount.service)
    )
    counts: dict[str, dict[str, int]] = {}
    for unit, service, count in rows:
        counts.setdefault(unit, {})[service] = int(count)
    return counts


@dataclass
class Cell:
    """Services of a unit that are weighted together."""

    services: list[str] = field(default_factory=list)
    count: int = 0
    people: int = 0

    @property
    def is_thin(self) -> bool:
        """Too few answers for its transactions, or no transactions for its answers."""
        return self.count == 0 or self.people < LEAST

    def take(self, other: Cell) -> None:
        """Takes in the services of another cell."""
        self.services += other.services
        self.count += other.count
        self.people += other.people


def cells(count: dict[str, int], people: dict[str, int]) -> list[Cell]:
    """The cells of one unit: a service with fewer than `LEAST` answers, or without transactions, joins the rest.

    A rest that is thin itself takes in the service with the fewest answers, until it isn't or is alone.

    count, people  service -> transactions, answers; "" are answers that leave the service open
    """
    every = [Cell([name], count.get(name, 0), people.get(name, 0)) for name in sorted({*count, *people})]
    rest = Cell()
    for cell in [cell for cell in every if cell.is_thin]:
        every.remove(cell)
        rest.take(cell)
    every.sort(key=lambda cell: cell.people)
    while rest.services and rest.is_thin and every:
        rest.take(every.pop(0))
    return [*every, rest] if rest.services else every


def fitted(session: Session, wave: Wave, people: Respondents) -> tuple[Floats, dict[str, Any], dict[str, Any]]:
    """Weights of an open wave that add up to the transactions of each unit and service; the report; the fit.

    A unit with transactions and no answer is named, and nothing is said for it. People of a unit without counts
    keep the weight of an average person. Where nobody is asked for the service, the units alone are fitted.
    """
    counts = counted(session, wave.code)
    if not counts:
        raise Refusal(
            "The wave %(code)s has no counts of transactions. Import them: hailong transactions import FILE",
            code=wave.title,
        )
    has_service = SERVICE in people.questionnaire.items
    variable = f"unit+{SERVICE}" if has_service else "unit"
    labels = fitted_weights.labels(people, variable, [], {})
    answers = _answers(labels.tolist())
    merged, totals = _merged(counts, answers, has_service)
    inside = np.array([label in merged for label in labels.tolist()], bool)
    if not inside.any():
        raise Refusal("Nobody answered where transactions were counted: there is nothing to weigh.")
    cell = np.array([merged[label] for label in labels[inside].tolist()], dtype=object)
    fit = post_stratify(Design(np.ones(int(inside.sum()))), cell, totals)
    weight = np.full(len(people), sum(totals.values()) / inside.sum())
    weight[inside] = fit.factor[fit.cell]
    place = {name: at for at, name in enumerate(totals)}
    levels = np.array([[place[name] for name in cell.tolist()]], np.int64)
    silent = {unit: sum(counts[unit].values()) for unit in counts if unit not in answers}
    report = {
        "method": "post",
        "bounds": None,
        "scale": float(sum(totals.values()) / inside.sum()),
        "variables": ["unit", SERVICE] if has_service else ["unit"],
        "blank": {},
        "margins": _rows(cell, weight[inside], totals),
        "miss": 0.0,
        "represented": int(sum(totals.values())),
        "counted": sum(sum(services.values()) for services in counts.values()),
        "without_answers": {unit: count for unit, count in silent.items() if count},
        "without_counts": {
            unit: sum(services.values())
            for unit, services in sorted(answers.items())
            if not sum(counts.get(unit, {}).values())
        },
    }
    return (
        weight,
        report,
        margins.as_kept({variable: [str(name) for name in totals]}, {variable: merged}, {}, levels, fit),
    )


def _answers(labels: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many answered, by unit and service."""
    answers: dict[str, dict[str, int]] = {}
    for label in labels:
        unit, _plus, service = label.partition("+")
        of_unit = answers.setdefault(unit, {})
        of_unit[service] = of_unit.get(service, 0) + 1
    return answers


def _merged(
    counts: dict[str, dict[str, int]], answers: dict[str, dict[str, int]], has_service: bool
) -> tuple[dict[str, str], dict[Hashable, float]]:
    """The cell of each label, and the transactions of each cell."""
    merged: dict[str, str] = {}
    totals: dict[Hashable, float] = {}
    for unit in sorted(set(answers) & set(counts)):
        whole = sum(counts[unit].values())
        if not whole:
            continue
        parts = cells(counts[unit], answers[unit]) if has_service else [Cell([""], whole, answers[unit][""])]
        for part in parts:
            name = f"{unit}: {', '.join(service or '–' for service in part.services)}" if has_service else unit
            totals[name] = float(part.count)
            merged |= {f"{unit}+{service}" if has_service else unit: name for service in part.services}
    return merged, totals


def _rows(cell: Any, weight: Floats, totals: Mapping[Hashable, float]) -> list[dict[str, Any]]:
    """What the report says of each cell; before, an answer stood for the mean of all."""
    mean = sum(totals.values()) / len(cell)
    return [
        {
            "variable": "unit",
            "value": name,
            "people": int((cell == name).sum()),
            "total": total,
            "before": float((cell == name).sum() * mean),
            "after": float(weight[cell == name].sum()),
        }
        for name, total in totals.items()
    ]
