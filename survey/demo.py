"""A made-up province to look around in: answers that look like people's, marked as made up everywhere.

People of one village are alike, communes differ, a few answers are blank, harassment is rare: so the intervals,
ranks and hidden cells of a demo are those of a real wave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from forms import Item, Questionnaire
from survey import questionnaires, units, waves
from survey.models import Mode, Response, Unit, Village, Wave, WaveKind, Weight, WeightVersion
from survey.remarks import made_up
from translations import Conflict

HOUSEHOLD, SHORT = "ho_gia_dinh@1", "noi_phuc_vu@1"
SAMPLE, OPEN = "thu-nghiem", "gop-y"
VILLAGES_A_COMMUNE, PEOPLE_A_VILLAGE = 2, 27
OPEN_RESPONSES = 1_200
ROWS_AT_ONCE = 2_000

# Shares of the five levels when a person feels as the average one does.
LEVELS = np.array([0.005, 0.013, 0.047, 0.515, 0.42])
# Shares of the values of items that are no part of an index; others are drawn near to even.
SHARES = {
    "C5": (0.895, 0.085, 0.02),
    "C6": (0.90, 0.08, 0.02),
    "tiep_xuc": (0.84, 0.12, 0.02, 0.02),
    "bi_phien_ha": (0.03, 0.90, 0.03, 0.04),
    "bi_doi_tien": (0.02, 0.91, 0.03, 0.04),
    "da_dua_tien": (0.03, 0.89, 0.03, 0.05),
    "gioi_tinh": (0.49, 0.51),
    "dan_toc": (0.88, 0.12),
    "tn_hcc_xa": (0.7, 0.3),
}
BLANK, BLANK_SENSITIVE = 0.02, 0.06


@dataclass(frozen=True)
class People:
    """N made-up people: where each lives, and how each feels (a standard normal shift of the levels)."""

    unit: NDArray[np.int64]
    psu: NDArray[np.int64]
    mood: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.unit)


def make(session: Session, wave: str = SAMPLE, responses: int | None = None, seed: int = 2026) -> list[Wave]:
    """Makes the sample wave `wave` and the public open wave `gop-y` where they are not there yet; both waves.

    responses  of the sample wave, spread evenly over its villages; 27 in each unless given
    Refused where the data folder holds a real wave: made-up and real data never lie side by side.
    """
    real = session.scalars(select(Wave.code).where(Wave.simulated.is_(False))).first()
    if real is not None:
        raise Conflict(
            "The real wave %(wave)s is here. Make the demo in another data folder: HAILONG_DATA=demo hailong demo",
            wave=real,
        )
    chance = np.random.default_rng(seed)
    communes = units.communes(session, waves.today())
    return [
        session.get(Wave, wave) or _sample_wave(session, wave, communes, responses, chance),
        session.get(Wave, OPEN) or _open_wave(session, communes, chance),
    ]


def _days() -> tuple[date, date]:
    year = waves.today().year
    return date(year - 1, 10, 1), date(year + 1, 12, 31)


def _sample_wave(
    session: Session, code: str, communes: list[Unit], responses: int | None, chance: np.random.Generator
) -> Wave:
    questionnaire = questionnaires.find(session, HOUSEHOLD)
    made = waves.create(session, code, questionnaire, WaveKind.SAMPLE, *_days(), simulated=True)
    villages = [
        Village(wave=code, psu=f"{unit.code}-{number}", unit=unit.code, stratum=unit.code, name=f"Thôn {number}")
        for unit in communes
        for number in range(1, VILLAGES_A_COMMUNE + 1)
    ]
    session.add_all(villages)
    session.flush()
    psu = (
        np.arange(responses or len(villages) * PEOPLE_A_VILLAGE)
        * len(villages)
        // (responses or len(villages) * PEOPLE_A_VILLAGE)
    )
    people = _people(psu // VILLAGES_A_COMMUNE, psu, len(communes), len(villages), chance)
    places = [(villages[row].unit, villages[row].psu) for row in psu.tolist()]
    modes = [(Mode.PAPER, Mode.INTERVIEWER)[late] for late in (chance.random(len(people)) < 0.2).astype(int)]
    ids = _keep(session, made, questionnaire, people, places, modes, chance)
    adults = np.exp(chance.normal(9.2, 0.6, len(communes))).round()
    answered = np.bincount(people.unit, minlength=len(communes))
    _weigh(session, made, ids, (adults / answered.clip(1))[people.unit])
    made_up.add(session, made, np.random.default_rng(len(people)))
    return made


def _open_wave(session: Session, communes: list[Unit], chance: np.random.Generator) -> Wave:
    questionnaire = questionnaires.find(session, SHORT)
    made = waves.create(session, OPEN, questionnaire, WaveKind.OPEN, *_days(), public=True, simulated=True)
    unit = chance.choice(len(communes), OPEN_RESPONSES, p=chance.dirichlet(np.full(len(communes), 2.0)))
    people = _people(unit, unit, len(communes), len(communes), chance)
    places = [(communes[row].code, None) for row in unit.tolist()]
    modes = [(Mode.PHONE, Mode.KIOSK)[at] for at in (chance.random(len(people)) < 0.35).astype(int)]
    _keep(session, made, questionnaire, people, places, modes, chance)
    made_up.add(session, made, np.random.default_rng(OPEN_RESPONSES))
    return made


def _people(
    unit: NDArray[np.int64], psu: NDArray[np.int64], units_: int, psus: int, chance: np.random.Generator
) -> People:
    mood = (
        chance.normal(0, 0.22, units_)[unit] + chance.normal(0, 0.15, psus)[psu] + chance.normal(0, 0.6, len(psu))
    )
    return People(unit, psu, mood)


def _keep(
    session: Session,
    wave: Wave,
    questionnaire: Questionnaire,
    people: People,
    places: list[tuple[str, Any]],
    modes: list[Mode],
    chance: np.random.Generator,
) -> list[UUID]:
    span = (min(waves.today(), wave.closes) - wave.opens).days + 1
    days = [
        wave.opens + timedelta(days=back)
        for back in chance.integers(max(0, span - 60), span, len(people)).tolist()
    ]
    ids = [UUID(bytes=chance.bytes(16), version=4) for _person in range(len(people))]
    rows = (
        {
            "id": one,
            "wave": wave.code,
            "unit": unit,
            "psu": psu,
            "mode": mode,
            "day": when,
            "questionnaire": questionnaire.digest,
            "answers": document,
            "marks": [],
        }
        for one, (unit, psu), mode, when, document in zip(
            ids, places, modes, days, _documents(questionnaire, people, chance), strict=True
        )
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        session.execute(insert(Response), some)
    return ids


def _weigh(session: Session, wave: Wave, ids: list[UUID], weights: NDArray[np.float64]) -> None:
    version = WeightVersion(wave=wave.code, version=1, made=waves.today(), source="demo")
    session.add(version)
    session.flush()
    rows = (
        {"version": version.id, "response": one, "weight": weight}
        for one, weight in zip(ids, weights.tolist(), strict=True)
    )
    while some := list(islice(rows, ROWS_AT_ONCE)):
        session.execute(insert(Weight), some)
    wave.weights = version.id


def _documents(
    questionnaire: Questionnaire, people: People, chance: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """An answers document for each person, each item drawn for all at once."""
    scored = questionnaire.index.codes()["index"] if questionnaire.index else ()
    levels = questionnaire.items[scored[0]].valid if scored else ()
    columns: dict[str, list[Any]] = {}
    for item in questionnaire.items.values():
        if item.kind == "text":
            continue
        alike = item.code in scored or item.valid == levels
        drawn = _levels(item, people, chance) if alike else _choices(item, people, chance)
        blank = chance.random(len(people)) < (BLANK_SENSITIVE if item.sensitive else BLANK)
        if item.show_if is not None:
            condition = item.show_if
            before = [{code: values[row] for code, values in columns.items()} for row in range(len(people))]
            blank |= ~np.array([condition.holds(answers) for answers in before])
        columns[item.code] = [None if gone else value for value, gone in zip(drawn, blank.tolist(), strict=True)]
    for row in range(len(people)):
        yield {code: values[row] for code, values in columns.items() if values[row] is not None}


def _levels(item: Item, people: People, chance: np.random.Generator) -> list[int]:
    """A level each: the item's own difficulty and the person's mood move the same five shares."""
    from_below = np.cumsum(LEVELS)[:-1]
    cuts = np.log(from_below / (1 - from_below)) + chance.normal(0, 0.35)
    feeling = people.mood * 1.7 + chance.logistic(0, 1, len(people))
    levels = [code for code in item.choices if code not in item.missing]
    return [levels[place] for place in np.searchsorted(cuts, feeling).clip(0, len(levels) - 1).tolist()]


def _choices(item: Item, people: People, chance: np.random.Generator) -> list[Any]:
    codes = list(item.choices)
    if item.kind == "number":
        return list(chance.integers(int(item.minimum or 0), int(item.maximum or 10) + 1, len(people)).tolist())
    shares = np.array(SHARES.get(item.code) or chance.dirichlet(np.full(len(codes), 4.0)))
    if len(shares) != len(codes):
        shares = np.full(len(codes), 1 / len(codes))
    if item.kind == "multiple":
        ticked = chance.random((len(people), len(codes))) < 0.1 + shares
        return [[code for code, there in zip(codes, row, strict=True) if there] or None for row in ticked.tolist()]
    if not item.sensitive:
        return [codes[place] for place in chance.choice(len(codes), len(people), p=shares).tolist()]
    # Those who feel badly treated speak of harassment and money more often.
    edges = np.cumsum(shares)[:-1]
    worst_first = shares[0] < shares[-1] or shares[0] < 0.5
    feeling = chance.logistic(0, 1, len(people)) + 0.8 * people.mood * (1 if worst_first else -1)
    return [codes[place] for place in np.searchsorted(np.log(edges / (1 - edges)), feeling).tolist()]
